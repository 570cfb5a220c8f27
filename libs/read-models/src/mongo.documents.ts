// How a row lies in MongoDB: as a document that can be searched, under its key.
// What BSON would change or refuse is kept as text beside it, so that every row comes back as it was.
import { BSON } from 'mongodb';
import type { RowWrite, StoredRow } from '@app/runtime';

export interface RowDocument {
  _id: string;
  row: unknown;
  /** The row as JSON, where `row` is not all of it. */
  text?: string;
  staleSince?: string;
  position?: string;
}

/** The server takes 180 levels, the whole document included. */
const DEPTH_MAX = 100;

export function documentOf({ key, row, staleSince, position }: Omit<RowWrite, 'table'>): RowDocument {
  const document: RowDocument = faithful(row, 0) ? { _id: key, row } : { _id: key, row: searchable(row, 0), text: JSON.stringify(row) };
  if (staleSince !== undefined) document.staleSince = staleSince;
  if (position !== undefined) document.position = position;
  return document;
}

/** As the driver would send it. */
export function bytesOf(document: RowDocument): Uint8Array {
  return BSON.serialize(document, { ignoreUndefined: true });
}

export function documentIn(bytes: Uint8Array): RowDocument {
  return BSON.deserialize(bytes) as RowDocument;
}

export function storedRow<Row>({ _id, row, text, staleSince, position }: RowDocument): StoredRow<Row> {
  const stored: StoredRow<Row> = { key: _id, row: (text === undefined ? row : JSON.parse(text)) as Row };
  if (staleSince !== undefined) stored.staleSince = staleSince;
  if (position !== undefined) stored.position = position;
  return stored;
}

/** Names with `$` are refused by older servers or read back as references, those of the driver's own types as such. */
function namable(name: string): boolean {
  return !name.startsWith('$') && name !== '_bsontype' && name !== 'toBSON' && !name.includes('\0') && wellFormed(name);
}

/** Half a surrogate pair has no UTF-8. */
function wellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

function faithful(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= DEPTH_MAX) return false;
  if (Array.isArray(value)) {
    for (const element of value) if (!faithful(element, depth + 1)) return false;
    return true;
  }
  for (const name in value) {
    if (!namable(name) || !faithful((value as Record<string, unknown>)[name], depth + 1)) return false;
  }
  return true;
}

function searchable(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return wellFormed(value) ? value : Buffer.from(value).toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return null;
  if (Array.isArray(value)) return value.map(element => searchable(element, depth + 1));
  return Object.fromEntries(Object.entries(value).filter(([name]) => namable(name)).map(([name, inner]) => [name, searchable(inner, depth + 1)]));
}
