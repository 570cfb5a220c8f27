// The orders of the month that the old rules had approved by people: large ones and discounts.
// Pure: the same seed gives the same month.
import { seeded } from '../seeded';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** April 2026 in Shanghai. */
export const MONTH_BEGINS_MS = Date.parse('2026-04-01T00:00:00+08:00');
const MONTH_ENDS_MS = Date.parse('2026-05-01T00:00:00+08:00');
/** What was asked on the last day is decided within these. */
export const STORY_ENDS_MS = MONTH_ENDS_MS + 20 * DAY;

export interface Request {
  externalId: string;
  placedMs: number;
  tier: 'REGULAR' | 'SILVER' | 'GOLD' | 'KEY_ACCOUNT';
  /** Whole yuan. */
  goods: number;
  discount: number;
}

const PER_DAY = [6, 14] as const;

/** In the order of time. */
export function monthOf(seed: number): Request[] {
  const random = seeded(seed);
  const requests: Omit<Request, 'externalId'>[] = [];
  for (let dayMs = MONTH_BEGINS_MS; dayMs < MONTH_ENDS_MS; dayMs += DAY) {
    for (let left = random.between(...PER_DAY); left > 0; left--) {
      const placedMs = dayMs + random.between(8 * HOUR, 22 * HOUR);
      const kind = random.next();
      const goods = kind < 0.45 ? random.between(2_000, 5_000) : kind < 0.92 ? random.between(5_001, 50_000) : random.between(52_000, 180_000);
      const tier = random.pick(['REGULAR', 'SILVER', 'GOLD', 'KEY_ACCOUNT', 'KEY_ACCOUNT'] as const);
      requests.push({ placedMs, tier, goods, discount: random.chance(0.3) ? Math.floor((goods * random.between(3, 18)) / 100) : 0 });
    }
  }
  requests.sort((a, b) => a.placedMs - b.placedMs);
  return requests.map((request, index) => ({ ...request, externalId: `A${String(1_000 + index)}` }));
}
