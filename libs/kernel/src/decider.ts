// The pure shape of a consistency boundary: decide what happens, evolve by what happened.
// A decider does no IO and knows no clock: a command carries its instant, its actor and whatever it was decided by.
import type { Instant } from './instant';
import type { Rejection } from './rejection';

/** Who acts. `id` is the staff id or the system's name, `role` the API role under which it was done. */
export interface Actor {
  id: string;
  role: string;
}

/** What every command carries. The ids of the events that it causes derive from `id`: sent again, it writes nothing. */
export interface Command<Type extends string = string> {
  type: Type;
  id: string;
  actor: Actor;
  /** When the command was given, by our clock. */
  at: Instant;
  /** The chain that this command belongs to; by default it opens its own. */
  correlationId?: string;
  /** The event that made a policy give this command. */
  causationId?: string;
}

/** A fact as the domain states it. `occurredAt` is business time, by the clock of the source. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  type: Type;
  occurredAt: Instant;
  data: Data;
}

export interface Decider<C extends Command, E extends DomainEvent, S> {
  /** Category of the streams it owns: `order` for `order-TB.4711`. */
  readonly category: string;
  /** Every type and version that its streams may hold; a type not listed here is unknown to this release. */
  readonly eventTypes: Readonly<Record<E['type'], number>>;
  readonly initial: S;
  decide(command: C, state: S): readonly E[] | Rejection;
  evolve(state: S, event: E): S;
}
