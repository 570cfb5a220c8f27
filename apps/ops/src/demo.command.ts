// `ops demo`: a week of orders of four platforms through the real intake, people who approve, a summary of it, and a server to look around in.
// The same seed gives the same week; run again on the same data directory it finds everything there already. Nobody else's data is touched.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Config, issueToken, openTokenKey, ROLES } from '@app/wiring';
import { type Connection, connect } from './connection';
import { add618 } from './demo/demo-618.command';
import { addApprovals } from './demo/demo-approvals.command';
import { summarize } from './demo/summary';
import { busiestApprover, decideAndLeave, register, type Staffed } from './demo/week-people';
import { type Delivery, generateWeek } from './demo/week';
import { CommandFailed, WrongUsage } from './failure';
import { ask, reach } from './graphql-client';
import { print, printJson, table } from './print';
import { progressBar } from './progress';

interface DemoOptions {
  seed: string;
  orders: string;
  json?: boolean;
  exit?: boolean;
}
/** What an installation was filled with, so that a second run sends the same. */
interface DemoRun {
  seed: number;
  orders: number;
  end: number;
  /** Digest of the log's connection string, which may hold a password; left out for a data directory. */
  servers?: string;
}

interface Inhabited {
  orders: { edges: unknown[] };
  staffMembers: unknown[];
}

const HOUR = 3_600_000;

export function addDemoCommand(program: Command, config: () => Config): void {
  // Options stand behind the name of the command they belong to: `demo` and `demo 618` each have a `--seed`. Both must be told.
  const demoCommand = program.enablePositionalOptions().command('demo').enablePositionalOptions();
  add618(demoCommand);
  addApprovals(demoCommand);
  demoCommand
    .description('a week of orders with all kinds of trouble, a summary, and a running server; `demo 618` and `demo approvals` tell two stories')
    .option('--seed <n>', 'another seed, another week', '618')
    .option('--orders <n>', 'orders in the week', '1000')
    .option('--exit', 'end after the summary instead of serving on')
    .option('--json', 'print the summary as JSON')
    .allowExcessArguments(true)
    .action((options: DemoOptions, { args: [other] }: Command) => {
      if (other !== undefined) throw new WrongUsage(`There is no demo '${other}': leave it out for a week of orders, or choose 618 or approvals.`);
      return demo(config(), options);
    });
}

async function demo(config: Config, options: DemoOptions): Promise<void> {
  for (const [name, value] of [['--seed', options.seed], ['--orders', options.orders]] as const) {
    if (!/^\d{1,9}$/.test(value)) throw new WrongUsage(`${name} takes a whole number, not '${value}'.`);
  }
  if (Number(options.orders) === 0) throw new WrongUsage('--orders takes a whole number from 1.');
  const connection = await connect(config, { serve: true });
  let ended = false;
  const end = async (): Promise<void> => {
    if (!ended) {
      ended = true;
      await connection.close();
    }
  };
  try {
    const run = await runIn(config, connection, { seed: Number(options.seed), orders: Number(options.orders), end: Math.floor(Date.now() / HOUR) * HOUR });
    const tokenKey = await openTokenKey(config);
    const staffed: Staffed = { url: connection.url, tokenOf: (sub, role) => issueToken(tokenKey, { sub, roles: [role] }, new Date()) };
    await register(staffed, run.end);
    const position = await deliver(connection, generateWeek(run));
    await decideAndLeave(staffed);
    const summary = await summarize({ ...connection, minPosition: position }, new Date(run.end - 7 * 24 * HOUR), new Date(run.end + HOUR));
    if (options.json === true) printJson({ ...run, end: new Date(run.end).toISOString(), ...summary.figures });
    else print(summary.text);
    if (options.exit === true || options.json === true) return;
    if (connection.local === undefined) return print(`\nThe server at ${connection.url} goes on as before.`);
    await printDoors(tokenKey, connection, await busiestApprover(staffed));
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    print('\nStopping ...');
  } finally {
    await end();
  }
}

/** The run that the installation was filled by, or a fresh one. Throws where there is something that no demo has brought: nothing is ever taken out of a log again. */
async function runIn(config: Config, connection: Connection, asked: Omit<DemoRun, 'servers'>): Promise<DemoRun> {
  const { dataDirectory, servers } = config;
  const { file, place, another, fresh } = servers === undefined
    ? { file: 'demo.json', place: dataDirectory, another: 'ORDERTRAIL_DATA', fresh: asked as DemoRun }
    : { file: 'demo-on-servers.json', place: 'The installation on these servers', another: 'installation', fresh: { ...asked, servers: createHash('sha256').update(servers.eventStoreDb).digest('hex') } };
  const path = join(dataDirectory, file);
  if (existsSync(path)) {
    const known = JSON.parse(readFileSync(path, 'utf8')) as DemoRun;
    if (known.servers === fresh.servers) {
      if (known.seed === fresh.seed && known.orders === fresh.orders) return known;
      throw new CommandFailed(`${place} holds the demo of seed ${known.seed} with ${known.orders} orders. Choose another ${another} for another week.`);
    }
  }
  const { orders, staffMembers } = await ask<Inhabited>(connection, '{ orders(first: 1) { edges { node { orderNumber } } } staffMembers { staffId } }');
  if (orders.edges.length > 0 || staffMembers.length > 0) {
    throw new CommandFailed(`${place} holds orders or people that no demo has brought, and what the demo brings could not be taken out again. Choose another ${another} for it.`);
  }
  mkdirSync(dataDirectory, { recursive: true });
  writeFileSync(path, `${JSON.stringify(fresh)}\n`);
  return fresh;
}

/** Answers the position of the last delivery. In the order of time, hour by hour; what one system sends of a topic in an hour goes in one request. */
async function deliver(connection: Connection, deliveries: readonly Delivery[]): Promise<string> {
  let position = '';
  const bar = progressBar('a week of orders', 'deliveries');
  for (let sent = 0; sent < deliveries.length; ) {
    const hour = Math.floor(deliveries[sent]!.at / HOUR);
    const groups = new Map<string, unknown[]>();
    let next = sent;
    for (; next < deliveries.length && Math.floor(deliveries[next]!.at / HOUR) === hour; next++) {
      const { system, topic, item } = deliveries[next]!;
      const path = `${system}/${topic}`;
      groups.set(path, [...(groups.get(path) ?? []), item]);
    }
    for (const [path, items] of groups) position = await post(connection, path, items);
    sent = next;
    bar.update(sent, deliveries.length);
  }
  bar.stop();
  return position;
}

async function post({ url, token }: Connection, path: string, items: readonly unknown[]): Promise<string> {
  const response = await reach(`${url}/intake/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(items),
  });
  if (response.status !== 202) throw new CommandFailed(`The intake refused a delivery to ${path}: ${response.status} ${(await response.text()).slice(0, 200)}`);
  return ((await response.json()) as { position: string }).position;
}

async function printDoors(tokenKey: Uint8Array, { url }: Connection, approver: { staffId: string; tasks: number }): Promise<void> {
  const roles = ROLES.filter((role) => role !== 'integration');
  const tokens = await Promise.all(
    roles.map(async (role) => {
      const sub = role === 'approver' ? approver.staffId : role;
      return [sub === role ? role : `${role} (${sub})`, await issueToken(tokenKey, { sub, roles: [role] }, new Date())];
    }),
  );
  tokens.push(['integration (WS)', await issueToken(tokenKey, { sub: 'WS', roles: ['integration'], system: 'WS' }, new Date())]);
  print(`\nLook around (Ctrl-C stops the server):\n  GraphiQL  ${url}/graphiql\n  OpenAPI   ${url}/docs\n  Health    ${url}/health/ready\n  Metrics   ${url}/metrics\n`);
  print(table(['role', 'token (header: Authorization: Bearer TOKEN)'], tokens as string[][]));
  print(`\nThe approver's token is that of ${approver.staffId}; tasks that wait for their decision: ${approver.tasks}.`);
}
