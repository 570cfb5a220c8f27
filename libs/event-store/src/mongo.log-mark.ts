// Which log a database of MongoDB belongs to. Customer keys and rows are worth nothing beside another log, and harm it:
// a mistyped name, or a copy that was broken off, must be seen before anything is written.
import type { Db } from 'mongodb';
import { persist } from './mongo.persist';

/** `log`: as whoever opens it names it. `COPYING`: a copy into these servers has begun and is not proven yet. */
type LogMark = { log: string } | 'COPYING';

interface MarkDocument {
  _id: string;
  log: string | null;
}

const MARK = 'log';
const DURABLE = { writeConcern: { w: 'majority', journal: true }, readPreference: 'primary' } as const;

/** Undefined where there is none. */
export async function readLogMark(database: Db): Promise<LogMark | undefined> {
  const found = await persist(() => database.collection<MarkDocument>('secrets', DURABLE).findOne({ _id: MARK }));
  if (found === null) return undefined;
  return found.log === null ? 'COPYING' : { log: found.log };
}

/** Undefined takes it away. */
export async function writeLogMark(database: Db, mark: LogMark | undefined): Promise<void> {
  const marks = database.collection<MarkDocument>('secrets', DURABLE);
  if (mark === undefined) await persist(() => marks.deleteOne({ _id: MARK }));
  else await persist(() => marks.replaceOne({ _id: MARK }, { log: mark === 'COPYING' ? null : mark.log }, { upsert: true }));
}
