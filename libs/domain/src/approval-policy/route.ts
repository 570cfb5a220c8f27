// Which rule of a policy an order falls under: the first that holds. Pure, and fast enough for every order at intake.
// In doubt people decide: where a rule cannot be evaluated for an order, one with steps counts as holding, one without does not.
import { type CompiledExpression, compileExpression } from './policy-language';
import type { PolicyFacts } from './policy-facts';
import type { ApprovalPolicyVersion, ApprovalRule } from './policy.events';

/** By the version itself: it is the same object for as long as it is in use. */
const compiled = new WeakMap<readonly ApprovalRule[], readonly CompiledExpression[]>();

/**
 * A rule that fails (an index beyond the lines, a division by zero) neither stops the order nor lets it pass unseen: somebody who
 * would decide if it held decides. Throws for a policy whose last rule does not hold: none such is ever published.
 */
export function routeOf(policy: Pick<ApprovalPolicyVersion, 'version' | 'rules'>, facts: PolicyFacts): ApprovalRule {
  const { rules } = policy;
  let expressions = compiled.get(rules);
  if (expressions === undefined) compiled.set(rules, (expressions = rules.map(({ when }) => compileExpression(when))));
  for (const [index, expression] of expressions.entries()) {
    const rule = rules[index]!;
    if (holds(expression, rule, facts)) return rule;
  }
  throw new Error(`No rule of approval policy ${policy.version} holds; its last one should always.`);
}

function holds(expression: CompiledExpression, { steps }: ApprovalRule, facts: PolicyFacts): boolean {
  try {
    return expression.holds(facts);
  } catch {
    return steps.length > 0;
  }
}
