// `ops projections status | rebuild | verify | switch | rollback`: how read models stand, proof that they equal the log, and which rows
// are in use. An operation goes on where the projection runs when the command is ended; `status` finds it again.
import type { Command } from 'commander';
import type { Config } from '@app/wiring';
import type { Connection } from './connection';
import { CommandFailed } from './failure';
import { ask } from './graphql-client';
import { addParkedCommands } from './parked.command';
import { print, printJson, table } from './print';
import { type Progress, progressBar } from './progress';
import { type Operation, named, PENDING_SECONDS_MAX, pause, type Status, STATUS_FIELDS, statuses, untilEnded, withConnection } from './projection-status';

type Outcome = NonNullable<Status['lastRebuild']>;

interface BuildOptions {
  json?: boolean;
  reason?: string;
}

const REBUILD = 'mutation($names: [String!], $reason: String, $switch: Boolean) { rebuildProjections(names: $names, reason: $reason, switch: $switch) { name operations { operationId kind } } }';
const VERIFY = 'mutation($names: [String!], $reason: String) { verifyProjections(names: $names, reason: $reason) { name operations { operationId kind } } }';
const BUILDS: readonly Operation['kind'][] = ['REBUILD', 'KEEP', 'VERIFY'];
const OUTCOME_HEADER = ['projection', 'events of its streams', 'differing rows', 'first difference'];
const MUTATION = {
  switch: `mutation($name: String!, $reason: String!) { done: switchProjection(name: $name, reason: $reason) { ${STATUS_FIELDS} } }`,
  rollback: `mutation($name: String!, $reason: String!) { done: rollbackProjection(name: $name, reason: $reason) { ${STATUS_FIELDS} } }`,
} as const;

export function addProjectionsCommand(program: Command, config: () => Config): void {
  const projections = program.command('projections').description('read models: how they stand, rebuild and prove them, put rows in use and back, take up what is parked');
  projections
    .command('status')
    .description('position, lag, rate, parked events and what goes on, of every projection')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => withConnection(config(), (connection) => status(connection, options), { looks: true }));
  projections
    .command('rebuild')
    .description('build anew from the log beside the live rows, compare, and switch')
    .argument('[name]', 'projection; all of them when left out')
    .option('--keep', 'do not switch: the rows wait for `projections switch`')
    .option('--reason <text>', 'why, for the record')
    .option('--json', 'print JSON')
    .action((name: string | undefined, { keep, ...options }: BuildOptions & { keep?: boolean }) => withConnection(config(), (connection) => build(connection, name, keep === true ? 'keep' : 'rebuild', options)));
  projections
    .command('verify')
    .description('build anew into a shadow and compare with the live rows; ends with 1 when a row differs')
    .argument('[name]', 'projection; all of them when left out')
    .option('--reason <text>', 'why, for the record')
    .option('--json', 'print JSON')
    .action((name: string | undefined, options: BuildOptions) => withConnection(config(), (connection) => build(connection, name, 'verify', options)));
  const exchanges = [
    ['switch', 'put rows in use that were built with --keep'],
    ['rollback', 'put the rows from before the last switch back in use'],
  ] as const;
  for (const [which, description] of exchanges) {
    projections
      .command(which)
      .description(description)
      .argument('<name>', 'projection')
      .requiredOption('--reason <text>', 'why, for the record')
      .option('--json', 'print JSON')
      .action((name: string, options: { json?: boolean; reason: string }) => withConnection(config(), (connection) => exchange(connection, which, name, options)));
  }
  addParkedCommands(projections, config);
}

async function status(connection: Connection, options: { json?: boolean }): Promise<void> {
  const all = await statuses(connection);
  if (options.json === true) return printJson(all);
  const rows = all.map(({ name, version, state, position, lag, eventsPerSecond, parked, canSwitch, rebuild, operations, error }) => {
    const pending = operations.filter((operation) => operation.state === 'PENDING').map(({ kind, requestedBy }) => `${kind} for ${requestedBy}`);
    const progress = rebuild === null ? [] : [`${rebuild.processed}/${rebuild.total} events${rebuild.etaSeconds === null ? '' : `, ${rebuild.etaSeconds} s left`}`];
    return [name, String(version), state, position, String(lag), eventsPerSecond === null ? '' : eventsPerSecond.toFixed(0), String(parked), [...pending, ...progress, ...(canSwitch ? ['rows are kept, for `switch`'] : []), ...(error === null ? [] : [error])].join('; ')];
  });
  print(table(['projection', 'version', 'state', 'position', 'lag', 'events/s', 'parked', 'under way'], rows));
}

async function exchange(connection: Connection, which: keyof typeof MUTATION, name: string, { json, reason }: { json?: boolean; reason: string }): Promise<void> {
  named(await statuses(connection), name);
  const { done } = await ask<{ done: Status }>(connection, MUTATION[which], { name, reason });
  const operation = await untilEnded(connection, done, ({ kind }) => kind === (which === 'switch' ? 'SWITCH' : 'ROLLBACK'));
  if (json === true) printJson(operation);
  else print(`${name}: ${which === 'switch' ? 'the rows that were kept are' : 'the rows from before are'} in use since ${operation.endedAt}. \`ops projections rollback ${name} --reason WHY\` puts the others back.`);
}

async function build(connection: Connection, name: string | undefined, what: 'rebuild' | 'keep' | 'verify', options: BuildOptions): Promise<void> {
  await atRest(connection, name);
  const variables = { names: name === undefined ? null : [name], reason: options.reason ?? null };
  const begun = what === 'verify' ? await ask<{ verifyProjections: Begun[] }>(connection, VERIFY, variables) : await ask<{ rebuildProjections: Begun[] }>(connection, REBUILD, { ...variables, switch: what === 'rebuild' });
  const asked = Object.values(begun)[0] as Begun[];
  const outcomes = await follow(connection, asked, `${what === 'keep' ? 'rebuild' : what} ${name ?? `${asked.length} projections`}`);
  const failed = outcomes.filter(({ error }) => error !== null);
  const done = outcomes.filter(({ error }) => error === null);
  if (options.json === true) printJson(outcomes);
  else if (done.length > 0) print(described(done, what));
  if (failed.length > 0) throw new CommandFailed(`The ${what === 'verify' ? 'verification' : 'rebuild'} of ${namesOf(failed)} has failed. ${failed[0]!.error!}`);
  const differing = outcomes.filter(({ differences }) => differences > 0);
  if (what === 'verify' && differing.length > 0) throw new CommandFailed(`Live rows differ from the log in ${namesOf(differing)}. 'ops projections rebuild' mends that.`);
}

/** What is built only to be compared is in use neither before nor after: nothing is said of it. */
function described(done: readonly (Outcome & { name: string })[], what: 'rebuild' | 'keep' | 'verify'): string {
  const isCompared = what === 'verify';
  const rows = done.map(({ name, processed, differences, firstDifference, switched }) => [name, String(processed), String(differences), firstDifference ?? '', ...(isCompared ? [] : [switched ? 'yes' : 'no'])]);
  return table(isCompared ? OUTCOME_HEADER : [...OUTCOME_HEADER, 'new rows in use'], rows);
}

interface Begun {
  name: string;
  operations: Pick<Operation, 'operationId' | 'kind'>[];
}

/** Those that are being built, as after a deletion of the rows, or worked on for somebody else are waited for. */
async function atRest(connection: Connection, name: string | undefined): Promise<void> {
  const bar = progressBar('under way already', 'events', 'told');
  try {
    for (;;) {
      const asked = named(await statuses(connection), name);
      const busy = asked.find(({ rebuild, operations }) => rebuild !== null || operations.some(({ state, key }) => state === 'PENDING' && key === null));
      if (busy === undefined) return;
      if (busy.state === 'STOPPED' && busy.error !== null) throw new CommandFailed(`The projection ${busy.name} cannot be built: ${busy.error}.`);
      if (busy.rebuild !== null) show(bar, busy.rebuild);
      await pause();
    }
  } finally {
    bar.stop();
  }
}

/** Until each has ended: what came of it stands in the last rebuild, or in the operation where it was not done. */
async function follow(connection: Connection, begun: readonly Begun[], title: string): Promise<(Outcome & { name: string })[]> {
  const bar = progressBar(title, 'events', 'told');
  const ids = new Map(begun.map(({ name, operations }) => [name, operations.find(({ kind }) => BUILDS.includes(kind))!.operationId]));
  try {
    for (let idleSince = Date.now(); ; ) {
      const all = (await statuses(connection)).filter(({ name }) => ids.has(name));
      const operations = all.map((one) => ({ status: one, operation: one.operations.find(({ operationId }) => operationId === ids.get(one.name)) }));
      if (operations.every(({ operation }) => operation?.state !== 'PENDING')) return operations.map(({ status: one, operation }) => outcomeOf(one, operation, title));
      const running = all.find(({ rebuild }) => rebuild !== null)?.rebuild;
      if (running != null) {
        idleSince = Date.now();
        show(bar, running);
      } else if (Date.now() - idleSince > PENDING_SECONDS_MAX * 1_000) throw new CommandFailed(`Nobody has begun it for ${PENDING_SECONDS_MAX} s: no worker runs ${[...ids.keys()].join(', ')}. It is on record and begins as soon as one does.`);
      await pause();
    }
  } finally {
    bar.stop();
  }
}

function outcomeOf({ name, lastRebuild }: Status, operation: Operation | undefined, title: string): Outcome & { name: string } {
  if (lastRebuild !== null && operation?.state === 'DONE') return { name, ...lastRebuild };
  if (operation?.error == null) throw new CommandFailed(`${title} has ended without a result for ${name}: the server's log says why.`);
  const { requestedAt, endedAt, requestedBy, reason, error } = operation;
  return { name, startedAt: requestedAt, finishedAt: endedAt ?? requestedAt, processed: 0, differences: 0, firstDifference: null, firstDifferingEventId: null, switched: false, by: requestedBy, reason, error };
}

function show(bar: Progress, { processed, total, eventsPerSecond, etaSeconds }: NonNullable<Status['rebuild']>): void {
  const rate = eventsPerSecond === null ? '' : `| ${eventsPerSecond} events/s `;
  bar.update(processed, total, `${rate}${etaSeconds === null ? '' : `| ${etaSeconds} s left`}`);
}

function namesOf(outcomes: readonly { name: string }[]): string {
  return outcomes.map(({ name }) => name).join(', ');
}
