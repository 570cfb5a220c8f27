// From a row of the log to a recorded event.
// The JSON of an event is parsed here, once, and nowhere else.
import { type EventMeta, type Instant, instantOf, type Recorded } from '@app/kernel';
import { positionOf } from './log-schema';

/** Of `events e` and `streams s`, in the order of StoredRow. */
export const EVENT_COLUMNS = 'e.position, s.name, e.revision, e.type, e.version, e.id, e.recorded_at, e.body';

export type StoredRow = [position: number, stream: string, revision: number, type: string, version: number, id: string, recordedAtMs: number, body: string];

// Events of one commit share their instant: the last one is remembered.
let lastMs = 0;
let lastInstant: Instant = instantOf(0);

export function recorded(row: readonly [...StoredRow, ...unknown[]]): Recorded {
  const { data, meta } = JSON.parse(row[7]) as { data: unknown; meta: EventMeta };
  if (row[6] !== lastMs) {
    lastMs = row[6];
    lastInstant = instantOf(lastMs);
  }
  return { id: row[5], type: row[3], version: row[4], data, meta, stream: row[1], revision: row[2], position: positionOf(row[0]), recordedAt: lastInstant };
}
