// Named people and delegations for tests of everybody.
// Whoever is made here has no role, no superior, no backup and no delegation but what is given.
import { minute } from '../order/order.fixtures';
import type { People, Person } from './person';
import type { PeopleRead } from './staff.commands';
import type { Delegation } from './staff.events';

export const ADMIN = { id: 'root', role: 'admin' };

export function aPerson(staffId: string, facts: Partial<Person> = {}): Person {
  return { staffId, roles: [], supervisor: null, backup: null, active: true, delegation: null, ...facts };
}

/** In force from the first minute until an hour later. */
export function aDelegation(to: string, dates: Partial<Delegation> = {}): Delegation {
  return { to, from: minute(0), until: minute(60), maxAmount: null, ...dates };
}

/** As commands carry them; `absent`: asked for and not found. */
export function read(people: readonly Person[], absent: readonly string[] = []): PeopleRead {
  return new Map([...people.map((person) => [person.staffId, { person, revision: 4 }] as const), ...absent.map((staffId) => [staffId, null] as const)]);
}

export function byId(people: readonly Person[]): People {
  return new Map(people.map((person) => [person.staffId, person]));
}
