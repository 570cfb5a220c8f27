// Figures of the backlog at an instant from its rows: rates of the last hour, what is overdue or old, the trend.
// Counts by slots are exact up to the slot that the instant lies in; of that one a piece of time is named, to be counted on the tasks.
import { type Instant, instantOf } from '@app/kernel';
import { SketchSum } from '../duration-sketch';
import { countBetween, type SparseCounts } from '../sparse-counts';
import { type BacklogDecisionsRow, type BacklogGroupRow, type BacklogHourRow, type BacklogRow, backlogHourKey, MINUTE_MS, minuteOf, SLOT_MS, slotOf } from './backlog-rows';

interface BacklogRates {
  /** Tasks per hour; null before any came, was decided, or left (decided or not) at all. */
  arrivalRate: number | null;
  serviceRate: number | null;
  leavingRate: number | null;
  /** Null: at these rates it never clears. */
  hoursToClear: number | null;
}

/** `before`: counted in whole slots. `rest`: the piece of time (its end not included) in which tasks must be counted one by one; null where there are none. */
interface SlotCount {
  before: number;
  rest: { from: Instant; to: Instant } | null;
}

interface BacklogHour {
  /** Its beginning. */
  hour: Instant;
  arrived: number;
  decided: number;
  /** At its end, or now. */
  pending: number;
}

const RATE_MINUTES = 60;
const HOUR_MS = 60 * MINUTE_MS;

/** Over the 60 minutes by the clock that end with the current one. */
export function backlogRates({ pending, arrivals, leavings, decisions, arrived, decided }: BacklogGroupRow, now: Instant): BacklogRates {
  const minute = minuteOf(now);
  const lately = (counts: SparseCounts): number => countBetween(counts, minute - RATE_MINUTES + 1, minute + 1) * (60 / RATE_MINUTES);
  const [arriving, leaving] = [lately(arrivals), lately(leavings)];
  return {
    arrivalRate: arrived === 0 ? null : arriving,
    serviceRate: decided === 0 ? null : lately(decisions),
    leavingRate: arrived === pending ? null : leaving,
    hoursToClear: pending === 0 ? 0 : leaving > arriving ? pending / (leaving - arriving) : null,
  };
}

/** Of the pending tasks those with a time before `at`, by when they fall due or were assigned. */
export function pendingBefore(row: BacklogGroupRow, by: 'due' | 'assigned', at: Instant): SlotCount {
  const slot = slotOf(at);
  const from = instantOf(slot * SLOT_MS);
  const hasRest = from < at && countBetween(row[by], slot, slot + 1) > 0;
  return { before: countBetween(row[by], -Infinity, slot), rest: hasRest ? { from, to: at } : null };
}

/** Milliseconds; p50 and p90 within 1 %. Null when nothing was decided. */
export function decisionTimes({ decided, milliseconds }: BacklogGroupRow, decisions: BacklogDecisionsRow | undefined): { mean: number | null; p50: number | null; p90: number | null } {
  if (decided === 0 || decisions === undefined) return { mean: null, p50: null, p90: null };
  const sketch = new SketchSum();
  sketch.add(decisions.sketch);
  return { mean: milliseconds / decided, p50: sketch.quantile(0.5), p90: sketch.quantile(0.9) };
}

/** Keys of the rows for `hours` hours that end with the current one, newest last. */
export function backlogHourKeys(now: Instant, hours: number): string[] {
  return hourBeginnings(now, hours).map(backlogHourKey);
}

/** Walks back from now: before an hour were pending those at its end, less those who came in it, with those who left. `rows`: at the places of backlogHourKeys. */
export function backlogTrend(now: Instant, pendingNow: number, rows: readonly (BacklogRow | undefined)[]): BacklogHour[] {
  const trend: BacklogHour[] = [];
  let pending = pendingNow;
  for (const [back, hour] of hourBeginnings(now, rows.length).reverse().entries()) {
    const { arrived, decided, left } = (rows[rows.length - 1 - back] as BacklogHourRow | undefined) ?? { arrived: 0, decided: 0, left: 0 };
    trend.push({ hour, arrived, decided, pending });
    pending += left - arrived;
  }
  return trend.reverse();
}

function hourBeginnings(now: Instant, hours: number): Instant[] {
  const current = Math.floor(Date.parse(now) / HOUR_MS) * HOUR_MS;
  return Array.from({ length: hours }, (_, index) => instantOf(current - (hours - 1 - index) * HOUR_MS));
}
