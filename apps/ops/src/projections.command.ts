// `ops projections status | rebuild [NAME] | verify [NAME]`: how read models stand, and proof that they equal the log.
// A rebuild and a verification go on at the server when the command is ended; `status` finds them again.
import type { Command } from 'commander';
import type { Config } from '@app/wiring';
import { type Connection, connect } from './connection';
import { CommandFailed } from './failure';
import { ask } from './graphql-client';
import { print, printJson, table } from './print';
import { type Progress, progressBar } from './progress';

interface Status {
  name: string;
  version: number;
  state: string;
  position: string;
  lag: number;
  eventsPerSecond: number | null;
  parked: number;
  rebuild: { processed: number; total: number; eventsPerSecond: number | null; etaSeconds: number | null } | null;
  lastRebuild: Outcome | null;
  /** Why it is stopped. */
  error: string | null;
}

interface Outcome {
  startedAt: string;
  finishedAt: string;
  /** Events. */
  processed: number;
  /** Rows. */
  differences: number;
  firstDifference: string | null;
  switched: boolean;
  by: string;
  reason: string | null;
  /** Why there is no result. */
  error: string | null;
}

const STATUS_FIELDS = `name version state position lag eventsPerSecond parked error rebuild { processed total eventsPerSecond etaSeconds }
  lastRebuild { startedAt finishedAt processed differences firstDifference switched by reason error }`;
const BEGIN = `mutation($names: [String!], $reason: String, $switch: Boolean!) { rebuildProjections(names: $names, reason: $reason, switch: $switch) { name } }`;
const OUTCOME_HEADER = ['projection', 'events', 'differing rows', 'first difference', 'in use'];
const POLL_MILLISECONDS = 250;

export function addProjectionsCommand(program: Command, config: () => Config): void {
  const projections = program.command('projections').description('read models: how they stand, rebuild them, prove them');
  projections
    .command('status')
    .description('position, lag, rate and parked events of every projection')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => withConnection(config(), (connection) => status(connection, options)));
  projections
    .command('rebuild')
    .description('build anew from the log beside the live rows, compare, and switch')
    .argument('[name]', 'projection; all of them when left out')
    .option('--reason <text>', 'why, for the record')
    .option('--json', 'print JSON')
    .action((name: string | undefined, options: { json?: boolean; reason?: string }) =>
      withConnection(config(), (connection) => rebuild(connection, name, { ...options, switch: true })),
    );
  projections
    .command('verify')
    .description('build anew into a shadow and compare with the live rows; ends with 1 when a row differs')
    .argument('[name]', 'projection; all of them when left out')
    .option('--json', 'print JSON')
    .action((name: string | undefined, options: { json?: boolean }) => withConnection(config(), (connection) => rebuild(connection, name, { ...options, switch: false })));
}

async function withConnection(config: Config, work: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await connect(config, { existing: true });
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}

async function statuses(connection: Connection): Promise<Status[]> {
  return (await ask<{ projections: Status[] }>(connection, `{ projections { ${STATUS_FIELDS} } }`)).projections;
}

async function status(connection: Connection, options: { json?: boolean }): Promise<void> {
  const all = await statuses(connection);
  if (options.json === true) return printJson(all);
  const rows = all.map(({ name, version, state, position, lag, eventsPerSecond, parked }) =>
    [name, String(version), state, position, String(lag), eventsPerSecond === null ? '' : eventsPerSecond.toFixed(0), String(parked)]);
  print(table(['projection', 'version', 'state', 'position', 'lag', 'events/s', 'parked'], rows));
}

async function rebuild(connection: Connection, name: string | undefined, options: { json?: boolean; reason?: string; switch: boolean }): Promise<void> {
  const before = await atRest(connection, name);
  await ask(connection, BEGIN, { names: name === undefined ? null : [name], reason: options.reason ?? (options.switch ? 'asked for by ops' : 'verification'), switch: options.switch });
  const outcomes = await follow(connection, before, `${options.switch ? 'rebuild' : 'verify'} ${name ?? `${before.length} projections`}`);
  const failed = outcomes.filter(({ error }) => error !== null);
  const ended = outcomes.filter(({ error }) => error === null);
  if (options.json === true) printJson(outcomes);
  else if (ended.length > 0) print(table(OUTCOME_HEADER, ended.map((one) => [one.name, String(one.processed), String(one.differences), one.firstDifference ?? '', one.switched ? 'yes' : 'no'])));
  if (failed.length > 0) throw new CommandFailed(`The ${options.switch ? 'rebuild' : 'verification'} of ${namesOf(failed)} has failed. ${failed[0]!.error!}`);
  const differing = outcomes.filter(({ differences }) => differences > 0);
  if (!options.switch && differing.length > 0) throw new CommandFailed(`Live rows differ from the log in ${namesOf(differing)}. 'ops projections rebuild' mends that.`);
}

/** The projection, or all; those that are being built, as after a deletion of the rows, or rebuilt for somebody else are waited for. */
async function atRest(connection: Connection, name: string | undefined): Promise<Status[]> {
  const bar = progressBar('being built already', 'events', 'told');
  try {
    for (;;) {
      const asked = (await statuses(connection)).filter((projection) => name === undefined || projection.name === name);
      if (asked.length === 0) throw new CommandFailed(`There is no projection ${String(name)}. See 'ops projections status'.`);
      const busy = asked.find(({ rebuild: progress }) => progress !== null);
      if (busy === undefined) return asked;
      if (busy.state === 'STOPPED' && busy.error !== null) throw new CommandFailed(`The projection ${busy.name} cannot be built: ${busy.error}.`);
      show(bar, busy.rebuild!);
      await pause();
    }
  } finally {
    bar.stop();
  }
}

/** Until nothing goes on with any of them; the first outcome after the one before is the one that was asked for. */
async function follow(connection: Connection, before: readonly Status[], title: string): Promise<(Outcome & { name: string })[]> {
  const outcomes = new Map<string, Outcome & { name: string }>();
  const bar = progressBar(title, 'events', 'told');
  try {
    for (;;) {
      const all = await statuses(connection);
      const asked = before.map(({ name, lastRebuild }) => ({ name, earlier: lastRebuild?.startedAt, now: all.find((status) => status.name === name) }));
      for (const { name, earlier, now } of asked) {
        if (now?.lastRebuild != null && now.lastRebuild.startedAt !== earlier && !outcomes.has(name)) outcomes.set(name, { name, ...now.lastRebuild });
      }
      const running = asked.find(({ now }) => now?.rebuild != null)?.now?.rebuild;
      if (running == null) {
        for (const { name, now } of asked) if (!outcomes.has(name)) throw new CommandFailed(`${title} has ended without a result for ${name}: ${now?.error ?? "the server's log says why"}.`);
        return [...outcomes.values()];
      }
      show(bar, running);
      await pause();
    }
  } finally {
    bar.stop();
  }
}

function show(bar: Progress, { processed, total, eventsPerSecond, etaSeconds }: NonNullable<Status['rebuild']>): void {
  const rate = eventsPerSecond === null ? '' : `| ${eventsPerSecond} events/s `;
  bar.update(processed, total, `${rate}${etaSeconds === null ? '' : `| ${etaSeconds} s left`}`);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
}

function namesOf(outcomes: readonly { name: string }[]): string {
  return outcomes.map(({ name }) => name).join(', ');
}
