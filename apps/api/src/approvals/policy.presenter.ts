// Approval policies between their form inside (whole seconds) and outside (ISO 8601 durations).
// What is left out of a step has the default of the schema.
import { type ApprovalPolicyVersion, type ApprovalRule, isoDuration, secondsOf } from '@app/domain';
import { badInput } from '../rejection.presenter';
import { type ApprovalPolicyType, type ApprovalRuleInput, RULES_MAX } from './policy.types';

export function presentPolicy({ rules, ...version }: ApprovalPolicyVersion): ApprovalPolicyType {
  return { ...version, rules: rules.map((rule) => ({ ...rule, steps: presentSteps(rule.steps) })) };
}

export function presentSteps(steps: ApprovalRule['steps']): ApprovalPolicyType['rules'][number]['steps'] {
  return steps.map(({ role, mode, needed, withinSeconds, businessHours }) => ({ role, mode, needed, within: isoDuration(withinSeconds), businessHours }));
}

/** Throws BAD_USER_INPUT for too many rules, and for a duration without a fixed length. */
export function rulesOf(inputs: readonly ApprovalRuleInput[]): ApprovalRule[] {
  if (inputs.length > RULES_MAX) throw badInput(`A policy has at most ${RULES_MAX} rules.`);
  return inputs.map(({ name, when, steps }) => ({
    name,
    when,
    steps: steps.map(({ role, mode, needed, within, businessHours }) => ({ role, mode: mode ?? 'ANY', needed: needed ?? null, withinSeconds: seconds(within ?? 'PT8H'), businessHours: businessHours ?? false })),
  }));
}

function seconds(within: string): number {
  const value = secondsOf(within);
  if (value === undefined) throw badInput('within must be a duration of weeks, days, hours, minutes and whole seconds, such as PT8H.');
  return value;
}
