// Shows before a log is opened for writing that everything acknowledged is there, unchanged, or refuses with the place.
// Reads only: a refused log keeps every byte, the write-ahead log included. Linear in the log, flat in memory.
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Database, openDatabase, SqliteError } from '@app/sqlite';
import { readAcknowledged, ACKNOWLEDGED_FILE } from './acknowledged-file';
import { DataDamaged } from './errors';
import { APPLICATION_ID, CHECKSUMMED_SQL, FORMAT, keyCrc, LOG_FILE, type LogState, SCHEMA, streamCrc } from './log-schema';
import { inspectWal } from './write-ahead-log';

const EVENTS_A_STEP = 64;
const ROWS_A_STEP = 1000;
/** So long the event loop may be kept. */
const STEPS_A_TURN = 200;

interface VerifiedLog extends LogState {
  streams: number;
  /** Turn of the slot of `acknowledged` that counts; undefined when the file must still be made. */
  turn: number | undefined;
  /** What was acknowledged; at most `position`. */
  acknowledged: number;
}

type Found = Omit<VerifiedLog, 'turn' | 'acknowledged'>;

/** Undefined when there is no log yet. `note` takes lines for the operator's log. */
export async function verifyLog(directory: string, note: (line: string) => void): Promise<VerifiedLog | undefined> {
  const path = join(directory, LOG_FILE);
  const acknowledged = readAcknowledged(directory);
  if (!existsSync(path)) {
    const left = [ACKNOWLEDGED_FILE, `${LOG_FILE}-wal`].find(name => existsSync(join(directory, name)));
    if (left === undefined) return undefined;
    throw new DataDamaged(path, 'byte 0', `the file is missing beside ${left}`);
  }
  const wal = inspectWal(`${path}-wal`);
  if (acknowledged === undefined && statSync(path).size === 0 && wal.bytes === 0) return undefined;
  let found: Found | undefined;
  try {
    const database = openDatabase(path, { readOnly: true, cacheKib: 4_096 });
    try {
      found = await verifyContent(database, path, acknowledged);
    } finally {
      database.close();
      // Where it is missing, SQLite makes an empty one even to read.
      if (wal.missing) rmSync(`${path}-wal`, { force: true });
    }
  } catch (error) {
    if (error instanceof SqliteError && !/^SQLITE_(BUSY|CANTOPEN|NOMEM|PERM|AUTH|IOERR$|IOERR_READ)/.test(error.code)) {
      throw new DataDamaged(path, 'a place SQLite does not name', error.message, { cause: error });
    }
    throw error;
  }
  if (found === undefined) return undefined;
  if (acknowledged === undefined) {
    if (found.position === 0 && found.keyChanges === 0) return { ...found, turn: undefined, acknowledged: 0 };
    throw new DataDamaged(join(directory, ACKNOWLEDGED_FILE), 'byte 0', `the file is missing beside a log of ${found.position} events`);
  }
  if (found.position < acknowledged.position || found.keyChanges < acknowledged.keyChanges) {
    const lost =
      found.position < acknowledged.position
        ? `${acknowledged.position} events were acknowledged and only ${found.position} are left`
        : `${acknowledged.keyChanges} changes of customer keys were acknowledged and only ${found.keyChanges} are left`;
    throw new DataDamaged(`${path}-wal`, `byte ${wal.badOffset}`, `${lost}; in the write-ahead log ${wal.what}`);
  }
  if (wal.torn) note(`Cutting ${wal.bytes - wal.committedBytes} bytes off ${path}-wal at byte ${wal.committedBytes}: a write that was never acknowledged.`);
  if (found.position > acknowledged.position) note(`Keeping ${found.position - acknowledged.position} events that were on disk but not yet acknowledged.`);
  return { ...found, turn: acknowledged.turn, acknowledged: acknowledged.position };
}

async function verifyContent(database: Database, path: string, acknowledged: LogState | undefined): Promise<Found | undefined> {
  if (!verifyShape(database, path, acknowledged)) return undefined;
  const events = await verifyEvents(database, path, acknowledged);
  const streams = await verifyStreams(database, path);
  const keyChanges = await verifyKeys(database, path);
  // Pages, free pages, column types, and that every row has its entry in every index and the other way round.
  const faults = database.prepare('PRAGMA integrity_check(3)').asArrays().all<[string]>().map(row => row[0]);
  if (faults.length !== 1 || faults[0] !== 'ok') throw new DataDamaged(path, placeOf(faults[0] ?? ''), faults.join('; ').replaceAll('\n', ' '));
  return { ...events, streams, keyChanges };
}

/** False for a file whose making was broken off before it held a table. */
function verifyShape(database: Database, path: string, acknowledged: LogState | undefined): boolean {
  const pragma = (name: string): unknown => database.prepare(`PRAGMA ${name}`).asArrays().get<[unknown]>()?.[0];
  const found = new Map(database.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'").asArrays().all<[string, string]>());
  if (found.size === 0 && acknowledged === undefined) return false;
  const version = pragma('user_version');
  if (typeof version === 'number' && version > FORMAT && version < FORMAT + 100 && pragma('application_id') === APPLICATION_ID) {
    throw new Error(`${path} was written by a later release (format ${version}, this one knows ${FORMAT}). Nothing was opened or changed: start the later release.`);
  }
  for (const [name, sql] of Object.entries(SCHEMA)) {
    if (found.get(name) !== sql) throw new DataDamaged(path, 'its schema (page 1)', `${name} is ${found.has(name) ? 'not what was made' : 'missing'}`);
  }
  if (version !== FORMAT || pragma('application_id') !== APPLICATION_ID) throw new DataDamaged(path, 'its header (byte 60 to 72)', `format ${String(version)} is not ${FORMAT}`);
  return true;
}

type Step = [bytes: Uint8Array | null, count: number, last: number | null];

async function verifyEvents(database: Database, path: string, acknowledged: LogState | undefined): Promise<{ position: number; chain: number }> {
  const step = database
    .prepare(`SELECT CAST(group_concat(${CHECKSUMMED_SQL}, '') AS BLOB), count(*), max(position) FROM (SELECT * FROM events WHERE position > ? AND position <= ? ORDER BY position)`)
    .asArrays();
  const crcAt = database.prepare('SELECT crc FROM events WHERE position = ?').asArrays();
  const crc = (position: number): number | undefined => crcAt.get<[number]>(position)?.[0];
  const end = database.prepare('SELECT count(*), coalesce(min(position), 1), coalesce(max(position), 0) FROM events').asArrays().get<[number, number, number]>();
  const [count, first, last] = end ?? [0, 1, 0];
  if (count !== last || first !== 1) throw new DataDamaged(path, `position ${first === 1 ? count : 1}`, `its ${count} events must have the positions 1 to ${count} and have ${first} to ${last}`);
  let chain = 0;
  for (let at = 0, steps = 1; at < last; at += EVENTS_A_STEP, steps++) {
    const to = Math.min(at + EVENTS_A_STEP, last);
    let row: Step | undefined;
    try {
      row = step.get<Step>(at, to);
    } catch (error) {
      throw new DataDamaged(path, `positions ${at + 1} to ${to}`, (error as Error).message, { cause: error });
    }
    const next = row?.[0] ? crc32(row[0], chain) : chain;
    if (row?.[1] !== to - at || next !== crc(to)) throw new DataDamaged(path, `position ${locate(database, at, to, chain)}`, 'the checksum of the event is wrong');
    chain = next;
    if (steps % STEPS_A_TURN === 0) await new Promise(resolve => setImmediate(resolve));
  }
  if (acknowledged !== undefined && acknowledged.position > 0 && acknowledged.position <= last && crc(acknowledged.position) !== acknowledged.chain) {
    throw new DataDamaged(path, `position ${acknowledged.position}`, 'the checksum of the log up to there is not the acknowledged one: these are not the events that were acknowledged');
  }
  return { position: last, chain };
}

/** The first event between the two whose own checksum does not follow from the one before. */
function locate(database: Database, after: number, upTo: number, chain: number): number {
  const one = database.prepare(`SELECT CAST(${CHECKSUMMED_SQL} AS BLOB), crc FROM events WHERE position = ?`).asArrays();
  for (let position = after + 1; position <= upTo; position++) {
    const row = one.get<[Uint8Array, number]>(position);
    if (row === undefined || (chain = crc32(row[0], chain)) !== row[1]) return position;
  }
  return upTo;
}

async function verifyStreams(database: Database, path: string): Promise<number> {
  const next = database.prepare(`SELECT id, category, name, crc FROM streams WHERE id > ? ORDER BY id LIMIT ${ROWS_A_STEP}`).asArrays();
  let id = 0;
  for (;;) {
    const rows = next.all<[number, string, string, number]>(id);
    for (const [found, category, name, crc] of rows) {
      id += 1;
      if (found !== id || crc !== streamCrc(found, category, name)) throw new DataDamaged(path, `stream ${id}`, 'the name of the stream is missing or its checksum is wrong');
    }
    if (rows.length < ROWS_A_STEP) break;
    await new Promise(resolve => setImmediate(resolve));
  }
  const highest = database.prepare('SELECT coalesce(max(stream), 0) FROM events').asArrays().get<[number]>()?.[0] ?? 0;
  if (highest !== id) throw new DataDamaged(path, `stream ${Math.min(highest, id) + 1}`, `the events name ${highest} streams and ${id} are known`);
  return id;
}

async function verifyKeys(database: Database, path: string): Promise<number> {
  const next = database.prepare(`SELECT subject, change, wrapped, crc FROM customer_keys WHERE subject > ? ORDER BY subject LIMIT ${ROWS_A_STEP}`).asArrays();
  let changes = 0;
  for (let after = ''; ; ) {
    const rows = next.all<[string, number, Uint8Array | null, number]>(after);
    for (const [subject, change, wrapped, crc] of rows) {
      if (crc !== keyCrc(subject, change, wrapped)) throw new DataDamaged(path, `the key of ${subject}`, 'its checksum is wrong');
      changes = Math.max(changes, change);
      after = subject;
    }
    if (rows.length < ROWS_A_STEP) return changes;
    await new Promise(resolve => setImmediate(resolve));
  }
}

function placeOf(fault: string): string {
  const page = /page (\d+)/i.exec(fault)?.[1];
  return page === undefined ? 'a page or an index' : `page ${page} (byte ${(Number(page) - 1) * 8192})`;
}
