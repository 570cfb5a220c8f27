// Whether an append is new, a repetition or a conflict, as EventStoreDB 24.6 decides it. Pure.
// A repetition answers as the first time, whatever came later; old ids mixed with new ones are a conflict.
import type { StoredEvent, StoredStream } from './stored-event';
import { SOFT_DELETED } from './stored-event';

/** Revision that the stream must have, or a word of the protocol. */
export type Expected = number | 'any' | 'no_stream' | 'stream_exists';

type AppendDecision =
  | { decision: 'write'; undelete: boolean }
  /** `last` is the event that the last of the repeated ids became. */
  | { decision: 'repeated'; last: StoredEvent }
  | { decision: 'wrong'; current: number | 'no_stream' }
  /** For ever, or until somebody appends without asking for a stream that exists. */
  | { decision: 'deleted' };

/** `known` finds an event of this stream by its id; `stream` is undefined when it never was. */
export function decideAppend(stream: StoredStream | undefined, expected: Expected, ids: readonly string[], known: (id: string) => StoredEvent | undefined): AppendDecision {
  if (stream?.tombstoned === true) return { decision: 'deleted' };
  const last = (stream?.events.length ?? 0) - 1;
  const wrong: AppendDecision = { decision: 'wrong', current: last < 0 ? 'no_stream' : last };
  const deleted = stream?.truncateBefore === SOFT_DELETED;
  if (expected === 'any' || expected === 'stream_exists') {
    if (expected === 'stream_exists' && deleted) return { decision: 'deleted' };
    if (expected === 'stream_exists' && last < 0) return wrong;
    return decideById(ids, known, deleted) ?? wrong;
  }
  const revision = expected === 'no_stream' ? -1 : expected;
  if (revision === last) return { decision: 'write', undelete: deleted };
  if (revision > last || stream === undefined) return wrong;
  return decideByPlace(stream, revision, ids) ?? (expected === 'no_stream' && deleted ? { decision: 'write', undelete: true } : wrong);
}

/** Without an expected revision only the ids tell. Undefined is a mixture of old and new. */
function decideById(ids: readonly string[], known: (id: string) => StoredEvent | undefined, undelete: boolean): AppendDecision | undefined {
  const found = ids.map(known);
  const [first] = found;
  if (first === undefined) return { decision: 'write', undelete };
  const last = found.at(-1);
  return found.includes(undefined) || last === undefined ? undefined : { decision: 'repeated', last };
}

/** Under a revision that has passed, the ids must lie right behind it. */
function decideByPlace(stream: StoredStream, revision: number, ids: readonly string[]): AppendDecision | undefined {
  const last = stream.events[revision + ids.length];
  if (ids.length === 0 || last === undefined) return undefined;
  return ids.every((id, at) => stream.events[revision + 1 + at]?.id === id) ? { decision: 'repeated', last } : undefined;
}
