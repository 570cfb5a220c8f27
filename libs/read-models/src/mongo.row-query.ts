// Turns filters, sorts and cursors into queries of MongoDB that go along an index wherever one fits, page by page without skip.
// Comparison follows the port where MongoDB has habits of its own: arrays are in no range, a path leads through objects only.
import type { Filter, IndexDescription, Sort } from 'mongodb';
import type { RowIndex } from '@app/kernel';
import type { RowFilter, RowQuery, Scalar } from '@app/runtime';
import { isScalar } from './cursor';
import type { RowDocument } from './mongo.documents';
import { valueAt } from './table-layout';

type Condition = Filter<RowDocument>;

interface SortField {
  /** In the document. */
  field: string;
  path: readonly string[];
  direction: 'asc' | 'desc';
}

const KEY = '_id';

function pathOf(field: string): string[] {
  const names = field.split('.');
  if (names.some(name => name === '' || name.startsWith('$') || name.includes('\0'))) throw new TypeError(`${JSON.stringify(field)} is not a path to a field.`);
  return names;
}

function fieldOf(field: string): string {
  return ['row', ...pathOf(field)].join('.');
}

/** What leads to the field: where one of these holds an array, MongoDB would look into its elements. */
function waysTo(field: string): string[] {
  const path = pathOf(field);
  return path.slice(0, -1).map((_, i) => ['row', ...path.slice(0, i + 1)].join('.'));
}

const NO_ARRAY = { $not: { $type: 'array' } } as const;

export function conditionsOf(filter: RowFilter): Condition[] {
  const equal = Object.entries(filter.where ?? {}).map(([field, wanted]) => equality(field, Array.isArray(wanted) ? (wanted as Scalar[]) : [wanted as Scalar]));
  return [...equal, ...(filter.range ?? []).flatMap(({ field, ...bounds }) => rangeOf(field, bounds))];
}

export function matching(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? {} : { $and: [...conditions] };
}

function equality(field: string, wanted: readonly Scalar[]): Condition {
  const name = fieldOf(field);
  const ways = waysTo(field);
  const direct = ways.map((way): Condition => ({ [way]: NO_ARRAY }));
  const values = wanted.filter(value => value !== null);
  const one = (condition: Condition, ...more: Condition[]): Condition => (more.length === 0 ? condition : { $and: [condition, ...more] });
  const among = one({ [name]: values.length === 1 ? values[0] : { $in: values } }, ...direct);
  if (!wanted.includes(null)) return among;
  const missing = one({ [name]: null }, { [name]: NO_ARRAY }, ...direct);
  const either = [missing, ...(values.length === 0 ? [] : [among]), ...ways.map((way): Condition => ({ [way]: { $type: 'array' } }))];
  return either.length === 1 ? missing : { $or: either };
}

function rangeOf(field: string, bounds: Partial<Record<'gte' | 'gt' | 'lte' | 'lt', Scalar>>): Condition[] {
  const name = fieldOf(field);
  const conditions: Condition[] = [];
  for (const [operator, bound] of Object.entries(bounds)) {
    if (bound === undefined) continue;
    if (bound === null) return [{ [KEY]: { $in: [] } }];
    conditions.push({ [name]: { [`$${operator}`]: bound } });
  }
  if (conditions.length === 0) return [];
  return [...conditions, { [name]: NO_ARRAY }, ...waysTo(field).map((way): Condition => ({ [way]: NO_ARRAY }))];
}

/** The fields that rows are ordered by; the key is the last. */
export function sortOf(query: RowQuery): SortField[] {
  const fields = (query.sort ?? []).map(({ field, direction }) => ({ field: fieldOf(field), path: pathOf(field), direction }));
  return [...fields, { field: KEY, path: [], direction: fields.at(-1)?.direction ?? 'asc' }];
}

export function orderBy(fields: readonly SortField[]): Sort {
  return Object.fromEntries(fields.map(({ field, direction }) => [field, direction === 'asc' ? 1 : -1]));
}

/** Throws a TypeError where the row holds an array or an object in a field that rows are sorted by: those have no order here. */
export function placeOf(fields: readonly SortField[], { _id, row }: RowDocument): Scalar[] {
  return fields.map(({ field, path }) => {
    if (field === KEY) return _id;
    const value = valueAt(row, path) ?? null;
    if (!isScalar(value)) throw new TypeError(`Rows cannot be sorted by ${path.join('.')}: that of ${_id} is no single value.`);
    return value;
  });
}

/** In the order of MongoDB; null also stands for what is missing. */
const TYPES = ['null', 'number', 'string', 'object', 'bool'] as const;

function typeOf(value: Scalar): number {
  return TYPES.indexOf(value === null ? 'null' : typeof value === 'boolean' ? 'bool' : (typeof value as 'number' | 'string'));
}

/**
 * The rows behind a place in the order, as pieces to be read one after the other: first those that agree with the place in all fields
 * but the last, then in one field less, and so on. Each piece is a plain range that an index serves.
 */
export function piecesAfter(fields: readonly SortField[], place: readonly Scalar[]): Condition[][] {
  const pieces: Condition[][] = [];
  for (let depth = fields.length - 1; depth >= 0; depth--) {
    const equal = fields.slice(0, depth).map(({ field }, i): Condition => ({ [field]: place[i] ?? null }));
    const { field, direction } = fields[depth] as SortField;
    const value = place[depth] ?? null;
    const behind = (condition: Condition): unknown => pieces.push([...equal, condition]);
    if (value !== null) behind({ [field]: { [direction === 'asc' ? '$gt' : '$lt']: value } });
    if (field === KEY) continue;
    // A bound only meets values of its own type; the other types come before or after all of them.
    const type = typeOf(value);
    const others = direction === 'asc' ? TYPES.slice(type + 1) : TYPES.slice(1, Math.max(type, 1));
    if (value === null && direction === 'asc') behind({ [field]: { $ne: null } });
    else if (others.length > 0) behind({ [field]: { $type: [...others] } });
    if (value !== null && direction === 'desc') behind({ [field]: null });
  }
  return pieces;
}

/** Each index ends in the key, so that pages in its order need no sorting. */
export function indexesOf(indexes: readonly RowIndex[]): IndexDescription[] {
  return indexes.map(({ fields }) => ({ key: new Map([...fields.map((field): [string, 1] => [fieldOf(field), 1]), [KEY, 1 as const]]) }));
}
