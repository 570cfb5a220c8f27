// From a payload of a topic to what the domain takes: an order's content, a fact, an article; or the reasons why not.
// Reading is pure and whole: it tells every mistake of a payload at once and takes nothing half.
import { currencyExponent, type CustomerTier, type Fact, type FactTopic, isPlatform, type LineQuantity, type OrderContent, type OrderLine, type OrderRef, type PaymentTerms, type ShipmentStatus } from '@app/domain';
import type { Instant } from '@app/kernel';
import { type ItemTopic, MOVED_RANGE, ORDERED_RANGE, SCORE_RANGE, type Topic } from './topics';
import { firstOf, formErrors } from './validation';
import { canonicalDecimal, optionalId, optionalText, readId, readInstant, readMoney, readWhole } from './values';

export interface OrderReading {
  kind: 'order';
  platform: string;
  externalId: string;
  currency: string;
  updatedAt: Instant | null;
  content: OrderContent;
}
export interface FactReading {
  kind: 'fact';
  ref: OrderRef;
  /** As sent, also beside our number: the sender knows its item by it. */
  externalId: string | null;
  fact: Fact;
}
export interface SkuReading {
  kind: 'sku';
  sku: string;
  title: string;
  category: string;
}
interface Unreadable {
  kind: 'unreadable';
  reasons: readonly string[];
  /** As far as it can be made out. */
  externalId: string | null;
}
export type Reading = OrderReading | FactReading | SkuReading | Unreadable;

/** Reads a payload that a system sent under a topic. */
export function readPayload(topic: Topic, payload: unknown, system: string): Reading {
  const mistakes = formErrors(topic, payload);
  if (mistakes.length > 0) return unreadable(mistakes, payload);
  if (topic === 'mixed') {
    const envelope = payload as { topic: ItemTopic; item: unknown };
    return readPayload(envelope.topic, envelope.item, system);
  }
  const reasons: string[] = [];
  const reading =
    topic === 'orders' ? readOrder(payload as OrderPayload, system, reasons)
    : topic === 'skus' ? readSku(payload as SkuPayload, reasons)
    : readFact(topic, payload as FactPayload, system, reasons);
  return reasons.length > 0 ? unreadable(firstOf(reasons), payload) : reading;
}

function unreadable(reasons: readonly string[], payload: unknown): Unreadable {
  const { externalId, item } = (typeof payload === 'object' && payload !== null ? payload : {}) as { externalId?: unknown; item?: { externalId?: unknown } | null };
  const id = externalId ?? item?.externalId;
  return { kind: 'unreadable', reasons, externalId: typeof id === 'string' ? id.slice(0, 200) : typeof id === 'number' ? String(id) : null };
}

// ---------------------------------------------------------------- orders

type Id = string | number;
type Amount = string | number;
type Maybe<T> = T | null | undefined;
/** Minor units in the currency of the order. */
type MoneyReader = (value: Amount, place: string) => number;

interface OrderPayload {
  externalId: Id;
  shopId?: Maybe<Id>;
  placedAt: string;
  updatedAt?: Maybe<string>;
  placedBy?: Maybe<Id>;
  paymentTerms?: Maybe<PaymentTerms>;
  customer: { customerId: Id; name?: Maybe<string>; tier?: Maybe<CustomerTier>; phone?: Maybe<Id>; email?: Maybe<string> };
  shippingAddress?: Maybe<{
    country?: Maybe<string>;
    province?: Maybe<string>;
    city?: Maybe<string>;
    district?: Maybe<string>;
    detail?: Maybe<string>;
    postcode?: Maybe<Id>;
  }>;
  lines?: Maybe<LinePayload[]>;
  freight?: Maybe<Amount>;
  discount?: Maybe<Amount>;
  total: Amount;
  currency?: Maybe<string>;
}
interface LinePayload {
  lineId?: Maybe<Id>;
  sku?: Maybe<Id>;
  title?: Maybe<string>;
  category?: Maybe<string>;
  quantity?: Maybe<Id>;
  unitPrice?: Maybe<Amount>;
}

function readOrder(payload: OrderPayload, system: string, reasons: string[]): OrderReading {
  if (!isPlatform(system)) reasons.push(`${system} is no shop platform, so it cannot send orders: send them under the code of the platform.`);
  const externalId = readId(payload.externalId, 'externalId', reasons);
  const currency = optionalText(payload.currency) ?? 'CNY';
  const exponent = currencyExponent(currency);
  if (exponent === undefined) reasons.push('currency is no ISO 4217 code: write three capitals, as CNY.');
  const money: MoneyReader = (value, place) => readMoney(value, currency, exponent ?? 2, place, reasons);
  const { customer, shippingAddress: address } = payload;
  const total = money(payload.total, 'total');
  if (total < 0) reasons.push('total is negative.');
  const updatedAt = optionalText(payload.updatedAt);
  return {
    kind: 'order',
    platform: system,
    externalId,
    currency,
    updatedAt: updatedAt === null ? null : readInstant(updatedAt, 'updatedAt', reasons),
    content: {
      shopId: optionalId(payload.shopId),
      placedAt: readInstant(payload.placedAt, 'placedAt', reasons),
      placedBy: optionalId(payload.placedBy),
      paymentTerms: payload.paymentTerms ?? 'PREPAID',
      customer: {
        customerId: readId(customer.customerId, 'customer.customerId', reasons),
        tier: customer.tier ?? 'REGULAR',
        name: optionalText(customer.name),
        phone: optionalId(customer.phone),
        email: optionalText(customer.email),
      },
      shippingAddress: {
        country: optionalText(address?.country),
        province: optionalText(address?.province),
        city: optionalText(address?.city),
        district: optionalText(address?.district),
        detail: optionalText(address?.detail),
        postcode: optionalId(address?.postcode),
      },
      lines: readLines(payload.lines ?? [], money, reasons),
      freight: optionalMoney(payload.freight, 'freight', money) ?? 0,
      discount: optionalMoney(payload.discount, 'discount', money) ?? 0,
      total,
    },
  };
}

function readLines(lines: readonly LinePayload[], money: MoneyReader, reasons: string[]): OrderLine[] {
  const read = lines.map((line, index): OrderLine => ({
    lineId: optionalId(line.lineId) ?? String(index + 1),
    sku: optionalId(line.sku),
    title: optionalText(line.title),
    category: optionalText(line.category),
    quantity: line.quantity === undefined || line.quantity === null ? null : readWhole(line.quantity, ORDERED_RANGE, `lines[${index}].quantity`, reasons),
    unitPrice: line.unitPrice === undefined || line.unitPrice === null ? null : money(line.unitPrice, `lines[${index}].unitPrice`),
  }));
  if (read.length > 1) {
    const seen = new Set<string>();
    for (const [index, { lineId }] of read.entries()) {
      if (seen.has(lineId)) reasons.push(`lines[${index}].lineId is that of an earlier line (a line without one has its place, from 1): make them different.`);
      seen.add(lineId);
    }
  }
  return read;
}

function optionalMoney(value: Maybe<Amount>, place: string, money: MoneyReader): number | null {
  return value === undefined || value === null ? null : money(value, place);
}

// ---------------------------------------------------------------- articles

interface SkuPayload {
  sku: Id;
  title: string;
  category: string;
}

function readSku(payload: SkuPayload, reasons: string[]): SkuReading {
  return { kind: 'sku', sku: readId(payload.sku, 'sku', reasons), title: payload.title, category: payload.category };
}

// ---------------------------------------------------------------- facts

interface QuantityPayload {
  lineId: Id;
  quantity: Id;
}
interface FactPayload {
  orderNumber?: Maybe<Id>;
  externalId?: Maybe<Id>;
  platform?: Maybe<string>;
  at: string;
  status?: string;
  amount?: Amount;
  paymentId?: Id;
  shipmentId?: Maybe<Id>;
  warehouse?: Maybe<Id>;
  carrier?: Maybe<string>;
  trackingNumber?: Maybe<Id>;
  lines?: Maybe<QuantityPayload[]>;
  reason?: Maybe<string>;
  note?: Maybe<string>;
  text?: string;
  score?: Id;
  comment?: Maybe<string>;
}

function readFact(topic: FactTopic, payload: FactPayload, system: string, reasons: string[]): FactReading {
  return { kind: 'fact', ref: readRef(payload, system, reasons), externalId: optionalId(payload.externalId), fact: factOf(topic, payload, readInstant(payload.at, 'at', reasons), reasons) };
}

// Our number says exactly one order; an external id beside it may be the sender's own and names nothing then.
function readRef(payload: FactPayload, system: string, reasons: string[]): OrderRef {
  const orderNumber = optionalId(payload.orderNumber);
  if (orderNumber !== null) return { platform: null, externalId: null, orderNumber: readId(orderNumber, 'orderNumber', reasons) };
  const externalId = optionalId(payload.externalId);
  if (externalId === null) {
    reasons.push('No order is named: give orderNumber, or externalId with platform.');
    return { platform: null, externalId: null, orderNumber: null };
  }
  const platform = optionalText(payload.platform) ?? system;
  if (!isPlatform(platform)) {
    reasons.push(
      platform === system
        ? `${system} is no shop platform, so externalId alone names no order: add platform, or give orderNumber.`
        : 'platform is not the code of a shop platform.',
    );
  }
  return { platform, externalId: readId(externalId, 'externalId', reasons), orderNumber: null };
}

function factOf(topic: FactTopic, payload: FactPayload, at: Instant, reasons: string[]): Fact {
  switch (topic) {
    case 'payments':
      return {
        topic,
        paymentId: readId(payload.paymentId!, 'paymentId', reasons),
        status: payload.status as 'PAID' | 'FAILED' | 'REFUNDED',
        amount: notNegative(canonicalDecimal(payload.amount!, 'amount', reasons), reasons),
        at,
        reason: optionalText(payload.reason),
      };
    case 'fulfilment':
      return fulfilmentOf(payload, at, reasons);
    case 'tracking':
      return {
        topic,
        shipmentId: readId(payload.shipmentId!, 'shipmentId', reasons),
        status: payload.status as Exclude<ShipmentStatus, 'DISPATCHED'>,
        at,
        note: optionalText(payload.note),
      };
    case 'settlements':
      return { topic, amount: canonicalDecimal(payload.amount!, 'amount', reasons), at };
    case 'cancellations':
      return { topic, reason: payload.reason!, at };
    case 'returns':
      return { topic, lines: quantitiesOf(payload.lines!, reasons), reason: payload.reason!, at };
    case 'statuses':
      return { topic, status: payload.status!, at };
    case 'complaints':
      return { topic, text: payload.text!, at };
    case 'surveys':
      return { topic, score: readWhole(payload.score!, SCORE_RANGE, 'score', reasons), comment: optionalText(payload.comment), at };
  }
}

function fulfilmentOf(payload: FactPayload, at: Instant, reasons: string[]): Fact {
  const topic = 'fulfilment';
  const warehouse = optionalId(payload.warehouse);
  const lines = payload.lines === undefined || payload.lines === null ? null : quantitiesOf(payload.lines, reasons);
  if (payload.status !== 'DISPATCHED') return { topic, status: payload.status as 'ALLOCATED' | 'SHORTAGE', warehouse, lines, at };
  const shipmentId = optionalId(payload.shipmentId);
  if (shipmentId === null) reasons.push('shipmentId is missing: DISPATCHED says which parcel went out.');
  return {
    topic,
    status: payload.status,
    shipmentId: shipmentId ?? '',
    warehouse,
    carrier: optionalText(payload.carrier),
    trackingNumber: optionalId(payload.trackingNumber),
    lines,
    at,
  };
}

/** A line named twice is one line with both quantities. */
function quantitiesOf(lines: readonly QuantityPayload[], reasons: string[]): LineQuantity[] {
  const quantities = new Map<string, number>();
  for (const [index, { lineId, quantity }] of lines.entries()) {
    const pieces = readWhole(quantity, MOVED_RANGE, `lines[${index}].quantity`, reasons);
    quantities.set(String(lineId), (quantities.get(String(lineId)) ?? 0) + pieces);
  }
  return [...quantities].map(([lineId, quantity]) => ({ lineId, quantity }));
}

function notNegative(amount: string, reasons: string[]): string {
  if (amount.startsWith('-')) reasons.push('amount is negative: say by status which way the money went.');
  return amount;
}
