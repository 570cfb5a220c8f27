// People: who they are, whom they answer to, who stands in for them, and whether they are here.
// A superior, a backup or a delegate must exist and be here when named; nobody is ever their own.
import { type Decider, type Instant, reject, type Rejection } from '@app/kernel';
import { compareAmounts, isPositiveAmount } from './amounts';
import { DELEGATION_DEPTH_MAX, waysWith } from './delegation-ways';
import { type People, type Person, personAfter } from './person';
import type { PeopleRead, RegisterStaff, SetDelegation, StaffCommand } from './staff.commands';
import { type Contact, type Delegation, type PersonSeen, sealedFor, STAFF_EVENT_TYPES, type StaffEvent } from './staff.events';

type StaffRejectionName =
  | 'StaffNotFound'
  | 'NameMissing'
  | 'RoleMissing'
  | 'SupervisorUnknown'
  | 'SupervisorDeparted'
  | 'SupervisorIsOneself'
  | 'SupervisorCycle'
  | 'BackupUnknown'
  | 'BackupDeparted'
  | 'BackupIsOneself'
  | 'DelegatorDeparted'
  | 'DelegateUnknown'
  | 'DelegateDeparted'
  | 'DelegateIsOneself'
  | 'DelegationEndsBeforeItBegins'
  | 'DelegationEndsInThePast'
  | 'DelegationAmountNotPositive'
  | 'DelegationCycle'
  | 'DelegationTooDeep';
type StaffRejection = Rejection<StaffRejectionName>;

interface StaffState {
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

/**
 * Whose streams the decision needs besides those in `people`; `everybody` for those of the whole list. Asked again with what was
 * read, until it names nobody.
 */
export function peopleToRead(command: StaffCommand, { person }: StaffState, people: PeopleRead): 'everybody' | readonly string[] {
  if (command.type === 'SetDelegation') return 'everybody';
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
    case 'SetDelegation':
      return setDelegation(command, person);
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

  const above = seen(superiors(supervisor, people), people);
  const standing = seen(backup === null ? [] : [backup], people);
  const is: Contact = { name, email: given(command.email, contact.email), phone: given(command.phone, contact.phone) };
  const sealing = { staffId, sealedFor: sealedFor(staffId) };
  if (person === null) {
    return [{ type: 'StaffRegistered', occurredAt: at, data: { ...sealing, contact: is, roles, supervisor, backup, seen: [...above, ...standing.filter((one) => !above.some((other) => other.staffId === one.staffId))] } }];
  }
  const events: StaffEvent[] = [];
  if (is.name !== contact.name || is.email !== contact.email || is.phone !== contact.phone) events.push({ type: 'StaffContactChanged', occurredAt: at, data: { ...sealing, was: contact, is } });
  if (!sameRoles(roles, person.roles)) events.push({ type: 'StaffRolesChanged', occurredAt: at, data: { staffId, was: [...person.roles], is: roles } });
  if (changes(command.supervisor, person.supervisor)) events.push({ type: 'SupervisorChanged', occurredAt: at, data: { staffId, was: person.supervisor, is: supervisor, seen: above } });
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

function problemOfSupervisor(staffId: string, supervisor: string, people: PeopleRead): StaffRejection | null {
  if (supervisor === staffId) return reject('SupervisorIsOneself', `${staffId} cannot be their own superior.`, { staffId });
  const found = people.get(supervisor)?.person;
  if (found === undefined) return reject('SupervisorUnknown', `There is nobody registered as ${supervisor}, who is to be the superior of ${staffId}.`, { staffId, supervisor });
  if (!found.active) return reject('SupervisorDeparted', `${supervisor} has departed and cannot become the superior of ${staffId}.`, { staffId, supervisor });
  const above = superiors(supervisor, people);
  if (!above.includes(staffId)) return null;
  return reject('SupervisorCycle', `${supervisor} answers to ${staffId}, directly or through others, and cannot become their superior.`, { staffId, supervisor, above });
}

function problemOfBackup(staffId: string, backup: string, people: PeopleRead): StaffRejection | null {
  if (backup === staffId) return reject('BackupIsOneself', `${staffId} cannot be their own backup.`, { staffId });
  const found = people.get(backup)?.person;
  if (found === undefined) return reject('BackupUnknown', `There is nobody registered as ${backup}, who is to be the backup of ${staffId}.`, { staffId, backup });
  return found.active ? null : reject('BackupDeparted', `${backup} has departed and cannot become the backup of ${staffId}.`, { staffId, backup });
}

/** The superior, theirs, and so on as far as they are known; each once. */
function superiors(supervisor: string | null, people: PeopleRead): string[] {
  const above: string[] = [];
  for (let next: string | null = supervisor; next !== null && !above.includes(next); next = people.get(next)?.person.supervisor ?? null) above.push(next);
  return above;
}

function setDelegation(command: SetDelegation, { active, delegation: before }: Person): readonly StaffEvent[] | StaffRejection {
  const { staffId, at, delegation, context: { people } } = command;
  const { to, from, until, maxAmount } = delegation;
  if (before !== null && sameDelegation(delegation, before)) return [];
  if (!active) return reject('DelegatorDeparted', `${staffId} has departed and has nothing to delegate.`, { staffId });
  if (to === staffId) return reject('DelegateIsOneself', `${staffId} cannot delegate to themselves.`, { staffId });
  if (until <= from) return reject('DelegationEndsBeforeItBegins', `A delegation from ${from} until ${until} would never be in force.`, { from, until });
  if (until <= at) return reject('DelegationEndsInThePast', `A delegation until ${until} is over already.`, { until });
  if (maxAmount !== null && !isPositiveAmount(maxAmount)) return reject('DelegationAmountNotPositive', 'The amount of a delegation must be a decimal above zero; leave it out for one without a limit.', { maxAmount });
  const delegate = people.get(to)?.person;
  if (delegate === undefined) return reject('DelegateUnknown', `There is nobody registered as ${to}, to whom ${staffId} would delegate.`, { staffId, to });
  if (!delegate.active) return reject('DelegateDeparted', `${to} has departed: ${staffId} cannot delegate to them.`, { staffId, to });

  const { isCycle, depth, others } = waysWith(staffId, delegation, everybodyBut(staffId, people), at);
  if (isCycle) return reject('DelegationCycle', `What ${staffId} would delegate to ${to} would come back to ${staffId} while both are away.`, { staffId, to, through: others });
  if (depth > DELEGATION_DEPTH_MAX) {
    return reject('DelegationTooDeep', `Work would be passed on ${depth} times through ${staffId}; ${DELEGATION_DEPTH_MAX} times at most.`, { staffId, to, depth, through: others });
  }
  return [{ type: 'DelegationSet', occurredAt: at, data: { staffId, delegation, replaces: stillGood(before, at), seen: seen(others, people) } }];
}

/** Without the delegation that the person has now: it is to be replaced. */
function everybodyBut(staffId: string, read: PeopleRead): People {
  const people = new Map<string, Person>();
  for (const [id, found] of read) if (found !== null && id !== staffId) people.set(id, found.person);
  return people;
}

function stillGood(delegation: Delegation | null, at: Instant): Delegation | null {
  return delegation !== null && at < delegation.until ? delegation : null;
}

function seen(staffIds: readonly string[], people: PeopleRead): PersonSeen[] {
  return staffIds.map((staffId) => ({ staffId, revision: people.get(staffId)?.revision ?? -1 }));
}

function given(value: string | null | undefined, before: string | null): string | null {
  if (value === undefined) return before;
  const trimmed = value?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
}

function sameRoles(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((role) => b.includes(role));
}

function sameDelegation(a: Delegation, b: Delegation): boolean {
  const sameAmount = a.maxAmount === b.maxAmount || (a.maxAmount !== null && b.maxAmount !== null && isPositiveAmount(a.maxAmount) && compareAmounts(a.maxAmount, b.maxAmount) === 0);
  return a.to === b.to && a.from === b.from && a.until === b.until && sameAmount;
}

function contactAfter(contact: Contact, event: StaffEvent): Contact {
  if (event.type === 'StaffRegistered') return event.data.contact;
  return event.type === 'StaffContactChanged' ? event.data.is : contact;
}
