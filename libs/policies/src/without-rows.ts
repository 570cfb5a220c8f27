// A policy that needs no memory: what it does follows from the event alone.
// It has no timers, and what it did before is recognised where its commands go.
import type { Policy, Projection } from '@app/kernel';

const NO_KEYS: readonly string[] = [];

export function withoutRows(name: string, reads: Projection['reads'], react: Policy['react']): Policy<never> {
  return {
    name,
    todo: { name, version: 1, reads, indexes: [], sharding: 'whole', keys: () => NO_KEYS, fold: () => undefined },
    react: (event) => react(event, undefined),
    dueAt: () => undefined,
    due: () => [],
  };
}
