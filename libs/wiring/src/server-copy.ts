// EventStoreDB and MongoDB as the ends of a copy: one opens what servers of this installation use, and nothing beside it.
// What is written is read back through a vault of its own, and no key is taken from memory: servers may destroy one while it is copied.
import { adoptTokenKey, EventStoreDbEventStore, MongoKeyVault } from '@app/event-store';
import { connectMongo } from '@app/read-models';
import { type CopyProof, type CopyTarget, SystemClock, SystemRandomness } from '@app/runtime';
import type { Config } from './config';
import { filling } from './log-of-database';
import { CATEGORIES } from './registry';
import { databaseOf } from './server-database';
import { Undo } from './undo';

/** Appends on their way at once: more gain nothing on two cores, fewer leave a server with slow disks idle. */
const APPENDS_MAX = 192;

interface ServerEnd {
  /** Of all streams of the product. */
  categories: readonly string[];
  /** The token key in force: this one, unless there is one already. */
  adoptTokenKey(tokenKey: Uint8Array): Promise<Uint8Array>;
  /** Copies into it; while that is not proven to be whole, no server starts there. A copy that was refused has left no mark. */
  filling<T extends CopyProof>(copy: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** `live`: it is the source of a copy, and servers may be running on it. Throws where one of them cannot be used. */
export async function openServerEnd(servers: NonNullable<Config['servers']>, masterKey: Uint8Array, { live }: { live: boolean }): Promise<CopyTarget & ServerEnd> {
  const undo = new Undo();
  try {
    const [clock, random] = [new SystemClock(), new SystemRandomness()];
    const client = await connectMongo(servers.mongoDb);
    undo.push(() => client.close());
    const log = await EventStoreDbEventStore.open({ url: servers.eventStoreDb, categories: CATEGORIES, clock, random });
    undo.push(() => log.close());
    const database = databaseOf(client, servers.mongoDb);
    const openVault = (): Promise<MongoKeyVault> => MongoKeyVault.open({ database, masterKey, random, clock, rememberedMsMax: 0 });
    const [vault, keys] = [await openVault(), await openVault()];
    return {
      name: `EventStoreDB and MongoDB (${withoutCredentials(servers.eventStoreDb)}, ${withoutCredentials(servers.mongoDb)})`,
      log,
      keys,
      live,
      append: (stream, expected, events) => log.appendRecorded(stream, expected, events),
      vault,
      order: 'stream',
      appendsMax: APPENDS_MAX,
      // Both acknowledge what is on disk.
      settled: () => Promise.resolve(),
      categories: CATEGORIES,
      adoptTokenKey: (tokenKey) => adoptTokenKey(database, masterKey, tokenKey, random),
      filling: (copy) => filling(log, database, copy),
      close: undo.all,
    };
  } catch (error) {
    await undo.all().catch(() => undefined);
    throw error;
  }
}

/** Hosts alone. */
function withoutCredentials(url: string): string {
  return url.replace(/^[a-z+]+:\/\/(?:[^@/]*@)?/, '').replace(/[/?].*$/s, '');
}
