// A subscription of one reader alone, which is over when nobody reads it any more,
// also where the reader breaks off in the middle of it.
import type { EventBatch, EventReader, SubscribeOptions } from './ports/event-store';

export async function* ownSubscription(log: Pick<EventReader, 'subscribe'>, options: SubscribeOptions): AsyncGenerator<EventBatch, void> {
  const own = new AbortController();
  try {
    yield* log.subscribe({ ...options, signal: AbortSignal.any([options.signal, own.signal]) });
  } finally {
    own.abort();
  }
}
