// Puts the product together on the embedded stores: one data directory, one owner, everything that apps stand on.
// Closing undoes it in the opposite order; what failed half-way is undone too.
import type { Logger } from 'pino';
import { publishDefaults, SETTINGS_STREAM } from '@app/domain';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import { Intake } from '@app/intake';
import { EmbeddedReadModels } from '@app/read-models';
import {
  BroadcastSignals,
  type Clock,
  type CommandExecutor,
  DecidingExecutor,
  LiveTables,
  PersonalData,
  ProjectionMonitor,
  type Randomness,
  RowReader,
  type Signals,
  SystemClock,
  SystemRandomness,
} from '@app/runtime';
import { businessZone } from './business-zone';
import type { Config } from './config';
import { readModelsPath, spoolPath } from './data-files';
import { DecisionContext } from './decision-context';
import { createLogger } from './logger';
import { OrderLookup } from './order-lookup';
import { DECIDERS, PERSONAL_DATA, PROJECTIONS } from './registry';
import { openSecrets, type Secrets } from './secrets';
import { startWorker, startWorkerThread, type Worker } from './worker';

/** What a test turns by hand; the real ones where left out. */
export interface Surroundings {
  clock?: Clock;
  random?: Randomness;
  /** Runs the worker in this thread. The default is a thread of its own, except under a test runner, which has no build of it. */
  inOneThread?: boolean;
}

export interface OrderTrail {
  readonly config: Config;
  /** IANA name of the business time zone of this log. */
  readonly zone: string;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly signals: Signals;
  readonly logger: Logger;
  readonly secrets: Secrets;
  readonly eventStore: EmbeddedEventStore;
  readonly executor: CommandExecutor;
  readonly personalData: PersonalData;
  readonly context: DecisionContext;
  readonly intake: Intake;
  readonly rows: RowReader;
  readonly monitor: ProjectionMonitor;
  readonly worker: Worker;
  readonly orders: OrderLookup;
  readonly spoolDirectory: string;
  /** Tells other processes of this machine where this one answers. */
  announce(url: string): void;
  /** Set when a part that cannot be done without has failed; the process should end. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

const SYSTEM = { id: 'ordertrail', role: 'system' } as const;

/** Throws `DataDirectoryInUse`, `DataDamaged`, `BusinessZoneMismatch`, each with the sentence for the user. */
export async function openOrderTrail(config: Config, surroundings: Surroundings = {}): Promise<OrderTrail> {
  const undo: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    return await open(config, surroundings, undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(config: Config, surroundings: Surroundings, undo: (() => void | Promise<void>)[], close: () => Promise<void>): Promise<OrderTrail> {
  const clock = surroundings.clock ?? new SystemClock();
  const random = surroundings.random ?? new SystemRandomness();
  const logger = createLogger(config.logLevel);
  const { dataDirectory } = config;

  const directory = DataDirectory.own(dataDirectory, { startedAt: clock.now() });
  undo.push(() => directory.release());
  const secrets = openSecrets(dataDirectory, config.masterKey);
  const channel = `ordertrail ${dataDirectory}`;
  const signals = new BroadcastSignals(channel);
  undo.push(() => signals.close());

  const eventStore = await EmbeddedEventStore.open({ directory, clock, signals, note: (line) => logger.info(line) });
  undo.push(() => eventStore.close());
  const personalData = new PersonalData(PERSONAL_DATA, eventStore.openKeyVault(secrets.masterKey, random), random);
  const context = new DecisionContext(eventStore);
  const executor = new DecidingExecutor({
    store: eventStore,
    deciders: DECIDERS,
    personalData,
    prepare: (category, command, state) => context.prepare(category, command, state),
  });
  const zone = await businessZone(config.zone, { executor, eventStore, clock });
  await publishFirstSettings(executor, clock);

  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (fail = resolve));
  const inOneThread = surroundings.inOneThread ?? !__filename.endsWith('.js');
  const worker = inOneThread
    ? await startWorker({ dataDirectory, log: eventStore, executor, signals, clock, logger })
    : await startWorkerThread({ dataDirectory, channel, logLevel: config.logLevel }, executor, fail);
  undo.push(() => worker.stop());

  // The worker has made the file.
  const readModels = EmbeddedReadModels.open(readModelsPath(dataDirectory), { readOnly: true });
  undo.push(() => readModels.close());
  const tables = new LiveTables({ store: readModels, signals, clock });
  undo.push(() => tables.close());
  const rows = new RowReader(readModels, tables);
  const monitor = new ProjectionMonitor({ log: eventStore, store: readModels, tables, signals, clock, projections: PROJECTIONS });
  const orders = new OrderLookup(rows, monitor, eventStore);
  const intake = new Intake({ executor, eventStore, clock, random, zone, lookUpOrder: async (orderNumber) => streamOf(await orders.byNumber(orderNumber)) });
  const closing = new AbortController();
  const { repaired } = await intake.resume(eventStore, closing.signal);
  const repair = repaired.catch((error: unknown) => logger.error({ err: error }, 'facts that wait for their order could not be forwarded; the next start tries again'));
  undo.push(() => {
    closing.abort();
    return repair;
  });

  return {
    config,
    zone,
    clock,
    random,
    signals,
    logger,
    secrets,
    eventStore,
    executor,
    personalData,
    context,
    intake,
    rows,
    monitor,
    worker,
    orders,
    spoolDirectory: spoolPath(dataDirectory),
    announce: (url) => directory.announce(url),
    failed,
    close,
  };
}

/** Version 1 of the settings ships with the product and is published as any later one. */
async function publishFirstSettings(executor: CommandExecutor, clock: Clock): Promise<void> {
  const { revision } = await executor.load(SETTINGS_STREAM);
  if (revision < 0) await executor.execute(SETTINGS_STREAM, publishDefaults({ id: 'publish-default-settings', actor: SYSTEM, at: clock.now() }));
}

function streamOf(row: { key: string } | undefined): { stream: string } | undefined {
  return row === undefined ? undefined : { stream: row.key };
}
