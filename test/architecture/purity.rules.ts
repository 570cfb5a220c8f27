// Where the clock, chance, the environment and overlapping handlers may not be: meaning is a function of its arguments.
// The machinery takes time and ids from ports as well, so that the whole product can run in virtual time under a seed.
import ts from 'typescript';
import { isMeaning, partOf } from './direction.rules';
import { file, type Rule } from './rule';
import { isSpec, lineOf, nodesOf, type SourceFile, type Violation } from './source-tree';

const IMPURE_GLOBALS = [
  'process', 'performance', 'crypto', 'console', 'fetch', 'globalThis', 'global', 'require', 'Buffer', '__dirname', '__filename',
  'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask',
];
const MACHINERY = ['runtime', 'event-store', 'read-models', 'notifications', 'intake', 'import', 'sqlite'];
/** The ports' own implementations over the system. */
const OVER_THE_SYSTEM = 'libs/runtime/src/adapters/';
const READS_ENVIRONMENT = 'libs/wiring/src/config.ts';
/** Events that come in a stream: a handler that awaits lets the next one overtake it. */
const STREAMED = ['data', 'message', 'line', 'readable'];

/** What makes two runs differ: the clock, chance. Undefined for any other node. */
function chanceIn(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && isNamed(node.expression, 'Date') && (node.arguments ?? []).length === 0) return 'new Date()';
  if (ts.isCallExpression(node) && isNamed(node.expression, 'Date')) return 'Date()';
  if (isMember(node, 'Date', 'now')) return 'Date.now';
  if (isMember(node, 'Math', 'random')) return 'Math.random';
  if (isMember(node, 'Temporal', 'Now')) return 'Temporal.Now';
  if (ts.isIdentifier(node) && ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues'].includes(node.text)) return node.text;
  return undefined;
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** `Date.now`, `globalThis.Date.now`, `Date['now']`. */
function isMember(node: ts.Node, object: string, member: string): boolean {
  const named = (inner: ts.Node): boolean => isNamed(inner, object) || (ts.isPropertyAccessExpression(inner) && inner.name.text === object);
  if (ts.isPropertyAccessExpression(node)) return node.name.text === member && named(node.expression);
  return ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression) && node.argumentExpression.text === member && named(node.expression);
}

/** An identifier used as a value of the global scope, not as a property, a key, a type or a name of its own. */
function isGlobalUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return false;
  return !ts.isTypeNode(parent) && !ts.isPropertySignature(parent) && !ts.isMethodDeclaration(parent) && !ts.isPropertyDeclaration(parent) && !ts.isMethodSignature(parent);
}

function check(select: (path: string) => boolean, find: (node: ts.Node) => string | undefined): Rule['check'] {
  const inFile = ({ path, ast }: SourceFile): Violation[] => {
    const violations: Violation[] = [];
    for (const node of nodesOf(ast)) {
      const says = find(node);
      if (says !== undefined) violations.push({ path, line: lineOf(node), says });
    }
    return violations;
  };
  return (tree) => [...tree.files.values()].filter(({ path }) => select(path)).flatMap(inFile);
}

const meaningIsPure: Rule = {
  says: 'has no clock, chance, environment or other global in the meaning column',
  check: check(isMeaning, (node) => {
    const chance = chanceIn(node);
    if (chance !== undefined) return `${chance} in the meaning column: take it as an argument`;
    if (isSpec(node.getSourceFile().fileName)) return undefined;
    if (ts.isIdentifier(node) && IMPURE_GLOBALS.includes(node.text) && isGlobalUse(node)) return `${node.text} in the meaning column`;
    return undefined;
  }),
  mustFail: [
    'Date.now()', `Date['now']()`, 'globalThis.Date.now()', 'new Date()', 'new Date', 'Date()', 'Math.random()', 'crypto.randomUUID()', 'process.env.HOME',
    'process', 'performance.now()', 'setTimeout(() => 1, 1)', 'Temporal.Now.instant()', 'console.log(1)',
  ]
    .map((expression) => file('libs/domain/src/a.ts', `export const a = ${expression};`))
    .concat(file('libs/domain/src/a.unit.spec.ts', `it('is of today', () => take(new Date()));`)),
  mustPass: [
    file('libs/domain/src/a.ts', 'export const a = (at: string) => new Date(at).getTime() + Date.parse(at) + Math.floor(1.5);'),
    file('projections/a.ts', 'export const a = (row: { process: string }) => ({ process: row.process });'),
    file('libs/domain/src/a.unit.spec.ts', 'const runs = Number(process.env.RUNS ?? 100);', 'void runs;'),
    file('libs/wiring/src/a.ts', 'export const a = Date.now();'),
  ],
};

const machineryTakesTimeFromPorts: Rule = {
  says: 'takes time, timers, ids and chance from the Clock and Randomness ports in runtime, stores and intake',
  check: check(
    (path) => MACHINERY.includes(partOf(path)) && !path.startsWith(OVER_THE_SYSTEM) && !isSpec(path) && !path.endsWith('.contract.ts'),
    (node) => {
      const chance = chanceIn(node);
      if (chance !== undefined) return `${chance} in the machinery: use the port`;
      if (ts.isIdentifier(node) && ['setTimeout', 'setInterval'].includes(node.text) && isGlobalUse(node)) return `${node.text} in the machinery: use Clock.sleep`;
      return undefined;
    },
  ),
  mustFail: ['Date.now()', 'new Date()', 'Math.random()', 'randomUUID()', 'randomBytes(32)', 'setTimeout(() => 1, 1)', 'setInterval(() => 1, 1)'].map((expression) =>
    file('libs/runtime/src/a.ts', `export const a = ${expression};`),
  ),
  mustPass: [
    file('libs/runtime/src/adapters/system-clock.ts', 'export const a = Date.now();'),
    file('libs/event-store/src/a.int.spec.ts', 'export const a = Date.now();'),
    file('libs/runtime/src/a.ts', 'export const a = (epochMilliseconds: number) => new Date(epochMilliseconds);'),
  ],
};

const oneFileReadsTheEnvironment: Rule = {
  says: `reads process.env in ${READS_ENVIRONMENT} alone`,
  check: check(
    (path) => path !== READS_ENVIRONMENT && !path.startsWith('test/') && !path.startsWith('scripts/') && !isSpec(path),
    (node) => (isMember(node, 'process', 'env') || takesEnv(node) ? `process.env belongs in ${READS_ENVIRONMENT}` : undefined),
  ),
  mustFail: [
    file('apps/api/src/main.ts', 'export const port = process.env.ORDERTRAIL_PORT;'),
    file('libs/runtime/src/a.ts', `export const home = process['env']['HOME'];`),
    file('libs/event-store/src/a.ts', 'const { env } = process;', 'export const a = env;'),
    file('apps/ops/src/a.ts', `import { env } from 'node:process';`, 'export const a = env;'),
  ],
  mustPass: [
    file(READS_ENVIRONMENT, 'export const port = process.env.ORDERTRAIL_PORT;'),
    file('apps/api/src/orders/a.int.spec.ts', 'const path = process.env.PATH;', 'void path;'),
  ],
};

/** `const { env } = process` and `import { env } from 'node:process'`. */
function takesEnv(node: ts.Node): boolean {
  if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name) && node.initializer !== undefined && isNamed(node.initializer, 'process')) {
    return node.name.elements.some((element) => (element.propertyName ?? element.name).getText() === 'env');
  }
  if (!ts.isImportSpecifier(node) || (node.propertyName ?? node.name).text !== 'env') return false;
  const from = node.parent.parent.parent;
  return ts.isImportDeclaration(from) && ts.isStringLiteral(from.moduleSpecifier) && ['process', 'node:process'].includes(from.moduleSpecifier.text);
}

const streamsAreNotOverlapped: Rule = {
  says: `gives no async handler to a stream of events (${STREAMED.join(', ')}): the next one would overtake it`,
  check: check(
    () => true,
    (node) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
      const [event, handler] = node.arguments;
      if (!['on', 'addListener', 'prependListener'].includes(node.expression.name.text) || event === undefined || handler === undefined) return undefined;
      if (!ts.isStringLiteralLike(event) || !STREAMED.includes(event.text)) return undefined;
      const isAsync = (ts.isArrowFunction(handler) || ts.isFunctionExpression(handler)) && (handler.modifiers ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.AsyncKeyword);
      return isAsync ? `async handler of '${event.text}'` : undefined;
    },
  ),
  mustFail: [
    file('apps/api/src/a.ts', `request.on('data', async (chunk) => { await take(chunk); });`),
    file('libs/intake/src/a.ts', `socket.addListener('message', async function (text) { await take(text); });`),
  ],
  mustPass: [file('apps/api/src/a.ts', `request.on('data', (chunk) => chunks.push(chunk));`, `process.on('exit', () => undefined);`)],
};

export const PURITY_RULES: readonly Rule[] = [meaningIsPure, machineryTakesTimeFromPorts, oneFileReadsTheEnvironment, streamsAreNotOverlapped];
