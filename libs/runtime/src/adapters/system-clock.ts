// The machine's clock and timers.
// A sleep leaves neither timer nor listener behind.
import { type Instant, instantOf } from '@app/kernel';
import type { Clock } from '../ports/clock';

export class SystemClock implements Clock {
  now(): Instant {
    return instantOf(Date.now());
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
