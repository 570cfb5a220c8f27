// Time that is turned by hand, so that days of the whole product pass in seconds.
// Nothing happens between two instants that somebody waits for: time jumps from one to the next.
import { type Instant, instantOf } from '@app/kernel';
import type { Clock } from '../ports/clock';

interface Sleeper {
  dueMs: number;
  isLook: boolean;
  wake: () => void;
}

/** Who sleeps no longer looks whether a hint was lost, and within one process none is: it is left asleep for ten minutes, and makes nobody turn the clock. */
const LOOK_MS_MAX = 1_000;
const LOOK_AGAIN_MS = 600_000;

export class VirtualClock implements Clock {
  private readonly sleepers = new Set<Sleeper>();
  private nowMs: number;

  constructor(start: Instant) {
    this.nowMs = Date.parse(start);
  }

  now(): Instant {
    return instantOf(this.nowMs);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true || milliseconds <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const isLook = milliseconds <= LOOK_MS_MAX;
      const sleeper: Sleeper = { dueMs: this.nowMs + (isLook ? LOOK_AGAIN_MS : milliseconds), isLook, wake };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** How many wait for this clock: all that runs by itself does when there is nothing to do. */
  get sleeping(): number {
    return this.sleepers.size;
  }

  /** When the next one wants to be woken, epoch milliseconds; undefined: nobody does. */
  get nextMs(): number | undefined {
    let next: number | undefined;
    for (const { dueMs, isLook } of this.sleepers) if (!isLook && (next === undefined || dueMs < next)) next = dueMs;
    return next;
  }

  /** Turns the clock to this instant, epoch milliseconds, and wakes all who wait for one before. Time never goes back. */
  turnTo(milliseconds: number): void {
    if (milliseconds > this.nowMs) this.nowMs = milliseconds;
    const due = [...this.sleepers].filter(({ dueMs }) => dueMs <= this.nowMs).sort((a, b) => a.dueMs - b.dueMs);
    for (const { wake } of due) wake();
  }
}
