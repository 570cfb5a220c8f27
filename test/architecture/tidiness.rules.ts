// What a reader meets before any code: where things lie, what they are called, how long they are, what they promise.
// Names that mean anything mean nothing; a file that outgrows 400 lines is two ideas.
import { file, type Rule } from './rule';
import { isIndex, isSpec, type SourceFile, type SourceTree, type Violation } from './source-tree';

const FOLDERS = ['apps/', 'libs/', 'projections/', 'test/', 'scripts/'];
/** Files that tools insist on finding at the top, and the page that people do. */
const TOOL_FILES = [
  '.ci/', '.git/', '.github/', '.gitignore', '.gitattributes', '.dockerignore', '.oxlintrc.json', '.editorconfig', '.npmrc', '.nvmrc', 'docker-compose.yml',
  'jest.config.js', 'nest-cli.json', 'package-lock.json', 'package.json', 'tsconfig.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'CONTRIBUTING.md',
];
/** Made by tools and kept out of the history by `.gitignore`. */
const MADE = ['node_modules/', 'dist/', 'data/', 'coverage/'];
const EMPTY_NAMES = ['util', 'utils', 'common', 'shared', 'helper', 'helpers', 'manager', 'managers', 'misc'];
const LINES_MAX = 400;

function perFile(find: (source: SourceFile) => readonly Omit<Violation, 'path'>[]): Rule['check'] {
  return (tree: SourceTree) => [...tree.files.values()].flatMap((source) => find(source).map((violation) => ({ path: source.path, ...violation })));
}

const topLevelIsFixed: Rule = {
  says: 'has nothing at the top level but its folders and the files that tools insist on there',
  check: (tree) =>
    tree.topLevel
      .filter((entry) => ![...FOLDERS, ...TOOL_FILES, ...MADE].includes(entry) && !entry.endsWith('.log'))
      .map((entry) => ({ path: entry, line: 1, says: 'a stray entry at the top level' })),
  mustFail: [{ topLevel: ['notes.txt'] }, { topLevel: ['src/'] }, { topLevel: ['Dockerfile'] }],
  mustPass: [{ topLevel: ['apps/', 'package.json', 'node_modules/'] }],
};

const namesMeanSomething: Rule = {
  says: 'calls nothing utils, common, shared, helper or manager, and every file in kebab-case',
  check: perFile(({ path }) => {
    const empty = path.split('/').flatMap((segment) => segment.replace(/\.tsx?$/, '').split(/[-._]/)).find((word) => EMPTY_NAMES.includes(word.toLowerCase()));
    if (empty !== undefined) return [{ line: 1, says: `"${empty}" says nothing` }];
    return /^[a-z0-9]+([-.][a-z0-9]+)*$/.test(path.split('/').at(-1)!) ? [] : [{ line: 1, says: 'not in kebab-case' }];
  }),
  mustFail: ['libs/runtime/src/utils.ts', 'libs/common/src/index.ts', 'apps/api/src/orders/order-helper.ts', 'libs/wiring/src/lock.manager.ts', 'libs/shared/src/a.ts', 'libs/runtime/src/OrderThing.ts'].map(
    (path) => file(path, 'export {};'),
  ),
  mustPass: [file('libs/runtime/src/ports/read-model-store.ts', 'export {};')],
};

const headersSayWhatIsGuaranteed: Rule = {
  says: 'begins every file, indexes and specs aside, with two lines that say what it guarantees',
  check: perFile(({ path, text }) => {
    if (isIndex(path) || isSpec(path)) return [];
    const [first = '', second = ''] = text.replace(/^#!.*\n/, '').split('\n');
    return isSentence(first) && isSentence(second) ? [] : [{ line: 1, says: 'no header of two lines' }];
  }),
  mustFail: [
    file('libs/runtime/src/a.ts', 'export const a = 1;'),
    file('libs/runtime/src/a.ts', '// Only one line of header.', 'export const a = 1;'),
    file('libs/runtime/src/a.ts', `import { a } from './b';`, '// Too late to be a header.', '// And its second line.'),
    file('libs/runtime/src/a.ts', '//', '//', 'export const a = 1;'),
  ],
  mustPass: [file('libs/runtime/src/a.ts', '// What is durable is answered once.', '// The rest is never answered.', 'export const a = 1;')],
};

function isSentence(line: string): boolean {
  return /^(\/\/|\/\*\*?| \*) \S.{10,}/.test(line);
}

const filesAreOneIdea: Rule = {
  says: `has no file over ${LINES_MAX} lines`,
  check: perFile(({ text }) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > LINES_MAX ? [{ line: lines, says: `${lines} lines are two ideas` }] : [];
  }),
  mustFail: [file('libs/runtime/src/a.ts', ...Array.from({ length: LINES_MAX + 1 }, (_, line) => `// line ${line}`))],
  mustPass: [file('libs/runtime/src/a.ts', ...Array.from({ length: LINES_MAX }, (_, line) => `// line ${line}`))],
};

// Written so that this file does not name them in one piece.
const POSTPONED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);

const nothingIsPostponed: Rule = {
  says: 'postpones nothing in a comment',
  check: perFile(({ text }) => text.split('\n').flatMap((line, at) => (POSTPONED.test(line) ? [{ line: at + 1, says: line.trim() }] : []))),
  mustFail: ['TO' + 'DO: later', 'FIX' + 'ME'].map((words) => file('libs/runtime/src/a.ts', `// ${words}`)),
  mustPass: [file('libs/policies/src/a.ts', 'export const todo = 1;')],
};

const onlyWhatFails: Rule = {
  says: 'leaves no test out and none alone',
  check: perFile(({ path, text }) =>
    isSpec(path) ? text.split('\n').flatMap((line, at) => (/\b(describe|it|test)\.only\(|^\s*x(it|describe|test)\(/.test(line) ? [{ line: at + 1, says: line.trim() }] : [])) : [],
  ),
  mustFail: [`it.only('a', () => 1);`, `  xit('a', () => 1);`, `describe.only('a', () => 1);`].map((line) => file('libs/runtime/src/a.unit.spec.ts', line)),
  mustPass: [file('libs/runtime/src/a.unit.spec.ts', `it('a', () => 1);`, `it.each([1])('a', () => 1);`)],
};

export const TIDINESS_RULES: readonly Rule[] = [topLevelIsFixed, namesMeanSomething, headersSayWhatIsGuaranteed, filesAreOneIdea, nothingIsPostponed, onlyWhatFails];
