// Data directories as the ends of a copy: read beside their owner or as their owner, written as their owner.
// What is written is read back from the files through connections of their own.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirectory, EmbeddedEventReader, EmbeddedEventStore, EmbeddedKeyReader } from '@app/event-store';
import { type CopySource, type CopyTarget, LocalSignals, SystemClock, SystemRandomness } from '@app/runtime';
import type { FoundKey } from './existing-keys';
import { Undo } from './undo';

/** Appends that go into common transactions. */
const APPENDS_MAX = 2_000;

interface DirectoryEnd {
  /** Of all streams that are there. */
  categories(): Promise<readonly string[]>;
  /** Of the log as it is stored, up to a position. */
  checksumUpTo(position: string): Promise<number>;
  close(): Promise<void>;
}

interface DirectorySource extends CopySource, DirectoryEnd {
  readonly keys: EmbeddedKeyReader;
  /** The one, of those at hand, that opens the customer keys; undefined where none does. */
  masterKey: FoundKey | undefined;
}

/** `owned`: nobody else has the directory open meanwhile, and its log is verified first. Throws `DataDirectoryInUse`, `DataDamaged`. */
export async function openDirectory(directory: string, masterKeys: readonly FoundKey[], options: { owned: boolean }): Promise<DirectorySource> {
  if (!existsSync(join(directory, 'events.db'))) throw new Error(`${directory} holds no data. Set ORDERTRAIL_DATA to the data directory that you mean.`);
  const undo = new Undo();
  try {
    const clock = new SystemClock();
    if (options.owned) {
      const own = DataDirectory.own(directory, { startedAt: clock.now() });
      undo.push(() => own.release());
      const store = await EmbeddedEventStore.open({ directory: own, clock, signals: new LocalSignals() });
      undo.push(() => store.close());
    }
    const log = EmbeddedEventReader.open(directory, { signals: new LocalSignals(), clock });
    undo.push(() => log.close());
    const { keys, masterKey } = await openKeys(directory, masterKeys);
    undo.push(() => keys.close());
    return {
      name: `The data directory ${directory}`,
      log,
      keys,
      masterKey,
      live: !options.owned,
      categories: () => log.categories(),
      checksumUpTo: (position) => log.checksumUpTo(position),
      close: undo.all,
    };
  } catch (error) {
    await undo.all().catch(() => undefined);
    throw error;
  }
}

/** As `openDirectory`, and throws where no master key at hand opens the customer keys. */
export async function openDirectorySource(directory: string, masterKeys: readonly FoundKey[], options: { owned: boolean }): Promise<DirectorySource & { masterKey: FoundKey }> {
  const source = await openDirectory(directory, masterKeys, options);
  const { masterKey } = source;
  if (masterKey !== undefined) return { ...source, masterKey };
  await source.close();
  throw new Error(
    masterKeys.length === 0
      ? `The master key of ${directory} is missing: neither ORDERTRAIL_MASTER_KEY nor the file keys/master.key is there. Nothing was copied.`
      : `The master key (${masterKeys.map(({ place }) => place).join(' or ')}) is not the one that ${directory} was written with. Nothing was copied.`,
  );
}

/** Made where it is missing. Throws `DataDirectoryInUse`, `DataDamaged`. */
export async function openDirectoryTarget(directory: string, masterKey: FoundKey): Promise<CopyTarget & DirectoryEnd> {
  const undo = new Undo();
  try {
    const clock = new SystemClock();
    const own = DataDirectory.own(directory, { startedAt: clock.now() });
    undo.push(() => own.release());
    const store = await EmbeddedEventStore.open({ directory: own, clock, signals: new LocalSignals() });
    undo.push(() => store.close());
    const vault = store.openKeyVault(masterKey.key, new SystemRandomness());
    const log = EmbeddedEventReader.open(directory, { signals: new LocalSignals(), clock });
    undo.push(() => log.close());
    const keys = EmbeddedKeyReader.open(directory, masterKey.key);
    undo.push(() => keys.close());
    return {
      name: `The data directory ${directory}`,
      log,
      keys,
      live: false,
      append: (stream, expected, events) => store.appendRecorded(stream, expected, events),
      vault,
      order: 'log',
      appendsMax: APPENDS_MAX,
      settled: () => store.settled(),
      categories: () => log.categories(),
      checksumUpTo: (position) => log.checksumUpTo(position),
      close: undo.all,
    };
  } catch (error) {
    await undo.all().catch(() => undefined);
    throw error;
  }
}

async function openKeys(directory: string, masterKeys: readonly FoundKey[]): Promise<{ keys: EmbeddedKeyReader; masterKey: FoundKey | undefined }> {
  for (const masterKey of masterKeys) {
    const keys = EmbeddedKeyReader.open(directory, masterKey.key);
    if (await keys.isMasterKey()) return { keys, masterKey };
    await keys.close();
  }
  return { keys: EmbeddedKeyReader.open(directory, undefined), masterKey: undefined };
}
