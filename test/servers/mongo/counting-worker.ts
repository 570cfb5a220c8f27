// A worker as a process of its own: while it holds the share it counts, one transaction and one command for each number, as fast as it can.
// Rows and commands carry its name and token, so that the database shows who did what under which grant.
import { setTimeout as sleep } from 'node:timers/promises';
import { connectMongo, MongoLeases, MongoReadModels } from '@app/read-models';
import { type EventStore, type Lease, LeaseLost, SystemClock, SystemRandomness, whileHeld } from '@app/runtime';

/** Where it counts. */
const TABLE = 'numbers-1';
const SHARE = 'numbers';

type Sender = Pick<EventStore, 'append'>;

async function main([url, database, name, scratchDirectory]: readonly [string, string, string, string]): Promise<void> {
  const clock = new SystemClock();
  const client = await connectMongo(url);
  const store = await MongoReadModels.open({ server: client, database, space: 'projections', scratchDirectory });
  await store.open({ name: TABLE, indexes: [] });
  const leases = await MongoLeases.open({ client, database, clock, random: new SystemRandomness() });
  const sent = client.db(database).collection('sent');
  process.send?.('ready');
  for (;;) {
    const lease = await leases.acquire(SHARE);
    if (lease === undefined) {
      await sleep(100);
      continue;
    }
    const log: Sender = {
      async append(number) {
        await sent.insertOne({ number, by: name, token: lease.token });
        return { outcome: 'appended', revision: 0, position: number };
      },
    };
    try {
      await count(lease, store.under(lease), whileHeld(lease, log), name);
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
    }
  }
}

async function count(lease: Lease, store: MongoReadModels, log: Sender, by: string): Promise<void> {
  const checkpoint = `rows/${TABLE}`;
  for (let from = await store.checkpoint(checkpoint); ; ) {
    const to = String(Number(from ?? 0) + 1).padStart(8, '0');
    await log.append(to, 'none', []);
    const outcome = await store.apply(checkpoint, from, to, [{ table: TABLE, key: to, row: { by, token: lease.token } }, { table: TABLE, key: 'last', row: { by, token: lease.token } }]);
    if (outcome === 'fenced') throw new LeaseLost(lease.share);
    from = to;
  }
}

void main(process.argv.slice(2) as unknown as readonly [string, string, string, string]).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
