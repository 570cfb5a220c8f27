// A load that one worker has begun and another one finished is forgotten where it was begun: what is read there is what is stored.
// Two stores with scratch directories of their own, as two machines have.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lease, SystemClock, SystemRandomness } from '@app/runtime';
import { describeWithMongo, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { connectMongo, MongoLeases, MongoReadModels } from './index';

const TABLE = { name: 'parcels@1.2', indexes: [] };
const clock = new SystemClock();
const random = new SystemRandomness();

describeWithMongo('a load that goes to another worker', () => {
  it('leaves nothing behind that hides the rows from the one who had it first', async () => {
    const mongo = await mongoForTests();
    const database = mongo.newDatabase();
    const directories: string[] = [];
    const machine = async () => {
      const client = await connectMongo(mongo.url);
      const scratchDirectory = mkdtempSync(join(tmpdir(), 'read-models-'));
      directories.push(scratchDirectory);
      const store = await MongoReadModels.open({ server: client, database, space: 'projections', scratchDirectory });
      const leases = await MongoLeases.open({ client, database, clock, random });
      const close = async (): Promise<void> => {
        await leases.close();
        await store.close();
        await client.close();
      };
      return { store, leases, close };
    };
    const [a, b] = [await machine(), await machine()];
    const loadedBy = async ({ store, leases }: typeof a, is: number, whole: boolean): Promise<void> => {
      const lease = (await leases.acquire('parcels')) as Lease;
      const own = store.under(lease);
      const load = await own.bulk('job', [TABLE]);
      await load.save([{ table: TABLE.name, key: 'one', row: { is } }], `${is}`);
      if (whole) await load.finish();
      await own.close();
      await lease.release();
    };
    await loadedBy(a, 1, false);
    await loadedBy(b, 2, true);
    const lease = (await a.leases.acquire('parcels')) as Lease;
    const own = a.store.under(lease);
    expect(await own.get(TABLE.name, 'one')).toMatchObject({ row: { is: 2 } });
    await own.close();
    await Promise.all([a.close(), b.close()]);
    await mongo.stop();
    for (const directory of directories) rmSync(directory, { recursive: true });
  });
});
