// People: who they are, whom they answer to, who stands in for them, and whether they are here.
// A superior or a backup must exist and be here when named; nobody is ever their own. What makes a circle possible, another superior
// for somebody registered or a delegation, is allowed in a stream of its own first (organisation.decider.ts) and only carried out here.
import { type Decider, type Instant, reject, type Rejection } from '@app/kernel';
import { type Person, personAfter } from './person';
import type { CarryOutDelegation, PeopleRead, RegisterStaff, StaffCommand } from './staff.commands';
import { type Contact, type Delegation, sealedFor, STAFF_EVENT_TYPES, type StaffEvent } from './staff.events';
import { problemOfSupervisor, seen, superiors, type SupervisorRejection } from './superiors';

type StaffRejection = SupervisorRejection | Rejection<'StaffNotFound' | 'NameMissing' | 'RoleMissing' | 'SupervisorNotCarriedOut' | 'BackupUnknown' | 'BackupDeparted' | 'BackupIsOneself'>;

export interface StaffState {
  /** Null until registered. */
  person: Person | null;
  contact: Contact;
}

const NO_CONTACT: Contact = { name: null, email: null, phone: null };

export const staffDecider: Decider<StaffCommand, StaffEvent, StaffState> = {
  category: 'staff',
  eventTypes: STAFF_EVENT_TYPES,
  initial: { person: null, contact: NO_CONTACT },
  decide,
  evolve: ({ person, contact }, event) => ({ person: personAfter(person, event), contact: contactAfter(contact, event) }),
};

/** Whose streams the decision needs besides those in `people`. Asked again with what was read, until it names nobody. */
export function peopleToRead(command: StaffCommand, { person }: StaffState, people: PeopleRead): readonly string[] {
  if (command.type !== 'RegisterStaff') return [];
  const { supervisor, backup } = namedAnew(command, person);
  const wanted = [...superiors(supervisor, people), backup];
  return wanted.filter((staffId): staffId is string => staffId !== null && !people.has(staffId));
}

function decide(command: StaffCommand, { person, contact }: StaffState): readonly StaffEvent[] | StaffRejection {
  const { staffId, at } = command;
  if (command.type === 'RegisterStaff') return register(command, person, contact);
  if (person === null) return reject('StaffNotFound', `There is nobody registered as ${staffId}.`, { staffId });
  const { delegation } = person;
  switch (command.type) {
    case 'CarryOutSupervisor':
      return [{ type: 'SupervisorChanged', occurredAt: at, data: { staffId, was: person.supervisor, is: command.supervisor, seen: [...command.seen] } }];
    case 'CarryOutDelegation':
      return carriedOut(command, person);
    case 'EndDelegation':
      return delegation === null || delegation.until <= at ? [] : [{ type: 'DelegationEnded', occurredAt: at, data: { staffId, delegation } }];
    case 'MarkDeparted':
      if (!person.active) return [];
      return [
        ...(delegation === null ? [] : [{ type: 'DelegationEnded', occurredAt: at, data: { staffId, delegation } } as const]),
        { type: 'StaffDeparted', occurredAt: at, data: { staffId } },
      ];
    case 'MarkReturned':
      return person.active ? [] : [{ type: 'StaffReturned', occurredAt: at, data: { staffId } }];
    default:
      return command satisfies never;
  }
}

function register(command: RegisterStaff, person: Person | null, contact: Contact): readonly StaffEvent[] | StaffRejection {
  const { staffId, at, context: { people } } = command;
  const name = command.name.trim();
  if (name === '') return reject('NameMissing', `${staffId} needs a name.`, { staffId });
  const roles = [...new Set(command.roles.map((role) => role.trim()))];
  if (roles.includes('')) return reject('RoleMissing', `A role of ${staffId} has no name.`, { staffId });
  const { supervisor, backup } = namedAnew(command, person);
  const problem = (supervisor === null ? null : problemOfSupervisor(staffId, supervisor, people)) ?? (backup === null ? null : problemOfBackup(staffId, backup, people));
  if (problem !== null) return problem;
  if (person !== null && changes(command.supervisor, person.supervisor)) return reject('SupervisorNotCarriedOut', `${staffId} was registered meanwhile and answers to somebody else; ask again.`, { staffId });

  const standing = seen(backup === null ? [] : [backup], people);
  const is: Contact = { name, email: given(command.email, contact.email), phone: given(command.phone, contact.phone) };
  const sealing = { staffId, sealedFor: sealedFor(staffId) };
  if (person === null) {
    const above = seen(superiors(supervisor, people), people);
    return [{ type: 'StaffRegistered', occurredAt: at, data: { ...sealing, contact: is, roles, supervisor, backup, seen: [...above, ...standing.filter((one) => !above.some((other) => other.staffId === one.staffId))] } }];
  }
  const events: StaffEvent[] = [];
  if (is.name !== contact.name || is.email !== contact.email || is.phone !== contact.phone) events.push({ type: 'StaffContactChanged', occurredAt: at, data: { ...sealing, was: contact, is } });
  if (!sameRoles(roles, person.roles)) events.push({ type: 'StaffRolesChanged', occurredAt: at, data: { staffId, was: [...person.roles], is: roles } });
  if (changes(command.backup, person.backup)) events.push({ type: 'BackupChanged', occurredAt: at, data: { staffId, was: person.backup, is: backup, seen: standing } });
  return events;
}

/** Who is named and was not before; an unchanged superior or backup may have departed since. */
function namedAnew(command: RegisterStaff, person: Person | null): { supervisor: string | null; backup: string | null } {
  return {
    supervisor: changes(command.supervisor, person?.supervisor ?? null) ? command.supervisor : null,
    backup: changes(command.backup, person?.backup ?? null) ? command.backup : null,
  };
}

function changes(to: string | null | undefined, from: string | null): to is string | null {
  return to !== undefined && to !== from;
}

function problemOfBackup(staffId: string, backup: string, people: PeopleRead): StaffRejection | null {
  if (backup === staffId) return reject('BackupIsOneself', `${staffId} cannot be their own backup.`, { staffId });
  const found = people.get(backup)?.person;
  if (found === undefined) return reject('BackupUnknown', `There is nobody registered as ${backup}, who is to be the backup of ${staffId}.`, { staffId, backup });
  return found.active ? null : reject('BackupDeparted', `${backup} has departed and cannot become the backup of ${staffId}.`, { staffId, backup });
}

/** Whoever has departed since it was allowed has no delegation; that it was carried out is told all the same, so that it never is again. */
function carriedOut({ staffId, at, delegation, seen: looked }: CarryOutDelegation, { active, delegation: before }: Person): readonly StaffEvent[] {
  const set: StaffEvent = { type: 'DelegationSet', occurredAt: at, data: { staffId, delegation, replaces: stillGood(before, at), seen: [...looked] } };
  return active ? [set] : [set, { type: 'DelegationEnded', occurredAt: at, data: { staffId, delegation } }];
}

function stillGood(delegation: Delegation | null, at: Instant): Delegation | null {
  return delegation !== null && at < delegation.until ? delegation : null;
}

function given(value: string | null | undefined, before: string | null): string | null {
  if (value === undefined) return before;
  const trimmed = value?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
}

function sameRoles(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((role) => b.includes(role));
}

function contactAfter(contact: Contact, event: StaffEvent): Contact {
  if (event.type === 'StaffRegistered') return event.data.contact;
  return event.type === 'StaffContactChanged' ? event.data.is : contact;
}
