// What is wrong with the rules of a policy, all of it at once, each problem with its rule, its place and its cause.
// Whether there are people for the steps is asked separately: a dry run needs none.
import type { Instant } from '@app/kernel';
import { type RouteCheck, routeChecks } from '../routes/route-checks';
import type { People } from '../staff/person';
import { compileExpression, problemsOfExpression } from './policy-language';
import type { ApprovalRule, RuleStep } from './policy.events';

export interface PolicyProblem {
  /** Its name, `#2` where it has none; null: the list of rules as a whole. */
  rule: string | null;
  /** Of the rule's expression, from 1; null where the problem is not in the expression. */
  column: number | null;
  /** From 1; null where the problem is not in a step. */
  step: number | null;
  cause: string;
}

/** None: every order finds its route. */
export function problemsOfRules(rules: readonly ApprovalRule[]): PolicyProblem[] {
  if (rules.length === 0) return [{ rule: null, column: null, step: null, cause: 'there are no rules; the last one must always hold, and says `true`' }];
  return [...problemsOfNames(rules), ...problemsOfExpressions(rules), ...rules.flatMap((rule, index) => rule.steps.flatMap((step, at) => problemsOfStep(step).map((cause) => ({ rule: nameOf(rule, index), column: null, step: at + 1, cause }))))];
}

/** Steps at which an order would wait for people who are not there, as of an instant: delegations begin and end by time. */
export function problemsOfHolders(rules: readonly ApprovalRule[], people: People, at: Instant): PolicyProblem[] {
  const steps = rules.flatMap((rule, index) => rule.steps.map((step) => ({ rule: nameOf(rule, index), step })));
  return routeChecks(rules, people, at).flatMap((check, place) => {
    const { rule, step } = steps[place]!;
    const cause = step.role === '' ? null : causeOf(check, step, people);
    return cause === null ? [] : [{ rule, column: null, step: check.step, cause }];
  });
}

/** Null: there are people who can sign. Departed holders are none, whoever acts for them. */
function causeOf({ state, problem, primary }: RouteCheck, { role, mode, needed }: RuleStep, people: People): string | null {
  const here = [...people.values()].filter(({ active, roles }) => active && roles.includes(role)).length;
  if (here === 0) return `the role ${role} has no active holder`;
  if (state !== 'STOPPED' || (mode === 'QUORUM' && !isWithin(needed, QUORUM_MAX))) return null;
  if (mode === 'QUORUM' && here < needed!) return `QUORUM needs ${needed} signatures of ${role}, and ${here === 1 ? '1 holder is' : `${here} holders are`} here`;
  if (problem === 'DELEGATION_CYCLE') return `the delegations of ${primary} lead in a circle`;
  if (problem === 'BACKUP_DEPARTED') return `${primary} is away, and whoever would stand in has departed`;
  return `nobody is left to sign for ${primary}: nobody signs twice in one approval`;
}

/** `rule "elevated", column 15: numbers …`. */
export function told({ rule, column, step, cause }: PolicyProblem): string {
  const place = [rule === null ? '' : `rule "${rule}"`, step === null ? '' : `step ${step}`, column === null ? '' : `column ${column}`].filter((part) => part !== '').join(', ');
  return place === '' ? cause : `${place}: ${cause}`;
}

function problemsOfNames(rules: readonly ApprovalRule[]): PolicyProblem[] {
  const seen = new Set<string>();
  return rules.flatMap((rule, index) => {
    const cause = rule.name === '' ? 'the rule has no name' : seen.has(rule.name) ? 'another rule has this name already' : null;
    seen.add(rule.name);
    return cause === null ? [] : [{ rule: nameOf(rule, index), column: null, step: null, cause }];
  });
}

function problemsOfExpressions(rules: readonly ApprovalRule[]): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const ruleOf = new Map<string, string>();
  for (const [index, rule] of rules.entries()) {
    const name = nameOf(rule, index);
    const add = (column: number, cause: string): void => void problems.push({ rule: name, column, step: null, cause });
    const found = problemsOfExpression(rule.when);
    for (const { column, cause } of found) add(column, cause);
    const canonical = found.length === 0 ? compileExpression(rule.when).canonical : undefined;
    if (index === rules.length - 1 && canonical !== ALWAYS) add(1, 'the last rule must always hold: write `true`');
    if (canonical === undefined) continue;
    const earlier = ruleOf.get(canonical);
    if (earlier === undefined) ruleOf.set(canonical, name);
    else add(1, `no order ever comes here: the rule "${earlier}" before it says the same`);
  }
  return problems;
}

const ALWAYS = compileExpression('true').canonical;

/** Each signature is a task of every order that comes there, whether there is a holder for it or not. */
const QUORUM_MAX = 100;
/** Beyond, a slip of the keyboard: no clock rings for it. */
const LIMIT_MAX_SECONDS = 366 * 86_400;

function problemsOfStep({ role, mode, needed, withinSeconds }: RuleStep): string[] {
  const problems: string[] = [];
  if (role === '') problems.push('the step names no role');
  if (mode === 'QUORUM' && !isWithin(needed, QUORUM_MAX)) problems.push(`QUORUM needs a number of signatures of at least 1, and ${QUORUM_MAX} at most`);
  if (mode !== 'QUORUM' && needed !== null) problems.push(`${mode} takes no number of signatures; leave \`needed\` out`);
  if (!isWithin(withinSeconds, LIMIT_MAX_SECONDS)) problems.push('the time limit must be a whole number of seconds above zero, and a year at most');
  return problems;
}

function isWithin(value: number | null, max: number): boolean {
  return value !== null && Number.isSafeInteger(value) && value >= 1 && value <= max;
}

function nameOf({ name }: ApprovalRule, index: number): string {
  return name === '' ? `#${index + 1}` : name;
}
