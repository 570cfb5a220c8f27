// The language of rules: CEL over `order` and `platform`, typed, compiled once. Nothing else can be named in a rule.
// What may be named stands in one table, from which the types are declared and the documentation is checked.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { LineFacts, OrderFacts, PlatformFacts, type PolicyFacts } from './policy-facts';

interface Declared {
  /** As CEL names the type. */
  readonly type: string;
  readonly means: string;
}
type DeclaredFields<Facts> = { readonly [Field in keyof Facts]: Declared };

const ORDER: DeclaredFields<OrderFacts> = {
  total: { type: 'double', means: 'what the order costs, in major units' },
  discount: { type: 'double', means: 'in major units' },
  discountRate: { type: 'double', means: 'discount / sum of the lines; 0 where they cost nothing' },
  freight: { type: 'double', means: 'in major units' },
  tier: { type: 'string', means: 'REGULAR, SILVER, GOLD or KEY_ACCOUNT' },
  platform: { type: 'string', means: 'code of the platform: TB' },
  currency: { type: 'string', means: 'CNY' },
  paymentTerms: { type: 'string', means: 'PREPAID, CASH_ON_DELIVERY or CREDIT' },
  customerId: { type: 'string', means: "the platform's id of the customer" },
  placedBy: { type: 'string', means: 'who placed it for the customer; empty where nobody did' },
  categories: { type: 'list<string>', means: 'of the lines, each once' },
  restricted: { type: 'bool', means: "a line's category is among the restricted ones of the settings" },
  lines: { type: 'list<Line>', means: 'each with the fields of a line' },
};
const LINE: DeclaredFields<LineFacts> = {
  sku: { type: 'string', means: 'empty where the source gave none' },
  title: { type: 'string', means: 'empty where the source gave none' },
  category: { type: 'string', means: 'empty where the source gave none' },
  quantity: { type: 'double', means: '0 where the source gave none' },
  unitPrice: { type: 'double', means: 'in major units; 0 where the source gave none' },
};
const PLATFORM: DeclaredFields<PlatformFacts> = {
  turnoverToday: { type: 'double', means: "totals placed on the order's platform, in its currency, on the business day of `placedAt`: this one included, cancelled ones left out" },
  turnoverThreshold: { type: 'double', means: "the platform's threshold in the settings; infinite where none is set" },
};

/** Everything that a rule may name, as the documentation lists it. */
export const POLICY_VARIABLES: readonly { readonly name: string; readonly type: string; readonly means: string }[] = [
  ...named('order', ORDER),
  ...named('order.lines[…]', LINE),
  ...named('platform', PLATFORM),
];

// Far more than a rule that people can read needs, and little enough to be evaluated for every order.
const LIMITS = { maxAstNodes: 2_000, maxDepth: 50, maxListElements: 500 };

const environment = new Environment({ limits: LIMITS })
  .registerType('Line', { ctor: LineFacts, fields: typesOf(LINE) })
  .registerType('Order', { ctor: OrderFacts, fields: typesOf(ORDER) })
  .registerType('Platform', { ctor: PlatformFacts, fields: typesOf(PLATFORM) })
  .registerVariable('order', 'Order')
  .registerVariable('platform', 'Platform');

/** Where an expression is wrong, and why. */
interface ExpressionProblem {
  /** Of the expression, from 1. */
  readonly column: number;
  readonly cause: string;
}

export interface CompiledExpression {
  /** Throws where it cannot be evaluated: an index beyond a list, a division by zero. */
  holds(facts: PolicyFacts): boolean;
  /** The same for expressions that differ only in white space, comments and brackets. */
  readonly canonical: string;
}

/** Evaluates what was published, and so has been checked. Throws for what does not parse. */
export function compileExpression(expression: string): CompiledExpression {
  const parsed = environment.parse(expression);
  return { holds: ({ order, platform }) => parsed({ order, platform }) === true, canonical: canonicalOf(parsed.ast) };
}

/** None for an expression that compiles, is well typed, and yields a bool. */
export function problemsOfExpression(expression: string): ExpressionProblem[] {
  if (expression.trim() === '') return [{ column: 1, cause: 'there is no expression; a rule that always holds says `true`' }];
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(expression);
  } catch (error) {
    return [problemOf(error)];
  }
  const costly = costlyParts(parsed.ast);
  if (costly.length > 0) return costly;
  const checked = parsed.check();
  const integers = integersAmongDoubles(parsed.ast);
  if (integers.length > 0) return integers;
  if (!checked.valid) return [problemOf(checked.error)];
  return checked.type === 'bool' ? [] : [{ column: 1, cause: `the expression yields ${checked.type}, and a rule needs a bool` }];
}

/** Go through a list. */
const MACROS: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter'];

/** What could take for ever: every order that comes in is held against every rule. */
function costlyParts(root: ASTNode): ExpressionProblem[] {
  const found: ExpressionProblem[] = [];
  const visit = (node: ASTNode, isWithinMacro: boolean): void => {
    const method = node.op === 'rcall' || node.op === 'call' ? node.args[0] : null;
    const isMacro = method !== null && MACROS.includes(method);
    if (method === 'matches') found.push({ column: node.start + 1, cause: 'a pattern may take for ever to match: use contains, startsWith or endsWith instead of matches' });
    if (isMacro && isWithinMacro) found.push({ column: node.start + 1, cause: `a list is gone through inside another (${method}): one at a time` });
    for (const inner of nodesIn(node.args)) visit(inner, isWithinMacro || isMacro);
  };
  visit(root, false);
  return found;
}

/** Whole numbers beside doubles: some operators refuse them, others would take them. */
function integersAmongDoubles(root: ASTNode): ExpressionProblem[] {
  const found: ExpressionProblem[] = [];
  const visit = (node: ASTNode): void => {
    const operands = nodesIn(node.args);
    if (isOperator(node.op) && operands.some((operand) => yieldsDouble(operand))) {
      for (const operand of operands) for (const literal of literalsOf(operand)) found.push(writeAsDouble(literal));
    }
    operands.forEach(visit);
  };
  visit(root);
  const unique = new Map(found.map((problem) => [problem.column, problem]));
  return [...unique.values()].sort((a, b) => a.column - b.column);
}

const OPERATORS: readonly string[] = ['==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', 'in'];
function isOperator(op: string): boolean {
  return OPERATORS.includes(op);
}

/** By the type that the check left on the node; of literals by themselves, so that also what failed the check is told. */
function yieldsDouble(node: ASTNode): boolean {
  if (node.op === 'value') return typeof node.args === 'number';
  if (node.op === '-_') return yieldsDouble(node.args);
  return (node as { checkedType?: { name: string } }).checkedType?.name === 'double';
}

/** The whole numbers that an operand is made of: 5, -5, [5, 6]. */
function literalsOf(node: ASTNode): ASTNode[] {
  if (node.op === 'value') return typeof node.args === 'bigint' || (typeof node.args === 'object' && node.args !== null && !(node.args instanceof Uint8Array)) ? [node] : [];
  if (node.op === '-_') return literalsOf(node.args);
  return node.op === 'list' ? node.args.flatMap(literalsOf) : [];
}

function writeAsDouble({ input, start, end }: ASTNode): ExpressionProblem {
  const literal = input.slice(start, end);
  return { column: start + 1, cause: `numbers in rules are doubles: write ${/^\d+$/.test(literal) ? `${literal}.0` : 'it with a decimal point'} instead of ${literal}` };
}

function nodesIn(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

/** The tree without positions: what is written differently and means the same in every respect. */
function canonicalOf(node: ASTNode): string {
  return JSON.stringify(node.toOldStructure(), (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

function problemOf(error: unknown): ExpressionProblem {
  const { summary, message, range } = error as { summary?: string; message: string; range?: { start: number } };
  const cause = summary ?? message;
  return { column: (range?.start ?? 0) + 1, cause: cause.charAt(0).toLowerCase() + cause.slice(1) };
}

function typesOf(fields: Readonly<Record<string, Declared>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, { type }]) => [name, type]));
}

function named(variable: string, fields: Readonly<Record<string, Declared>>): { name: string; type: string; means: string }[] {
  return Object.entries(fields).map(([name, { type, means }]) => ({ name: `${variable}.${name}`, type, means }));
}
