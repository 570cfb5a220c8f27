// The same sale and the same departure, on the product: everybody acts by its API, time passes virtually, nothing is prepared.
// HR marks the departure; an alert says at once that finance leads nowhere; the manager fills the group; a peak is met by the green channel.
import type { AlertRaised, ReviewDecided, TaskChange } from '@app/domain';
import { instantOf, type Recorded } from '@app/kernel';
import { Approver, type Habits } from '../approver';
import { Company } from '../company';
import { seededBy } from '../seeded';
import { DEPARTED, REGISTER, type StaffRecord } from '../staffing';
import type { Happening } from './figures';
import { DEPARTURE_MS, SALE_BEGINS_MS, type SaleOrder, STORY_BEGINS_MS, STORY_ENDS_MS, TURNOVER_THRESHOLD } from './sale';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PLATFORM = 'TB';
const LEAVER = 'zhao.finance';
const ADMIN = { sub: 'it.admin', roles: ['admin'] } as const;
const DUTY = { sub: 'duty.ops', roles: ['ops'] } as const;
/** Yuan up to which an order is harmless enough to pass without finance while a peak lasts. */
const HARMLESS_MAX = '3000';
/** How long the one on duty takes to answer an alert, and how often they look while the peak lasts. */
const ANSWER_MS = 25 * MINUTE;
const LOOK_AGAIN_MS = HOUR;
/** Below so many that wait the ordinary way is good enough. */
const PEAK_IS_OVER = 150;

const THRESHOLD = 'mutation($platform: String!, $amount: Decimal!) { publishSettings(settings: { turnoverThresholds: [{ platform: $platform, amount: $amount }] }) { position } }';
const BACKLOG = '{ approvalBacklog { pending } }';
const PREVIEW = 'mutation($platform: String!, $maxAmount: Decimal!) { previewGreenChannel(filter: { platform: $platform, node: REVIEW }, maxAmount: $maxAmount) { token count } }';
const CONFIRM = 'mutation($token: String!, $reason: String!) { confirmGreenChannel(token: $token, reason: $reason) { succeeded } }';

/** The log of it. `progress`: epoch milliseconds of virtual time. */
export async function ourWay(seed: number, sale: readonly SaleOrder[], progress: (nowMs: number) => void): Promise<readonly Recorded[]> {
  const company = await Company.open({ seed, startMs: STORY_BEGINS_MS });
  try {
    await organise(company, seed);
    company.at(DEPARTURE_MS, async () => void (await company.do(ADMIN, DEPARTED, { staffId: LEAVER })));
    answerAlerts(company, seed);
    sell(company, sale);
    ship(company);
    await company.run(STORY_ENDS_MS, progress);
    return company.journal;
  } finally {
    await company.close();
  }
}

/** As it was found: whoever holds finance has nobody behind them. */
async function organise(company: Company, seed: number): Promise<void> {
  await register(company, { staffId: 'wen.coo', name: '文总', roles: ['sales-director'] });
  await register(company, { staffId: 'ma.east', name: '马东', roles: ['regional-manager'], supervisor: 'wen.coo' });
  await register(company, { staffId: 'hu.south', name: '胡南', roles: ['regional-manager'], supervisor: 'wen.coo', backup: 'ma.east' });
  await register(company, { staffId: 'ma.east', name: '马东', roles: ['regional-manager'], backup: 'hu.south' });
  await register(company, { staffId: 'bai.compliance', name: '白洁', roles: ['compliance'], supervisor: 'wen.coo' });
  await register(company, { staffId: LEAVER, name: '赵会', roles: ['finance'] });
  await company.do(ADMIN, THRESHOLD, { platform: PLATFORM, amount: `${TURNOVER_THRESHOLD}` });
  for (const manager of ['ma.east', 'hu.south', 'wen.coo', 'bai.compliance']) Approver.join(manager, habitsOf(manager, seed, { from: 9, to: 18, minutes: [2, 12] }), company);
}

/** A wider pool, everybody in it with a backup and a superior. */
async function fillFinance(company: Company, seed: number): Promise<void> {
  const pool = ['qian.finance', 'sun.finance', 'li.finance', 'zhou.finance'];
  await register(company, { staffId: 'feng.cfo', name: '冯总', roles: [] });
  for (const id of pool) await register(company, { staffId: id, name: id, roles: ['finance'], supervisor: 'feng.cfo' });
  for (const [index, id] of pool.entries()) await register(company, { staffId: id, name: id, roles: ['finance'], backup: pool[(index + 1) % pool.length]! });
  // The days of the sale are long.
  for (const id of [...pool, 'feng.cfo']) Approver.join(id, habitsOf(id, seed, { from: 8, to: 23, minutes: [1, 4] }), company);
}

function answerAlerts(company: Company, seed: number): void {
  let filled = false;
  let relieving = false;
  const relieve = async (): Promise<void> => {
    const { approvalBacklog } = await company.do<{ approvalBacklog: { pending: number } }>(DUTY, BACKLOG);
    relieving = approvalBacklog.pending > PEAK_IS_OVER;
    if (!relieving) return;
    const { previewGreenChannel } = await company.do<{ previewGreenChannel: { token: string; count: number } }>(DUTY, PREVIEW, { platform: PLATFORM, maxAmount: HARMLESS_MAX });
    if (previewGreenChannel.count > 0) await company.do(DUTY, CONFIRM, { token: previewGreenChannel.token, reason: `618 peak: orders up to ${HARMLESS_MAX} pass 大促绿色通道` });
    company.at(company.nowMs + LOOK_AGAIN_MS, relieve);
  };
  company.onEvent(({ type, data }) => {
    if (type !== 'AlertRaised') return;
    const { kind } = data as AlertRaised['data'];
    if (kind === 'ROUTE_BROKEN' && !filled && company.nowMs >= DEPARTURE_MS) {
      filled = true;
      company.at(atWork(company.nowMs + 2 * HOUR, 9, 18), () => fillFinance(company, seed));
    }
    if (kind === 'BACKLOG_PEAK' && !relieving) {
      relieving = true;
      company.at(company.nowMs + ANSWER_MS, relieve);
    }
  });
}

/** Orders and payments of each minute in one delivery. */
function sell(company: Company, sale: readonly SaleOrder[]): void {
  const minutes = new Map<number, { orders: unknown[]; payments: unknown[] }>();
  const minuteOf = (atMs: number): { orders: unknown[]; payments: unknown[] } => {
    const minute = Math.ceil(atMs / MINUTE) * MINUTE;
    let found = minutes.get(minute);
    if (found === undefined) minutes.set(minute, (found = { orders: [], payments: [] }));
    return found;
  };
  for (const order of sale) {
    minuteOf(order.placedMs).orders.push(payloadOf(order));
    minuteOf(order.paidMs).payments.push({ externalId: order.externalId, platform: PLATFORM, paymentId: `P${order.externalId}`, status: 'PAID', amount: `${order.total}`, at: instantOf(order.paidMs) });
  }
  for (const [minute, { orders, payments }] of minutes) {
    company.at(minute, async () => {
      if (orders.length > 0) await company.send(PLATFORM, 'orders', orders);
      if (payments.length > 0) await company.send('ALIPAY', 'payments', payments);
    });
  }
}

/** The warehouse has whatever is approved on its way within the hour, told minute by minute. */
function ship(company: Company): void {
  const approved = new Map<number, string[]>();
  company.onEvent(({ type, data }) => {
    if (type !== 'ReviewDecided' || (data as ReviewDecided['data']).outcome === 'REJECTED') return;
    const minute = (Math.ceil(company.nowMs / MINUTE) + 50) * MINUTE;
    const orders = approved.get(minute);
    if (orders !== undefined) return void orders.push((data as ReviewDecided['data']).orderNumber);
    approved.set(minute, [(data as ReviewDecided['data']).orderNumber]);
    company.at(minute, async () => {
      const facts = (approved.get(minute) ?? []).flatMap((orderNumber) => [
        { orderNumber, status: 'ALLOCATED', warehouse: 'SHA-1', at: instantOf(minute - 30 * MINUTE) },
        { orderNumber, status: 'DISPATCHED', warehouse: 'SHA-1', shipmentId: `S${orderNumber}`, carrier: 'YTO', trackingNumber: `Y${orderNumber}`, at: instantOf(minute) },
      ]);
      await company.send('WMS', 'fulfilment', facts);
    });
  });
}

function payloadOf({ externalId, customerId, placedMs, total }: SaleOrder): unknown {
  return {
    externalId,
    placedAt: instantOf(placedMs),
    updatedAt: instantOf(placedMs),
    customer: { customerId, name: '顾客', tier: 'REGULAR', phone: '13800000000' },
    shippingAddress: { country: 'CN', province: '浙江省', city: '杭州市', detail: '文三路 1 号' },
    lines: [{ lineId: '1', sku: 'GIFT-618', title: '618 礼盒', quantity: 1, unitPrice: `${total}` }],
    total: `${total}`,
    currency: 'CNY',
  };
}

/** What figures are made of, in the order of the log. */
export function happeningsOf(journal: readonly Recorded[]): Happening[] {
  return journal.flatMap(happeningsIn);
}

function happeningsIn({ type, data, meta }: Recorded): Happening[] {
  const atMs = Date.parse(meta.occurredAt);
  const { orderNumber: order, tasks = [] } = data as { orderNumber: string; tasks?: TaskChange[] };
  const assigned = tasks
    .filter(({ was, is }) => is.assignee !== null && is.status === 'PENDING' && was?.assignee !== is.assignee)
    .map(({ is }) => ({ atMs: Date.parse(is.assignedAt), kind: 'ASSIGNED' as const, order, assignee: is.assignee! }));
  switch (type) {
    case 'OrderPlaced':
      return [{ atMs, kind: 'PLACED', order }];
    case 'ReviewStarted':
      return [{ atMs, kind: 'REVIEW_STARTED', order }];
    case 'ReviewDecided':
      return [{ atMs, kind: 'REVIEW_ENDED', order, byGreenChannel: (data as ReviewDecided['data']).outcome === 'EXEMPTED' }];
    case 'StaffDeparted':
      return [{ atMs, kind: 'DEPARTED', staffId: (data as { staffId: string }).staffId }];
    case 'AlertRaised':
      return [{ atMs, kind: 'ALERT', alert: (data as AlertRaised['data']).kind }];
    default:
      return assigned;
  }
}

interface Hours {
  /** Of the day in Shanghai. */
  from: number;
  to: number;
  /** At least and at most, for one decision. */
  minutes: readonly [number, number];
}

function habitsOf(staffId: string, seed: number, { from, to, minutes: [least, most] }: Hours): Habits {
  const drawn = (orderNumber: string): ReturnType<typeof seededBy> => seededBy(seed, `${staffId} ${orderNumber}`);
  return {
    atWork: (atMs) => atWork(atMs, from, to),
    noticeMs: ({ orderNumber }) => drawn(orderNumber).between(1, 10) * MINUTE,
    decideMs: ({ orderNumber }) => drawn(`${orderNumber} decides`).between(least, most) * MINUTE,
    approves: ({ orderNumber }) => drawn(`${orderNumber} approves`).chance(0.98),
  };
}

/** Every day between these hours. The sale begins at midnight. */
function atWork(atMs: number, from: number, to: number): number {
  const sinceMidnight = (((atMs - SALE_BEGINS_MS) % DAY) + DAY) % DAY;
  if (sinceMidnight < from * HOUR) return atMs - sinceMidnight + from * HOUR;
  return sinceMidnight < to * HOUR ? atMs : atMs - sinceMidnight + DAY + from * HOUR;
}

async function register(company: Company, person: StaffRecord): Promise<void> {
  await company.do(ADMIN, REGISTER, { ...person });
}
