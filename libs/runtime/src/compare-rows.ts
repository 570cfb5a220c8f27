// Compares two tables of rows by content.
// The order of fields does not matter, everything else does.
import type { Position } from '@app/kernel';
import type { ReadModelStore, StoredRow } from './ports/read-model-store';

export interface RowDifference {
  key: string;
  /** Dotted path of the first field that differs; empty where a whole row is missing. */
  path: string;
  live: unknown;
  rebuilt: unknown;
  /** Of the latest event folded into the row, on either side; null where the row names none. */
  position: Position | null;
  /** Both rows whole, as they were compared. */
  rows: { live: unknown; rebuilt: unknown };
}

export interface Comparison {
  /** Rows that differ. */
  differences: number;
  first: RowDifference | null;
}

const VALUE_CHARS_MAX = 200;
const PAGE_ROWS = 1_000;
/** More than this are not remembered for a second look; they are compared at once and may include rows that moved meanwhile. */
const REMEMBERED_MAX = 50_000;

/** Rows that may differ while both tables are still being written; to be looked at by `compareRows` once they stand at the same position. */
export async function collectUnlike(store: ReadModelStore, live: string, rebuilt: string): Promise<{ keys: string[]; beyond: Comparison }> {
  const keys: string[] = [];
  let beyond: Comparison = { differences: 0, first: null };
  for (let after: string | undefined; ; ) {
    const page = await store.unlike(live, rebuilt, after, PAGE_ROWS);
    if (page.length === 0) return { keys, beyond };
    if (keys.length < REMEMBERED_MAX) keys.push(...page);
    else beyond = added(beyond, await compareRows(store, live, rebuilt, page));
    after = page.at(-1);
  }
}

export async function compareRows(store: ReadModelStore, live: string, rebuilt: string, keys: readonly string[]): Promise<Comparison> {
  let result: Comparison = { differences: 0, first: null };
  for (let i = 0; i < keys.length; i += PAGE_ROWS) {
    const page = keys.slice(i, i + PAGE_ROWS);
    const [a, b] = [await store.getMany(live, page), await store.getMany(rebuilt, page)];
    page.forEach((key, j) => {
      const first = differenceOf(key, a[j], b[j]);
      if (first !== undefined) result = added(result, { differences: 1, first });
    });
  }
  return result;
}

export function added(a: Comparison, b: Comparison): Comparison {
  return { differences: a.differences + b.differences, first: a.first ?? b.first };
}

function differenceOf(key: string, live: StoredRow | undefined, rebuilt: StoredRow | undefined): RowDifference | undefined {
  const found = firstDifference(live?.row, rebuilt?.row, '');
  if (found === undefined) return undefined;
  const positions = [live?.position, rebuilt?.position].filter(position => position !== undefined).sort();
  return { key, ...found, position: positions.at(-1) ?? null, rows: { live: live?.row, rebuilt: rebuilt?.row } };
}

/** By content: the order of fields does not matter. */
export function isSameRow(a: unknown, b: unknown): boolean {
  return firstDifference(a, b, '') === undefined;
}

function firstDifference(live: unknown, rebuilt: unknown, path: string): { path: string; live: unknown; rebuilt: unknown } | undefined {
  if (Object.is(live, rebuilt)) return undefined;
  const composite = typeof live === 'object' && typeof rebuilt === 'object' && live !== null && rebuilt !== null && Array.isArray(live) === Array.isArray(rebuilt);
  if (!composite) return { path, live: live ?? null, rebuilt: rebuilt ?? null };
  const [a, b] = [live as Record<string, unknown>, rebuilt as Record<string, unknown>];
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(a[name], b[name], path === '' ? name : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Key, path and both values; long ones are cut. */
export function sentenceOf({ key, path, live, rebuilt }: RowDifference): string {
  return `${key}${path === '' ? '' : ` ${path}`}: ${shown(live)} live, ${shown(rebuilt)} rebuilt`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)}…`;
}
