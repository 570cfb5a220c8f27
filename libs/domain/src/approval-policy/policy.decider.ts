// The approval policy as versions: each publication is a whole, and a review stays with the version under which it began.
// What would not route every order to people who can act is refused, with every problem named at once.
import { type Command, type Decider, reject, type Rejection } from '@app/kernel';
import { sameValue } from '../order/movement';
import { registeredPeople } from '../routes/routes.decider';
import type { StaffContext } from '../staff/staff.commands';
import { DEFAULT_APPROVAL_POLICY } from './policy.defaults';
import { APPROVAL_POLICY_EVENT_TYPES, type ApprovalPolicyEvent, type ApprovalPolicyVersion, type ApprovalRule } from './policy.events';
import { type PolicyProblem, problemsOfHolders, problemsOfRules, told } from './policy-problems';

export interface PublishApprovalPolicy extends Command<'PublishApprovalPolicy'> {
  rules: readonly ApprovalRule[];
  /** Everybody. */
  context: StaffContext;
}

/** Every version, oldest first. */
interface PolicyState {
  versions: readonly ApprovalPolicyVersion[];
}

export const approvalPolicyDecider: Decider<PublishApprovalPolicy, ApprovalPolicyEvent, PolicyState> = {
  category: 'policy',
  eventTypes: APPROVAL_POLICY_EVENT_TYPES,
  initial: { versions: [] },
  decide: publish,
  evolve: (state, event) => ({ versions: [...state.versions, event.data] }),
};

/** The first publication on an empty stream: what ships with the product. */
export function publishShippedPolicy(command: Omit<PublishApprovalPolicy, 'type' | 'rules' | 'context'>): PublishApprovalPolicy {
  return { ...command, type: 'PublishApprovalPolicy', rules: DEFAULT_APPROVAL_POLICY, context: { people: new Map() } };
}

function publish({ actor, at, context, rules: given }: PublishApprovalPolicy, { versions }: PolicyState): readonly ApprovalPolicyEvent[] | Rejection<'ApprovalPolicyInvalid'> {
  const rules = given.map(tidied);
  const before = versions.at(-1);
  if (before !== undefined && sameValue(rules, before.rules)) return [];
  // The shipped version comes before anybody is registered.
  const problems = [...problemsOfRules(rules), ...(before === undefined ? [] : problemsOfHolders(rules, registeredPeople(context.people), at))];
  if (problems.length > 0) return invalid(problems);
  const version: ApprovalPolicyVersion = { version: versions.length + 1, publishedAt: at, publishedBy: actor.id, rules };
  return [{ type: 'ApprovalPolicyPublished', occurredAt: at, data: version }];
}

/** Why these rules can be no policy, whoever is registered; null when they can. */
export function invalidPolicy(given: readonly ApprovalRule[]): Rejection<'ApprovalPolicyInvalid'> | null {
  const problems = problemsOfRules(given.map(tidied));
  return problems.length === 0 ? null : invalid(problems);
}

/** `details.problems` lists each with rule, column (of the expression, from 1; null where it is about something else), step and cause. */
function invalid(problems: readonly PolicyProblem[]): Rejection<'ApprovalPolicyInvalid'> {
  return reject('ApprovalPolicyInvalid', `These rules cannot be used: ${problems.map(told).join('; ')}.`, { problems });
}

function tidied({ name, when, steps }: ApprovalRule): ApprovalRule {
  return { name: name.trim(), when, steps: steps.map((step) => ({ ...step, role: step.role.trim() })) };
}
