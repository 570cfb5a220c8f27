// What one process commits is told to the others, of tables in use only; a stream that was cut off is taken up again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SignalTopics, SystemClock } from '@app/runtime';
import type { MongoClient } from 'mongodb';
import { describeWithMongo, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { connectMongo } from './mongo.connection';
import { MongoReadModels } from './mongo.read-models';
import { MongoSignals } from './mongo.signals';

const clock = new SystemClock();

describeWithMongo('hints between processes', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  let client: MongoClient;
  let other: MongoClient;
  let store: MongoReadModels;
  let signals: MongoSignals;
  let scratchDirectory: string;
  const projected: SignalTopics['projected'][] = [];
  const switched: SignalTopics['switched'][] = [];
  const pointerTo = (table: string): string => JSON.stringify({ table, version: 1, previous: null, lastRebuild: null });
  const until = async (check: () => boolean): Promise<void> => {
    for (let i = 0; i < 200 && !check(); i++) await clock.sleep(25);
    expect(check()).toBe(true);
  };

  beforeAll(async () => {
    scratchDirectory = mkdtempSync(join(tmpdir(), 'ordertrail-signals-'));
    mongo = await mongoForTests();
    const database = mongo.newDatabase();
    client = await connectMongo(mongo.url);
    other = await connectMongo(mongo.url);
    store = await MongoReadModels.open({ server: other, database, space: 'projections', scratchDirectory });
    await store.open({ name: 'parcels@1.1', indexes: [] });
    await store.apply('live/parcels', undefined, pointerTo('parcels@1.1'), []);
    signals = await MongoSignals.open({ client, database, space: 'projections', clock });
    signals.subscribe('projected', (message) => void projected.push(message));
    signals.subscribe('switched', (message) => void switched.push(message));
  }, 60_000);
  afterAll(async () => {
    await signals.close();
    await store.close();
    await client.close();
    await other.close();
    await mongo.stop();
    rmSync(scratchDirectory, { recursive: true, force: true });
  });

  it('tells what was committed to the table in use, with its rows', async () => {
    await store.apply('rows/parcels@1.1', undefined, '0007', [{ table: 'parcels@1.1', key: 'a', row: { is: 1 } }, { table: 'parcels@1.1', key: 'b', row: { is: 2 } }]);
    await until(() => projected.length === 1);
    expect(projected[0]).toEqual({ projection: 'parcels', position: '0007', keys: ['a', 'b'], live: true, events: 2 });
  });

  it('tells nothing of a shadow until it is in use', async () => {
    await store.open({ name: 'parcels@1.2', indexes: [] });
    await store.apply('rows/parcels@1.2', undefined, '0003', [{ table: 'parcels@1.2', key: 'a', row: { is: 1 } }]);
    await store.apply('live/parcels', pointerTo('parcels@1.1'), pointerTo('parcels@1.2'), []);
    await until(() => switched.length === 1);
    expect(switched).toEqual([{ projection: 'parcels', table: 'parcels@1.2' }]);
    await store.apply('rows/parcels@1.1', '0007', '0008', [{ table: 'parcels@1.1', key: 'a', row: { is: 3 } }]);
    await store.apply('rows/parcels@1.2', '0003', '0009', [{ table: 'parcels@1.2', key: 'c', row: { is: 4 } }]);
    await until(() => projected.length === 2);
    expect(projected[1]).toMatchObject({ position: '0009', keys: ['c'] });
  });

  it('says nothing twice: what this process itself projects comes back by the stream', () => {
    signals.publish('projected', { projection: 'parcels', position: '0009', keys: ['c'], live: true, events: 1 });
    expect(projected).toHaveLength(2);
  });

  it('goes on after its stream was killed, and has everything looked at anew', async () => {
    await signals['stream']!.close();
    await until(() => switched.length === 2);
    await store.apply('rows/parcels@1.2', '0009', '0010', [{ table: 'parcels@1.2', key: 'd', row: { is: 5 } }]);
    await until(() => projected.length === 3);
    expect(projected[2]).toMatchObject({ position: '0010', keys: ['d'] });
  });

  it('tells what was committed while its stream was cut off', async () => {
    await signals['stream']!.close();
    await store.apply('rows/parcels@1.2', '0010', '0011', [{ table: 'parcels@1.2', key: 'e', row: { is: 6 } }]);
    await store.apply('rows/parcels@1.2', '0011', '0012', [{ table: 'parcels@1.2', key: 'f', row: { is: 7 } }]);
    await until(() => projected.length === 5);
    expect(projected.slice(3).map(({ keys }) => keys)).toEqual([['e'], ['f']]);
    expect(projected.some(({ keysLeftOut }) => keysLeftOut)).toBe(false);
  });

  it('says that rows are left out where they are too many', async () => {
    const writes = Array.from({ length: 5_001 }, (_, at) => ({ table: 'parcels@1.2', key: `many-${at}`, row: { is: at } }));
    await store.apply('rows/parcels@1.2', '0012', '0013', writes);
    await until(() => projected.length === 6);
    expect(projected[5]).toMatchObject({ projection: 'parcels', position: '0013', keys: [], keysLeftOut: true });
  });

  it('says that rows are left out where the server no longer knows what came meanwhile', async () => {
    const stream = signals['stream']!;
    // As it was in 1970.
    const { _data } = stream.resumeToken as { _data: string };
    Object.defineProperty(stream, 'resumeToken', { value: { _data: `${_data.slice(0, 2)}00000001${_data.slice(10)}` } });
    await stream.close();
    await until(() => projected.length === 7);
    expect(projected[6]).toMatchObject({ projection: 'parcels', position: '0013', keys: [], keysLeftOut: true });
  });
});
