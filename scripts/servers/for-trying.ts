// `npm run servers`: a replica set of one real mongod and the loopback server that stands for EventStoreDB in the tests, to try the product
// on servers. Prints the settings of a process on them; both end with this one, and so does what they hold.
import { randomBytes } from 'node:crypto';
import { spawnLoopbackEventStore } from '../../test/servers/eventstoredb/spawn-loopback';
import { startMongo } from '../../test/servers/mongo/start-mongo';

const CACHE_GB = 0.5;

async function main(): Promise<void> {
  if (process.argv.length > 2) throw new Error(`npm run servers takes no arguments: ${process.argv.slice(2).join(' ')}.`);
  const mongo = await startMongo({ nodes: 1, cacheGb: CACHE_GB });
  const eventStore = await spawnLoopbackEventStore();
  const settings = { EVENTSTOREDB_URL: eventStore.url, MONGODB_URL: mongo.url.replace('/?', '/ordertrail?'), ORDERTRAIL_MASTER_KEY: randomBytes(32).toString('base64') };
  const words = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
  process.stdout.write(`export ${words.join(' ')}\n`);
  process.stderr.write('Servers to try the product on, with nothing kept. Ctrl-C stops them.\n');
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await Promise.all([eventStore.stop(), mongo.stop()]);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  },
);
