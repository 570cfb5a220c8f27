// Everything in one data directory with one owner: log, keys and rows in files of their own, nothing to install.
// The worker runs in a thread of its own; what its policies decide is executed here, where the log is written.
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import { EmbeddedReadModels } from '@app/read-models';
import { BroadcastSignals } from '@app/runtime';
import type { Config } from './config';
import { readModelsPath } from './data-files';
import { openSecrets } from './secrets';
import type { Stores, StoresDeps } from './stores';
import { Undo } from './undo';
import { startWorker, startWorkerThread } from './worker';

/** Throws `DataDirectoryInUse`, `DataDamaged`, each with the sentence for the user. */
export async function openEmbeddedStores(config: Config, { clock, random, logger, inOneThread, repeatable = false, standIn }: StoresDeps): Promise<Stores> {
  const { dataDirectory, logLevel, logFor } = config;
  const undo = new Undo();
  try {
    const directory = DataDirectory.own(dataDirectory, { startedAt: clock.now() });
    undo.push(() => directory.release());
    const secrets = openSecrets(config);
    const channel = `ordertrail ${dataDirectory}`;
    const signals = new BroadcastSignals(channel);
    undo.push(() => signals.close());
    const eventStore = await EmbeddedEventStore.open({ directory, clock, signals, note: (line) => logger.info(line), syncHere: repeatable });
    undo.push(() => eventStore.close());
    const keyVault = eventStore.openKeyVault(secrets.masterKey, random);
    return {
      names: { log: 'the log in the data directory', rows: 'the rows in the data directory' },
      secrets,
      signals,
      eventStore,
      keyVault,
      soleWriter: true,
      startWorker: (failed, executor) =>
        inOneThread
          ? startWorker({ dataDirectory, standIn, log: eventStore, executor, signals, clock, logger })
          : startWorkerThread({ dataDirectory, standIn, channel, log: { logLevel, logFor } }, executor, failed),
      openRows: async () => EmbeddedReadModels.open(readModelsPath(dataDirectory), { readOnly: true }),
      announce: (url) => directory.announce(url),
      close: undo.all,
    };
  } catch (error) {
    await undo.all().catch(() => undefined);
    throw error;
  }
}
