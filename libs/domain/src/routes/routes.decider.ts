// The routes of the policy in force, watched: what ceases to lead to people who can act is recorded once, when it ceases,
// and what leads to them again is too. A register without anybody is one problem, not one for each role.
import type { Command, Decider } from '@app/kernel';
import type { ApprovalPolicyVersion } from '../approval-policy/policy.events';
import type { People, Person } from '../staff/person';
import type { PeopleRead } from '../staff/staff.commands';
import { type RouteCheck, routeChecks } from './route-checks';
import { type RouteBroken, ROUTE_STATES, type RouteMended, type RouteProblem, ROUTES_EVENT_TYPES, type RoutesEvent, type RouteState, type RouteStepRef } from './routes.events';

export interface RoutesContext {
  /** Everybody. */
  people: PeopleRead;
  /** The latest version; undefined before the first. */
  policy: ApprovalPolicyVersion | undefined;
}

interface Of<Type extends string> extends Command<Type> {
  context: RoutesContext;
}
/** By the policy that follows people and policies: something may have changed. */
export type CheckRoutes = Of<'CheckRoutes'>;
/** A task was made that nobody can take. */
export interface NoteUnrouted extends Of<'NoteUnrouted'> {
  role: string;
  orderNumber: string;
  taskId: string;
}
type RoutesCommand = CheckRoutes | NoteUnrouted;

interface RoleState {
  state: RouteState;
  /** Those that are as bad. */
  steps: readonly RouteStepRef[];
  known: boolean;
}

interface RoutesState {
  /** Of RouteBroken events. */
  count: number;
  nobody: boolean;
  roles: ReadonlyMap<string, RoleState>;
}

/** What is wrong with a role: the worst of its steps. */
interface RoleFinding {
  state: RouteState;
  problem: RouteProblem;
  steps: RouteStepRef[];
}

export const routesDecider: Decider<RoutesCommand, RoutesEvent, RoutesState> = {
  category: 'routes',
  eventTypes: ROUTES_EVENT_TYPES,
  initial: { count: 0, nobody: false, roles: new Map() },

  decide(command, before) {
    const { at, context: { people, policy } } = command;
    if (policy === undefined) return [];
    const events: RoutesEvent[] = [];
    const broken = (data: Partial<RouteBroken['data']> & Pick<RouteBroken['data'], 'role' | 'state' | 'problem' | 'steps'>): void => {
      const number = before.count + events.filter(({ type }) => type === 'RouteBroken').length + 1;
      events.push({ type: 'RouteBroken', occurredAt: at, data: { number, policyVersion: policy.version, known: false, orderNumber: null, taskId: null, ...data } });
    };
    const mended = (data: Omit<RouteMended['data'], 'policyVersion'>): void => void events.push({ type: 'RouteMended', occurredAt: at, data: { ...data, policyVersion: policy.version } });

    const registered = registeredPeople(people);
    const checks = routeChecks(policy.rules, registered, at);
    if (![...registered.values()].some(({ active }) => active)) {
      if (!before.nobody && checks.length > 0) broken({ role: null, state: 'STOPPED', problem: registered.size === 0 ? 'NO_HOLDER' : 'HOLDER_DEPARTED', steps: checks.map(refOf) });
      return events;
    }
    if (before.nobody) mended({ role: null, state: null, steps: [] });
    const findings = findingsByRole(checks);
    for (const [role, finding] of findings) {
      const was = before.roles.get(role);
      const worse = rankOf(finding.state) - rankOf(was?.state ?? null);
      if (worse > 0 || (worse === 0 && !isWithin(finding.steps, was!.steps))) broken({ role, ...finding, known: before.nobody });
      else if (worse < 0 || finding.steps.length < was!.steps.length) mended({ role, state: finding.state, steps: finding.steps });
    }
    for (const role of before.roles.keys()) if (!findings.has(role)) mended({ role, state: null, steps: [] });
    if (command.type === 'NoteUnrouted') {
      const { role, orderNumber, taskId } = command;
      const finding = findings.get(role);
      if (finding?.state !== 'STOPPED') broken({ role, state: 'STOPPED', problem: finding?.problem ?? 'NO_HOLDER', steps: checks.filter((check) => check.role === role).map(refOf), orderNumber, taskId });
      else if (before.nobody || before.roles.get(role)?.known === true) broken({ role, ...finding, orderNumber });
    }
    return events;
  },

  evolve({ count, nobody, roles }, { type, data }) {
    const { role, state } = data;
    const next = new Map(roles);
    if (type === 'RouteMended') {
      const was = role === null ? undefined : roles.get(role);
      if (role !== null && state !== null) next.set(role, { state, steps: data.steps, known: was?.state === state && was.known });
      else if (role !== null) next.delete(role);
      return { count, nobody: role === null ? false : nobody, roles: next };
    }
    // Of a single task: the role is well.
    if (data.taskId !== null) return { count: data.number, nobody, roles };
    if (role !== null) next.set(role, { state: data.state, steps: data.steps, known: data.known });
    // Whatever was wrong with a role before is part of it.
    return role === null ? { count: data.number, nobody: true, roles: new Map() } : { count: data.number, nobody, roles: next };
  },
};

/** The worst of a role's steps, with the steps that are as bad. */
function findingsByRole(checks: readonly RouteCheck[]): ReadonlyMap<string, RoleFinding> {
  const findings = new Map<string, RoleFinding>();
  for (const check of checks) {
    const { role, state, problem } = check;
    if (state === null || problem === null) continue;
    const known = findings.get(role);
    if (known === undefined || rankOf(state) > rankOf(known.state)) findings.set(role, { state, problem, steps: [refOf(check)] });
    else if (state === known.state) known.steps.push(refOf(check));
  }
  return findings;
}

/** The worse, the higher; 0: well. */
function rankOf(state: RouteState | null): number {
  return state === null ? 0 : ROUTE_STATES.length - ROUTE_STATES.indexOf(state);
}

function isWithin(steps: readonly RouteStepRef[], others: readonly RouteStepRef[]): boolean {
  return steps.every(({ rule, step }) => others.some((other) => other.rule === rule && other.step === step));
}

function refOf({ rule, step }: RouteCheck): RouteStepRef {
  return { rule, step };
}

/** Those who were found when everybody was read. */
export function registeredPeople(read: PeopleRead): People {
  const people = new Map<string, Person>();
  for (const [staffId, found] of read) if (found !== null) people.set(staffId, found.person);
  return people;
}
