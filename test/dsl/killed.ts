// Processes that die at a place of their work which the test chooses, for specs that try every place.
// What is dead stays dead: whatever it does after its death fails too.
import type { EventStore, ReadModelStore } from '@app/runtime';

export class Killed extends Error {}

/** Work that ends before or after the call of this place, counted from 1, and never gets further. */
export function dyingAtCall(place: number, when: 'before' | 'after'): <T>(work: () => Promise<T>) => Promise<T> {
  let calls = 0;
  return async work => {
    calls += 1;
    if (calls >= place && when === 'before') throw new Killed();
    const result = await work();
    if (calls >= place) throw new Killed();
    return result;
  };
}

/** A store whose every call goes through the gate. */
export function gated(store: ReadModelStore, gate: <T>(work: () => Promise<T>) => Promise<T>): ReadModelStore {
  return new Proxy(store, { get: (target, name: keyof ReadModelStore) => (...args: unknown[]) => gate(() => (target[name] as (...given: unknown[]) => Promise<unknown>).apply(target, args)) });
}

/** A log whose process dies at the append of this place, counted from 0: just before it is written, or just after. */
export function dyingAtAppend(log: EventStore, place: number, written: boolean): EventStore {
  let appends = 0;
  const append: EventStore['append'] = async (...args) => {
    const at = appends++;
    if (at > place || (at === place && !written)) throw new Killed();
    const result = await log.append(...args);
    if (at === place) throw new Killed();
    return result;
  };
  return Object.assign(Object.create(log) as EventStore, { append });
}
