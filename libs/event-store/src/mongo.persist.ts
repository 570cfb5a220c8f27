// Asks MongoDB again while it does not answer, over a change of the primary and a primary that is frozen; then throws what came last.
// For what may be done twice: whether the first time counted is not looked at.
import { MongoError } from 'mongodb';
import { type Clock, SystemClock } from '@app/runtime';

/** Together they outlast an election, and a primary that is frozen. */
const RETRY_PAUSES_MS = [50, 200, 500, 1_000, 2_000, 3_000, 4_000, 5_000];
/** Where nobody answers each attempt takes 10 s by itself: whoever waits must hear of it. */
const FAILING_MS_MAX = 16_000;

export async function persist<T>(work: () => Promise<T>, clock: Clock = new SystemClock()): Promise<T> {
  const beganMs = performance.now();
  for (const pauseMs of RETRY_PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if ((!(error instanceof MongoError) && !isOfSocket(error)) || performance.now() - beganMs > FAILING_MS_MAX) throw error;
      await clock.sleep(pauseMs);
    }
  }
  return work();
}

/** While a large message waits to be written the driver lets the error of the socket through as it is, with the system call that failed. */
function isOfSocket(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}
