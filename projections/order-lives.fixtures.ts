// Orders as the decider lets them live, and projections folded over them: what a row must show can be compared with the order itself.
// Events are frozen, so a fold that changes what it took from one fails.
import { type DomainEvent, type Instant, type Projection, type Recorded, isRejection, plusSeconds } from '@app/kernel';
import {
  type Address, type Customer, DEFAULT_APPROVAL_POLICY, DEFAULT_SETTINGS, type Fact, type OrderCommand, type OrderContent, type OrderContext, type OrderState, orderDecider, orderStream,
} from '@app/domain';

const PLACED_AT: Instant = '2026-01-09T02:00:00.000Z';
const FIRST = { version: 1, publishedAt: '2026-01-01T00:00:00.000Z', publishedBy: 'system' };
const CONTEXT: OrderContext = {
  settings: [{ ...FIRST, ...DEFAULT_SETTINGS }], catalogue: null, policies: [{ ...FIRST, rules: DEFAULT_APPROVAL_POLICY }], turnoverOfOthers: 0,
};
export const CUSTOMER: Customer = { customerId: 'c-1', tier: 'REGULAR', name: 'Li', phone: '13800000000', email: null };
export const ADDRESS: Address = { country: 'CN', province: 'Zhejiang', city: 'Hangzhou', district: null, detail: '1 Wensan Road', postcode: null };
/** 200.00 CNY. */
export const CONTENT: OrderContent = {
  shopId: 'shop-1', placedAt: PLACED_AT, placedBy: null, paymentTerms: 'PREPAID', customer: CUSTOMER, shippingAddress: ADDRESS,
  lines: [
    { lineId: '1', sku: 'TEA-100', title: 'Tea', category: 'tea', quantity: 1, unitPrice: 10000 },
    { lineId: '2', sku: 'CUP-7', title: 'Cup', category: 'ware', quantity: 1, unitPrice: 10000 },
  ],
  freight: 0, discount: 0, total: 20000,
};

/** The instant so many minutes after the order was placed. */
export function minute(minutes: number): Instant {
  return plusSeconds(PLACED_AT, minutes * 60);
}

export interface OrderName {
  platform: string;
  externalId: string;
}

/** Without what only the runtime adds. */
type Asked = OrderCommand extends infer C ? (C extends OrderCommand ? Omit<C, 'id' | 'context' | 'actor'> & Partial<Pick<C, 'context'>> : never) : never;

export function delivery({ platform, externalId }: OrderName, content: Partial<OrderContent> = {}, updatedAt: Instant | null = null, catalogue: string[] | null = null): Asked {
  const whole = { ...CONTENT, ...content };
  return {
    type: 'TakeOrder', at: updatedAt ?? minute(1), platform, externalId, orderNumber: `${platform}20260109${externalId.padStart(5, '0')}`, currency: 'CNY', updatedAt,
    content: whole, system: platform, factId: `orders-${JSON.stringify([whole, updatedAt])}`, history: false, omits: [],
    context: { ...CONTEXT, catalogue: catalogue === null ? null : new Set(catalogue) },
  };
}

export function report(fact: Fact, system: string): Asked {
  return { type: 'ReportFact', at: fact.at, ref: { platform: null, externalId: null, orderNumber: null }, fact, factId: JSON.stringify(fact), system };
}

export interface LivedOrder {
  stream: string;
  state: OrderState;
  events: Recorded[];
}

/** What is refused leaves nothing. Recorded one second after the other from `from` on. */
export function lived({ platform, externalId }: OrderName, commands: readonly Asked[], from = 1): LivedOrder {
  const stream = orderStream(platform, externalId);
  const events: Recorded[] = [];
  let state = orderDecider.initial;
  commands.forEach((asked, i) => {
    const command = { context: CONTEXT, actor: { id: 'wang.ops', role: 'ops' }, ...asked, id: `${stream}-${i}` } as OrderCommand;
    const decided = orderDecider.decide(command, state);
    if (isRejection(decided)) return;
    for (const event of decided) {
      state = orderDecider.evolve(state, event);
      events.push(frozen(asRecorded(stream, event, events.length, from + events.length)));
    }
  });
  return { stream, state, events };
}

export function asRecorded(stream: string, { type, data, occurredAt }: DomainEvent, revision: number, place: number): Recorded {
  const recordedAt = plusSeconds('2026-03-01T00:00:00.000Z', place);
  const meta = { occurredAt, actor: 'wang.ops', actorRole: 'ops', commandId: `c-${place}`, correlationId: `c-${place}` };
  // As it comes out of the log: no two parts of it are the same object.
  return { id: `event-${place}`, stream, type, version: 1, data: JSON.parse(JSON.stringify(data)), revision, position: String(place).padStart(16, '0'), recordedAt, meta };
}

/** Rows by key, through JSON after each fold when they are to be as if read from a store each time. */
export function rowsOf<Row>(projection: Projection<Row>, events: readonly Recorded[], stored = false): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const event of events) {
    const keys = projection.keys(event);
    if (new Set(keys).size !== keys.length) throw new Error(`${projection.name} names a key twice for ${event.type}.`);
    for (const key of keys) {
      const row = projection.fold(rows.get(key), event, key);
      if (row === undefined) rows.delete(key);
      else rows.set(key, stored ? (JSON.parse(JSON.stringify(row)) as Row) : row);
    }
  }
  return rows;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
