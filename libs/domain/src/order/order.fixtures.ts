// Named orders, facts and settings for tests of everybody.
// Instants are minutes after the order was placed, so that tests read as a timeline.
import type { Actor, Instant } from '@app/kernel';
import { plusSeconds } from '@app/kernel';
import { DEFAULT_APPROVAL_POLICY } from '../approval-policy/policy.defaults';
import type { ApprovalPolicyVersion } from '../approval-policy/policy.events';
import { DEFAULT_SETTINGS } from '../settings/settings.defaults';
import type { SettingsVersion } from '../settings/settings.events';
import type { Fact, OrderContext, ReportFact, TakeOrder } from './order.commands';
import type { LineQuantity, OrderContent, OrderLine, ShipmentStatus } from './order.events';

const PLACED_AT: Instant = '2026-01-09T02:00:00.000Z';
const ORDER_NUMBER = 'TB2026010900001';

export const OPS: Actor = { id: 'wang.ops', role: 'ops' };
export const FRONTLINE: Actor = { id: 'li.front', role: 'frontline' };
export const TAOBAO: Actor = { id: 'TB', role: 'integration' };

/** Version 1, as it ships. */
export const SETTINGS_V1: SettingsVersion = { ...DEFAULT_SETTINGS, version: 1, publishedAt: '2026-01-01T00:00:00.000Z', publishedBy: 'system' };

const POLICY: ApprovalPolicyVersion = { version: 1, publishedAt: '2026-01-01T00:00:00.000Z', publishedBy: 'system', rules: DEFAULT_APPROVAL_POLICY };

/** No catalogue yet, shipped settings and policy, no other order that day. */
export const CONTEXT: OrderContext = { settings: [SETTINGS_V1], catalogue: null, policies: [POLICY], turnoverOfOthers: 0 };

/** The instant so many minutes after the order was placed. */
export function minute(minutes: number): Instant {
  return plusSeconds(PLACED_AT, minutes * 60);
}

export const TWO_LINES: OrderLine[] = [
  { lineId: '1', sku: 'TEA-100', title: 'Green tea', category: 'tea', quantity: 2, unitPrice: 4000 },
  { lineId: '2', sku: 'CUP-7', title: 'Cup', category: 'ware', quantity: 1, unitPrice: 11000 },
];

/** 199.90 CNY: two lines of 190.00 together, freight 9.90. */
export const CONTENT: OrderContent = {
  shopId: 'shop-1',
  placedAt: PLACED_AT,
  placedBy: null,
  paymentTerms: 'PREPAID',
  customer: { customerId: 'c-1', tier: 'REGULAR', name: '张三', phone: '13800000000', email: null },
  shippingAddress: { country: 'CN', province: '浙江', city: '杭州', district: '西湖', detail: '文三路 1 号', postcode: null },
  lines: TWO_LINES,
  freight: 990,
  discount: 0,
  total: 19990,
};

/** The first delivery of an order that passes every check; `content` replaces parts of it. */
export function makeTakeOrder(content: Partial<OrderContent> = {}, rest: Partial<Omit<TakeOrder, 'type' | 'content'>> = {}): TakeOrder {
  const whole = { ...CONTENT, ...content };
  const factId = idOf('orders', [whole, rest.updatedAt ?? null]);
  return {
    type: 'TakeOrder',
    id: `take-${factId}`,
    actor: TAOBAO,
    at: minute(1),
    context: CONTEXT,
    platform: 'TB',
    externalId: '4711',
    orderNumber: ORDER_NUMBER,
    currency: 'CNY',
    updatedAt: null,
    content: whole,
    system: 'TB',
    factId,
    history: false,
    omits: [],
    ...rest,
  };
}

/** The report of a fact, its id derived from its content. */
export function makeReport(fact: Fact, rest: Partial<Omit<ReportFact, 'type' | 'fact'>> = {}): ReportFact {
  const factId = idOf(fact.topic, fact);
  return {
    type: 'ReportFact',
    id: `report-${factId}`,
    actor: TAOBAO,
    at: minute(10_000),
    context: CONTEXT,
    ref: { platform: 'TB', externalId: '4711', orderNumber: null },
    fact,
    factId,
    system: 'TB',
    ...rest,
  };
}

export function paid(minutes: number, amount = '199.90', paymentId = 'p-1'): Fact {
  return { topic: 'payments', paymentId, status: 'PAID', amount, at: minute(minutes), reason: null };
}
export function paymentFailed(minutes: number, paymentId = 'p-1'): Fact {
  return { topic: 'payments', paymentId, status: 'FAILED', amount: '199.90', at: minute(minutes), reason: 'insufficient funds' };
}
export function refunded(minutes: number, amount: string, paymentId = 'p-1'): Fact {
  return { topic: 'payments', paymentId, status: 'REFUNDED', amount, at: minute(minutes), reason: null };
}
export function allocated(minutes: number, lines: LineQuantity[] | null = null): Fact {
  return { topic: 'fulfilment', status: 'ALLOCATED', warehouse: 'HZ-1', lines, at: minute(minutes) };
}
export function dispatched(minutes: number, lines: LineQuantity[] | null = null, shipmentId = 's-1'): Fact {
  return { topic: 'fulfilment', status: 'DISPATCHED', shipmentId, warehouse: 'HZ-1', carrier: 'SF', trackingNumber: null, lines, at: minute(minutes) };
}
export function tracked(minutes: number, status: Exclude<ShipmentStatus, 'DISPATCHED'>, shipmentId = 's-1'): Fact {
  return { topic: 'tracking', shipmentId, status, at: minute(minutes), note: null };
}
export function settled(minutes: number, amount = '199.90'): Fact {
  return { topic: 'settlements', amount, at: minute(minutes) };
}
export function cancelled(minutes: number): Fact {
  return { topic: 'cancellations', reason: 'changed my mind', at: minute(minutes) };
}
export function returned(minutes: number, lines: LineQuantity[]): Fact {
  return { topic: 'returns', lines, reason: 'does not fit', at: minute(minutes) };
}

/** Short and derived from the content (FNV-1a, twice): the same content has the same id. */
function idOf(topic: string, content: unknown): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (const letter of JSON.stringify(content)) {
    low = Math.imul(low ^ letter.codePointAt(0)!, 0x01000193);
    high = Math.imul(high ^ low, 0x85ebca6b);
  }
  return `${topic}-${(low >>> 0).toString(16)}${(high >>> 0).toString(16)}`;
}
