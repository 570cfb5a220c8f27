// The servers that are measured on: those of EVENTSTOREDB_URL and MONGODB_URL, or a loopback EventStoreDB and a mongod started here.
// Every measurement has a database of its own; orders of one measurement are those of no other, so that a log can be shared.
import { MongoClient } from 'mongodb';
import { spawnLoopbackEventStore } from '../../test/servers/eventstoredb/spawn-loopback';
import { startMongo } from '../../test/servers/mongo/start-mongo';
import { inTemporaryDirectory } from './processes';

export interface ServerPair {
  eventStoreDb: string;
  /** Of a database that nobody else uses; the same name again is the same database. */
  mongoDb(database: string): string;
  /** The loopback server of the tests stands for EventStoreDB, on disk as a real one. */
  loopback: boolean;
  /** Makes seeds of this run differ from those of others on the same servers. */
  seedOf(seed: number, measurement: number): number;
}

const MEASUREMENTS_MAX = 100;
/** A small server's; a test's own would measure its eviction. */
const CACHE_GB = 1;

/** Servers that were started go with the work, databases on given ones too. Throws when there is no mongod here and none given. */
export async function withServerPair<T>(work: (servers: ServerPair) => Promise<T>): Promise<T> {
  const { EVENTSTOREDB_URL: given, MONGODB_URL: givenMongo } = process.env;
  if ((given === undefined) !== (givenMongo === undefined)) throw new Error('EVENTSTOREDB_URL and MONGODB_URL go together: set both to measure on these servers, or neither to start some here.');
  if (given !== undefined && givenMongo !== undefined) return withGiven(given, givenMongo, work);
  return inTemporaryDirectory(async directory => {
    const mongo = await startMongo({ nodes: 1, cacheGb: CACHE_GB });
    const eventStore = await spawnLoopbackEventStore({ directory });
    try {
      return await work({ eventStoreDb: eventStore.url, mongoDb: database => named(mongo.url, database), loopback: true, seedOf: (seed, measurement) => seed * MEASUREMENTS_MAX + measurement });
    } finally {
      await eventStore.stop();
      await mongo.stop();
    }
  });
}

async function withGiven<T>(eventStoreDb: string, mongo: string, work: (servers: ServerPair) => Promise<T>): Promise<T> {
  const run = Math.floor(Date.now() / 1000) % 1_000_000;
  const databases = new Set<string>();
  const mongoDb = (database: string): string => {
    databases.add(`bench-${run}-${database}`);
    return named(mongo, `bench-${run}-${database}`);
  };
  try {
    return await work({ eventStoreDb, mongoDb, loopback: false, seedOf: (seed, measurement) => (run * 10 + (seed % 10)) * MEASUREMENTS_MAX + measurement });
  } finally {
    const client = await MongoClient.connect(mongo);
    for (const database of databases) await client.db(database).dropDatabase();
    await client.close();
  }
}

function named(url: string, database: string): string {
  return url.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${database}`);
}
