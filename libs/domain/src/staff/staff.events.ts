// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Streams: staff-<staffId>, one for each person, roster-main, which lists them, and organisation-main, where superiors and delegations are allowed.
import type { Actor, DomainEvent, Instant } from '@app/kernel';

/** Sealed in the log with the person's own key; null where nothing was given, or all was erased. */
export interface Contact {
  name: string | null;
  email: string | null;
  phone: string | null;
}

/** Work goes to `to` while the delegation is in force: from `from` until just before `until`, for orders up to `maxAmount`. */
export interface Delegation {
  to: string;
  from: Instant;
  until: Instant;
  /** Decimal in major units, whatever the order's currency; null: without a limit. */
  maxAmount: string | null;
}

/** Somebody else on whom the decision rests, as of the last event of theirs that was read for it. */
export interface PersonSeen {
  staffId: string;
  revision: number;
}

/** One step of the way from somebody to whoever acts in their place. */
export interface SubstitutionStep {
  from: string;
  to: string;
  by: 'DELEGATION' | 'BACKUP' | 'SUPERVISOR';
}

/** `roles` of the organisation, as approval steps name them; rights of the API are something else. */
export type StaffRegistered = DomainEvent<
  'StaffRegistered',
  {
    staffId: string;
    /** Whose key seals the contact; no customer has this id. */
    sealedFor: string;
    contact: Contact;
    roles: string[];
    supervisor: string | null;
    backup: string | null;
    /** The backup, and the superiors all the way up. */
    seen: PersonSeen[];
  }
>;
export type StaffContactChanged = DomainEvent<'StaffContactChanged', { staffId: string; sealedFor: string; was: Contact; is: Contact }>;
export type StaffRolesChanged = DomainEvent<'StaffRolesChanged', { staffId: string; was: string[]; is: string[] }>;
/** `seen`: the superiors all the way up. */
export type SupervisorChanged = DomainEvent<'SupervisorChanged', { staffId: string; was: string | null; is: string | null; seen: PersonSeen[] }>;
export type BackupChanged = DomainEvent<'BackupChanged', { staffId: string; was: string | null; is: string | null; seen: PersonSeen[] }>;
/** `seen`: everybody whose work passes along this delegation, before and behind it. */
export type DelegationSet = DomainEvent<'DelegationSet', { staffId: string; delegation: Delegation; replaces: Delegation | null; seen: PersonSeen[] }>;
/** Before its time: one that is over by its dates ends without an event. */
export type DelegationEnded = DomainEvent<'DelegationEnded', { staffId: string; delegation: Delegation }>;
/** Has left: acts no more, and has no delegation. */
export type StaffDeparted = DomainEvent<'StaffDeparted', { staffId: string }>;
export type StaffReturned = DomainEvent<'StaffReturned', { staffId: string }>;

export type StaffEvent =
  | StaffRegistered
  | StaffContactChanged
  | StaffRolesChanged
  | SupervisorChanged
  | BackupChanged
  | DelegationSet
  | DelegationEnded
  | StaffDeparted
  | StaffReturned;
export const STAFF_EVENT_TYPES = {
  StaffRegistered: 1,
  StaffContactChanged: 1,
  StaffRolesChanged: 1,
  SupervisorChanged: 1,
  BackupChanged: 1,
  DelegationSet: 1,
  DelegationEnded: 1,
  StaffDeparted: 1,
  StaffReturned: 1,
} as const satisfies Record<StaffEvent['type'], number>;

const CONTACT = ['name', 'email', 'phone'] as const;
export const STAFF_PERSONAL_DATA = {
  StaffRegistered: { subject: 'sealedFor', groups: { contact: CONTACT } },
  StaffContactChanged: { subject: 'sealedFor', groups: { was: CONTACT, is: CONTACT } },
} as const;

interface OfRelation {
  staffId: string;
  /** Id of the command that carries it out in the person's stream. */
  changeId: string;
  /** Who asked for it, and so also who carries it out. */
  by: Actor;
  /** On whom it rests: what the event in the person's stream says of them. */
  seen: PersonSeen[];
}

/** Before it is carried out as SupervisorChanged. */
export type SupervisorAllowed = DomainEvent<'SupervisorAllowed', OfRelation & { supervisor: string | null }>;
/** Before it is carried out as DelegationSet. */
export type DelegationAllowed = DomainEvent<'DelegationAllowed', OfRelation & { delegation: Delegation }>;

export type OrganisationEvent = SupervisorAllowed | DelegationAllowed;
export const ORGANISATION_EVENT_TYPES = { SupervisorAllowed: 1, DelegationAllowed: 1 } as const satisfies Record<OrganisationEvent['type'], number>;

export const ORGANISATION_STREAM = 'organisation-main';

/** Somebody has, or is about to get, a stream of their own. */
export type StaffListed = DomainEvent<'StaffListed', { staffId: string }>;
export const ROSTER_EVENT_TYPES = { StaffListed: 1 } as const;

export const ROSTER_STREAM = 'roster-main';

export function staffStream(staffId: string): string {
  return `staff-${staffId}`;
}

export function sealedFor(staffId: string): string {
  return `staff/${staffId}`;
}
