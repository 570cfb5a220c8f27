// A clock that stands still until a test turns it.
// Sleepers wake in the order of their times, each at its own time.
import { type Instant, instantOf } from '@app/kernel';
import type { Clock } from '../ports/clock';

interface Sleeper {
  dueMs: number;
  wake: () => void;
}

export class TestClock implements Clock {
  private readonly sleepers = new Set<Sleeper>();
  private nowMs: number;

  constructor(start: Instant = '2026-01-09T02:00:00.000Z') {
    this.nowMs = Date.parse(start);
  }

  now(): Instant {
    return instantOf(this.nowMs);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || milliseconds <= 0) return Promise.resolve();
    return new Promise(resolve => {
      const wake = (): void => {
        this.sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.nowMs + milliseconds, wake };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** Turns the clock on; what a woken sleeper does before it waits for something real is done when this resolves. */
  async advance(milliseconds: number): Promise<void> {
    const target = this.nowMs + milliseconds;
    for (;;) {
      let next: Sleeper | undefined;
      for (const sleeper of this.sleepers) {
        if (sleeper.dueMs <= target && (next === undefined || sleeper.dueMs < next.dueMs)) next = sleeper;
      }
      if (next === undefined) break;
      this.nowMs = next.dueMs;
      next.wake();
      // A woken sleeper may sleep again within the stretch: let it.
      await new Promise(resolve => setImmediate(resolve));
    }
    this.nowMs = target;
  }

  /** Turns the clock on in one go, as for a machine that slept: whoever is due by then wakes once, and sleeps on from there. */
  async leap(milliseconds: number): Promise<void> {
    this.nowMs += milliseconds;
    for (const sleeper of [...this.sleepers]) if (sleeper.dueMs <= this.nowMs) sleeper.wake();
    await new Promise(resolve => setImmediate(resolve));
  }

  /** How many wait for this clock. */
  get sleeping(): number {
    return this.sleepers.size;
  }
}
