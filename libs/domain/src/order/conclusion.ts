// Where the order stands, as a pure function of what is recorded: in whatever order facts arrived, the conclusion is the same.
// It knows no clock; limits come from the settings in force when a node was entered.
import type { Instant } from '@app/kernel';
import type { SettingsVersion } from '../settings/settings.events';
import { concludeContent, concludeFailedChecks, type AmendmentRefusal, type FailedCheck } from './conclude-content';
import { concludeMoney, paidInFull } from './conclude-payment';
import { walk, type UndecidedReview, type Walk } from './conclude-passages';
import { concludeParcels, concludeShipments, firstDispatch, type ConcludedShipments } from './conclude-shipments';
import type { OpenHold, OrderContent, OrderStatus, RefusedFact, Standing, WorkflowNode } from './order.events';
import type { CancellationFact, PlacedOrder, RecordedHold } from './order.state';

export interface Conclusion {
  standing: Standing;
  /** Content as the deliveries that count make it. */
  content: OrderContent;
  failedChecks: readonly FailedCheck[];
  /** Round of review in which the order is. */
  round: number;
  /** Reviews that nobody has decided and no hold keeps, as they were walked. */
  undecided: readonly UndecidedReview[];
  passed: Walk['passed'];
  /** Of the last delivery: why it does not count, null when it does. */
  lastRefusal: AmendmentRefusal | null;
  firstDispatchAt: Instant | null;
}

/** Statuses of an order by the node at which it stands; OUTBOUND has a second one while some of it is on its way. */
export const STATUSES_AT: Readonly<Record<WorkflowNode, readonly [OrderStatus, ...OrderStatus[]]>> = {
  PAYMENT: ['AWAITING_PAYMENT'],
  REVIEW: ['IN_REVIEW'],
  ALLOCATION: ['AWAITING_ALLOCATION'],
  OUTBOUND: ['AWAITING_SHIPMENT', 'PARTIALLY_SHIPPED'],
  DELIVERY: ['IN_TRANSIT'],
  SETTLEMENT: ['AWAITING_SETTLEMENT'],
};

const NO_HOLDS: OpenHold[] = [];

export function conclude(order: PlacedOrder, settings: readonly SettingsVersion[]): Conclusion {
  const money = concludeMoney(order.payments, order.settlements);
  const parcels = concludeParcels(order);
  const dispatched = firstDispatch(parcels);
  const cancellation = firstCancellation(order.cancellations);
  const cancelledAt = cancellation !== null && (dispatched === null || cancellation.at < dispatched.at) ? cancellation.at : null;

  let content = concludeContent(order, dispatched?.at ?? null, cancelledAt, null);
  const conclusionOf = (): { shipments: ConcludedShipments; failedChecks: readonly FailedCheck[]; walked: Walk } => {
    const shipments = concludeShipments(parcels, order.returns, content.content);
    const failedChecks = concludeFailedChecks(order, content);
    const walked = walk({ order, settings, content, failedChecks, money, shipments, firstDispatch: dispatched, cancelledAt });
    return { shipments, failedChecks, walked };
  };
  let { shipments, failedChecks, walked } = conclusionOf();
  if (walked.rejectedFrom !== null) {
    content = concludeContent(order, dispatched?.at ?? null, cancelledAt, walked.rejectedFrom);
    ({ shipments, failedChecks, walked } = conclusionOf());
  }

  const paid = paidInFull(money, content.content.total, content.content.placedAt);
  const standing: Standing = {
    status: walked.closing ?? statusAt(walked.node!, shipments),
    node: walked.node,
    passages: walked.passages,
    holds: walked.node === null ? NO_HOLDS : openHolds(order.holds),
    shipments: shipments.shipments,
    shipped: shipments.shipped,
    returned: shipments.returned,
    paid: money.paid,
    refunded: money.refunded,
    settled: money.settled,
    paidAt: paid?.at ?? null,
    shippedAt: shipments.complete?.at ?? null,
    deliveredAt: shipments.deliveredAt,
    settledAt: walked.settledAt,
    closedAt: walked.closedAt,
    refused: refusedFacts(order, content.refusals, dispatched?.at ?? null, walked),
  };
  return {
    standing,
    content: content.content,
    failedChecks,
    round: walked.round,
    undecided: walked.undecided,
    passed: walked.passed,
    lastRefusal: content.refusals.at(-1) ?? null,
    firstDispatchAt: dispatched?.at ?? null,
  };
}

function statusAt(node: WorkflowNode, { shipped }: ConcludedShipments): OrderStatus {
  const [waiting, started] = STATUSES_AT[node];
  if (started !== undefined) for (const _ in shipped) return started;
  return waiting;
}

function firstCancellation(cancellations: readonly CancellationFact[]): CancellationFact | null {
  let first: CancellationFact | null = null;
  for (const cancellation of cancellations) if (first === null || cancellation.at < first.at) first = cancellation;
  return first;
}

function openHolds(holds: readonly RecordedHold[]): OpenHold[] {
  if (holds.length === 0) return NO_HOLDS;
  const open: OpenHold[] = [];
  for (const hold of holds) {
    if (hold.released !== null) continue;
    const { holdId, reason, check, exceptionId, placedBy, releasableBy, placedAt, expiresAt } = hold;
    open.push({ holdId, reason, check, exceptionId, placedBy, releasableBy, placedAt, expiresAt });
  }
  if (open.length > 1) open.sort((a, b) => (a.placedAt !== b.placedAt ? (a.placedAt < b.placedAt ? -1 : 1) : a.holdId < b.holdId ? -1 : 1));
  return open;
}

const REFUSED_BECAUSE = {
  OrderAlreadyShipped: 'The order had been dispatched by then; send it back as a return.',
  OrderAlreadyClosed: 'The order was closed by then.',
} as const;

function refusedFacts(
  order: PlacedOrder, refusals: readonly (keyof typeof REFUSED_BECAUSE | null)[], dispatchedAt: Instant | null, walked: Walk,
): RefusedFact[] {
  const refused: RefusedFact[] = [];
  for (const { at, factId, system } of order.cancellations) {
    let rejection: keyof typeof REFUSED_BECAUSE;
    if (walked.closing === 'CANCELLED') continue;
    if (dispatchedAt !== null && dispatchedAt <= at) rejection = 'OrderAlreadyShipped';
    else rejection = 'OrderAlreadyClosed';
    refused.push({ factId, topic: 'cancellations', system, at, rejection, message: REFUSED_BECAUSE[rejection] });
  }
  for (let i = 1; i < refusals.length; i += 1) {
    const rejection = refusals[i];
    if (rejection === null || rejection === undefined) continue;
    const { at, factId, system } = order.versions[i]!;
    refused.push({ factId, topic: 'orders', system, at, rejection, message: REFUSED_BECAUSE[rejection] });
  }
  if (refused.length > 1) refused.sort((a, b) => (a.at !== b.at ? (a.at < b.at ? -1 : 1) : a.factId < b.factId ? -1 : 1));
  return refused;
}
