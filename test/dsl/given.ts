// The one word that tests begin with:
// of deciders, of projections and of policies.
import type { Command, Decider, DomainEvent, Policy, Projection, Recorded } from '@app/kernel';
import { GivenDecider } from './given-decider';
import { GivenPolicy } from './given-policy';
import { GivenProjection } from './given-projection';

export function given<C extends Command, E extends DomainEvent, S>(decider: Decider<C, E, S>, events: readonly E[]): GivenDecider<C, E, S>;
export function given<Todo>(policy: Policy<Todo>, events: readonly Recorded[]): GivenPolicy<Todo>;
export function given<Row>(projection: Projection<Row>, events: readonly Recorded[]): GivenProjection<Row>;
export function given(subject: object, events: readonly unknown[]): unknown {
  if ('decide' in subject) return new GivenDecider(subject as Decider<Command, DomainEvent, unknown>, events as DomainEvent[]);
  if ('todo' in subject) return new GivenPolicy(subject as Policy, events as Recorded[]);
  return new GivenProjection(subject as Projection, events as Recorded[]);
}
