// given(policy, events).when(event).then(intents), .at(instant).then(intents):
// what a policy does at once and when a timer rings.
import type { Instant, Intent, Policy, Recorded } from '@app/kernel';
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
    return new PolicyOutcome(this.policy, rows, intents);
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
    const occasions = due.map(({ occasion, stream }) => `${stream} ${occasion}`);
    expect(occasions).toEqual([...new Set(occasions)]);
    return new PolicyOutcome(this.policy, this.rows, due.map(({ stream, command }) => ({ stream, command })));
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
