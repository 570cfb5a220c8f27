export type { Actor, Command, Decider, DomainEvent } from './decider';
export { type Instant, instantOf, later, plusSeconds } from './instant';
export { categoryOf, type EventMeta, type NewEvent, type Position, type Recorded } from './envelope';
export type { Intent, Policy, Visit } from './policy';
export type { Projection, RowIndex, Sharding } from './projection';
export { isRejection, reject, type Rejection } from './rejection';
