// Which part may know which: imports run one way, and into another part only through its index.
// Deleting `projections/` leaves the domain compiling because nothing below can name it.
import { file, type Rule, type Sample } from './rule';
import { isSpec, type SourceFile, type Violation } from './source-tree';

const MEANING = ['kernel', 'domain', 'policies', 'projections'];

/** What each part may import besides itself. A new part has to be entered here, so its place is decided on purpose. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  domain: ['kernel'],
  policies: ['kernel', 'domain'],
  projections: ['kernel', 'domain'],
  runtime: ['kernel'],
  sqlite: [],
  'event-store': ['kernel', 'runtime', 'sqlite'],
  'read-models': ['kernel', 'runtime', 'sqlite'],
  notifications: ['kernel', 'runtime'],
  intake: ['kernel', 'domain', 'runtime'],
  import: ['kernel', 'domain', 'runtime', 'intake', 'sqlite'],
  wiring: [...MEANING, 'runtime', 'event-store', 'read-models', 'notifications', 'intake', 'import'],
  nest: ['kernel', 'runtime', 'wiring'],
  apps: [...MEANING, 'runtime', 'intake', 'import', 'wiring', 'nest'],
  scripts: [...MEANING, 'runtime', 'sqlite', 'event-store', 'read-models', 'notifications', 'intake', 'import', 'wiring', 'nest', 'apps', 'test'],
  test: [...MEANING, 'runtime', 'sqlite', 'event-store', 'read-models', 'notifications', 'intake', 'import', 'wiring', 'nest', 'apps', 'scripts', 'dsl'],
  dsl: ['kernel', 'runtime'],
};

/** Programs, not libraries: only tests and scripts may import them (see above), file by file. */
const WITHOUT_INDEX = ['apps', 'scripts', 'test'];

/** Packages the meaning column may use: pure computation, no clock of their own. */
const PURE_PACKAGES = ['temporal-polyfill', '@marcbachmann/cel-js', 'chinese-days'];
/** Packages that specs of the meaning column may use besides. */
const SPEC_PACKAGES = ['fast-check', 'reflect-metadata'];

/** `libs/domain/src/order/x.ts` is of `domain`, `test/dsl/x.ts` of `dsl`. */
export function partOf(path: string): string {
  const [top, second] = path.split('/');
  if (top === 'libs') return second!;
  if (top === 'test' && second === 'dsl') return 'dsl';
  return top!;
}

export function isMeaning(path: string): boolean {
  return MEANING.includes(partOf(path));
}

function* crossings({ path, imports }: SourceFile): Generator<{ from: string; to: string; target: string; specifier: string; line: number }> {
  for (const { target, specifier, line } of imports) {
    if (target !== undefined && partOf(target) !== partOf(path)) yield { from: partOf(path), to: partOf(target), target, specifier, line };
  }
}

const importsRunOneWay: Rule = {
  says: 'imports one way: kernel <- domain <- {policies, projections}; kernel <- runtime <- stores; all <- wiring <- nest <- apps',
  check(tree) {
    const violations: Violation[] = [];
    for (const source of tree.files.values()) {
      const allowed = MAY_IMPORT[partOf(source.path)];
      if (allowed === undefined) violations.push({ path: source.path, line: 1, says: `"${partOf(source.path)}" has no place in the direction of imports yet` });
      for (const { from, to, line } of crossings(source)) {
        if (to === 'dsl' && isSpec(source.path)) continue;
        // An integration spec puts the machinery together; meaning is tested alone.
        if (source.path.endsWith('.int.spec.ts') && !isMeaning(source.path) && to !== 'apps') continue;
        if (!(allowed ?? []).includes(to)) violations.push({ path: source.path, line, says: `${from} must not import ${to}` });
      }
    }
    return violations;
  },
  mustFail: [
    between('libs/domain/src/a.ts', '@app/projections', 'projections/index.ts'),
    between('libs/domain/src/a.ts', '../../../projections/order-status/x', 'projections/order-status/x.ts'),
    between('projections/a.ts', '@app/policies', 'libs/policies/src/index.ts'),
    between('libs/kernel/src/a.ts', '@app/domain', 'libs/domain/src/index.ts'),
    between('libs/runtime/src/a.ts', '@app/domain', 'libs/domain/src/index.ts'),
    between('libs/runtime/src/a.ts', '@app/event-store', 'libs/event-store/src/index.ts'),
    between('libs/intake/src/a.ts', '@app/wiring', 'libs/wiring/src/index.ts'),
    between('libs/event-store/src/a.ts', '@app/read-models', 'libs/read-models/src/index.ts'),
    between('libs/runtime/src/a.ts', '@app/sqlite', 'libs/sqlite/src/index.ts'),
    between('libs/wiring/src/a.ts', '@app/sqlite', 'libs/sqlite/src/index.ts'),
    between('libs/wiring/src/a.ts', '../../../apps/api/src/main', 'apps/api/src/main.ts'),
    between('libs/domain/src/a.ts', '@test/dsl', 'test/dsl/index.ts'),
    between('projections/a.int.spec.ts', '@app/event-store', 'libs/event-store/src/index.ts'),
    between('libs/runtime/src/a.unit.spec.ts', '@app/read-models', 'libs/read-models/src/index.ts'),
    file('libs/newcomer/src/a.ts', 'export const a = 1;'),
  ],
  mustPass: [
    between('libs/domain/src/a.unit.spec.ts', '@test/dsl', 'test/dsl/index.ts'),
    between('libs/runtime/src/a.int.spec.ts', '@app/read-models', 'libs/read-models/src/index.ts'),
    between('libs/wiring/src/a.ts', '@app/projections', 'projections/index.ts'),
    between('libs/intake/src/a.ts', '@app/domain', 'libs/domain/src/index.ts'),
    between('libs/event-store/src/a.ts', '@app/sqlite', 'libs/sqlite/src/index.ts'),
  ],
};

const importsStopAtTheIndex: Rule = {
  says: 'enters another part by its alias only, never past its index',
  check: (tree) =>
    [...tree.files.values()].flatMap((source) =>
      [...crossings(source)]
        .filter(({ specifier, to }) => !/^@(app|test)\/[^/]+$/.test(specifier) && !WITHOUT_INDEX.includes(to))
        // Contracts and fixtures are of tests alone, so no index offers them.
        .filter(({ target }) => !((isSpec(source.path) || source.path.startsWith('test/')) && /\.(contract|fixtures)\.ts$/.test(target)))
        .map(({ specifier, line }) => ({ path: source.path, line, says: `"${specifier}" goes past the index` })),
    ),
  mustFail: [
    between('libs/wiring/src/a.ts', '@app/domain/order/order.state', 'libs/domain/src/order/order.state.ts'),
    between('libs/wiring/src/a.ts', '../../domain/src', 'libs/domain/src/index.ts'),
    between('projections/a.ts', '../libs/kernel/src/instant', 'libs/kernel/src/instant.ts'),
    between('libs/event-store/src/a.ts', '../../runtime/src/ports/event-store.contract', 'libs/runtime/src/ports/event-store.contract.ts'),
  ],
  mustPass: [
    between('libs/wiring/src/a.ts', '@app/domain', 'libs/domain/src/index.ts'),
    between('test/journeys/a.spec.ts', '../../apps/api/src/api.module', 'apps/api/src/api.module.ts'),
    between('test/journeys/a.spec.ts', './journey', 'test/journeys/journey.ts'),
    between('libs/event-store/src/a.int.spec.ts', '../../runtime/src/ports/event-store.contract', 'libs/runtime/src/ports/event-store.contract.ts'),
  ],
};

const meaningImportsNothingFromOutside: Rule = {
  says: 'keeps Node and frameworks out of the meaning column (kernel, domain, policies, projections)',
  check: (tree) =>
    [...tree.files.values()]
      .filter((source) => isMeaning(source.path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ specifier }) => !specifier.startsWith('.') && !/^@(app|test)\//.test(specifier))
          .filter(({ specifier }) => !PURE_PACKAGES.includes(specifier) && !(isSpec(path) && SPEC_PACKAGES.includes(specifier)))
          .map(({ specifier, line }) => ({ path, line, says: `the meaning column must not import "${specifier}"` })),
      ),
  mustFail: [
    file('libs/domain/src/a.ts', `import { readFileSync } from 'node:fs';`, 'void readFileSync;'),
    file('libs/domain/src/a.ts', `import { createHash } from 'crypto';`, 'void createHash;'),
    file('libs/policies/src/a.ts', `import { Injectable } from '@nestjs/common';`, 'void Injectable;'),
    file('projections/a.ts', `const { Client } = require('pg');`, 'void Client;'),
    file('libs/kernel/src/a.ts', `export const a = () => import('fastify');`),
    file('libs/domain/src/a.unit.spec.ts', `import { tmpdir } from 'node:os';`, 'void tmpdir;'),
  ],
  mustPass: [
    file('libs/domain/src/a.unit.spec.ts', `import fc from 'fast-check';`, 'void fc;'),
    file('libs/runtime/src/a.ts', `import { createHash } from 'node:crypto';`, 'void createHash;'),
  ],
};

const NEST = /^(@nestjs\/|@app\/nest$)/;
const MAY_LOAD_NEST = /^(apps\/api|libs\/nest|scripts|test)\//;
/** Takes the API in, when LATE is asked to serve. */
const LOADED = 'apps/ops/src/loaded-api.ts';
const LATE = 'apps/ops/src/late-api.ts';
const isOfOps = (path: string): boolean => path.startsWith('apps/ops/') && path !== LATE && path !== LOADED;

const commandsLoadNoFramework: Rule = {
  says: 'loads Nest where something is served, so that a command starts without it',
  check: (tree) =>
    [...tree.files.values()].flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier, target }) => (isOfOps(path) ? NEST.test(specifier) || specifier === '@app/api' || target === LOADED : NEST.test(specifier) && !MAY_LOAD_NEST.test(path)))
        .map(({ specifier, line }) => ({ path, line, says: `"${specifier}" brings Nest along` })),
    ),
  mustFail: [
    file('libs/wiring/src/a.ts', `import { Inject } from '@nestjs/common';`, 'void Inject;'),
    between('apps/ops/src/a.ts', '@app/nest', 'libs/nest/src/index.ts'),
    between('apps/ops/src/a.ts', '@app/api', 'apps/api/src/index.ts'),
    between('apps/ops/src/a.ts', './loaded-api', 'apps/ops/src/loaded-api.ts'),
  ],
  mustPass: [
    between('apps/ops/src/a.ts', './late-api', 'apps/ops/src/late-api.ts'),
    between('apps/ops/src/loaded-api.ts', '@app/api', 'apps/api/src/index.ts'),
    between('apps/api/src/a.ts', '@app/nest', 'libs/nest/src/index.ts'),
    between('apps/worker/src/a.ts', '@app/api', 'apps/api/src/index.ts'),
  ],
};

function between(from: string, specifier: string, target: string): Sample {
  return { files: { [from]: `import { name } from '${specifier}';\nvoid name;`, [target]: 'export const name = 1;' } };
}

export const DIRECTION_RULES: readonly Rule[] = [importsRunOneWay, importsStopAtTheIndex, meaningImportsNothingFromOutside, commandsLoadNoFramework];
