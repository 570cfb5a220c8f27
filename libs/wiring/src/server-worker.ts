// The worker of one process among several: each projection and each policy is a share of its own, run by whoever holds its lease.
// A share writes under its lease alone, and what a policy sends is sent only while the lease is held.
import type { MongoClient } from 'mongodb';
import type { Logger } from 'pino';
import { heldShares, MongoLeases, type MongoReadModels } from '@app/read-models';
import { type Clock, type CommandExecutor, type KeyVault, type Lease, LiveTables, PolicyRunner, ProjectionRunner, type Randomness, ReadTogether, RowReader, OneFeedForMany, type Signals, whileHeld, WorkerShares } from '@app/runtime';
import type { ServersConfig } from './config';
import { executorOver, openSources } from './executor';
import type { Notifiers } from './notifiers';
import { adoptionsIn } from './policy-adoption';
import { CATEGORIES, POLICIES, PROJECTIONS, STAND_IN_POLICIES } from './registry';
import { RowsAtHand } from './rows-at-hand';
import { runWorkerThread } from './run-worker-thread';
import type { Log } from './stores';
import { Undo } from './undo';
import type { Worker } from './worker';

/** What the thread is told at its start. */
export interface ServerWorkerThreadData {
  config: ServersConfig;
  standIn: boolean;
}

interface ServerWorkerDeps {
  client: MongoClient;
  database: string;
  rows: MongoReadModels;
  /** Private rows of the policies; closed with the worker. */
  policyRows: MongoReadModels;
  /** Of this process. */
  eventStore: Log;
  keyVault: KeyVault;
  signals: Signals;
  clock: Clock;
  random: Randomness;
  /** Closed with the worker. */
  notifiers: Notifiers;
  logger: Logger;
  standIn: boolean;
}

const PROJECTION_SHARE = 'projection/';

/** Those whose share is held by a worker. */
export async function runningProjections(client: MongoClient, database: string): Promise<ReadonlySet<string>> {
  const held = await heldShares(client, database);
  return new Set(held.filter((share) => share.startsWith(PROJECTION_SHARE)).map((share) => share.slice(PROJECTION_SHARE.length)));
}

/** Runs its part of the shares in this thread. */
export async function startServerWorker({ client, database, rows, policyRows, eventStore, keyVault, signals, clock, random, notifiers, logger, standIn }: ServerWorkerDeps): Promise<Worker> {
  const undo = new Undo();
  const together = new ReadTogether({ log: eventStore, categories: CATEGORIES, most: 'order', clock });
  const feed = new OneFeedForMany({ log: together.log, categories: CATEGORIES, clock, logger });
  const adoptions = adoptionsIn(feed.log, CATEGORIES);
  const common = { log: feed.log, signals, clock, logger };
  undo.push(() => policyRows.close());
  undo.push(() => together.close());
  undo.push(() => feed.close());
  const tables = new LiveTables({ store: rows, signals, clock });
  undo.push(() => tables.close());
  const rowsAtHand = new RowsAtHand();
  rowsAtHand.use(new RowReader(rows, tables));
  const sources = openSources({ eventStore, keyVault }, random, rowsAtHand);
  const executorUnder = (lease: Lease): CommandExecutor => executorOver(whileHeld(lease, eventStore), sources, { notifiers, clock, assertHeld: () => lease.assertHeld() });
  const projections = PROJECTIONS.map((projection) => ({
    name: `${PROJECTION_SHARE}${projection.name}`,
    start: (lease: Lease) => started(lease, rows, (store) => new ProjectionRunner({ ...common, store, executor: executorUnder(lease), projections: [projection], amongOthers: true })),
  }));
  const policies = (standIn ? STAND_IN_POLICIES : POLICIES).map((policy) => ({
    name: `policy/${policy.name}`,
    start: (lease: Lease) => started(lease, policyRows, (store) => new PolicyRunner({ ...common, store, executor: executorUnder(lease), policies: [policy], adoptions })),
  }));
  try {
    const leases = await MongoLeases.open({ client, database, clock, random });
    undo.push(() => leases.close());
    const shares = new WorkerShares({ shares: [...projections, ...policies], leases, clock, logger, standIn });
    undo.push(() => shares.stop());
    undo.push(() => notifiers.close());
    await shares.start();
    return { stop: undo.all };
  } catch (error) {
    await undo.all().catch(() => undefined);
    throw error;
  }
}

interface ShareRunner {
  start(): Promise<void>;
  stop(): Promise<void>;
  busy?(): boolean;
}

async function started(lease: Lease, rows: MongoReadModels, make: (store: MongoReadModels) => ShareRunner): Promise<Pick<ShareRunner, 'stop' | 'busy'>> {
  const store = rows.under(lease);
  const runner = make(store);
  const stop = async (): Promise<void> => {
    try {
      await runner.stop();
    } finally {
      await store.close();
    }
  };
  try {
    await runner.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop, busy: () => runner.busy?.() === true };
}

/** Runs it in a thread with connections of its own, so that projections take no time from requests. */
export function startServerWorkerThread(config: ServersConfig, standIn: boolean, onExit: (error: Error) => void): Promise<Worker> {
  return runWorkerThread('server-worker-thread.js', { config, standIn } satisfies ServerWorkerThreadData, [], onExit);
}
