// A review as it begins and as it ends without people: the policy in force routes it, by the content that it began with.
// No steps: it passes at its own entry. Steps: people decide, and who they are is found later.
import type { Instant } from '@app/kernel';
import { policyFacts } from '../approval-policy/policy-facts';
import { routeOf } from '../approval-policy/route';
import type { ApprovalRule, RuleStep } from '../approval-policy/policy.events';
import type { Approval } from '../approval/approval.state';
import { skipped } from '../approval/steps';
import type { ReviewStarted, ReviewStep, ReviewWithdrawn, RouteInputs, TaskChange } from '../approval/approval.events';
import { decimalOf } from '../money';
import type { SettingsVersion } from '../settings/settings.events';
import type { UndecidedReview } from './conclude-passages';
import type { Conclusion } from './conclusion';
import type { OrderContext } from './order.commands';
import type { OrderContent, ReviewDecided, Standing } from './order.events';
import type { PlacedOrder } from './order.state';

/** What the policy makes of a review: it passes, or people decide. Imported history passes by a rule of its own. */
export function routedReview(order: PlacedOrder, { round, enteredAt, content }: UndecidedReview, context: OrderContext, at: Instant): ReviewDecided | ReviewStarted {
  const { currency, history, orderNumber, platform } = order.identity;
  const approvalId = approvalIdOf(order, round);
  const automatic = (policyVersion: number, matchedRule: string, inputs?: RouteInputs): ReviewDecided => ({
    type: 'ReviewDecided',
    occurredAt: enteredAt,
    data: { orderNumber, approvalId, round, outcome: 'AUTO_APPROVED', policyVersion, matchedRule, ...(inputs === undefined ? {} : { inputs }) },
  });
  if (history) return automatic(0, 'imported-history');

  const policy = context.policies.at(-1);
  const settings = context.settings.at(-1);
  if (policy === undefined || settings === undefined) throw new Error('A review needs a policy and settings: the shipped ones must be given.');
  const inputs = routeInputs(platform, currency, content, settings, context.turnoverOfOthers);
  const { name, when, steps } = routeOf(policy, policyFacts(content, { platform, currency }, inputs, settings.restrictedCategories));
  if (steps.length === 0) return automatic(policy.version, name, inputs);
  return {
    type: 'ReviewStarted',
    occurredAt: at,
    data: {
      orderNumber, approvalId, round, policyVersion: policy.version, matchedRule: name, when, inputs, steps: steps.map((step, i) => pinned(approvalId, step, i + 1)), enteredAt,
    },
  };
}

/** Its round is over and nobody has decided. */
export function withdrawnReview({ identity }: PlacedOrder, { approvalId, round, tasks }: Approval, standing: Standing, at: Instant): ReviewWithdrawn {
  return withdrawn(identity.orderNumber, approvalId, round, reasonOf(standing), skipped(tasks), at);
}

/**
 * The review of a round, decided by the policy or waiting for people, that the content as it is known now routes differently by
 * the very same policy and inputs; null when there is none.
 */
export function misroutedReview(order: PlacedOrder, { passed, undecided }: Pick<Conclusion, 'passed' | 'undecided'>, context: OrderContext, at: Instant): ReviewWithdrawn | null {
  const { orderNumber } = order.identity;
  const amended = 'The order was amended before this review began.';
  for (const { round, content } of passed) {
    const decision = order.reviews.find((review) => review.round === round);
    if (decision?.outcome !== 'AUTO_APPROVED' || decision.inputs === undefined) continue;
    const rule = ruleOf(order, content, decision.policyVersion, decision.inputs, context);
    if (rule !== undefined && rule.steps.length > 0) return withdrawn(orderNumber, decision.approvalId, round, amended, [], at);
  }
  for (const { round, content } of undecided) {
    const approval = order.approvals.find((other) => other.round === round && other.status === 'PENDING');
    if (approval?.inputs === undefined || approval.inputs === null) continue;
    const rule = ruleOf(order, content, approval.policyVersion, approval.inputs, context);
    if (rule !== undefined && rule.name !== approval.matchedRule) return withdrawn(orderNumber, approval.approvalId, round, amended, skipped(approval.tasks), at);
  }
  return null;
}

/** Undefined when the versions are not at hand. */
function ruleOf({ identity }: PlacedOrder, content: OrderContent, policyVersion: number, inputs: RouteInputs, { policies, settings }: OrderContext): ApprovalRule | undefined {
  const policy = policies.find(({ version }) => version === policyVersion);
  const values = settings.find(({ version }) => version === inputs.settingsVersion);
  return policy === undefined || values === undefined ? undefined : routeOf(policy, policyFacts(content, identity, inputs, values.restrictedCategories));
}

function withdrawn(orderNumber: string, approvalId: string, round: number, reason: string, tasks: TaskChange[], at: Instant): ReviewWithdrawn {
  return { type: 'ReviewWithdrawn', occurredAt: at, data: { orderNumber, approvalId, round, reason, tasks } };
}

function reasonOf(standing: Standing): string {
  return standing.node === null ? `The order was closed: ${standing.status}.` : standing.node === 'REVIEW' ? 'The order was amended.' : `The order went back to ${standing.node}.`;
}

/** Of a round of review; one that was withdrawn and begins again has a number behind. */
function approvalIdOf({ identity, approvals }: PlacedOrder, round: number): string {
  const before = approvals.filter((approval) => approval.round === round).length;
  const base = `${identity.orderNumber}-${round}`;
  return before === 0 ? base : `${base}.${before + 1}`;
}

function pinned(approvalId: string, { role, mode, needed, withinSeconds, businessHours }: RuleStep, place: number): ReviewStep {
  return { stepId: `${approvalId}-${place}`, role, mode, needed: mode === 'ANY' ? 1 : mode === 'ALL' ? null : needed, withinSeconds, businessHours };
}

function routeInputs(platform: string, currency: string, { total }: OrderContent, settings: SettingsVersion, turnoverOfOthers: number): RouteInputs {
  return {
    turnoverToday: decimalOf(turnoverOfOthers + total, currency),
    turnoverThreshold: settings.turnoverThresholds.find((threshold) => threshold.platform === platform)?.amount ?? null,
    settingsVersion: settings.version,
  };
}
