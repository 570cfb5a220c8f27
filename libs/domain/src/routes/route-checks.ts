// Whether each step of each rule leads to people who can act now, and who have not signed at an earlier one. Pure: everybody is given.
// Of several problems of a step the one is told that leaves the fewest people to act.
import type { Instant } from '@app/kernel';
import type { ApprovalRule, RuleStep } from '../approval-policy/policy.events';
import { delegationAt, type People, type Person } from '../staff/person';
import { whoActsFor } from '../staff/who-acts';
import type { RouteProblem, RouteState } from './routes.events';
import { RuleSignatures } from './signatures';

export interface RouteCheck {
  rule: string;
  /** From 1. */
  step: number;
  role: string;
  /** The holder whom the problem is about; without one, the first who is here. Null: nobody ever had the role. */
  primary: string | null;
  /** Their backup, or else their superior. */
  backup: string | null;
  problem: RouteProblem | null;
  /** Null where the step works, secured or not. */
  state: RouteState | null;
}

type Finding = Pick<RouteCheck, 'primary' | 'backup' | 'problem' | 'state'>;

/** Amounts above a delegation's limit stay with whoever is here: the smallest finds the fewest. */
const ANY_AMOUNT = '0';

/** Of every rule and step, in their order, as of an instant: delegations begin and end by time. */
export function routeChecks(rules: readonly ApprovalRule[], people: People, at: Instant): RouteCheck[] {
  const byRole = new Map<string, readonly Person[]>();
  return rules.flatMap(({ name, steps }) => {
    const signatures = new RuleSignatures((holder) => signersFor(holder, people, at));
    return steps.map((step, index) => {
      let holders = byRole.get(step.role);
      if (holders === undefined) byRole.set(step.role, (holders = holdersOf(step.role, people)));
      return { rule: name, step: index + 1, role: step.role, ...findingOf(step, holders, signatures, people, at) };
    });
  });
}

/** By staff id. */
function holdersOf(role: string, people: People): readonly Person[] {
  return [...people.values()].filter(({ roles }) => roles.includes(role)).sort((a, b) => (a.staffId < b.staffId ? -1 : 1));
}

/** `signatures`: those of the steps before; this one's are added, unless it is stopped by itself. */
function findingOf({ mode, needed }: RuleStep, holders: readonly Person[], signatures: RuleSignatures, people: People, at: Instant): Finding {
  const here = holders.filter(({ active }) => active);
  const signing = here.length > 0 ? here : holders;
  const acting = withSomebody(mode, signing, people, at);
  const must = mode === 'QUORUM' ? (needed ?? 1) : mode === 'ALL' ? Math.max(1, signing.length) : 1;
  if (acting.length < must) {
    if (signing.length < must) return found(holders.length >= must ? 'HOLDER_DEPARTED' : 'NO_HOLDER', 'STOPPED', signing[0]);
    const stuck = signing.find((holder) => !acting.includes(holder))!;
    return found(problemOf(stuck, people, at), 'STOPPED', stuck);
  }
  const spent = signatures.give(signing, must);
  if (spent !== null) return found(problemOf(spent, people, at), 'STOPPED', spent);
  if (here.length === 0) return found('HOLDER_DEPARTED', 'ON_SUBSTITUTES', holders[0]);
  const circling = here.find((holder) => isInCircle(holder, people, at));
  if (circling !== undefined) return found('DELEGATION_CYCLE', 'UNSECURED', circling);
  const unsecured = here.find((holder) => standInOf(holder) !== null && people.get(standInOf(holder)!)?.active !== true);
  if (unsecured !== undefined) return found('BACKUP_DEPARTED', 'UNSECURED', unsecured);
  const bereft = here.find(({ lostStandIn }) => lostStandIn === true);
  if (bereft !== undefined) return found('NO_BACKUP', 'UNSECURED', bereft);
  const alone = here.find((holder) => standInOf(holder) === null);
  return alone === undefined ? found(null, null, here[0]) : found('NO_BACKUP', null, alone);
}

/** Those for whom somebody can sign: of several signatures each by somebody else, the holders' own first. */
function withSomebody(mode: RuleStep['mode'], signing: readonly Person[], people: People, at: Instant): readonly Person[] {
  const taken = new Set<string>();
  const actorFor = ({ staffId }: Person): string | null => whoActsFor(staffId, at, ANY_AMOUNT, people, taken)?.staffId ?? null;
  if (mode === 'ANY') return signing.filter((holder) => actorFor(holder) !== null);
  const own = signing.filter((holder) => actorFor(holder) === holder.staffId);
  for (const { staffId } of own) taken.add(staffId);
  return signing.filter((holder) => {
    const actor = own.includes(holder) ? holder.staffId : actorFor(holder);
    if (actor !== null) taken.add(actor);
    return actor !== null;
  });
}

/** Everybody to whom a task of the holder's can come, each where those before may not sign. */
function* signersFor({ staffId }: Person, people: People, at: Instant): Generator<string> {
  const passed = new Set<string>();
  for (;;) {
    const acting = whoActsFor(staffId, at, ANY_AMOUNT, people, passed);
    if (acting === null) return;
    yield acting.staffId;
    passed.add(acting.staffId);
  }
}

/** Why nobody signs for the holder. */
function problemOf(holder: Person, people: People, at: Instant): RouteProblem {
  if (isInCircle(holder, people, at)) return 'DELEGATION_CYCLE';
  if (!holder.active) return 'HOLDER_DEPARTED';
  // Somebody would, who signs already.
  return whoActsFor(holder.staffId, at, ANY_AMOUNT, people) === null ? 'BACKUP_DEPARTED' : 'NO_BACKUP';
}

function found(problem: RouteProblem | null, state: RouteState | null, holder: Person | undefined): Finding {
  return { primary: holder?.staffId ?? null, backup: holder === undefined ? null : standInOf(holder), problem, state };
}

function standInOf({ backup, supervisor }: Person): string | null {
  return backup ?? supervisor;
}

/** Along delegations in force one comes back to somebody who was passed already. */
function isInCircle(holder: Person, people: People, at: Instant): boolean {
  const passed = new Set<string>();
  for (let next: Person | undefined = holder; next !== undefined; next = people.get(delegationAt(next, at)?.to ?? '')) {
    if (passed.has(next.staffId)) return true;
    passed.add(next.staffId);
  }
  return false;
}
