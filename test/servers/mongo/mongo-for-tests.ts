// Gives specs a MongoDB: the server that MONGODB_URL names, else a mongod of their own on this machine.
// Without either they skip and say so, or fail with REQUIRE_SERVERS=1. On a given server every spec has databases of its own.
import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { mongodBinary } from './mongod-binary';
import { startMongo } from './start-mongo';

interface MongoForTests {
  url: string;
  /** A name that nobody else uses; it is dropped by `stop`. */
  newDatabase(): string;
  stop(): Promise<void>;
}

/** Specs that run against any replica set. */
export function describeWithMongo(title: string, suite: () => void): void {
  describeWhere(Boolean(process.env.MONGODB_URL) || mongodBinary() !== undefined, title, suite);
}

/** Specs that kill, freeze or restart a mongod of their own, whatever MONGODB_URL says. */
export function describeWithMongod(title: string, suite: () => void): void {
  describeWhere(mongodBinary() !== undefined, title, suite);
}

export async function mongoForTests(): Promise<MongoForTests> {
  const given = process.env.MONGODB_URL;
  const own = given ? undefined : await startMongo({ nodes: 1 });
  const url = given || own!.url;
  const databases: string[] = [];
  return {
    url,
    newDatabase() {
      const name = `test-${randomBytes(8).toString('hex')}`;
      databases.push(name);
      return name;
    },
    async stop() {
      if (own === undefined) await dropAll(url, databases);
      else await own.stop();
    },
  };
}

function describeWhere(there: boolean, title: string, suite: () => void): void {
  if (there) describe(title, suite);
  else if (process.env.REQUIRE_SERVERS === '1') {
    describe(title, () => {
      it('has a MongoDB', () => {
        throw new Error('REQUIRE_SERVERS=1, and there is neither a mongod nor a MONGODB_URL: scripts/servers/mongod.sh brings one.');
      });
    });
  } else {
    // A skip must be seen, and Jest shows no names of what it skipped.
    process.stderr.write(`SKIPPED: there is no MongoDB for "${title}". scripts/servers/mongod.sh brings a mongod, MONGODB_URL names a server.\n`);
    describe.skip(title, suite);
  }
}

async function dropAll(url: string, databases: readonly string[]): Promise<void> {
  const client = new MongoClient(url);
  for (const name of databases) await client.db(name).dropDatabase();
  await client.close();
}
