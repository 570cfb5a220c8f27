// What may be asked of somebody's record, and of the organisation: superiors and delegations.
// A command that depends on other people carries them as they were read for it, from their own streams.
import type { Command } from '@app/kernel';
import type { Person } from './person';
import type { Delegation, PersonSeen } from './staff.events';

/** Of everybody that the decision looks at; null where there is nobody of that id. */
export type PeopleRead = ReadonlyMap<string, { person: Person; revision: number } | null>;

export interface StaffContext {
  people: PeopleRead;
}

interface Of<Type extends string> extends Command<Type> {
  staffId: string;
  context: StaffContext;
}

/** Registers somebody, or changes what is given: a field left out keeps its value, null empties it. Who is registered gets another superior by SetSupervisor. */
export interface RegisterStaff extends Of<'RegisterStaff'> {
  name: string;
  roles: readonly string[];
  supervisor?: string | null;
  backup?: string | null;
  email?: string | null;
  phone?: string | null;
}
/** What was allowed, `seen` as it was then. Given until it is in the person's stream, always under the id of the change. */
export interface CarryOutSupervisor extends Of<'CarryOutSupervisor'> {
  supervisor: string | null;
  seen: readonly PersonSeen[];
}
export interface CarryOutDelegation extends Of<'CarryOutDelegation'> {
  delegation: Delegation;
  seen: readonly PersonSeen[];
}
export type CarryOutTie = CarryOutSupervisor | CarryOutDelegation;
export type EndDelegation = Of<'EndDelegation'>;
export type MarkDeparted = Of<'MarkDeparted'>;
export type MarkReturned = Of<'MarkReturned'>;

export type StaffCommand = RegisterStaff | CarryOutTie | EndDelegation | MarkDeparted | MarkReturned;

interface OfTie<Type extends string> extends Of<Type> {
  /** The change that was allowed last, and is carried out; null: none was ever allowed. */
  after: string | null;
}

/** For somebody who is registered. */
export interface SetSupervisor extends OfTie<'SetSupervisor'> {
  supervisor: string | null;
}
/** Takes the place of the one there is. */
export interface SetDelegation extends OfTie<'SetDelegation'> {
  delegation: Delegation;
}
export type OrganisationCommand = SetSupervisor | SetDelegation;

/** Given before somebody is registered, so that whoever has a stream is on the list. */
export interface ListStaff extends Command<'ListStaff'> {
  staffId: string;
}
