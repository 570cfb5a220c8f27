// Orders and what becomes of them, as a webstore and its warehouse would send them: order i of a seed is the same on every machine.
// Each order stands alone, so that a log can be laid out by time, or the millionth order made, without the ones before it.

export type Topic = 'orders' | 'payments' | 'fulfilment' | 'tracking' | 'settlements';

export interface Message {
  topic: Topic;
  payload: Readonly<Record<string, unknown>>;
}

const CITIES = [
  ['Zhejiang', 'Hangzhou', 'Xihu'],
  ['Guangdong', 'Shenzhen', 'Nanshan'],
  ['Jiangsu', 'Suzhou', 'Wuzhong'],
  ['Sichuan', 'Chengdu', 'Jinjiang'],
  ['Shanghai', 'Shanghai', 'Pudong'],
] as const;
const NAMES = ['王小明', '李娜', '张伟', '刘洋', '陈静', '杨帆', '赵磊', '黄丽', '周杰', '吴敏'] as const;
const GOODS = [
  ['Running shoes, breathable mesh', 'footwear'],
  ['Stainless thermos 500 ml', 'kitchen'],
  ['Wireless earphones with case', 'electronics'],
  ['Down jacket, light', 'apparel'],
  ['Green tea, spring harvest, 250 g', 'food'],
  ['Desk lamp with dimmer', 'home'],
] as const;
const CARRIERS = ['SF Express', 'YTO', 'ZTO', 'JD Logistics'] as const;
/**
 * 2036-01-09T00:00:00Z; orders come one every 0.9 seconds from here, about 96,000 a day. To come, so that no limit passes while it is
 * measured: an alert for each late order is another matter than taking it.
 */
const FIRST_PLACED = Date.UTC(2036, 0, 9);
const MILLISECONDS_BETWEEN = 900;

/** A small generator (mulberry32): the same numbers for the same seed, between 0 and 1. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Seed of one part of a run: neighbours have nothing in common. */
export function seedOf(seed: number, index: number): number {
  return Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
}

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)]!;
}

export function externalIdOf(seed: number, index: number): string {
  return `${seed}${String(index).padStart(15, '0')}`;
}

/** An order as it is posted, 600-900 bytes of JSON; one in four is paid on delivery, the others before. */
export function orderOf(seed: number, index: number): Readonly<Record<string, unknown>> {
  const random = randomOf(seedOf(seed, index));
  const [province, city, district] = pick(random, CITIES);
  const customer = Math.floor(random() * 200_000);
  const lines = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, place) => {
    const [title, category] = pick(random, GOODS);
    const quantity = 1 + Math.floor(random() * 3);
    return { lineId: String(place + 1), sku: `SKU-${10_000 + Math.floor(random() * 5_000)}`, title, category, quantity, unitPrice: decimal(1_000 + Math.floor(random() * 40_000)) };
  });
  const goods = lines.reduce((sum, line) => sum + line.quantity * Math.round(Number(line.unitPrice) * 100), 0);
  const freight = random() < 0.5 ? 0 : 800;
  const discount = random() < 0.3 ? Math.floor(goods / 20) : 0;
  const placedAt = placedAtOf(index);
  return {
    externalId: externalIdOf(seed, index),
    shopId: `shop-${Math.floor(random() * 20)}`,
    placedAt: iso(placedAt),
    updatedAt: iso(placedAt),
    paymentTerms: random() < 0.25 ? 'CASH_ON_DELIVERY' : 'PREPAID',
    customer: { customerId: `C-${customer}`, name: pick(random, NAMES), tier: 'REGULAR', phone: `138${String(customer).padStart(8, '0')}`, email: `customer${customer}@example.com` },
    shippingAddress: { country: 'CN', province, city, district, detail: `No. ${1 + Math.floor(random() * 300)} Wenhua Road, building ${1 + Math.floor(random() * 30)}`, postcode: '310000' },
    lines,
    freight: decimal(freight),
    discount: decimal(discount),
    total: decimal(goods + freight - discount),
    currency: 'CNY',
  };
}

/** What follows an order on its way to the customer, in the order of time; with the order itself about six events. */
export function factsOf(seed: number, index: number): readonly Message[] {
  const random = randomOf(seedOf(seed ^ 0x5bd1e995, index));
  const order = orderOf(seed, index);
  const ref = { externalId: order.externalId, platform: 'WS' };
  const placedAt = placedAtOf(index);
  const minutes = (count: number): string => iso(placedAt + count * 60_000);
  const shipment = `S-${String(order.externalId)}`;
  const facts: Message[] = [];
  if (order.paymentTerms === 'PREPAID') facts.push({ topic: 'payments', payload: { ...ref, paymentId: `P-${String(order.externalId)}`, status: 'PAID', amount: order.total, at: minutes(3) } });
  if (random() < 0.8) facts.push({ topic: 'fulfilment', payload: { ...ref, status: 'ALLOCATED', warehouse: 'WH-1', at: minutes(90) } });
  facts.push({
    topic: 'fulfilment',
    payload: { ...ref, status: 'DISPATCHED', shipmentId: shipment, warehouse: 'WH-1', carrier: pick(random, CARRIERS), trackingNumber: `T${String(order.externalId)}`, at: minutes(400 + Math.floor(random() * 300)) },
  });
  facts.push({ topic: 'tracking', payload: { ...ref, shipmentId: shipment, status: 'DELIVERED', at: minutes(2_900 + Math.floor(random() * 3_000)) } });
  if (random() < 0.7) facts.push({ topic: 'settlements', payload: { ...ref, amount: order.total, at: minutes(9_000) } });
  return facts;
}

function placedAtOf(index: number): number {
  return FIRST_PLACED + index * MILLISECONDS_BETWEEN;
}

function iso(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString();
}

function decimal(minorUnits: number): string {
  return (minorUnits / 100).toFixed(2);
}
