// The order as its stream tells it: what was delivered, what was reported, what we did, and the standing as announced.
// Evolving only files events away; what they amount to is concluded elsewhere (conclusion.ts) and announced by `moved`.
import type { Instant } from '@app/kernel';
import { type Approval, approvalsAfter, type Exemption, exemptionsAfter } from '../approval/approval.state';
import type { RouteInputs } from '../approval/approval.events';
import type { Fact } from './order.commands';
import type {
  FieldCheck, HoldReleased, LineQuantity, Movement, OpenHold, OrderContent, OrderEvent, ReviewDecided, ShipmentStatus, Standing, WorkflowNode,
} from './order.events';
import { afterMovement } from './movement';

interface OrderIdentity {
  orderNumber: string;
  platform: string;
  externalId: string;
  currency: string;
  history: boolean;
  omits: readonly string[];
}

/** A delivery, or a change of address of our own: the first is the order as placed. Which of them count is concluded. */
export interface ContentVersion {
  changes: Partial<OrderContent>;
  /** When it took effect, if it does; never before the timed delivery before it. */
  at: Instant;
  /** Whether the source told its time. One without is judged by when it arrived. */
  timed: boolean;
  origin: 'DELIVERED' | 'OWN';
  refusedOnArrival: boolean;
  failedChecks: readonly FieldCheck[];
  matchedSkus: readonly string[] | null;
  factId: string;
  system: string;
}

/** `ordinal`: the place of its event in the stream, which says whether it was known when a hold was placed. */
interface Filed {
  at: Instant;
  factId: string;
  ordinal: number;
}
export interface PaymentFact extends Filed {
  paymentId: string;
  status: 'PAID' | 'FAILED' | 'REFUNDED';
  amount: number;
}
export interface AllocationFact extends Filed {
  lines: readonly LineQuantity[] | null;
}
export interface DispatchFact extends Filed {
  shipmentId: string;
  warehouse: string | null;
  carrier: string | null;
  trackingNumber: string | null;
  lines: readonly LineQuantity[] | null;
}
export interface TrackingFact extends Filed {
  shipmentId: string;
  status: Exclude<ShipmentStatus, 'DISPATCHED'>;
}
export interface SettlementFact extends Filed {
  amount: number;
}
export interface CancellationFact extends Filed {
  system: string;
}
export interface ReturnFact extends Filed {
  lines: readonly LineQuantity[];
}

export interface RecordedHold extends OpenHold {
  node: WorkflowNode;
  round: number;
  contentVersion: number | null;
  placedOrdinal: number;
  released: { at: Instant; how: HoldReleased['data']['how']; by: string; reason: string; ordinal: number } | null;
}

export interface ReviewDecision {
  round: number;
  outcome: ReviewDecided['data']['outcome'];
  at: Instant;
  ordinal: number;
  approvalId: string;
  policyVersion: number;
  /** Of an automatic approval by a policy; undefined otherwise. */
  inputs: RouteInputs | undefined;
}

interface WaitingFact {
  factId: string;
  system: string;
  fact: Fact;
}

export interface OrderState {
  /** Null until the order is placed: its stream may hold facts that came before it. */
  identity: OrderIdentity | null;
  /** Content as announced; null until placed. */
  content: OrderContent | null;
  /** What the platform said last, whether it counts or not. */
  delivered: OrderContent | null;
  deliveredFactId: string | null;
  /** Latest `updatedAt` that a delivery carried. */
  updatedAt: Instant | null;
  versions: readonly ContentVersion[];
  payments: readonly PaymentFact[];
  allocations: readonly AllocationFact[];
  dispatches: readonly DispatchFact[];
  tracking: readonly TrackingFact[];
  settlements: readonly SettlementFact[];
  cancellations: readonly CancellationFact[];
  returns: readonly ReturnFact[];
  holds: readonly RecordedHold[];
  reviews: readonly ReviewDecision[];
  /** Reviews that people decide or decided, oldest first. */
  approvals: readonly Approval[];
  exemptions: readonly Exemption[];
  waiting: readonly WaitingFact[];
  factIds: readonly string[];
  /** As announced by the events; null until placed. */
  standing: Standing | null;
  /** Events so far. */
  ordinal: number;
}

export const UNKNOWN_ORDER: OrderState = {
  identity: null,
  content: null,
  delivered: null,
  deliveredFactId: null,
  updatedAt: null,
  versions: [],
  payments: [],
  allocations: [],
  dispatches: [],
  tracking: [],
  settlements: [],
  cancellations: [],
  returns: [],
  holds: [],
  reviews: [],
  approvals: [],
  exemptions: [],
  waiting: [],
  factIds: [],
  standing: null,
  ordinal: 0,
};

/** An order that has been placed: what is null before is there. */
export type PlacedOrder = OrderState & { identity: OrderIdentity; content: OrderContent; delivered: OrderContent };

export function isPlaced(state: OrderState): state is PlacedOrder {
  return state.identity !== null;
}

/** The state after the event, its announced movement included. */
export function evolveOrder(state: OrderState, event: OrderEvent): OrderState {
  const next = fileEvent(state, event);
  const { moved } = event.data as { moved?: Movement };
  if (moved !== undefined) next.standing = afterMovement(state.standing, moved);
  return next;
}

/** The state after the event without what it moved: a copy that the caller may finish. */
export function fileEvent(state: OrderState, event: OrderEvent): OrderState {
  const next = successor(state);
  const ordinal = state.ordinal;
  const at = event.occurredAt;
  switch (event.type) {
    case 'OrderPlaced':
      place(next, event.data, at);
      break;
    case 'OrderAmended':
    case 'AmendmentRefused':
      amend(next, event);
      break;
    case 'AddressChanged':
      next.content = { ...state.content!, ...event.data.is };
      next.versions = [...state.versions, {
        changes: event.data.is, at, timed: true, origin: 'OWN', refusedOnArrival: false,
        failedChecks: event.data.failedChecks, matchedSkus: state.versions.at(-1)?.matchedSkus ?? null, factId: '', system: '',
      }];
      break;
    case 'ContentRevised':
      next.content = { ...state.content!, ...event.data.is };
      break;
    case 'PaymentReported': {
      const { paymentId, status, amount, factId } = event.data;
      next.payments = [...state.payments, { paymentId, status, amount, at, factId, ordinal }];
      recordFact(next, factId);
      break;
    }
    case 'AllocationReported': {
      const { status, lines, factId } = event.data;
      if (status === 'ALLOCATED') next.allocations = [...state.allocations, { lines, at, factId, ordinal }];
      recordFact(next, factId);
      break;
    }
    case 'ShipmentDispatched': {
      const { shipmentId, warehouse, carrier, trackingNumber, lines, factId } = event.data;
      next.dispatches = [...state.dispatches, { shipmentId, warehouse, carrier, trackingNumber, lines, at, factId, ordinal }];
      recordFact(next, factId);
      break;
    }
    case 'ParcelTracked': {
      const { shipmentId, status, factId } = event.data;
      next.tracking = [...state.tracking, { shipmentId, status, at, factId, ordinal }];
      recordFact(next, factId);
      break;
    }
    case 'SettlementReported':
      next.settlements = [...state.settlements, { amount: event.data.amount, at, factId: event.data.factId, ordinal }];
      recordFact(next, event.data.factId);
      break;
    case 'CancellationRequested':
      next.cancellations = [...state.cancellations, { at, factId: event.data.factId, system: event.data.system, ordinal }];
      recordFact(next, event.data.factId);
      break;
    case 'GoodsReturned':
      next.returns = [...state.returns, { lines: event.data.lines, at, factId: event.data.factId, ordinal }];
      recordFact(next, event.data.factId);
      break;
    case 'StatusReported':
    case 'ComplaintFiled':
    case 'SurveyAnswered':
      recordFact(next, event.data.factId);
      break;
    case 'HoldPlaced':
      next.holds = [
        ...state.holds.filter((hold) => hold.holdId !== event.data.hold.holdId),
        { ...event.data.hold, node: event.data.node, round: event.data.round, contentVersion: event.data.contentVersion, placedOrdinal: ordinal, released: null },
      ];
      break;
    case 'HoldReleased': {
      const { holdId, how, releasedBy: by, reason } = event.data;
      next.holds = state.holds.map((hold) => (hold.holdId === holdId ? { ...hold, released: { at, how, by, reason, ordinal } } : hold));
      break;
    }
    case 'ReviewDecided':
      next.reviews = [...state.reviews, reviewDecision(event.data, at, ordinal)];
      if (state.approvals.length > 0) next.approvals = approvalsAfter(state.approvals, event);
      break;
    case 'ReviewWithdrawn':
      next.reviews = state.reviews.filter(({ approvalId }) => approvalId !== event.data.approvalId);
      next.approvals = approvalsAfter(state.approvals, event);
      break;
    case 'ReviewStarted':
    case 'TasksRouted':
    case 'TaskHandedOver':
    case 'TaskOverdue':
    case 'TaskDecided':
      next.approvals = approvalsAfter(state.approvals, event);
      break;
    case 'ExemptionGranted':
    case 'ExemptionReviewed':
    case 'ExemptionExpired':
      next.exemptions = exemptionsAfter(state.exemptions, event);
      break;
    case 'FactSetAside':
      next.waiting = [...state.waiting, { factId: event.data.factId, system: event.data.system, fact: event.data.payload as Fact }];
      break;
    default:
      event satisfies never;
  }
  return next;
}

/** A copy, one event further; written out because it is made for every event. */
function successor(state: OrderState): OrderState {
  return {
    identity: state.identity,
    content: state.content,
    delivered: state.delivered,
    deliveredFactId: state.deliveredFactId,
    updatedAt: state.updatedAt,
    versions: state.versions,
    payments: state.payments,
    allocations: state.allocations,
    dispatches: state.dispatches,
    tracking: state.tracking,
    settlements: state.settlements,
    cancellations: state.cancellations,
    returns: state.returns,
    holds: state.holds,
    reviews: state.reviews,
    approvals: state.approvals,
    exemptions: state.exemptions,
    waiting: state.waiting,
    factIds: state.factIds,
    standing: state.standing,
    ordinal: state.ordinal + 1,
  };
}

function recordFact(next: OrderState, factId: string): void {
  next.factIds = [...next.factIds, factId];
  if (next.waiting.length > 0) next.waiting = next.waiting.filter((waiting) => waiting.factId !== factId);
}

function reviewDecision({ approvalId, inputs, outcome, policyVersion, round }: ReviewDecided['data'], at: Instant, ordinal: number): ReviewDecision {
  return { round, outcome, at, ordinal, approvalId, policyVersion, inputs };
}

function place(next: OrderState, data: Extract<OrderEvent, { type: 'OrderPlaced' }>['data'], at: Instant): void {
  const { orderNumber, platform, externalId, currency, history, omits, factId, system, updatedAt, failedChecks, matchedSkus } = data;
  const content = contentIn(data);
  next.identity = { orderNumber, platform, externalId, currency, history, omits };
  next.content = content;
  next.delivered = content;
  next.deliveredFactId = factId;
  next.updatedAt = updatedAt;
  next.versions = [{ changes: content, at, timed: true, origin: 'DELIVERED', refusedOnArrival: false, failedChecks, matchedSkus, factId, system }];
}

function amend(next: OrderState, event: Extract<OrderEvent, { type: 'OrderAmended' | 'AmendmentRefused' }>): void {
  const { is, factId, system, updatedAt, failedChecks, matchedSkus } = event.data;
  const refusedOnArrival = event.type === 'AmendmentRefused';
  const timed = updatedAt !== null;
  let at = event.occurredAt;
  if (timed) for (const version of next.versions) if (version.timed && version.origin === 'DELIVERED' && version.at > at) at = version.at;
  if (!refusedOnArrival) next.content = { ...next.content!, ...is };
  next.delivered = { ...next.delivered!, ...is };
  next.deliveredFactId = factId;
  if (timed && (next.updatedAt === null || updatedAt > next.updatedAt)) next.updatedAt = updatedAt;
  next.versions = [...next.versions, { changes: is, at, timed, origin: 'DELIVERED', refusedOnArrival, failedChecks, matchedSkus, factId, system }];
}

/** The content among the other fields of OrderPlaced. */
function contentIn(data: OrderContent): OrderContent {
  const { shopId, placedAt, placedBy, paymentTerms, customer, shippingAddress, lines, freight, discount, total } = data;
  return { shopId, placedAt, placedBy, paymentTerms, customer, shippingAddress, lines, freight, discount, total };
}
