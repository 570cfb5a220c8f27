// How a table of rows lies in SQLite: the row as JSON, and one real column for each indexed field.
// Names that come from outside are quoted or refused here, so that no other file has to think of it.
import type { RowIndex } from '@app/kernel';
import type { TableSpec } from '@app/runtime';
import type { SqliteValue } from '@app/sqlite';

const TABLE_NAME = /^[A-Za-z0-9][A-Za-z0-9@._-]{0,199}$/;

export interface TableLayout {
  name: string;
  /** Quoted, ready for SQL; so are all names below. */
  table: string;
  columns: ReadonlyMap<string, FieldColumn>;
  /** Writes a row: key, position, stale_since, the fields in the order of `columns`, doc. */
  upsert: string;
  indexes: readonly RowIndex[];
}

interface FieldColumn {
  path: readonly string[];
  column: string;
  /** Table of (value, key) for the rows whose field is an array; made when the first such row comes. */
  elements: string;
}

export function layoutOf(spec: TableSpec): TableLayout {
  if (!TABLE_NAME.test(spec.name)) throw new TypeError(`${JSON.stringify(spec.name)} cannot be the name of a table of rows.`);
  const columns = new Map<string, FieldColumn>();
  for (const field of spec.indexes.flatMap(index => index.fields)) {
    columns.set(field, { path: pathOf(field), column: quoted(`f:${field}`), elements: quoted(`e:${spec.name}:${field}`) });
  }
  const table = quoted(`t:${spec.name}`);
  return { name: spec.name, table, columns, upsert: upsertInto(table, [...columns.values()].map(({ column }) => column)), indexes: spec.indexes };
}

// The row comes last: what stands before it is read without walking through the pages of a long row.
// Measured with rows of 1 KB: by rowid loads 2.7 times as fast as WITHOUT ROWID where keys come in no order, and alike where they do.
export function createTable(layout: TableLayout): string {
  const fields = [...layout.columns.values()].map(({ column }) => `${column}, `).join('');
  return `CREATE TABLE IF NOT EXISTS ${layout.table} (key TEXT PRIMARY KEY NOT NULL, position TEXT, stale_since TEXT, ${fields}doc TEXT NOT NULL)`;
}

/** Each index ends in the key, so that pages in its order need no sorting. */
export function createIndexes(layout: TableLayout): string[] {
  return layout.indexes.map((index, i) => {
    const columns = index.fields.map(field => columnOf(layout, field).column);
    return `CREATE INDEX IF NOT EXISTS ${quoted(`i:${layout.name}:${i}`)} ON ${layout.table} (${columns.join(', ')}, key)`;
  });
}

export function createElements(layout: TableLayout, field: string): string {
  const { elements } = columnOf(layout, field);
  const byKey = quoted(`k:${layout.name}:${field}`);
  return `CREATE TABLE IF NOT EXISTS ${elements} (value, key TEXT NOT NULL, PRIMARY KEY (value, key)) WITHOUT ROWID; CREATE INDEX IF NOT EXISTS ${byKey} ON ${elements} (key)`;
}

function upsertInto(table: string, fields: readonly string[]): string {
  const columns = ['position', 'stale_since', ...fields, 'doc'];
  const marks = columns.map(() => '?').join(', ');
  return `INSERT INTO ${table} (key, ${columns.join(', ')}) VALUES (?, ${marks}) ON CONFLICT (key) DO UPDATE SET ${columns.map(c => `${c} = excluded.${c}`).join(', ')}`;
}

function columnOf(layout: TableLayout, field: string): FieldColumn {
  const column = layout.columns.get(field);
  if (column === undefined) throw new TypeError(`${field} is not indexed in ${layout.name}.`);
  return column;
}

/** What the column of an indexed field holds; arrays and objects are not values: null. */
export function columnValue(value: unknown): SqliteValue {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return null;
}

/** The value at a dotted path; a path leads through objects, not through arrays. */
export function valueAt(row: unknown, path: readonly string[]): unknown {
  let value = row;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** A JSON path as an SQL literal: `'$."customer"."tier"'`. */
export function jsonPath(field: string): string {
  return `'$${pathOf(field).map(name => `."${name.replaceAll("'", "''")}"`).join('')}'`;
}

function pathOf(field: string): string[] {
  const names = field.split('.');
  if (names.some(name => name === '' || /["\\?\0]/.test(name))) throw new TypeError(`${JSON.stringify(field)} is not a path to a field.`);
  return names;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
