// STORAGE FORMAT. Names and shapes here are what the log holds for ever: never rename or reuse one;
// a new shape is a new version with an upcaster. Amounts are integer minor units of the order's currency.
import type { DomainEvent, Instant } from '@app/kernel';
import { APPROVAL_EVENT_TYPES, type ApprovalEvent, type RouteInputs, type TaskChange } from '../approval/approval.events';

export const ORDER_STATUSES = [
  'AWAITING_PAYMENT',
  'IN_REVIEW',
  'AWAITING_ALLOCATION',
  'AWAITING_SHIPMENT',
  'PARTIALLY_SHIPPED',
  'IN_TRANSIT',
  'AWAITING_SETTLEMENT',
  'SETTLED',
  'CANCELLED',
  'REJECTED',
  'RETURNED',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export const WORKFLOW_NODES = ['PAYMENT', 'REVIEW', 'ALLOCATION', 'OUTBOUND', 'DELIVERY', 'SETTLEMENT'] as const;
export type WorkflowNode = (typeof WORKFLOW_NODES)[number];

export const PAYMENT_TERMS = ['PREPAID', 'CASH_ON_DELIVERY', 'CREDIT'] as const;
export type PaymentTerms = (typeof PAYMENT_TERMS)[number];
export const CUSTOMER_TIERS = ['REGULAR', 'SILVER', 'GOLD', 'KEY_ACCOUNT'] as const;
export type CustomerTier = (typeof CUSTOMER_TIERS)[number];
export const SHIPMENT_STATUSES = ['DISPATCHED', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'REFUSED', 'LOST', 'RETURNED'] as const;
export type ShipmentStatus = (typeof SHIPMENT_STATUSES)[number];

/** The field checks, named as the exceptions that they become. */
export const FIELD_CHECKS = ['DATA_INCOMPLETE', 'AMOUNT_MISMATCH', 'SKU_UNKNOWN'] as const;
export type FieldCheck = (typeof FIELD_CHECKS)[number];

export interface Customer {
  customerId: string;
  tier: CustomerTier;
  /** Sealed wherever it is stored; null when not given or erased. So are `phone` and `email`. */
  name: string | null;
  phone: string | null;
  email: string | null;
}

export interface Address {
  country: string | null;
  province: string | null;
  city: string | null;
  district: string | null;
  /** Sealed wherever it is stored; so is `postcode`. */
  detail: string | null;
  postcode: string | null;
}

export interface OrderLine {
  lineId: string;
  sku: string | null;
  title: string | null;
  category: string | null;
  quantity: number | null;
  unitPrice: number | null;
}

/** What the platform says of an order; a later delivery may amend every part of it. */
export interface OrderContent {
  shopId: string | null;
  placedAt: Instant;
  placedBy: string | null;
  paymentTerms: PaymentTerms;
  customer: Customer;
  shippingAddress: Address;
  lines: OrderLine[];
  freight: number;
  discount: number;
  total: number;
}

export interface LineQuantity {
  lineId: string;
  quantity: number;
}

/** One stay at a node, from entering it to leaving it. */
export interface Passage {
  node: WorkflowNode;
  /** 1 for the first stay at the node, 2 after the order has come back to it. */
  visit: number;
  enteredAt: Instant;
  leftAt: Instant | null;
  /** COMPLETED counts in the statistics; LEFT (cancelled, amended, come back) does not; null: the order is there. */
  outcome: 'COMPLETED' | 'LEFT' | null;
  /** Ended by a later physical step that brought it along. */
  implied: boolean;
  /** Pinned from the settings in force when the node was entered. */
  limitSeconds: number;
  ownerRole: string;
}

export interface OpenHold {
  holdId: string;
  reason: string;
  /** The field check whose failure placed it; null for a hold placed by somebody. */
  check: FieldCheck | null;
  exceptionId: string | null;
  placedBy: string;
  /** Roles of the API that may release it. */
  releasableBy: string[];
  placedAt: Instant;
  expiresAt: Instant | null;
}

export interface Shipment {
  shipmentId: string;
  warehouse: string | null;
  carrier: string | null;
  trackingNumber: string | null;
  status: ShipmentStatus;
  lines: LineQuantity[];
  dispatchedAt: Instant;
  deliveredAt: Instant | null;
  /** Concluded from the delivery; its own dispatch has not come yet. */
  implied: boolean;
}

/** A fact that does not count, and why; it may count again when another fact arrives. */
export interface RefusedFact {
  factId: string;
  topic: FactTopic | 'orders';
  system: string;
  at: Instant;
  rejection: string;
  message: string;
}

/** Where the order stands, as concluded from everything recorded so far; the same whatever the order of arrival. */
export interface Standing {
  status: OrderStatus;
  /** Null once the order is closed. */
  node: WorkflowNode | null;
  passages: Passage[];
  holds: OpenHold[];
  shipments: Shipment[];
  /** By lineId. */
  shipped: Record<string, number>;
  returned: Record<string, number>;
  paid: number;
  refunded: number;
  settled: number;
  paidAt: Instant | null;
  shippedAt: Instant | null;
  deliveredAt: Instant | null;
  settledAt: Instant | null;
  closedAt: Instant | null;
  refused: RefusedFact[];
}

/**
 * What an event changed in the standing: the parts that differ, as they were and as they are. Of the passages only those
 * that were entered (`was` null), ended or corrected, or count no more (`is` null).
 */
export interface Movement {
  was: Partial<Omit<Standing, 'passages'>>;
  is: Partial<Omit<Standing, 'passages'>>;
  passages: { was: Passage | null; is: Passage | null }[];
}

/** Every event about an order carries its number, so that history can be joined; null only while the order is not known yet. */
interface OfOrder {
  orderNumber: string;
  /** Left out when the standing is unchanged. */
  moved?: Movement;
  /** What the order counts for in the turnover of its platform and business day, in minor units of its currency, where it changes: nothing once cancelled. */
  turnover?: { was: number; is: number; currency: string };
}

/** A fact as a source reported it; `occurredAt` of the event is its `at`. */
export interface OfFact extends OfOrder {
  system: string;
  /** Derives from topic and content: the same content twice is one. */
  factId: string;
}

export type FactTopic =
  | 'payments'
  | 'fulfilment'
  | 'tracking'
  | 'settlements'
  | 'cancellations'
  | 'returns'
  | 'statuses'
  | 'complaints'
  | 'surveys';

export type OrderPlaced = DomainEvent<
  'OrderPlaced',
  OfOrder &
    OrderContent & {
      platform: string;
      /** The platform's own id, a string always. */
      externalId: string;
      currency: string;
      updatedAt: Instant | null;
      system: string;
      /** Of the delivery that placed it: the same delivery again is recognised. */
      factId: string;
      /** An import of past orders: no timer, no message, no case. */
      history: boolean;
      /** Checked fields that the source declares not to deliver, as paths: `customer.name`. */
      omits: string[];
      /** SKUs of the lines that the catalogue had; null while there was no catalogue. */
      matchedSkus: string[] | null;
      /** Field checks that the content failed as it was received. */
      failedChecks: FieldCheck[];
    }
>;

interface OfAmendment extends OfOrder {
  customerId: string;
  system: string;
  factId: string;
  updatedAt: Instant | null;
  /** Only what differs. */
  was: Partial<OrderContent>;
  is: Partial<OrderContent>;
  matchedSkus: string[] | null;
  /** Field checks that the order fails with it. */
  failedChecks: FieldCheck[];
}
/** The platform delivered the order again, with changes: only what differs, as it was and as it is. */
export type OrderAmended = DomainEvent<'OrderAmended', OfAmendment>;
/** Changes that came too late: the order keeps its content, and `refused` of the standing says why. */
export type AmendmentRefused = DomainEvent<'AmendmentRefused', OfAmendment>;
/** A late fact made an amendment count after all, or count no more: what the content was and what it is. */
export type ContentRevised = DomainEvent<
  'ContentRevised',
  OfOrder & { customerId: string; was: Partial<OrderContent>; is: Partial<OrderContent> }
>;
export type AddressChanged = DomainEvent<
  'AddressChanged',
  OfOrder & { customerId: string; was: { shippingAddress: Address }; is: { shippingAddress: Address }; reason: string; failedChecks: FieldCheck[] }
>;
export type PaymentReported = DomainEvent<
  'PaymentReported',
  OfFact & { paymentId: string; status: 'PAID' | 'FAILED' | 'REFUNDED'; amount: number; reason: string | null }
>;
export type AllocationReported = DomainEvent<
  'AllocationReported',
  OfFact & { status: 'ALLOCATED' | 'SHORTAGE'; warehouse: string | null; lines: LineQuantity[] | null }
>;
export type ShipmentDispatched = DomainEvent<
  'ShipmentDispatched',
  OfFact & { shipmentId: string; warehouse: string | null; carrier: string | null; trackingNumber: string | null; lines: LineQuantity[] | null }
>;
export type ParcelTracked = DomainEvent<
  'ParcelTracked',
  OfFact & { shipmentId: string; status: Exclude<ShipmentStatus, 'DISPATCHED'>; note: string | null }
>;
export type SettlementReported = DomainEvent<'SettlementReported', OfFact & { amount: number }>;
export type CancellationRequested = DomainEvent<'CancellationRequested', OfFact & { reason: string; requestedBy: string }>;
export type GoodsReturned = DomainEvent<'GoodsReturned', OfFact & { lines: LineQuantity[]; reason: string }>;
/** What a system believes of the order; changes nothing here, feeds the comparison of sources. */
export type StatusReported = DomainEvent<'StatusReported', OfFact & { status: string }>;
export type ComplaintFiled = DomainEvent<'ComplaintFiled', OfFact & { text: string }>;
export type SurveyAnswered = DomainEvent<'SurveyAnswered', OfFact & { score: number; comment: string | null }>;
export type HoldPlaced = DomainEvent<
  'HoldPlaced',
  OfOrder & {
    hold: OpenHold;
    failures: string[];
    node: WorkflowNode;
    visit: number;
    /** Round of review (see ReviewDecided) in which the order was. */
    round: number;
    /** Which content failed the check: 0 as placed, 1 with the first change; null for every other hold. */
    contentVersion: number | null;
  }
>;
export type HoldReleased = DomainEvent<
  'HoldReleased',
  OfOrder & { holdId: string; reason: string; releasedBy: string; how: 'BY_HAND' | 'EXPIRED' | 'CHECK_PASSED' }
>;
export type ReviewDecided = DomainEvent<
  'ReviewDecided',
  OfOrder & {
    approvalId: string;
    /** The review that was decided: 1 for the first, one more after each amendment that sent the order back. */
    round: number;
    outcome: 'AUTO_APPROVED' | 'APPROVED' | 'REJECTED' | 'EXEMPTED';
    policyVersion: number;
    matchedRule: string;
    /** Of an automatic approval; one that people decide has them in its ReviewStarted. Left out for imported history. */
    inputs?: RouteInputs;
    /** Who ended it by an exemption, and why. */
    exemption?: { by: string; reason: string };
    /** Tasks that are no longer needed. */
    tasks?: TaskChange[];
  }
>;
/**
 * A fact about an order that is not known yet. It is recorded again, as itself, when the order is placed.
 * `history`: an import of past orders brought it, so that nobody is alerted while it waits.
 */
export type FactSetAside = DomainEvent<
  'FactSetAside',
  { system: string; topic: FactTopic; factId: string; platform: string | null; externalId: string | null; orderNumber: string | null; history: boolean; payload: unknown }
>;
/** In a stream of facts that named an unknown order number: its order has come, the facts went to it. */
export type FactsForwarded = DomainEvent<'FactsForwarded', { orderNumber: string; stream: string; factIds: string[] }>;

export type OrderEvent =
  | OrderPlaced
  | OrderAmended
  | AmendmentRefused
  | ContentRevised
  | AddressChanged
  | PaymentReported
  | AllocationReported
  | ShipmentDispatched
  | ParcelTracked
  | SettlementReported
  | CancellationRequested
  | GoodsReturned
  | StatusReported
  | ComplaintFiled
  | SurveyAnswered
  | HoldPlaced
  | HoldReleased
  | ReviewDecided
  | FactSetAside
  | ApprovalEvent;

/** Type and version of every event in an order's stream. */
export const ORDER_EVENT_TYPES = {
  OrderPlaced: 1,
  OrderAmended: 1,
  AmendmentRefused: 1,
  ContentRevised: 1,
  AddressChanged: 1,
  PaymentReported: 1,
  AllocationReported: 1,
  ShipmentDispatched: 1,
  ParcelTracked: 1,
  SettlementReported: 1,
  CancellationRequested: 1,
  GoodsReturned: 1,
  StatusReported: 1,
  ComplaintFiled: 1,
  SurveyAnswered: 1,
  HoldPlaced: 1,
  HoldReleased: 1,
  ReviewDecided: 1,
  FactSetAside: 1,
  ...APPROVAL_EVENT_TYPES,
} as const satisfies Record<OrderEvent['type'], number>;

const CHANGED_CONTENT = {
  subject: 'customerId',
  groups: {
    'was.customer': ['name', 'phone', 'email'],
    'is.customer': ['name', 'phone', 'email'],
    'was.shippingAddress': ['detail', 'postcode'],
    'is.shippingAddress': ['detail', 'postcode'],
  },
} as const;

/** Where personal data stands in an order's events; see PersonalData in the runtime. */
export const ORDER_PERSONAL_DATA = {
  OrderPlaced: { subject: 'customer.customerId', groups: { customer: ['name', 'phone', 'email'], shippingAddress: ['detail', 'postcode'] } },
  OrderAmended: CHANGED_CONTENT,
  AmendmentRefused: CHANGED_CONTENT,
  ContentRevised: CHANGED_CONTENT,
  AddressChanged: { subject: 'customerId', groups: { 'was.shippingAddress': ['detail', 'postcode'], 'is.shippingAddress': ['detail', 'postcode'] } },
} as const;

/** Stream of an order: one per platform order, so that a repeated delivery meets itself. */
export function orderStream(platform: string, externalId: string): string {
  return `order-${platform}.${externalId}`;
}

/** The platform's id of the order whose stream it is; codes of platforms have no point. */
export function externalIdIn(stream: string): string {
  return stream.slice(stream.indexOf('.') + 1);
}
