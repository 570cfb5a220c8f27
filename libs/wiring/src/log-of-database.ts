// That a log in EventStoreDB and a database of MongoDB are of one installation.
// Looked at before anything is made in either; while a copy into them is not whole, nothing starts there.
import { hasTokenKey, readLogMark, writeLogMark } from '@app/event-store';
import { type CopyProof, type EventReader, TargetHoldsOther } from '@app/runtime';
import type { Db } from 'mongodb';
import { nameOfLog } from './business-zone';

/** Throws with the sentence for the user. */
export async function refuseOtherLog(log: Pick<EventReader, 'read'>, database: Db): Promise<void> {
  // The log first: whoever begins one has made the database before.
  const name = await nameOfLog(log);
  const mark = await readLogMark(database);
  const { databaseName } = database;
  if (mark === 'COPYING') throw new Error(`A copy into these servers was begun and is not complete (database ${databaseName}). Run the same 'ops migrate' again until it ends; it goes on where it was.`);
  if (mark !== undefined && mark.log !== name) {
    throw new Error(
      `The database ${databaseName} of MONGODB_URL belongs to another log than the one at EVENTSTOREDB_URL${name === undefined ? ', which is empty' : ''}. Set both to the servers of one installation; if one of them was lost, restore both from one backup.`,
    );
  }
  if (mark === undefined && name !== undefined && !(await hasTokenKey(database))) {
    throw new Error(
      `EVENTSTOREDB_URL already holds a log, and the database ${databaseName} of MONGODB_URL is new: the keys of its customers are not there. Set MONGODB_URL to the database that belongs to this log; if it was lost, restore it from its backup.`,
    );
  }
}

/** From now on the database is used with this log alone. */
export async function markLog(log: Pick<EventReader, 'read'>, database: Db): Promise<void> {
  const name = await nameOfLog(log);
  if (name !== undefined && (await readLogMark(database)) === undefined) await writeLogMark(database, { log: name });
}

/** Copies a log and its keys into them: no server starts there until the copy is proven. One that is refused leaves no mark. */
export async function filling<T extends CopyProof>(log: Pick<EventReader, 'read'>, database: Db, copy: () => Promise<T>): Promise<T> {
  const before = await readLogMark(database);
  if (before === undefined) await writeLogMark(database, 'COPYING');
  try {
    const proof = await copy();
    const name = await nameOfLog(log);
    if (proof.log.equal && proof.keys.equal) await writeLogMark(database, name === undefined ? undefined : { log: name });
    return proof;
  } catch (error) {
    if (before === undefined && error instanceof TargetHoldsOther) await writeLogMark(database, undefined);
    throw error;
  }
}
