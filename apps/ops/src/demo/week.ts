// A week of orders of four platforms, with all the trouble that order operations know, as the source systems would send it.
// Pure: the same seed and the same end of the week give the same deliveries in the same order.
import { type Seeded, seeded } from './seeded';
import { CATALOGUE, CITIES, NAMES, STREETS } from './vocabulary';

/** One delivery to `POST /intake/{system}/{topic}`; `at` is when the source sends it. */
export interface Delivery {
  at: number;
  system: string;
  topic: string;
  item: unknown;
}

interface WeekOptions {
  seed: number;
  /** End of the week, epoch milliseconds. */
  end: number;
  orders: number;
}

/** What goes wrong with an order, in the words of the exception types. */
const TROUBLES = [
  'NONE',
  'DATA_INCOMPLETE',
  'AMOUNT_MISMATCH',
  'SKU_UNKNOWN',
  'PAYMENT_FAILED',
  'UNPAID',
  'STOCK_SHORTAGE',
  'SHIPPED_LATE',
  'DELIVERY_REFUSED',
  'PARCEL_LOST',
  'CANCELLED_IN_TIME',
  'CANCELLED_TOO_LATE',
  'RETURNED',
  'FACTS_BEFORE_ORDER',
  'DELIVERED_BEFORE_DISPATCH',
  'PARTIAL_SHIPMENT',
  'AMENDED',
  'SENT_TWICE',
] as const;
type Trouble = (typeof TROUBLES)[number];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PLATFORMS = ['TB', 'JD', 'DY', 'SF'] as const;
const GATEWAY: Record<(typeof PLATFORMS)[number], string> = { TB: 'ALIPAY', JD: 'WXPAY', DY: 'WXPAY', SF: 'ALIPAY' };
/** Of 100 orders so many without trouble; the rest is spread over the troubles. */
const SMOOTH_SHARE = 0.7;
/** Companies buy in the last hours of the week: what they order is reviewed by people. */
const COMPANY_HOURS = 10;
const COMPANY_SHARE = 0.5;

/** All deliveries up to the end of the week, oldest first. */
export function generateWeek({ seed, end, orders }: WeekOptions): Delivery[] {
  const random = seeded(seed);
  const start = end - 7 * DAY;
  const deliveries: Delivery[] = CATALOGUE.map((item) => ({ at: start - HOUR, system: 'ERP', topic: 'skus', item }));
  for (let index = 0; index < orders; index++) {
    const placedAt = start + Math.floor((index / orders) * 7 * DAY) + random.between(0, 20 * MINUTE);
    const trouble = random.chance(SMOOTH_SHARE) ? 'NONE' : TROUBLES[1 + (index % (TROUBLES.length - 1))]!;
    const isCompany = placedAt > end - COMPANY_HOURS * HOUR && random.chance(COMPANY_SHARE);
    deliveries.push(...ordersDeliveries(random, index, placedAt, isCompany ? 'NONE' : trouble, isCompany));
  }
  deliveries.push(...unreadable(start, random));
  return deliveries.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
}

/** The life of one order as its sources tell it. */
function ordersDeliveries(random: Seeded, index: number, placedAt: number, trouble: Trouble, isCompany: boolean): Delivery[] {
  const platform = PLATFORMS[index % PLATFORMS.length]!;
  const externalId = `${platform === 'TB' ? '36602074280389' : '20'}${String(100_000 + index)}`;
  const deliveries: Delivery[] = [];
  const order = content(random, index, externalId, placedAt, isCompany);
  const send = (system: string, topic: string, at: number, item: Record<string, unknown>, delay = random.between(1, 90) * 1000): void => {
    deliveries.push({ at: at + delay, system, topic, item });
  };
  const ref = { platform, externalId };
  const fact = (system: string, topic: string, at: number, item: Record<string, unknown>, delay?: number): void =>
    send(system, topic, at, { ...ref, ...item, at: iso(at) }, delay);

  distort(order, trouble);
  send(platform, 'orders', placedAt, order, trouble === 'FACTS_BEFORE_ORDER' ? 3 * HOUR : undefined);
  if (trouble === 'SENT_TWICE') send(platform, 'orders', placedAt + 5 * MINUTE, order);

  const paidAt = placedAt + random.between(1, trouble === 'UNPAID' ? 600 : 25) * MINUTE;
  const total = String(order['total']);
  if (trouble === 'PAYMENT_FAILED') fact(GATEWAY[platform], 'payments', paidAt - 30_000, { paymentId: `P${externalId}`, status: 'FAILED', amount: total, reason: 'insufficient funds' });
  if (trouble === 'UNPAID' && random.chance(0.6)) return deliveries;
  fact(GATEWAY[platform], 'payments', paidAt + (trouble === 'PAYMENT_FAILED' ? 20 * MINUTE : 0), { paymentId: `P${externalId}`, status: 'PAID', amount: total });

  if (trouble === 'CANCELLED_IN_TIME') {
    fact(platform, 'cancellations', paidAt + 30 * MINUTE, { reason: 'changed my mind' });
    return deliveries;
  }
  if (trouble === 'AMENDED') {
    const [first] = order['lines'] as { quantity: number; unitPrice: string }[];
    const more = { ...order, updatedAt: iso(paidAt + HOUR), lines: [{ ...first, quantity: first!.quantity + 1 }, ...(order['lines'] as unknown[]).slice(1)], total: money(Number(total) + Number(first!.unitPrice)) };
    send(platform, 'orders', paidAt + HOUR, more);
    fact(GATEWAY[platform], 'payments', paidAt + 2 * HOUR, { paymentId: `P${externalId}-2`, status: 'PAID', amount: first!.unitPrice });
  }
  const allocatedAt = paidAt + random.between(20, 300) * MINUTE;
  if (trouble === 'STOCK_SHORTAGE') {
    fact('WMS', 'fulfilment', allocatedAt, { status: 'SHORTAGE', warehouse: 'SHA-1' });
    if (random.chance(0.5)) return deliveries;
  }
  fact('WMS', 'fulfilment', allocatedAt + (trouble === 'STOCK_SHORTAGE' ? 10 * HOUR : 0), { status: 'ALLOCATED', warehouse: 'SHA-1' });
  ship(random, { fact, trouble, externalId, platform, order, allocatedAt });
  return deliveries;
}

interface Shipping {
  fact: (system: string, topic: string, at: number, item: Record<string, unknown>, delay?: number) => void;
  trouble: Trouble;
  externalId: string;
  platform: string;
  order: Record<string, unknown>;
  allocatedAt: number;
}

/** From the warehouse to the customer and to the books. */
function ship(random: Seeded, { fact, trouble, externalId, platform, order, allocatedAt }: Shipping): void {
  const carrier = random.pick(['SF Express', 'YTO', 'ZTO', 'JD Logistics']);
  const lines = order['lines'] as { lineId: string; quantity: number }[];
  const dispatchedAt = allocatedAt + random.between(2, 20) * HOUR + (trouble === 'SHIPPED_LATE' ? 30 * HOUR : 0);
  const deliveredAt = dispatchedAt + random.between(18, 60) * HOUR;
  const parcels = trouble === 'PARTIAL_SHIPMENT' && lines.length > 1 ? [lines.slice(0, 1), lines.slice(1)] : [lines];
  for (const [index, parcel] of parcels.entries()) {
    const shipmentId = `S${externalId}-${index + 1}`;
    const leaves = dispatchedAt + index * 14 * HOUR;
    const arrives = deliveredAt + index * 14 * HOUR;
    fact(
      'WMS',
      'fulfilment',
      leaves,
      { status: 'DISPATCHED', warehouse: 'SHA-1', shipmentId, carrier, trackingNumber: `T${externalId}${index}`, lines: parcel.map(({ lineId, quantity }) => ({ lineId, quantity })) },
      trouble === 'DELIVERED_BEFORE_DISPATCH' ? arrives - leaves + HOUR : undefined,
    );
    fact('TMS', 'tracking', leaves + 3 * HOUR, { shipmentId, status: 'IN_TRANSIT' });
    if (trouble === 'PARCEL_LOST') fact('TMS', 'tracking', arrives, { shipmentId, status: 'LOST', note: 'not found at the hub' });
    else if (trouble === 'DELIVERY_REFUSED') {
      fact('TMS', 'tracking', arrives, { shipmentId, status: 'REFUSED', note: 'refused by the receiver' });
      fact('TMS', 'tracking', arrives + 10 * HOUR, { shipmentId, status: 'RETURNED' });
    } else fact('TMS', 'tracking', arrives, { shipmentId, status: 'DELIVERED' });
  }
  if (trouble === 'CANCELLED_TOO_LATE') fact(platform, 'cancellations', dispatchedAt + HOUR, { reason: 'took too long' });
  const done = deliveredAt + (parcels.length - 1) * 14 * HOUR;
  if (trouble === 'RETURNED') fact('WMS', 'returns', done + 8 * HOUR, { lines: lines.map(({ lineId, quantity }) => ({ lineId, quantity })), reason: 'not as described' });
  if (trouble === 'SHIPPED_LATE' || trouble === 'PARCEL_LOST') fact('CRM', 'complaints', done + HOUR, { text: trouble === 'PARCEL_LOST' ? '我的包裹在哪里?' : '发货太慢了' });
  if (random.chance(0.3)) fact('CRM', 'surveys', done + 5 * HOUR, { score: trouble === 'NONE' ? random.between(7, 10) : random.between(0, 7) });
  if (trouble !== 'PARCEL_LOST' && trouble !== 'DELIVERY_REFUSED' && random.chance(0.8)) fact('ERP', 'settlements', done + random.between(6, 30) * HOUR, { amount: String(order['total']) });
}

function content(random: Seeded, index: number, externalId: string, placedAt: number, isCompany: boolean): Record<string, unknown> {
  const [province, city] = random.pick(CITIES);
  const lines = Array.from({ length: random.between(1, 3) }, (_, line) => {
    const { sku, title, category, price } = random.pick(CATALOGUE);
    // Nobody buys three phones, but for a company.
    const quantity = isCompany ? random.between(20, 60) : Number(price) > 1_000 ? 1 : random.between(1, 3);
    return { lineId: String(line + 1), sku, title, category, quantity, unitPrice: price };
  });
  const freight = random.chance(0.4) ? 12 : 0;
  const goods = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * Number(unitPrice), 0);
  const discount = random.chance(0.25) ? Math.floor(goods / (isCompany ? 8 : 10)) : 0;
  return {
    externalId,
    shopId: `shop-${(index % 3) + 1}`,
    placedAt: iso(placedAt),
    updatedAt: iso(placedAt),
    paymentTerms: 'PREPAID',
    customer: { customerId: `C${random.between(1, 600)}`, name: random.pick(NAMES), tier: random.pick(['REGULAR', 'REGULAR', 'SILVER', 'GOLD', 'KEY_ACCOUNT']), phone: `138${String(random.between(10_000_000, 99_999_999))}` },
    shippingAddress: { country: 'CN', province, city, detail: `${random.pick(STREETS)}${random.between(1, 300)}号` },
    lines,
    freight: money(freight),
    discount: money(discount),
    total: money(goods + freight - discount),
    currency: 'CNY',
  };
}

function distort(order: Record<string, unknown>, trouble: Trouble): void {
  if (trouble === 'DATA_INCOMPLETE') order['shippingAddress'] = { ...(order['shippingAddress'] as object), detail: null };
  if (trouble === 'AMOUNT_MISMATCH') order['total'] = money(Number(order['total']) + 10);
  if (trouble === 'SKU_UNKNOWN') (order['lines'] as { sku: string }[])[0]!.sku = 'NOT-IN-CATALOGUE';
}

/** Payloads that no reader can take: they land in quarantine, whole. */
function unreadable(start: number, random: Seeded): Delivery[] {
  return [
    { at: start + 9 * HOUR, system: 'TB', topic: 'orders', item: { externalId: 'TB-NO-TOTAL', placedAt: iso(start + 9 * HOUR), customer: { customerId: 'C1' } } },
    { at: start + 30 * HOUR, system: 'JD', topic: 'orders', item: { externalId: 'JD-NO-ZONE', placedAt: '2026-01-09 10:00:00', customer: { customerId: 'C2' }, total: '10.00' } },
    { at: start + 50 * HOUR, system: 'WMS', topic: 'fulfilment', item: { platform: 'TB', externalId: String(random.between(1, 9)), status: 'SENT', at: iso(start + 50 * HOUR) } },
    { at: start + 60 * HOUR, system: 'TMS', topic: 'tracking', item: { platform: 'SF', externalId: 'SF-NEVER-HEARD-OF', shipmentId: 'S-LOST', status: 'IN_TRANSIT', at: iso(start + 60 * HOUR) } },
  ];
}

function money(amount: number): string {
  return amount.toFixed(2);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
