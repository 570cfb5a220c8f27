// The row of an order as lists, look-ups and the page of one order read it; everything here is what its events hold.
// Personal data stands in it as the events have it, sealed; whoever shows it opens it.
import type { Instant } from '@app/kernel';
import type { Address, Customer, FactTopic, OpenHold, OrderLine, OrderStatus, PaymentTerms, RefusedFact, Shipment, WorkflowNode } from '@app/domain';

export interface OrderRowLine extends OrderLine {
  /** The catalogue had the SKU when the order was last checked; false while there was no catalogue. */
  skuMatched: boolean;
  shippedQuantity: number;
  returnedQuantity: number;
}

/** What a system said last, by its own clock. */
export interface SourceWord {
  topic: FactTopic | 'orders';
  /** PLACED, AMENDED, PAID, FAILED, REFUNDED, ALLOCATED, SHORTAGE, DISPATCHED, a parcel's status, SETTLED, CANCELLED, RETURNED; of topic `statuses` the system's own word. */
  status: string;
  at: Instant;
  factId: string;
}

/** Amounts are minor units of `currency`. */
export interface OrderRow {
  orderNumber: string;
  platform: string;
  shopId: string | null;
  externalId: string;
  status: OrderStatus;
  /** Null once the order is closed; so are the three fields after it. */
  node: WorkflowNode | null;
  nodeEnteredAt: Instant | null;
  nodeDueAt: Instant | null;
  nodeOwnerRole: string | null;
  /** `nodeDueAt`, or the end of time for a closed order: sorting by it puts what is due first and closed orders last. */
  dueOrder: Instant;
  holds: OpenHold[];
  onHold: boolean;
  paymentTerms: PaymentTerms;
  customer: Customer;
  customerId: string;
  shippingAddress: Address;
  /** Whose key seals each of the two: an amendment may name another customer and leave the address as it was. */
  sealedFor: { customer: string; shippingAddress: string };
  placedBy: string | null;
  lines: OrderRowLine[];
  freight: number;
  discount: number;
  total: number;
  currency: string;
  paid: number;
  refunded: number;
  settled: number;
  placedAt: Instant;
  receivedAt: Instant;
  paidAt: Instant | null;
  shippedAt: Instant | null;
  deliveredAt: Instant | null;
  settledAt: Instant | null;
  closedAt: Instant | null;
  shipments: Shipment[];
  /** By lineId, of lines too that an amendment took away and a late fact may bring back. */
  shipped: Record<string, number>;
  returned: Record<string, number>;
  /** Of its parcels: null for none, the one, or all where they differ; a filter matches any of them. */
  carrier: string | string[] | null;
  /** By system; see sourceReports. */
  sources: Record<string, SourceWord>;
  /** Facts that do not count, and why. */
  refused: RefusedFact[];
  /** SKUs that a catalogue was seen to have. */
  matchedSkus: string[];
  history: boolean;
  /** Of the last event of the order's stream; the first is 0. */
  revision: number;
  updatedAt: Instant;
}

/** `dueOrder` of a closed order. */
export const NEVER_DUE: Instant = '9999-12-31T23:59:59.999Z';
