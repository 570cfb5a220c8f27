// How long to wait before another attempt, and how much time is left for it.
// Waits grow and are spread out, so that many who lost the same server do not come back as one.
import type { Clock, Randomness } from '@app/runtime';

/** Milliseconds before attempt number `attempt` (from 1) is repeated: doubling from `firstMs` to `mostMs`, half of it by chance. */
export function backOffMs(attempt: number, firstMs: number, mostMs: number, random: Randomness): number {
  const most = Math.min(firstMs * 2 ** Math.min(attempt - 1, 20), mostMs);
  return Math.round(most / 2 + ((random.bytes(1)[0] ?? 0) / 255) * (most / 2));
}

/** Time that is left of a span, from when it was made. */
export class TimeLeft {
  private readonly startMs: number;

  constructor(
    private readonly spanMs: number,
    private readonly clock: Clock,
  ) {
    this.startMs = this.nowMs();
  }

  get elapsedMs(): number {
    return Math.max(0, this.nowMs() - this.startMs);
  }

  get ms(): number {
    return this.spanMs - this.elapsedMs;
  }

  private nowMs(): number {
    return Date.parse(this.clock.now());
  }
}
