// When an order was paid, and what was paid, refunded and settled: sums over the reports that count.
// Of the reports about one payment the latest counts, at one instant PAID before FAILED; refunds are increments.
import type { Instant } from '@app/kernel';
import type { PaymentFact, SettlementFact } from './order.state';

export interface ConcludedMoney {
  /** Payments that count, by their instant. */
  payments: readonly PaymentFact[];
  refunds: readonly PaymentFact[];
  paid: number;
  refunded: number;
  settled: number;
}

/** An instant, and the latest place in the stream of the facts that it rests on. */
export interface Moment {
  at: Instant;
  ordinal: number;
}

export function concludeMoney(reports: readonly PaymentFact[], settlements: readonly SettlementFact[]): ConcludedMoney {
  const counting: PaymentFact[] = [];
  const refunds: PaymentFact[] = [];
  let paid = 0;
  let refunded = 0;
  let settled = 0;
  for (const report of reports) {
    if (report.status === 'REFUNDED') {
      refunds.push(report);
      refunded += report.amount;
      continue;
    }
    let place = 0;
    while (place < counting.length && counting[place]!.paymentId !== report.paymentId) place += 1;
    const other = counting[place];
    if (other === undefined || outranks(report, other)) counting[place] = report;
  }
  const payments = counting.filter((payment) => payment.status === 'PAID');
  if (payments.length > 1) payments.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  for (const payment of payments) paid += payment.amount;
  for (const settlement of settlements) settled += settlement.amount;
  return { payments, refunds, paid, refunded, settled };
}

function outranks(a: PaymentFact, b: PaymentFact): boolean {
  if (a.at !== b.at) return a.at > b.at;
  if (a.status !== b.status) return a.status === 'PAID';
  if (a.amount !== b.amount) return a.amount > b.amount;
  return a.factId > b.factId;
}

/** When the payments first came to `total`; null while they do not. A total of zero is paid from `placedAt` on. */
export function paidInFull({ payments }: ConcludedMoney, total: number, placedAt: Instant): Moment | null {
  if (total <= 0) return { at: placedAt, ordinal: -1 };
  let sum = 0;
  let ordinal = -1;
  for (const payment of payments) {
    sum += payment.amount;
    if (payment.ordinal > ordinal) ordinal = payment.ordinal;
    if (sum >= total) return { at: payment.at, ordinal };
  }
  return null;
}

/** What had been paid by an instant, that instant included. */
export function paidBy({ payments }: ConcludedMoney, at: Instant): number {
  let sum = 0;
  for (const payment of payments) if (payment.at <= at) sum += payment.amount;
  return sum;
}

/** The first instant, not before `entry`, at which what was settled equals total less refunds; null while it never does. */
export function settledInFull({ refunds }: ConcludedMoney, settlements: readonly SettlementFact[], total: number, entry: Instant): Moment | null {
  const instants = [entry];
  for (const fact of settlements) if (fact.at > entry) instants.push(fact.at);
  for (const fact of refunds) if (fact.at > entry) instants.push(fact.at);
  instants.sort();
  for (const at of instants) {
    let open = total;
    let ordinal = -1;
    for (const fact of settlements) {
      if (fact.at > at) continue;
      open -= fact.amount;
      if (fact.ordinal > ordinal) ordinal = fact.ordinal;
    }
    for (const fact of refunds) {
      if (fact.at > at) continue;
      open -= fact.amount;
      if (fact.ordinal > ordinal) ordinal = fact.ordinal;
    }
    if (open === 0) return { at, ordinal };
  }
  return null;
}
