// The old way, as a model of its own: groups are accounts, nobody is asked whether the account's owner is still there,
// a task has no limit, nobody stands in, nobody is told. The product cannot be made to behave so.
import { seeded } from '../seeded';
import type { Happening } from './figures';
import { DEPARTURE_MS, REVIEWED_ABOVE, SALE_BEGINS_MS, type SaleOrder, STORY_ENDS_MS, TURNOVER_THRESHOLD } from './sale';

const FINANCE_GROUP = 'zhao.finance';
const MANAGERS = ['ma.east', 'hu.south'];
const ELEVATED_ABOVE = 5_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** In the order of time. */
export function oldWay(seed: number, sale: readonly SaleOrder[]): Happening[] {
  const random = seeded(seed + 2);
  const happenings: Happening[] = [{ atMs: DEPARTURE_MS, kind: 'DEPARTED', staffId: FINANCE_GROUP }];
  const freeMs = MANAGERS.map(() => 0);
  const sums = [0];
  for (const { total } of sale) sums.push(sums.at(-1)! + total);
  for (const { externalId: order, placedMs, paidMs, total } of sale) {
    happenings.push({ atMs: placedMs, kind: 'PLACED', order });
    const turnover = sums[placedBy(sale, paidMs)]!;
    if (turnover > TURNOVER_THRESHOLD && total > REVIEWED_ABOVE) {
      happenings.push({ atMs: paidMs, kind: 'REVIEW_STARTED', order }, { atMs: paidMs, kind: 'ASSIGNED', order, assignee: FINANCE_GROUP });
      continue;
    }
    if (total <= ELEVATED_ABOVE) continue;
    const manager = freeMs[0]! <= freeMs[1]! ? 0 : 1;
    const decidedMs = atWork(Math.max(paidMs, freeMs[manager]!)) + random.between(2, 12) * MINUTE;
    freeMs[manager] = decidedMs;
    happenings.push({ atMs: paidMs, kind: 'REVIEW_STARTED', order }, { atMs: paidMs, kind: 'ASSIGNED', order, assignee: MANAGERS[manager]! });
    if (decidedMs <= STORY_ENDS_MS) happenings.push({ atMs: decidedMs, kind: 'REVIEW_ENDED', order, byGreenChannel: false });
  }
  return happenings.sort((a, b) => a.atMs - b.atMs);
}

/** How many were placed by then; the sale is in the order of time. */
function placedBy(sale: readonly SaleOrder[], atMs: number): number {
  let low = 0;
  for (let high = sale.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (sale[middle]!.placedMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** At once between nine and six, else the next morning. */
function atWork(atMs: number): number {
  const sinceMidnight = (((atMs - SALE_BEGINS_MS) % DAY) + DAY) % DAY;
  if (sinceMidnight < 9 * HOUR) return atMs - sinceMidnight + 9 * HOUR;
  return sinceMidnight < 18 * HOUR ? atMs : atMs - sinceMidnight + DAY + 9 * HOUR;
}
