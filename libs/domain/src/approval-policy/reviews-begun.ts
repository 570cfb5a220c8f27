// The reviews of an order as they began: by what content, what else, and to what route. Folded from the order's stream, nothing later
// taking part, so that the decision of the policy can be made again, under its own rules or under others.
import type { Instant } from '@app/kernel';
import { conclude } from '../order/conclusion';
import type { OrderContent, OrderEvent } from '../order/order.events';
import { evolveOrder, isPlaced, type OrderState, UNKNOWN_ORDER } from '../order/order.state';
import type { SettingsVersion } from '../settings/settings.events';
import { decimalOf } from '../money';
import type { ReviewStep, RouteInputs } from '../approval/approval.events';
import { policyFacts, type PolicyFacts } from './policy-facts';
import type { ApprovalPolicyVersion, ApprovalRule, RuleStep } from './policy.events';
import { routeOf } from './route';

export interface ReviewBegun {
  approvalId: string;
  orderNumber: string;
  platform: string;
  currency: string;
  /** When it started, or was decided automatically. */
  at: Instant;
  /** 0: by no published policy, as imported history is. */
  policyVersion: number;
  matchedRule: string;
  /** None: approved automatically. */
  steps: RuleStep[];
  content: OrderContent;
  /** Null where none were recorded: nothing was decided by them. */
  inputs: RouteInputs | null;
}

/** Oldest first. Works on sealed events too: rules see nothing personal. */
export function reviewsBegun(events: Iterable<OrderEvent>, settings: readonly SettingsVersion[]): ReviewBegun[] {
  const begun: ReviewBegun[] = [];
  let state: OrderState = UNKNOWN_ORDER;
  for (const event of events) {
    const review = isPlaced(state) ? reviewOf(event) : null;
    if (review !== null && isPlaced(state)) {
      const { orderNumber, platform, currency } = state.identity;
      const content = conclude(state, settings).undecided.find(({ round }) => round === review.round)?.content ?? state.content;
      begun.push({ ...review, orderNumber, platform, currency, content });
    }
    state = evolveOrder(state, event);
  }
  return begun;
}

/**
 * What rules see of the review. Without recorded inputs the order's own total is the day's turnover, and there is no threshold.
 * `settings`: every version, oldest first.
 */
export function factsOf({ content, platform, currency, inputs }: ReviewBegun, settings: readonly SettingsVersion[]): PolicyFacts {
  const used = settings.find(({ version }) => version === inputs?.settingsVersion) ?? settings.at(-1);
  const known = inputs ?? { turnoverToday: decimalOf(content.total, currency), turnoverThreshold: null, settingsVersion: used?.version ?? 0 };
  return policyFacts(content, { platform, currency }, known, used?.restrictedCategories ?? []);
}

/** The rule that the review falls under by these rules, which must be such as can be published. */
export function routedAgain(review: ReviewBegun, policy: Pick<ApprovalPolicyVersion, 'version' | 'rules'>, settings: readonly SettingsVersion[]): ApprovalRule {
  return routeOf(policy, factsOf(review, settings));
}

/** The same people sign, in the same way and time. */
export function sameSteps(a: readonly RuleStep[], b: readonly RuleStep[]): boolean {
  const text = (steps: readonly RuleStep[]): string => JSON.stringify(steps.map(({ role, mode, needed, withinSeconds, businessHours }) => [role, mode, needed, withinSeconds, businessHours]));
  return text(a) === text(b);
}

type BegunByEvent = Pick<ReviewBegun, 'approvalId' | 'at' | 'policyVersion' | 'matchedRule' | 'steps' | 'inputs'> & { round: number };

function reviewOf(event: OrderEvent): BegunByEvent | null {
  const { occurredAt: at } = event;
  if (event.type === 'ReviewStarted') {
    const { approvalId, round, policyVersion, matchedRule, inputs, steps } = event.data;
    return { approvalId, round, at, policyVersion, matchedRule, inputs, steps: steps.map(asPublished) };
  }
  if (event.type !== 'ReviewDecided' || event.data.outcome !== 'AUTO_APPROVED') return null;
  const { approvalId, round, policyVersion, matchedRule, inputs } = event.data;
  return { approvalId, round, at, policyVersion, matchedRule, inputs: inputs ?? null, steps: [] };
}

/** A step as a rule says it: only a quorum names a number. */
function asPublished({ role, mode, needed, withinSeconds, businessHours }: ReviewStep): RuleStep {
  return { role, mode, needed: mode === 'QUORUM' ? needed : null, withinSeconds, businessHours };
}
