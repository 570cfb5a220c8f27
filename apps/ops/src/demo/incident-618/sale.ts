// The 618 sale of one shop: who orders when and for how much. Pure: the same seed gives the same day.
// After the day's turnover has passed the threshold at least 2,000 orders follow that are large enough to be reviewed for it.
import { type Seeded, seeded } from '../seeded';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Midnight in Shanghai. */
export const SALE_BEGINS_MS = Date.parse('2026-06-17T16:00:00.000Z');
/** Three days before, when nothing is wrong yet. */
export const STORY_BEGINS_MS = SALE_BEGINS_MS - 3 * DAY;
/** Somebody leaves, and their account stays the finance group: ten in the morning, two days before the sale. */
export const DEPARTURE_MS = SALE_BEGINS_MS - 2 * DAY + 10 * HOUR;
export const STORY_ENDS_MS = SALE_BEGINS_MS + 4 * DAY;
/** Turnover of a day, in yuan, above which orders over 1,000 are reviewed. */
export const TURNOVER_THRESHOLD = 600_000;
export const REVIEWED_ABOVE = 1_000;

export interface SaleOrder {
  externalId: string;
  customerId: string;
  placedMs: number;
  paidMs: number;
  /** Whole yuan. */
  total: number;
}

/** Share of the day's orders that come in each hour: midnight, the evening, the last hour. */
const BY_HOUR = [14, 9, 4, 2, 1, 1, 1, 2, 3, 4, 6, 5, 4, 4, 4, 4, 4, 4, 5, 6, 8, 9, 9, 10];
const LARGE_AFTER_MIN = 2_050;
const LARGE_AFTER_MORE = 350;

/** By the time when they are placed. */
export function saleOf(seed: number): SaleOrder[] {
  const random = seeded(seed);
  const wanted = LARGE_AFTER_MIN + random.between(0, LARGE_AFTER_MORE);
  for (let size = wanted; ; size += 200) {
    const orders = dayOf(seed, size);
    if (largeAfterThreshold(orders) >= wanted) return orders;
  }
}

/** Of this many orders. */
function dayOf(seed: number, size: number): SaleOrder[] {
  const random = seeded(seed + 1);
  const sum = BY_HOUR.reduce((a, b) => a + b, 0);
  const orders: Omit<SaleOrder, 'externalId' | 'customerId'>[] = [];
  for (const [hour, weight] of BY_HOUR.entries()) {
    for (let i = 0; i < Math.round((size * weight) / sum); i++) {
      const placedMs = SALE_BEGINS_MS + hour * HOUR + random.between(0, HOUR - 1);
      orders.push({ placedMs, paidMs: placedMs + random.between(20_000, 9 * MINUTE), total: totalOf(random) });
    }
  }
  orders.sort((a, b) => a.placedMs - b.placedMs);
  return orders.map((order, index) => ({ ...order, externalId: `618${String(100_000 + index)}`, customerId: `C${1 + (index * 7919) % 1800}` }));
}

function totalOf(random: Seeded): number {
  const kind = random.next();
  if (kind < 0.22) return random.between(59, REVIEWED_ABOVE);
  return kind < 0.9 ? random.between(REVIEWED_ABOVE + 1, 4_900) : random.between(5_001, 24_000);
}

function largeAfterThreshold(orders: readonly SaleOrder[]): number {
  let turnover = 0;
  let large = 0;
  for (const { total } of orders) {
    turnover += total;
    if (turnover > TURNOVER_THRESHOLD && total > REVIEWED_ABOVE) large += 1;
  }
  return large;
}
