// What may be asked of somebody's record.
// A command that depends on other people carries them as they were read for it, from their own streams.
import type { Command } from '@app/kernel';
import type { Person } from './person';
import type { Delegation } from './staff.events';

/** Of everybody that the decision looks at; null where there is nobody of that id. */
export type PeopleRead = ReadonlyMap<string, { person: Person; revision: number } | null>;

export interface StaffContext {
  people: PeopleRead;
}

interface Of<Type extends string> extends Command<Type> {
  staffId: string;
  context: StaffContext;
}

/** Registers somebody, or changes what is given: a field left out keeps its value, null empties it. */
export interface RegisterStaff extends Of<'RegisterStaff'> {
  name: string;
  roles: readonly string[];
  supervisor?: string | null;
  backup?: string | null;
  email?: string | null;
  phone?: string | null;
}
/** Takes the place of the one there is. */
export interface SetDelegation extends Of<'SetDelegation'> {
  delegation: Delegation;
}
export type EndDelegation = Of<'EndDelegation'>;
export type MarkDeparted = Of<'MarkDeparted'>;
export type MarkReturned = Of<'MarkReturned'>;

export type StaffCommand = RegisterStaff | SetDelegation | EndDelegation | MarkDeparted | MarkReturned;

/** Given before somebody is registered, so that whoever has a stream is on the list. */
export interface ListStaff extends Command<'ListStaff'> {
  staffId: string;
}
