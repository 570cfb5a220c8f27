// Reads the log for several tables at once: an event is read and parsed once, however many fold it.
// Pulls: one batch at a time.
import type { Position } from '@app/kernel';
import type { EventReader } from './ports/event-store';

interface Follower {
  readonly position: Position;
  readonly projection: { readonly reads: Readonly<Record<string, readonly string[]>> };
}

export function categoriesOf(followers: readonly Follower[]): string[] {
  return [...new Set(followers.flatMap(({ projection }) => Object.keys(projection.reads)))].sort();
}

export function earliestOf(followers: readonly Follower[]): Position {
  return followers.map(({ position }) => position).reduce((a, b) => (a < b ? a : b));
}

export const CATCH_UP_EVENTS_MAX = 5_000;

/**
 * Brings tables to the end of the log as it is, or exactly to a position that the log has reached. Not for tables that somebody else
 * moves meanwhile.
 */
export async function bringTo(
  log: EventReader,
  followers: readonly (Follower & { take(events: readonly never[], to: Position): Promise<unknown> })[],
  until: Position,
  signal: AbortSignal,
  batchSize: number = CATCH_UP_EVENTS_MAX,
): Promise<void> {
  const behind = followers.filter(({ position }) => position < until);
  if (behind.length === 0) return;
  const own = new AbortController();
  const batches = log.subscribe({ after: earliestOf(behind), categories: categoriesOf(behind), batchSize, signal: AbortSignal.any([own.signal, signal]) });
  try {
    for await (const { events, position, live } of batches) {
      // At the live end nothing is left between its position and `until`, which the log had reached before.
      const to = position > until || live ? until : position;
      const within = position > until ? events.filter(event => event.position <= until) : events;
      for (const follower of behind) await follower.take(within as never[], to);
      if (to >= until) return;
    }
  } finally {
    own.abort();
  }
  signal.throwIfAborted();
}
