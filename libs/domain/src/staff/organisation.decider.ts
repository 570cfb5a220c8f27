// The organisation: who is whose superior and who delegates to whom, across everybody's streams. Both are allowed one after the other in one stream,
// so that two who ask at once, in whatever processes, never make a circle. What is allowed is then carried out in the person's own
// stream, at the latest before the next is allowed: everybody's streams tell all that was allowed before.
import { type Decider, isRejection, reject, type Rejection } from '@app/kernel';
import { compareAmounts, isPositiveAmount } from './amounts';
import { DELEGATION_DEPTH_MAX, waysWith } from './delegation-ways';
import type { People, Person } from './person';
import type { CarryOutDelegation, CarryOutSupervisor, PeopleRead, SetDelegation, OrganisationCommand } from './staff.commands';
import { type Delegation, type OrganisationEvent, ORGANISATION_EVENT_TYPES } from './staff.events';
import { problemOfSupervisor, seen, superiors, type SupervisorRejection } from './superiors';

type OrganisationRejection =
  | SupervisorRejection
  | Rejection<
      | 'StaffNotFound'
      | 'ChangeNotCarriedOut'
      | 'DelegatorDeparted'
      | 'DelegateUnknown'
      | 'DelegateDeparted'
      | 'DelegateIsOneself'
      | 'DelegationEndsBeforeItBegins'
      | 'DelegationEndsInThePast'
      | 'DelegationAmountNotPositive'
      | 'DelegationCycle'
      | 'DelegationTooDeep'
    >;

export interface OrganisationState {
  /** The last that was allowed; all before it are carried out. */
  last: OrganisationEvent | null;
}

export const organisationDecider: Decider<OrganisationCommand, OrganisationEvent, OrganisationState> = {
  category: 'organisation',
  eventTypes: ORGANISATION_EVENT_TYPES,
  initial: { last: null },
  decide,
  evolve: (_, last) => ({ last }),
};

/** As whoever asked for it and when they did, by whomever it is carried out. */
export function carryOut({ type, occurredAt, data }: OrganisationEvent): Omit<CarryOutSupervisor, 'context'> | Omit<CarryOutDelegation, 'context'> {
  const { changeId, by, staffId, seen: looked } = data;
  const base = { id: changeId, actor: by, at: occurredAt, staffId, seen: looked };
  return type === 'DelegationAllowed' ? { ...base, type: 'CarryOutDelegation', delegation: data.delegation } : { ...base, type: 'CarryOutSupervisor', supervisor: data.supervisor };
}

/** Whether what was refused may be asked again once the last that was allowed is carried out. */
export function isBehind({ rejection }: Rejection): boolean {
  return rejection === ('ChangeNotCarriedOut' satisfies OrganisationRejection['rejection']);
}

function decide(command: OrganisationCommand, { last }: OrganisationState): readonly OrganisationEvent[] | OrganisationRejection {
  const { staffId, after, id, actor, at, context: { people } } = command;
  if (after !== (last?.data.changeId ?? null)) return reject('ChangeNotCarriedOut', 'Somebody else was just given another superior or delegate; ask again.', { staffId });
  const person = people.get(staffId)?.person;
  if (person === undefined) return reject('StaffNotFound', `There is nobody registered as ${staffId}.`, { staffId });
  const base = { staffId, changeId: id, by: actor };
  if (command.type === 'SetSupervisor') {
    const { supervisor } = command;
    if (supervisor === person.supervisor) return [];
    const problem = supervisor === null ? null : problemOfSupervisor(staffId, supervisor, people);
    return problem ?? [{ type: 'SupervisorAllowed', occurredAt: at, data: { ...base, supervisor, seen: seen(superiors(supervisor, people), people) } }];
  }
  const others = whoseWaysItJoins(command, person);
  if (others === null || isRejection(others)) return others ?? [];
  return [{ type: 'DelegationAllowed', occurredAt: at, data: { ...base, delegation: command.delegation, seen: seen(others, people) } }];
}

/** Everybody whose work passes along the delegation, before and behind it; null where it is the one there is. */
function whoseWaysItJoins(command: SetDelegation, { active, delegation: before }: Person): readonly string[] | OrganisationRejection | null {
  const { staffId, at, delegation, context: { people } } = command;
  const { to, from, until, maxAmount } = delegation;
  if (before !== null && sameDelegation(delegation, before)) return null;
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
  if (depth <= DELEGATION_DEPTH_MAX) return others;
  return reject('DelegationTooDeep', `Work would be passed on ${depth} times through ${staffId}; ${DELEGATION_DEPTH_MAX} times at most.`, { staffId, to, depth, through: others });
}

/** Without the delegation that the person has now: it is to be replaced. */
function everybodyBut(staffId: string, read: PeopleRead): People {
  const people = new Map<string, Person>();
  for (const [id, found] of read) if (found !== null && id !== staffId) people.set(id, found.person);
  return people;
}

function sameDelegation(a: Delegation, b: Delegation): boolean {
  const sameAmount = a.maxAmount === b.maxAmount || (a.maxAmount !== null && b.maxAmount !== null && isPositiveAmount(a.maxAmount) && compareAmounts(a.maxAmount, b.maxAmount) === 0);
  return a.to === b.to && a.from === b.from && a.until === b.until && sameAmount;
}
