// Nothing is offered that nobody takes: an export without a reader is a promise kept for no one.
// A vocabulary (`*.events.ts`, `*.commands.ts`, a port) may be published whole, every other name is listed one by one.
import ts from 'typescript';
import { partOf } from './direction.rules';
import { file, type Rule } from './rule';
import { isIndex, isSpec, lineOf, type SourceFile, type SourceTree, type Violation } from './source-tree';

interface ExportedName {
  name: string;
  line: number;
}

/** Names by file that some other file takes; `*` when a file takes all of them. */
function namesTaken(tree: SourceTree, counts: (from: SourceFile, target: string) => boolean): Map<string, Set<string>> {
  const taken = new Map<string, Set<string>>();
  for (const source of tree.files.values()) {
    for (const { target, names } of source.imports) {
      if (target === undefined || target === source.path || !counts(source, target)) continue;
      const ofTarget = taken.get(target) ?? new Set<string>();
      for (const name of names) ofTarget.add(name);
      taken.set(target, ofTarget);
    }
  }
  return taken;
}

function exportedNames({ ast }: SourceFile): ExportedName[] {
  const found: ExportedName[] = [];
  for (const statement of ast.statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)) {
      for (const element of statement.exportClause.elements) found.push({ name: element.name.text, line: lineOf(element) });
    } else if (ts.isExportAssignment(statement)) found.push({ name: 'default', line: lineOf(statement) });
    else if (hasModifier(statement, ts.SyntaxKind.DefaultKeyword)) found.push({ name: 'default', line: lineOf(statement) });
    else if (hasModifier(statement, ts.SyntaxKind.ExportKeyword)) {
      const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [statement as ts.Node as ts.NamedDeclaration];
      for (const declaration of declared) {
        const name = declaration.name;
        if (name !== undefined && ts.isIdentifier(name)) found.push({ name: name.text, line: lineOf(declaration) });
      }
    }
  }
  return found;
}

/** As partOf, but one app is another library than the next. */
function libraryOf(path: string): string {
  return path.startsWith('apps/') ? path.split('/').slice(0, 2).join('/') : partOf(path);
}

function hasModifier(node: ts.Node, modifier: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === modifier);
}

function isVocabulary(path: string): boolean {
  return path.endsWith('.events.ts') || path.endsWith('.commands.ts') || path.includes('/ports/');
}

function unread(tree: SourceTree, select: (source: SourceFile) => boolean, counts: (from: SourceFile, target: string) => boolean, says: (name: string) => string): Violation[] {
  const taken = namesTaken(tree, counts);
  return [...tree.files.values()].filter(select).flatMap((source) =>
    exportedNames(source)
      .filter(({ name }) => !(taken.get(source.path)?.has(name) ?? false) && !(taken.get(source.path)?.has('*') ?? false))
      .map(({ name, line }) => ({ path: source.path, line, says: says(name) })),
  );
}

const everyExportIsImported: Rule = {
  says: 'imports somewhere every name that a file exports',
  check: (tree) => unread(tree, ({ path }) => !isIndex(path), () => true, (name) => `${name} is exported and nobody imports it`),
  mustFail: [
    file('libs/runtime/src/a.ts', 'export const used = 1;', 'export function lonely() {}'),
    { files: { 'libs/runtime/src/a.ts': 'export interface Lonely {}\nexport type Used = 1;', 'libs/runtime/src/b.ts': `import type { Used } from './a';\nlet a: Used;` } },
    file('projections/a.ts', 'const a = 1;', 'export { a };'),
    file('apps/api/src/a.ts', 'export default class {}'),
  ],
  mustPass: [
    { files: { 'libs/runtime/src/a.ts': 'export const used = 1;', 'libs/runtime/src/index.ts': `export { used } from './a';` } },
    { files: { 'libs/runtime/src/a.ts': 'export const used = 1;', 'libs/runtime/src/b.ts': `import * as a from './a';\nvoid a;` } },
    { files: { 'libs/runtime/src/a.ts': 'export const used = 1;', 'libs/runtime/src/b.ts': `export const b = () => import('./a');`, 'libs/runtime/src/c.ts': `import { b } from './b';\nvoid b;` } },
  ],
};

const everyIndexNameIsImportedOutside: Rule = {
  says: 'imports somewhere outside every name that a library offers in its index',
  check: (tree) => unread(tree, ({ path }) => isIndex(path), (from, target) => libraryOf(from.path) !== libraryOf(target), (name) => `${name} is offered and nobody outside imports it`),
  mustFail: [
    {
      files: {
        'libs/runtime/src/a.ts': 'export const a = 1;',
        'libs/runtime/src/index.ts': `export { a } from './a';`,
        'libs/runtime/src/b.ts': `import { a } from '.';\nvoid a;`,
      },
    },
  ],
  mustPass: [{ files: { 'apps/api/src/index.ts': 'export const a = 1;', 'apps/ops/src/b.ts': `import { a } from '../../api/src';\nvoid a;` } }, { files: { 'libs/runtime/src/index.ts': 'export const a = 1;', 'libs/wiring/src/b.ts': `import { a } from '@app/runtime';\nvoid a;` } }],
};

const indexesNameWhatTheyOffer: Rule = {
  says: 'lists the names of an index one by one, stars only for types of a vocabulary; and has no other index than one per part',
  check: (tree) =>
    [...tree.files.values()].flatMap((source) => [
      ...source.imports
        .filter(({ reexport, target }) => reexport === 'star' || (reexport === 'type-star' && !isVocabulary(target ?? '')))
        .map(({ line, specifier }) => ({ path: source.path, line, says: `star export of ${specifier}` })),
      ...(isIndex(source.path) && !/^((libs|apps)\/[^/]+\/src|projections|test\/dsl)\/index\.ts$/.test(source.path) ? [{ path: source.path, line: 1, says: 'a barrel inside a part' }] : []),
    ]),
  mustFail: [
    { files: { 'libs/runtime/src/index.ts': `export * from './a';`, 'libs/runtime/src/a.ts': 'export const a = 1;' } },
    { files: { 'libs/runtime/src/index.ts': `export type * from './a';`, 'libs/runtime/src/a.ts': 'export type A = 1;' } },
    file('libs/domain/src/order/index.ts', 'export const a = 1;'),
  ],
  mustPass: [{ files: { 'libs/domain/src/index.ts': `export type * from './order/order.events';`, 'libs/domain/src/order/order.events.ts': 'export type A = 1;' } }],
};

const nothingExportedFromSpecs: Rule = {
  says: 'exports nothing from a spec',
  check: (tree) => [...tree.files.values()].filter(({ path }) => isSpec(path)).flatMap((source) => exportedNames(source).map(({ name, line }) => ({ path: source.path, line, says: `a spec exports ${name}` }))),
  mustFail: [file('libs/runtime/src/a.unit.spec.ts', 'export const a = 1;')],
};

export const EXPORT_RULES: readonly Rule[] = [everyExportIsImported, everyIndexNameIsImportedOutside, indexesNameWhatTheyOffer, nothingExportedFromSpecs];
