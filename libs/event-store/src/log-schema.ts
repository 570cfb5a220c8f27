// The storage format of events.db. Names, columns and the checksummed form never change: a new shape is a new FORMAT.
// `crc` of an event is the CRC-32 of all events up to it in their checksummed form: one value proves content, order and completeness.
import { crc32 } from 'node:zlib';
import type { Position } from '@app/kernel';

export const LOG_FILE = 'events.db';
export const FORMAT = 1;
/** `OTLG` */
export const APPLICATION_ID = 0x4f544c47;

/**
 * Streams are numbered in the order of their first event, so that the index over them grows at its end
 * and a scan by stream reads the events nearly in the order in which they lie.
 */
export const SCHEMA: Readonly<Record<string, string>> = {
  streams: 'CREATE TABLE streams (id INTEGER PRIMARY KEY, category TEXT NOT NULL, name TEXT NOT NULL UNIQUE, crc INTEGER NOT NULL) STRICT',
  events:
    'CREATE TABLE events (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, type TEXT NOT NULL, ' +
    'version INTEGER NOT NULL, id TEXT NOT NULL, recorded_at INTEGER NOT NULL, body TEXT NOT NULL, crc INTEGER NOT NULL) STRICT',
  events_by_stream: 'CREATE UNIQUE INDEX events_by_stream ON events (stream, revision)',
  customer_keys: 'CREATE TABLE customer_keys (subject TEXT PRIMARY KEY, wrapped BLOB, change INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT, WITHOUT ROWID',
};

/** The checksummed form of the events of one query, in SQL; must equal `checksummedEvent`. */
export const CHECKSUMMED_SQL =
  "position || '|' || stream || '|' || revision || '|' || type || '|' || version || '|' || id || '|' || recorded_at || '|' || body || char(10)";

interface EventRow {
  position: number;
  stream: number;
  revision: number;
  type: string;
  version: number;
  id: string;
  recordedAtMs: number;
  body: string;
}

export function chained(chain: number, row: EventRow): number {
  return crc32(`${row.position}|${row.stream}|${row.revision}|${row.type}|${row.version}|${row.id}|${row.recordedAtMs}|${row.body}\n`, chain);
}

export function streamCrc(id: number, category: string, name: string): number {
  return crc32(`${id}|${category}|${name}`);
}

export function keyCrc(subject: string, change: number, wrapped: Uint8Array | null): number {
  return crc32(wrapped ?? 'destroyed', crc32(`${change}|${subject}|`));
}

export const ORIGIN: Position = '0'.repeat(16);

export function positionOf(value: number): Position {
  return String(value).padStart(16, '0');
}

export function numberOf(position: Position): number {
  if (!/^\d{16}$/.test(position)) throw new TypeError(`Not a position of the embedded log: ${position}`);
  return Number(position);
}

/** What a commit leaves behind, and what is acknowledged. */
export interface LogState {
  /** Of the last event; 0 when there is none. */
  position: number;
  /** CRC of the chain at that position. */
  chain: number;
  /** Number of the last change of a customer key. */
  keyChanges: number;
}
