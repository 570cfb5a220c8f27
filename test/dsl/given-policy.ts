// given(policy, events).when(event).then(intents), .at(instant).then(intents):
// what a policy does at once and when a timer rings, for rows that it visits too.
import type { Instant, Intent, Policy, Recorded, Visit } from '@app/kernel';
import { foldAll } from './given-projection';

export class GivenPolicy<Todo> {
  constructor(
    private readonly policy: Policy<Todo>,
    private readonly events: readonly Recorded[],
  ) {}

  /** The next event, with what it makes the policy do at once. */
  when(event: Recorded): PolicyOutcome<Todo> {
    const rows = foldAll(this.policy.todo, [...this.events, event]);
    const keys = this.policy.todo.keys(event);
    const intents = keys.length === 0 ? this.policy.react(event, undefined) : keys.flatMap(key => [...this.policy.react(event, rows.get(key))]);
    const visits = this.policy.visits?.(event) ?? [];
    const visited = visits.length === 0 ? [] : visits.flatMap(visit => visitedBy(this.policy, foldAll(this.policy.todo, this.events), visit));
    return new PolicyOutcome(this.policy, rows, [...intents, ...visited]);
  }

  /** The time, with what is due by then. */
  at(now: Instant): PolicyOutcome<Todo> {
    return new PolicyOutcome(this.policy, foldAll(this.policy.todo, this.events), []).at(now);
  }

  /** The next timer of all, undefined for none. */
  thenNextTimer(expected: Instant | undefined): this {
    const timers = [...foldAll(this.policy.todo, this.events).values()].map(row => this.policy.dueAt(row)).filter(due => due !== undefined);
    expect(timers.sort()[0]).toBe(expected);
    return this;
  }
}

class PolicyOutcome<Todo> {
  constructor(
    private readonly policy: Policy<Todo>,
    private readonly rows: ReadonlyMap<string, Todo>,
    private readonly intents: readonly Intent[],
  ) {}

  at(now: Instant): PolicyOutcome<Todo> {
    const due = [...this.rows.values()].flatMap(row => {
      const dueAt = this.policy.dueAt(row);
      return dueAt === undefined || dueAt > now ? [] : [...this.policy.due(row, now)];
    });
    const occasions = due.map(({ occasion, ...one }) => `${'field' in one ? `${one.field} ${one.value} ${one.purpose}` : one.stream} ${occasion}`);
    expect(occasions).toEqual([...new Set(occasions)]);
    const intents = due.flatMap(one => ('field' in one ? visitedBy(this.policy, this.rows, one) : [{ stream: one.stream, command: one.command }]));
    return new PolicyOutcome(this.policy, this.rows, intents);
  }

  then(...expected: readonly Intent[]): this {
    expect(this.intents).toEqual(expected);
    return this;
  }

  thenNothing(): this {
    return this.then();
  }

  thenTodo(key: string, expected: Todo | undefined): this {
    expect({ [key]: this.rows.get(key) }).toEqual({ [key]: expected });
    return this;
  }
}

function visitedBy<Todo>(policy: Policy<Todo>, rows: ReadonlyMap<string, Todo>, { field, value, purpose }: Visit): Intent[] {
  const { indexes, name } = policy.todo;
  if (!indexes.some(({ fields }) => fields[0] === field)) throw new Error(`${name} visits by ${field}, by which its rows have no index.`);
  const found = [...rows].filter(([, row]) => (row as Record<string, unknown>)[field] === value).sort(([a], [b]) => (a < b ? -1 : 1));
  return found.flatMap(([, row]) => [...(policy.visited?.(row, purpose) ?? [])]);
}
