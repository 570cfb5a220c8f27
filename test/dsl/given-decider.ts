// given(decider, events).when(command).then(events | rejection): the whole language of a decider's tests.
// Events and states are frozen: decide and evolve must not change what they are given.
import { type Command, type Decider, type DomainEvent, isRejection, type Rejection } from '@app/kernel';
import { frozen } from './freeze';

/** A rejection is expected by its name, with as much of the rest as matters. */
type ExpectedRejection = { rejection: string } & Partial<Rejection>;

export class GivenDecider<C extends Command, E extends DomainEvent, S> {
  constructor(
    private readonly decider: Decider<C, E, S>,
    private readonly events: readonly E[],
  ) {}

  /** Several commands, each given to the state that the one before has left; a refused one changes nothing. */
  when(...commands: readonly C[]): DecidedOutcome<C, E, S> {
    return new DecidedOutcome(this.decider, this.events, commands);
  }

  thenState(check: (state: S) => void): this {
    check(stateOf(this.decider, this.events));
    return this;
  }
}

class DecidedOutcome<C extends Command, E extends DomainEvent, S> {
  /** Of the last command. */
  readonly decision: readonly E[] | Rejection;
  readonly state: S;

  constructor(
    private readonly decider: Decider<C, E, S>,
    given: readonly E[],
    private readonly commands: readonly C[],
  ) {
    let state = stateOf(decider, given);
    let decision: readonly E[] | Rejection = [];
    for (const command of commands) {
      decision = decider.decide(frozen(command), state);
      state = evolved(decider, state, isRejection(decision) ? [] : decision);
    }
    this.decision = decision;
    this.state = state;
  }

  /** Exactly these events, or a rejection of this name. */
  then(expected: readonly E[] | ExpectedRejection): this {
    if (isRejection(expected)) expect(this.decision).toMatchObject(expected);
    else expect(this.decision).toEqual(expected);
    return this;
  }

  /** Events of these types, with as much of each as matters. */
  thenLike(...expected: readonly { type: E['type']; occurredAt?: string; data?: object }[]): this {
    expect(isRejection(this.decision) ? this.decision : this.decision.map(({ type }) => type)).toEqual(expected.map(({ type }) => type));
    expect(this.decision).toMatchObject(expected);
    return this;
  }

  thenNothing(): this {
    expect(this.decision).toEqual([]);
    return this;
  }

  thenState(check: (state: S) => void): this {
    check(this.state);
    return this;
  }

  /** The last command once more: it makes nothing happen. */
  idempotently(): this {
    const last = this.commands.at(-1) as C;
    const again = this.decider.decide(frozen(last), this.state);
    if (isRejection(this.decision)) expect(again).toMatchObject({ rejection: this.decision.rejection });
    else expect(again).toEqual([]);
    return this;
  }
}

function stateOf<C extends Command, E extends DomainEvent, S>(decider: Decider<C, E, S>, events: readonly E[]): S {
  return evolved(decider, frozen(decider.initial), events);
}

function evolved<C extends Command, E extends DomainEvent, S>(decider: Decider<C, E, S>, state: S, events: readonly E[]): S {
  // Through JSON: an event comes back from the log without whatever JSON cannot hold.
  return events.reduce((before, event) => frozen(decider.evolve(before, frozen(JSON.parse(JSON.stringify(event)) as E))), state);
}
