// Where a transaction costs more than the rows in it, small batches are better taken together: a share that has just written rests in
// proportion to what the writing took, and what comes meanwhile comes at once. A quiet system rests for next to nothing.
import type { Clock } from './ports/clock';
import type { ReadModelStore } from './ports/read-model-store';

/** So many times as long as the last batch took: a share is a fifth of its time in transactions, while events come singly. */
const REST_FACTOR = 4;
const REST_MS_MAX = 250;
/** Of a share whose position moved and nothing else. */
const IDLE_REST_FACTOR = 10;
const IDLE_REST_MS_MAX = 500;
/** A batch as large is worth its transaction. */
const LARGE_EVENTS_MIN = 1_000;

interface RestDeps {
  store: ReadModelStore;
  clock: Clock;
  /** Events of a full batch: behind one more is at hand, and there is nothing to wait for. */
  batchEvents: number;
}

/** To be called after each batch; ends early when the signal aborts. */
export async function restAfter(batch: { events: readonly unknown[] }, tookMs: number, { store, clock, batchEvents }: RestDeps, signal: AbortSignal): Promise<void> {
  if (store.transactionsWeigh !== true || batch.events.length >= Math.min(batchEvents, LARGE_EVENTS_MIN)) return;
  const isIdle = batch.events.length === 0;
  await clock.sleep(Math.min(tookMs * (isIdle ? IDLE_REST_FACTOR : REST_FACTOR), isIdle ? IDLE_REST_MS_MAX : REST_MS_MAX), signal);
}
