// Who answers to whom, and what forbids somebody to become another's superior: nobody is ever above themselves.
// `people`: as they were read for the decision.
import { reject, type Rejection } from '@app/kernel';
import type { PeopleRead } from './staff.commands';
import type { PersonSeen } from './staff.events';

export type SupervisorRejection = Rejection<'SupervisorUnknown' | 'SupervisorDeparted' | 'SupervisorIsOneself' | 'SupervisorCycle'>;

/** The superior, theirs, and so on as far as they are known; each once. */
export function superiors(supervisor: string | null, people: PeopleRead): string[] {
  const above: string[] = [];
  for (let next: string | null = supervisor; next !== null && !above.includes(next); next = people.get(next)?.person.supervisor ?? null) above.push(next);
  return above;
}

/** Null where nothing speaks against it. */
export function problemOfSupervisor(staffId: string, supervisor: string, people: PeopleRead): SupervisorRejection | null {
  if (supervisor === staffId) return reject('SupervisorIsOneself', `${staffId} cannot be their own superior.`, { staffId });
  const found = people.get(supervisor)?.person;
  if (found === undefined) return reject('SupervisorUnknown', `There is nobody registered as ${supervisor}, who is to be the superior of ${staffId}.`, { staffId, supervisor });
  if (!found.active) return reject('SupervisorDeparted', `${supervisor} has departed and cannot become the superior of ${staffId}.`, { staffId, supervisor });
  const above = superiors(supervisor, people);
  if (!above.includes(staffId)) return null;
  return reject('SupervisorCycle', `${supervisor} answers to ${staffId}, directly or through others, and cannot become their superior.`, { staffId, supervisor, above });
}

export function seen(staffIds: readonly string[], people: PeopleRead): PersonSeen[] {
  return staffIds.map((staffId) => ({ staffId, revision: people.get(staffId)?.revision ?? -1 }));
}
