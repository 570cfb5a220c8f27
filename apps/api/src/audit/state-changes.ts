// What differs between two states, path by path: `holds[0].reason`, before and after.
// A part that is new or gone is one change, whole; equal parts are none.
import type { StateChangeType } from './audit.types';

export function stateChanges(before: unknown, after: unknown): StateChangeType[] {
  const changes: StateChangeType[] = [];
  compare('', before, after, changes);
  return changes;
}

function compare(path: string, before: unknown, after: unknown, changes: StateChangeType[]): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let i = 0; i < Math.max(before.length, after.length); i++) compare(`${path}[${i}]`, before[i], after[i], changes);
  } else if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) compare(path === '' ? key : `${path}.${key}`, before[key], after[key], changes);
  } else if ((before ?? null) !== (after ?? null)) changes.push({ path, before: before ?? null, after: after ?? null });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
