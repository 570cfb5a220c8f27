// Puts the product together on its stores: everything that apps stand on.
// Closing undoes it in the opposite order; what failed half-way is undone too.
import type { Logger } from 'pino';
import { APPROVAL_POLICY_STREAM, publishDefaults, publishShippedPolicy, publishShippedSops, ROUTES_STREAM, SETTINGS_STREAM, SOP_STREAM } from '@app/domain';
import { Intake } from '@app/intake';
import {
  type Clock,
  type CommandExecutor,
  LiveTables,
  type PersonalData,
  ProjectionMonitor,
  type Randomness,
  RowReader,
  type Signals,
  SystemClock,
  SystemRandomness,
} from '@app/runtime';
import { businessZone, nameOfLog } from './business-zone';
import type { Config } from './config';
import { spoolPath } from './data-files';
import type { DecisionContext } from './decision-context';
import { openEmbeddedStores } from './embedded-stores';
import { openServerStores } from './server-stores';
import type { ExceptionContext } from './exception-context';
import { executorOver, openSources } from './executor';
import { createLogger } from './logger';
import { openNotifiers } from './notifiers';
import { OrderLookup } from './order-lookup';
import type { PeopleContext } from './people-context';
import { adoptPolicies } from './policy-adoption';
import { POLICIES, PROJECTIONS } from './registry';
import { RowsAtHand } from './rows-at-hand';
import type { Secrets } from './secrets';
import type { Log, StoreNames } from './stores';
import { Undo } from './undo';
import { waitingNumbers } from './waiting-numbers';
import type { Worker } from './worker';

/** What a test turns by hand; the real ones where left out. */
export interface Surroundings {
  clock?: Clock;
  random?: Randomness;
  /** Runs the worker in this thread. The default is a thread of its own, except under a test runner, which has no build of it. */
  inOneThread?: boolean;
  /** Embedded: with the same clock and randomness the same happens in the same order each time. All waiting, for the disk too, is in this thread. */
  repeatable?: boolean;
  /** For commands, which do not stay: sends nothing, and with servers does the work of a worker only while there is none. */
  standIn?: boolean;
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
  readonly eventStore: Log;
  readonly storeNames: StoreNames;
  readonly executor: CommandExecutor;
  readonly personalData: PersonalData;
  readonly context: DecisionContext;
  readonly people: PeopleContext;
  readonly exceptions: ExceptionContext;
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
  const undo = new Undo();
  try {
    return await open(config, surroundings, undo);
  } catch (error) {
    // What failed first says more than what failed while it was undone.
    await undo.all().catch(() => undefined);
    throw error;
  }
}

async function open(config: Config, surroundings: Surroundings, undo: Undo): Promise<OrderTrail> {
  const clock = surroundings.clock ?? new SystemClock();
  const random = surroundings.random ?? new SystemRandomness();
  const logger = createLogger(config);
  const repeatable = surroundings.repeatable ?? false;
  const inOneThread = surroundings.inOneThread ?? (repeatable || !__filename.endsWith('.js'));
  const standIn = surroundings.standIn ?? false;
  const deps = { clock, random, logger, inOneThread, repeatable, standIn };
  const stores = await (config.servers === undefined ? openEmbeddedStores(config, deps) : openServerStores({ ...config, servers: config.servers }, deps));
  undo.push(() => stores.close());
  const { eventStore, signals, secrets } = stores;

  const rowsAtHand = new RowsAtHand();
  // On servers whoever runs the policies sends.
  const delivery = stores.soleWriter && !standIn ? { notifiers: openNotifiers(config, { clock, logger }), clock, assertHeld: () => undefined } : undefined;
  const sources = openSources(stores, random, rowsAtHand, repeatable ? () => Date.parse(clock.now()) : undefined);
  const executor = executorOver(eventStore, sources, delivery);
  const { personalData, context, people, exceptions } = sources;
  const isNew = (await nameOfLog(eventStore)) === undefined;
  const zone = await businessZone(config.zone, { executor, eventStore, clock });
  await stores.begun?.();
  await adoptPolicies(POLICIES, { executor, clock, isNew });
  await publishFirstVersions(executor, clock);

  // Closed after the worker: what its policies decide until then rests on rows too.
  let closeRows = (): Promise<void> => Promise.resolve();
  undo.push(() => closeRows());
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (fail = resolve));
  const worker = await stores.startWorker(fail, executor);
  undo.push(() => worker.stop());
  undo.push(() => delivery?.notifiers.close());

  // The worker has made the rows, if nobody has before.
  const readModels = await stores.openRows();
  closeRows = () => readModels.close();
  const tables = new LiveTables({ store: readModels, signals, clock });
  undo.push(() => tables.close());
  const rows = new RowReader(readModels, tables);
  rowsAtHand.use(rows);
  // Told once, and by itself, where nobody is registered yet who could approve. Whoever follows the policies must be there to hear it.
  if (config.role !== 'api') await executor.execute(ROUTES_STREAM, { type: 'CheckRoutes', id: random.uuid(), actor: SYSTEM, at: clock.now() } );
  const monitor = new ProjectionMonitor({ log: eventStore, store: readModels, tables, signals, clock, projections: PROJECTIONS, ...(stores.running === undefined ? {} : { running: stores.running }) });
  const orders = new OrderLookup(rows, monitor, eventStore);
  const intake = new Intake({ executor, eventStore, clock, random, zone, lookUpOrder: async (orderNumber) => streamOf(await orders.byNumber(orderNumber)) });
  const closing = new AbortController();
  const { signal } = closing;
  const seen = await eventStore.end();
  const { repaired } = stores.soleWriter
    ? await intake.resume(eventStore, signal)
    : { repaired: intake.joinOthers(eventStore, { seen, waiting: waitingNumbers(seen, { rows, monitor, clock, signal }) }, signal) };
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
    storeNames: stores.names,
    executor,
    personalData,
    context,
    people,
    exceptions,
    intake,
    rows,
    monitor,
    worker,
    orders,
    spoolDirectory: spoolPath(config.dataDirectory),
    announce: (url) => stores.announce(url),
    failed,
    close: undo.all,
  };
}

/** Version 1 of settings, approval policy and SOP library ships with the product and is published as any later one. */
async function publishFirstVersions(executor: CommandExecutor, clock: Clock): Promise<void> {
  const isNew = async (stream: string): Promise<boolean> => (await executor.load(stream)).revision < 0;
  const at = clock.now();
  if (await isNew(SETTINGS_STREAM)) await executor.execute(SETTINGS_STREAM, publishDefaults({ id: 'publish-default-settings', actor: SYSTEM, at }));
  if (await isNew(APPROVAL_POLICY_STREAM)) await executor.execute(APPROVAL_POLICY_STREAM, publishShippedPolicy({ id: 'publish-shipped-approval-policy', actor: SYSTEM, at }));
  if (await isNew(SOP_STREAM)) await executor.execute(SOP_STREAM, publishShippedSops({ id: 'publish-shipped-sops', actor: SYSTEM, at }));
}

function streamOf(row: { key: string } | undefined): { stream: string } | undefined {
  return row === undefined ? undefined : { stream: row.key };
}
