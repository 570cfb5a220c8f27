// `ops projections status | rebuild [NAME] | verify [NAME]`: how read models stand, and proof that they equal the log.
// A rebuild and a verification go on at the server when the command is ended; `status` finds them again.
import type { Command } from 'commander';
import type { Config } from '@app/wiring';
import { type Connection, connect } from './connection';
import { CommandFailed } from './failure';
import { ask } from './graphql-client';
import { print, printJson, table } from './print';
import { progressBar } from './progress';

interface Status {
  name: string;
  version: number;
  state: string;
  position: string;
  lag: number;
  eventsPerSecond: number | null;
  parked: number;
  rebuild: { processed: number; total: number; etaSeconds: number | null } | null;
  lastRebuild: { startedAt: string; finishedAt: string; processed: number; differences: number; firstDifference: string | null; switched: boolean } | null;
}
type Outcome = NonNullable<Status['lastRebuild']>;

const STATUS_FIELDS = `name version state position lag eventsPerSecond parked
  rebuild { processed total etaSeconds } lastRebuild { startedAt finishedAt processed differences firstDifference switched }`;
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
  const connection = await connect(config);
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
  const names = (await statuses(connection)).map((projection) => projection.name).filter((known) => name === undefined || known === name);
  if (names.length === 0) throw new CommandFailed(`There is no projection ${String(name)}. See 'ops projections status'.`);
  const outcomes: (Outcome & { name: string })[] = [];
  for (const projection of names) outcomes.push({ name: projection, ...(await rebuildOne(connection, projection, options)) });
  if (options.json === true) printJson(outcomes);
  else
    print(
      table(
        ['projection', 'events', 'differing rows', 'first difference', 'in use'],
        outcomes.map(({ name: projection, processed, differences, firstDifference, switched }) => [projection, String(processed), String(differences), firstDifference ?? '', switched ? 'yes' : 'no']),
      ),
    );
  const differing = outcomes.filter(({ differences }) => differences > 0).map((outcome) => outcome.name);
  if (!options.switch && differing.length > 0) throw new CommandFailed(`Live rows differ from the log in ${differing.join(', ')}. 'ops projections rebuild' mends that.`);
}

/** Starts it and follows it to its end. */
async function rebuildOne(connection: Connection, name: string, options: { reason?: string; switch: boolean }): Promise<Outcome> {
  const before = (await statuses(connection)).find((projection) => projection.name === name)?.lastRebuild ?? null;
  await ask(connection, 'mutation($name: String!, $reason: String, $switch: Boolean!) { rebuildProjection(name: $name, reason: $reason, switch: $switch) { name } }', {
    name,
    reason: options.reason ?? (options.switch ? 'asked for by ops' : 'verification'),
    switch: options.switch,
  });
  const bar = progressBar(`${options.switch ? 'rebuild' : 'verify'} ${name}`, 'events');
  try {
    for (;;) {
      const now = (await statuses(connection)).find((projection) => projection.name === name);
      if (now === undefined) throw new CommandFailed(`The projection ${name} is gone.`);
      if (now.rebuild !== null) bar.update(now.rebuild.processed, now.rebuild.total);
      else if (now.lastRebuild !== null && now.lastRebuild.startedAt !== before?.startedAt) return now.lastRebuild;
      if (now.state === 'STOPPED') throw new CommandFailed(`The projection ${name} has stopped; the server's log says why.`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
  } finally {
    bar.stop();
  }
}
