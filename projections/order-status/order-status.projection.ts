// One row per order, keyed by the name of its stream: where it stands, its content as far as amendments count, and who said what.
// The standing is copied from `moved` of the events, never concluded again here.
import { type Instant, type Projection, type Recorded, plusSeconds } from '@app/kernel';
import {
  type HoldReleased, type Movement, ORDER_EVENT_TYPES, type OrderContent, type OrderEvent, type OrderLine, type OrderPlaced, type Passage, type Shipment,
} from '@app/domain';
import { OWN_SYSTEM } from '../own-system';
import type { RecordedOf } from '../recorded-of';
import { NEVER_DUE, type OrderRow, type OrderRowLine, type SourceWord } from './order-row';

const NO_KEYS: readonly string[] = [];
const NONE: Record<string, number> = Object.freeze({});

export const orderStatus: Projection<OrderRow> = {
  name: 'order-status',
  version: 2,
  reads: { order: Object.keys(ORDER_EVENT_TYPES) },
  // Each index is paid for by every event of an order: only what lists filter by often is paired with what they sort by.
  // Few orders are on hold, so those are counted by node and sorted without help; `externalId` is for a search without platform.
  indexes: [
    { fields: ['orderNumber'] },
    { fields: ['externalId'] },
    { fields: ['placedAt'] },
    { fields: ['updatedAt'] },
    { fields: ['dueOrder'] },
    { fields: ['node', 'dueOrder'] },
    { fields: ['status', 'placedAt'] },
    { fields: ['platform', 'placedAt'] },
    { fields: ['customerId', 'placedAt'] },
    { fields: ['carrier', 'placedAt'] },
    { fields: ['onHold', 'node'] },
  ],
  sharding: 'by-key',

  // A fact set aside is not of an order yet: it is recorded again, as itself, once the order is placed.
  keys: event => (event.type === 'FactSetAside' ? NO_KEYS : [event.stream]),

  fold(before, event) {
    const recorded = event as RecordedOf<OrderEvent>;
    const row = recorded.type === 'OrderPlaced' ? placed(recorded.data, event) : before;
    if (row === undefined) throw new Error(`${event.type} came before OrderPlaced in ${event.stream}.`);
    apply(row, recorded);
    if ('moved' in recorded.data && recorded.data.moved !== undefined) move(row, recorded.data.moved);
    row.revision = event.revision;
    row.updatedAt = event.recordedAt;
    return row;
  },
};

function placed(data: OrderPlaced['data'], event: Recorded): OrderRow {
  const matchedSkus = data.matchedSkus === null ? [] : [...data.matchedSkus];
  return {
    orderNumber: data.orderNumber,
    platform: data.platform,
    shopId: data.shopId,
    externalId: data.externalId,
    status: 'AWAITING_PAYMENT',
    node: null,
    nodeEnteredAt: null,
    nodeDueAt: null,
    nodeOwnerRole: null,
    dueOrder: NEVER_DUE,
    holds: [],
    onHold: false,
    paymentTerms: data.paymentTerms,
    customer: data.customer,
    customerId: data.customer.customerId,
    shippingAddress: data.shippingAddress,
    sealedFor: { customer: data.customer.customerId, shippingAddress: data.customer.customerId },
    placedBy: data.placedBy,
    lines: data.lines.map(line => rowLine(line, matchedSkus, NONE, NONE)),
    freight: data.freight,
    discount: data.discount,
    total: data.total,
    currency: data.currency,
    paid: 0,
    refunded: 0,
    settled: 0,
    placedAt: data.placedAt,
    receivedAt: event.recordedAt,
    paidAt: null,
    shippedAt: null,
    deliveredAt: null,
    settledAt: null,
    closedAt: null,
    shipments: [],
    shipped: NONE,
    returned: NONE,
    carrier: null,
    sources: {},
    refused: [],
    matchedSkus,
    history: data.history,
    revision: event.revision,
    updatedAt: event.recordedAt,
  };
}

/** What the event itself says; where the order stands by it follows from `moved`. */
function apply(row: OrderRow, event: RecordedOf<OrderEvent>): void {
  switch (event.type) {
    case 'OrderPlaced':
      return said(row, event.data, 'orders', 'PLACED', event.data.updatedAt ?? event.data.placedAt);
    case 'OrderAmended':
      matched(row, event.data.matchedSkus);
      change(row, event.data.is, event.data.customerId);
      return said(row, event.data, 'orders', 'AMENDED', event.data.updatedAt ?? event.meta.occurredAt);
    case 'AmendmentRefused':
      matched(row, event.data.matchedSkus);
      return said(row, event.data, 'orders', 'AMENDED', event.data.updatedAt ?? event.meta.occurredAt);
    case 'ContentRevised':
    case 'AddressChanged':
      return change(row, event.data.is, event.data.customerId);
    case 'PaymentReported':
      return said(row, event.data, 'payments', event.data.status, event.meta.occurredAt);
    case 'AllocationReported':
      return said(row, event.data, 'fulfilment', event.data.status, event.meta.occurredAt);
    case 'ShipmentDispatched':
      return said(row, event.data, 'fulfilment', 'DISPATCHED', event.meta.occurredAt);
    case 'ParcelTracked':
      return said(row, event.data, 'tracking', event.data.status, event.meta.occurredAt);
    case 'SettlementReported':
      return said(row, event.data, 'settlements', 'SETTLED', event.meta.occurredAt);
    case 'CancellationRequested':
      if (event.data.system === OWN_SYSTEM) return;
      return said(row, event.data, 'cancellations', 'CANCELLED', event.meta.occurredAt);
    case 'GoodsReturned':
      return said(row, event.data, 'returns', 'RETURNED', event.meta.occurredAt);
    case 'StatusReported':
      return said(row, event.data, 'statuses', event.data.status, event.meta.occurredAt);
    case 'HoldReleased':
      return checkPassed(row, event.data);
    // Of these the row shows what moved, or nothing.
    case 'ComplaintFiled':
    case 'SurveyAnswered':
    case 'HoldPlaced':
    case 'ReviewDecided':
    case 'FactSetAside':
    case 'ReviewStarted':
    case 'TasksRouted':
    case 'TaskHandedOver':
    case 'TaskOverdue':
    case 'TaskDecided':
    case 'ReviewWithdrawn':
    case 'ExemptionGranted':
    case 'ExemptionReviewed':
    case 'ExemptionExpired':
      return;
    default:
      throw new Error(`order-status does not know ${(event satisfies never as Recorded).type}.`);
  }
}

/** Sources deliver late and twice: what counts as last is by their clock, and of the same instant what came later. */
function said(row: OrderRow, data: { system: string; factId: string }, topic: SourceWord['topic'], status: string, at: Instant): void {
  const last = row.sources[data.system];
  if (last === undefined || last.at <= at) row.sources[data.system] = { topic, status, at, factId: data.factId };
}

function change(row: OrderRow, is: Partial<OrderContent>, sealedFor: string): void {
  if (is.shopId !== undefined) row.shopId = is.shopId;
  if (is.placedAt !== undefined) row.placedAt = is.placedAt;
  if (is.placedBy !== undefined) row.placedBy = is.placedBy;
  if (is.paymentTerms !== undefined) row.paymentTerms = is.paymentTerms;
  if (is.shippingAddress !== undefined) {
    row.shippingAddress = is.shippingAddress;
    row.sealedFor.shippingAddress = sealedFor;
  }
  if (is.freight !== undefined) row.freight = is.freight;
  if (is.discount !== undefined) row.discount = is.discount;
  if (is.total !== undefined) row.total = is.total;
  if (is.customer !== undefined) {
    row.customer = is.customer;
    row.customerId = is.customer.customerId;
    row.sealedFor.customer = sealedFor;
  }
  if (is.lines !== undefined) row.lines = is.lines.map(line => rowLine(line, row.matchedSkus, row.shipped, row.returned));
}

function rowLine(line: OrderLine, matchedSkus: readonly string[], shipped: OrderRow['shipped'], returned: OrderRow['returned']): OrderRowLine {
  return {
    lineId: line.lineId,
    sku: line.sku,
    title: line.title,
    category: line.category,
    quantity: line.quantity,
    unitPrice: line.unitPrice,
    skuMatched: line.sku !== null && matchedSkus.includes(line.sku),
    shippedQuantity: shipped[line.lineId] ?? 0,
    returnedQuantity: returned[line.lineId] ?? 0,
  };
}

/** A catalogue only grows: a SKU once seen in it is in it. */
function matched(row: OrderRow, skus: readonly (string | null)[] | null): void {
  if (skus === null) return;
  for (const sku of skus) if (sku !== null && !row.matchedSkus.includes(sku)) row.matchedSkus.push(sku);
  for (const line of row.lines) line.skuMatched = line.sku !== null && row.matchedSkus.includes(line.sku);
}

/** The hold of an unknown SKU goes, other than by expiry, only when the check passes: then the catalogue has every SKU of the order. */
function checkPassed(row: OrderRow, { holdId, how }: HoldReleased['data']): void {
  if (how === 'EXPIRED') return;
  const hold = row.holds.find(open => open.holdId === holdId);
  if (hold?.check === 'SKU_UNKNOWN') matched(row, row.lines.map(({ sku }) => sku));
}

/** Arrays and objects of `is` belong to the event: they are taken over whole and never changed here. */
function move(row: OrderRow, { is, passages }: Movement): void {
  if (is.status !== undefined) row.status = is.status;
  if (is.holds !== undefined) {
    row.holds = is.holds;
    row.onHold = is.holds.length > 0;
  }
  if (is.shipments !== undefined) {
    row.shipments = is.shipments;
    row.carrier = carrierOf(is.shipments);
  }
  if (is.shipped !== undefined) {
    row.shipped = is.shipped;
    for (const line of row.lines) line.shippedQuantity = is.shipped[line.lineId] ?? 0;
  }
  if (is.returned !== undefined) {
    row.returned = is.returned;
    for (const line of row.lines) line.returnedQuantity = is.returned[line.lineId] ?? 0;
  }
  if (is.paid !== undefined) row.paid = is.paid;
  if (is.refunded !== undefined) row.refunded = is.refunded;
  if (is.settled !== undefined) row.settled = is.settled;
  if (is.paidAt !== undefined) row.paidAt = is.paidAt;
  if (is.shippedAt !== undefined) row.shippedAt = is.shippedAt;
  if (is.deliveredAt !== undefined) row.deliveredAt = is.deliveredAt;
  if (is.settledAt !== undefined) row.settledAt = is.settledAt;
  if (is.closedAt !== undefined) row.closedAt = is.closedAt;
  if (is.refused !== undefined) row.refused = is.refused;
  if (passages.length > 0) stand(row, passages);
}

/** The order is at the node of its one open passage. */
function stand(row: OrderRow, changes: Movement['passages']): void {
  let open: Passage | null | undefined;
  for (const { was, is } of changes) {
    if (is !== null && is.leftAt === null) open = is;
    else if (open === undefined && was !== null && was.leftAt === null) open = null;
  }
  if (open === undefined) return;
  row.node = open?.node ?? null;
  row.nodeEnteredAt = open?.enteredAt ?? null;
  row.nodeDueAt = open ? plusSeconds(open.enteredAt, open.limitSeconds) : null;
  row.nodeOwnerRole = open?.ownerRole ?? null;
  row.dueOrder = row.nodeDueAt ?? NEVER_DUE;
}

function carrierOf(shipments: readonly Shipment[]): string | string[] | null {
  let carriers: string | string[] | null = null;
  for (const { carrier } of shipments) {
    if (carrier === null || carrier === carriers) continue;
    if (carriers === null) carriers = carrier;
    else if (typeof carriers === 'string') carriers = [carriers, carrier];
    else if (!carriers.includes(carrier)) carriers.push(carrier);
  }
  return carriers;
}
