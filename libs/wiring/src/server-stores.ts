// EventStoreDB for the log, MongoDB for rows, customer keys and leases: any number of processes, each an API, a worker or both.
// What belongs to this machine alone (key file, answers not yet read, scratch of rebuilds) stays in the data directory.
import { EventStoreDbEventStore, MongoKeyVault } from '@app/event-store';
import { connectMongo, MongoReadModels, MongoSignals } from '@app/read-models';
import type { ServersConfig } from './config';
import { scratchPath } from './data-files';
import { markLog, refuseOtherLog } from './log-of-database';
import { CATEGORIES } from './registry';
import { openNotifiers } from './notifiers';
import { openServerSecrets } from './secrets';
import { databaseOf } from './server-database';
import { runningProjections, startServerWorker, startServerWorkerThread } from './server-worker';
import type { Stores, StoresDeps } from './stores';
import { Undo } from './undo';
import type { Worker } from './worker';

/** Each share of the work has an executor of its own. */
type ServerStores = Stores & { startWorker(failed: (error: Error) => void): Promise<Worker> };

/** Throws with a sentence where a server is not there, refuses us, or was set up with another master key, and where log and database are not of one installation. */
export async function openServerStores(config: ServersConfig, deps: StoresDeps): Promise<ServerStores> {
  const { clock, random, logger, inOneThread, standIn } = deps;
  const undo = new Undo();
  try {
    const client = await connectMongo(config.servers.mongoDb);
    undo.push(() => client.close());
    const database = databaseOf(client, config.servers.mongoDb);
    const note = (line: string): void => logger.info(line);
    const eventStore = await EventStoreDbEventStore.open({ url: config.servers.eventStoreDb, categories: CATEGORIES, clock, random, note });
    undo.push(() => eventStore.close());
    await refuseOtherLog(eventStore, database);
    const secrets = await openServerSecrets(config, database, random);
    const keyVault = await MongoKeyVault.open({ database, masterKey: secrets.masterKey, random, clock });
    const rowsAt = { server: client, database: database.databaseName, scratchDirectory: scratchPath(config.dataDirectory), clock };
    const rows = await MongoReadModels.open({ ...rowsAt, space: 'projections' });
    undo.push(() => rows.close());
    const signals = await MongoSignals.open({ client, database: database.databaseName, space: 'projections', clock, note });
    undo.push(() => signals.close());
    const { srvHost, hosts } = client.options;
    return {
      names: { log: `EventStoreDB at ${eventStore.address}`, rows: `MongoDB at ${srvHost ?? hosts.join(',')}/${database.databaseName}` },
      secrets,
      signals,
      eventStore,
      keyVault,
      soleWriter: false,
      async startWorker(failed) {
        if (config.role === 'api') return { stop: () => Promise.resolve() };
        if (config.role === 'both' && !inOneThread) return startServerWorkerThread(config, standIn, failed);
        const policyRows = await MongoReadModels.open({ ...rowsAt, space: 'policies' });
        return startServerWorker({ client, database: database.databaseName, rows, policyRows, eventStore, keyVault, signals, clock, random, notifiers: openNotifiers(config, { clock, logger }), logger, standIn });
      },
      begun: () => markLog(eventStore, database),
      running: () => runningProjections(client, database.databaseName),
      openRows: () => Promise.resolve(rows),
      announce: () => undefined,
      close: undo.all,
    };
  } catch (error) {
    await undo.all().catch(() => undefined);
    throw error;
  }
}
