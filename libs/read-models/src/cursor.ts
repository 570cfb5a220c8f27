// Cursors of pages: where a page ended, as text that only the same query takes back.
// Whatever else is given in place of one is refused, never guessed at.
import { createHash } from 'node:crypto';
import { BadCursor, type RowQuery, type Scalar } from '@app/runtime';

/** Names the query that a cursor belongs to; the page size may change between pages, and the bounds of ranges move with the clock. */
export function fingerprintOf(query: RowQuery): string {
  const where = Object.entries(query.where ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const ranges = (query.range ?? []).map(({ field, ...bounds }) => [field, ...Object.keys(bounds)]);
  return createHash('sha256').update(JSON.stringify([where, ranges, query.sort ?? []])).digest('base64url').slice(0, 8);
}

/** `place`: the values that rows are sorted by, the key last. */
export function writeCursor(fingerprint: string, place: readonly Scalar[]): string {
  return Buffer.from(JSON.stringify([fingerprint, ...place])).toString('base64url');
}

export function readCursor(cursor: string, fingerprint: string, columns: number): Scalar[] {
  let parts: unknown;
  try {
    parts = /^[A-Za-z0-9_-]+$/.test(cursor) ? JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) : undefined;
  } catch {
    parts = undefined;
  }
  if (!Array.isArray(parts) || !parts.every(isScalar)) throw new BadCursor('it is not one of ours');
  if (parts[0] !== fingerprint || parts.length !== columns + 1 || typeof parts.at(-1) !== 'string') throw new BadCursor('it belongs to another query');
  return parts.slice(1) as Scalar[];
}

export function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
