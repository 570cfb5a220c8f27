// The machine's clock and timers.
// A sleep leaves neither timer nor listener behind.
import { type Instant, instantOf } from '@app/kernel';
import type { Clock } from '../ports/clock';

export class SystemClock implements Clock {
  private lastMs = NaN;
  private last: Instant = '';

  /** Asked several times for each append, many of them within a millisecond: the text is made once for each. */
  now(): Instant {
    const ms = Date.now();
    if (ms !== this.lastMs) {
      this.last = instantOf(ms);
      this.lastMs = ms;
    }
    return this.last;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise(resolve => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
