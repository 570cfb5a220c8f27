// Turns filters, sorts and places of cursors into SQL that goes along an index wherever one fits, page by page without OFFSET.
// Comparison follows the port, not SQLite's habits: null is in no range, a bound only meets values of its own type.
import type { RowFilter, RowQuery, Scalar } from '@app/runtime';
import type { SqliteValue } from '@app/sqlite';
import { columnValue, jsonPath, type TableLayout } from './table-layout';

export interface Condition {
  sql: string;
  values: readonly SqliteValue[];
}

interface SortColumn {
  expression: string;
  direction: 'asc' | 'desc';
}

/** `hasArrays`: rows of the table hold arrays in that indexed field. */
export function filterOf(layout: TableLayout, filter: RowFilter, hasArrays: (field: string) => boolean): Condition[] {
  const conditions: Condition[] = [];
  for (const [field, wanted] of Object.entries(filter.where ?? {})) {
    conditions.push(equality(layout, field, Array.isArray(wanted) ? wanted : [wanted as Scalar], hasArrays));
  }
  for (const { field, ...bounds } of filter.range ?? []) conditions.push(...rangeOf(layout, field, bounds));
  return conditions;
}

function equality(layout: TableLayout, field: string, wanted: readonly Scalar[], hasArrays: (field: string) => boolean): Condition {
  const path = jsonPath(field);
  const indexed = layout.columns.get(field);
  const values = wanted.filter(value => value !== null).map(columnValue);
  const marks = values.length === 1 ? '= ?' : `IN (${values.map(() => '?').join(', ')})`;
  const either: Condition[] = [];
  if (values.length > 0 && indexed !== undefined) {
    either.push({ sql: `${indexed.column} ${marks}`, values });
    if (hasArrays(field)) either.push({ sql: `key IN (SELECT key FROM ${indexed.elements} WHERE value ${marks})`, values });
  } else if (values.length > 0) {
    const isObject = `coalesce(json_type(doc, ${path}), 'null') = 'object'`;
    either.push({ sql: `(NOT ${isObject} AND EXISTS (SELECT 1 FROM json_each(doc, ${path}) AS e WHERE e.type NOT IN ('array', 'object') AND e.value ${marks}))`, values });
  }
  if (wanted.includes(null)) {
    const missing = `coalesce(json_type(doc, ${path}), 'null') = 'null'`;
    either.push({ sql: indexed === undefined ? missing : `(${indexed.column} IS NULL AND ${missing})`, values: [] });
  }
  if (either.length === 0) return { sql: '0', values: [] };
  return { sql: `(${either.map(({ sql }) => sql).join(' OR ')})`, values: either.flatMap(part => part.values) };
}

const OPERATORS = { gte: '>=', gt: '>', lte: '<=', lt: '<' } as const;

function rangeOf(layout: TableLayout, field: string, bounds: Partial<Record<keyof typeof OPERATORS, Scalar>>): Condition[] {
  const expression = expressionOf(layout, field);
  const conditions: Condition[] = [];
  for (const [name, operator] of Object.entries(OPERATORS)) {
    const bound = bounds[name as keyof typeof OPERATORS];
    if (bound === undefined) continue;
    if (bound === null) return [{ sql: '0', values: [] }];
    conditions.push({ sql: `${expression} ${operator} ?`, values: [columnValue(bound)] });
    // In SQLite every number is less than every string: the guard keeps the other type out, and an index can use it.
    conditions.push({ sql: typeof bound === 'string' ? `${expression} >= ''` : `${expression} < ''`, values: [] });
  }
  if (!layout.columns.has(field)) conditions.push({ sql: `json_type(doc, ${jsonPath(field)}) NOT IN ('array', 'object')`, values: [] });
  return conditions;
}

function expressionOf(layout: TableLayout, field: string): string {
  return layout.columns.get(field)?.column ?? `json_extract(doc, ${jsonPath(field)})`;
}

/** The columns that rows are ordered by; the key is the last. */
export function sortOf(layout: TableLayout, query: RowQuery): SortColumn[] {
  const columns = (query.sort ?? []).map(({ field, direction }) => ({ expression: expressionOf(layout, field), direction }));
  return [...columns, { expression: 'key', direction: columns.at(-1)?.direction ?? 'asc' }];
}

export function orderBy(columns: readonly SortColumn[]): string {
  return columns.map(({ expression, direction }) => `${expression} ${direction}`).join(', ');
}

/**
 * The rows behind a place in the order, as pieces to be read one after the other: first those that agree with the place in all
 * columns but the last, then in one column less, and so on. Each piece is a plain range that an index serves; one condition with
 * OR would not be.
 */
export function piecesAfter(columns: readonly SortColumn[], place: readonly SqliteValue[]): Condition[][] {
  const pieces: Condition[][] = [];
  for (let depth = columns.length - 1; depth >= 0; depth--) {
    const equal = columns.slice(0, depth).map(({ expression }, i) => {
      const value = place[i] ?? null;
      return value === null ? { sql: `${expression} IS NULL`, values: [] } : { sql: `${expression} = ?`, values: [value] };
    });
    const { expression, direction } = columns[depth] as SortColumn;
    const value = place[depth] ?? null;
    if (value !== null) pieces.push([...equal, { sql: `${expression} ${direction === 'asc' ? '>' : '<'} ?`, values: [value] }]);
    // Nulls are the lowest: behind every value when descending, before all values when ascending.
    if (value === null && direction === 'asc') pieces.push([...equal, { sql: `${expression} IS NOT NULL`, values: [] }]);
    if (value !== null && direction === 'desc' && expression !== 'key') pieces.push([...equal, { sql: `${expression} IS NULL`, values: [] }]);
  }
  return pieces;
}
