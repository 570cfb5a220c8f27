// A person as far as others depend on it: roles, superior, backup, delegation, and whether they are still here.
// Folded from the events alone, with or without the key to the contact.
import type { Instant } from '@app/kernel';
import type { Delegation, StaffEvent } from './staff.events';

export interface Person {
  staffId: string;
  roles: readonly string[];
  supervisor: string | null;
  backup: string | null;
  /** False once departed. */
  active: boolean;
  /** The last one set and not ended; by its dates it may be over, or not yet in force. */
  delegation: Delegation | null;
  /** They had a backup or a superior, and have neither any more. */
  lostStandIn?: boolean;
}

export type People = ReadonlyMap<string, Person>;

/** Throws for an event before the registration: no stream begins so. */
export function personAfter(person: Person | null, { type, data }: StaffEvent): Person {
  if (type === 'StaffRegistered') {
    const { staffId, roles, supervisor, backup } = data;
    return { staffId, roles, supervisor, backup, active: true, delegation: null };
  }
  if (person === null) throw new Error(`${type} came before StaffRegistered of ${data.staffId}.`);
  switch (type) {
    case 'StaffContactChanged':
      return person;
    case 'StaffRolesChanged':
      return { ...person, roles: data.is };
    case 'SupervisorChanged':
      return withStandIns(person, { supervisor: data.is });
    case 'BackupChanged':
      return withStandIns(person, { backup: data.is });
    case 'DelegationSet':
      return { ...person, delegation: data.delegation };
    case 'DelegationEnded':
      return { ...person, delegation: null };
    case 'StaffDeparted':
      return { ...person, active: false };
    case 'StaffReturned':
      return { ...person, active: true };
    default:
      return type satisfies never;
  }
}

/** A change that leaves neither took the last one away. */
function withStandIns(person: Person, change: Partial<Pick<Person, 'supervisor' | 'backup'>>): Person {
  const { lostStandIn: _, ...after } = { ...person, ...change };
  return after.supervisor === null && after.backup === null ? { ...after, lostStandIn: true } : after;
}

/** The delegation that is in force at an instant. Somebody departed has none. */
export function delegationAt({ active, delegation }: Person, at: Instant): Delegation | null {
  return active && delegation !== null && delegation.from <= at && at < delegation.until ? delegation : null;
}
