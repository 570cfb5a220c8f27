// The product's own source as the rules see it: every TypeScript file parsed once, every import resolved to a file.
// A rule is a pure function of such a tree, so that a sample can be a handful of lines that exist nowhere on disk.
import { readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');
const SOURCE_FOLDERS = ['apps', 'libs', 'projections', 'scripts', 'test'];
const ALIASES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries((JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')) as TsConfig).compilerOptions.paths).map(([alias, [target]]) => [
    alias,
    posix.normalize(target),
  ]),
);

interface TsConfig {
  compilerOptions: { paths: Record<string, [string]> };
}

interface Import {
  /** As written: `@app/kernel`, `./order.state`, `node:fs`. */
  specifier: string;
  /** File of the tree it leads to; undefined for a package, for Node itself, or for nothing. */
  target: string | undefined;
  /** Names taken from it; `*` for all of them. */
  names: readonly string[];
  /** How the names are handed on, for `export ... from`; undefined for an import. */
  reexport: 'named' | 'star' | 'type-star' | undefined;
  line: number;
}

export interface SourceFile {
  path: string;
  text: string;
  ast: ts.SourceFile;
  imports: readonly Import[];
}

export interface SourceTree {
  files: ReadonlyMap<string, SourceFile>;
  /** Names at the top of the repository, folders ending in a slash. */
  topLevel: readonly string[];
}

export interface Violation {
  path: string;
  line: number;
  says: string;
}

/** A tree of the given texts by path; also how samples are made. */
export function treeOf(texts: Readonly<Record<string, string>>, topLevel: readonly string[] = []): SourceTree {
  const known = new Set(Object.keys(texts));
  const files = new Map<string, SourceFile>();
  for (const [path, text] of Object.entries(texts)) {
    const ast = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    files.set(path, { path, text, ast, imports: importsOf(ast, path, known) });
  }
  return { files, topLevel };
}

/** The working tree; what git would not keep is left out by name. */
export function treeOnDisk(): SourceTree {
  const texts: Record<string, string> = {};
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== 'node_modules') walk(path);
      else if (entry.isFile() && /\.tsx?$/.test(entry.name)) texts[path] = readFileSync(join(ROOT, path), 'utf8');
    }
  };
  SOURCE_FOLDERS.forEach(walk);
  const topLevel = readdirSync(ROOT, { withFileTypes: true }).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  return treeOf(texts, topLevel);
}

export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Every node of the file, outermost first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}

export function isSpec(path: string): boolean {
  return path.endsWith('.spec.ts');
}

export function isIndex(path: string): boolean {
  return posix.basename(path) === 'index.ts';
}

function importsOf(ast: ts.SourceFile, path: string, known: ReadonlySet<string>): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, names: string[], reexport: Import['reexport'], at: ts.Node): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    imports.push({ specifier: specifier.text, target: resolve(specifier.text, path, known), names, reexport, line: lineOf(at) });
  };
  for (const node of nodesOf(ast)) {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, namesTaken(node.importClause), undefined, node);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      const clause = node.exportClause;
      if (clause !== undefined && ts.isNamedExports(clause)) {
        add(node.moduleSpecifier, clause.elements.map((element) => (element.propertyName ?? element.name).text), 'named', node);
      } else add(node.moduleSpecifier, ['*'], node.isTypeOnly ? 'type-star' : 'star', node);
    } else if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || isCallOf(node, 'require'))) {
      add(node.arguments[0], ['*'], undefined, node);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, [node.qualifier === undefined ? '*' : node.qualifier.getText().split('.')[0]!], undefined, node);
    }
  }
  return imports;
}

function isCallOf(node: ts.CallExpression, name: string): boolean {
  return ts.isIdentifier(node.expression) && node.expression.text === name;
}

function namesTaken(clause: ts.ImportClause | undefined): string[] {
  if (clause === undefined) return [];
  const bindings = clause.namedBindings;
  const named = bindings === undefined ? [] : ts.isNamespaceImport(bindings) ? ['*'] : bindings.elements.map((element) => (element.propertyName ?? element.name).text);
  return clause.name === undefined ? named : ['default', ...named];
}

function resolve(specifier: string, from: string, known: ReadonlySet<string>): string | undefined {
  const alias = Object.keys(ALIASES).find((name) => specifier === name || specifier.startsWith(`${name}/`));
  const base =
    alias !== undefined
      ? posix.join(ALIASES[alias]!, specifier.slice(alias.length))
      : specifier.startsWith('.')
        ? posix.join(posix.dirname(from), specifier)
        : undefined;
  if (base === undefined) return undefined;
  return [`${base}.ts`, `${base}/index.ts`, base.replace(/\.js$/, '.ts'), base].find((candidate) => known.has(candidate));
}
