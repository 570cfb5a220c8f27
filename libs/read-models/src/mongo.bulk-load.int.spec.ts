// A load that one worker has begun goes on with whoever holds the share next: on another machine where it was saved last, and back again.
// Stores with scratch directories of their own, as machines have.
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { type BulkLoad, type Lease, type RowWrite, SystemClock, SystemRandomness } from '@app/runtime';
import { describeWithMongo, describeWithMongod, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { startMongo } from '../../../test/servers/mongo/start-mongo';
import { connectMongo, MongoLeases, MongoReadModels } from './index';

const TABLE = { name: 'parcels@1.2', indexes: [] };
const NOTES = { name: 'notes@1.1', indexes: [] };
const clock = new SystemClock();
const random = new SystemRandomness();

interface Machine {
  store: MongoReadModels;
  leases: MongoLeases;
  scratchDirectory: string;
}

/** Of a share that is held. */
interface Stint {
  own: MongoReadModels;
  load: BulkLoad;
  /** What a kill leaves: everything that was saved, and a share that somebody else may take. */
  end(): Promise<void>;
}

describeWithMongo('a load that goes to another worker', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  let database: string;
  let undo: (() => unknown)[];
  beforeAll(async () => {
    mongo = await mongoForTests();
  });
  beforeEach(() => {
    database = mongo.newDatabase();
    undo = [];
  });
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
  });
  afterAll(() => mongo.stop());

  async function machine(): Promise<Machine> {
    const client = await connectMongo(mongo.url);
    undo.push(() => client.close());
    const scratchDirectory = mkdtempSync(join(tmpdir(), 'read-models-'));
    undo.push(() => rmSync(scratchDirectory, { recursive: true }));
    const store = await MongoReadModels.open({ server: client, database, space: 'projections', scratchDirectory });
    undo.push(() => store.close());
    const leases = await MongoLeases.open({ client, database, clock, random });
    undo.push(() => leases.close());
    return { store, leases, scratchDirectory };
  }
  async function stint({ store, leases }: Machine): Promise<Stint> {
    const lease = (await leases.acquire('parcels')) as Lease;
    const own = store.under(lease);
    const end = async (): Promise<void> => {
      await own.close();
      await lease.release();
    };
    return { own, load: await own.bulk('job', [TABLE]), end };
  }
  const row = (key: string, is: unknown): RowWrite => ({ table: TABLE.name, key, row: is === undefined ? undefined : { is } });
  const note = (key: string): RowWrite => ({ table: NOTES.name, key, row: { key } });

  it('goes on there where it was saved last, with rows that fill several documents, and back again', async () => {
    const [a, b] = [await machine(), await machine()];
    await a.store.open(NOTES);
    const long = randomBytes(9_000_000).toString('base64');
    const first = await stint(a);
    expect(first.load.resumedAt).toBeUndefined();
    await first.load.save([row('one', 1), row('two', 1), { ...row('three', 1), position: '07', staleSince: '2026-01-09T00:00:00.000Z' }], 'A1');
    await first.load.save([row('one', 2), row('two', undefined), row('long', long), note('parked')], 'A2');
    await first.end();

    const second = await stint(b);
    expect(second.load.resumedAt).toBe('A2');
    const rows = await second.own.getMany(TABLE.name, ['one', 'two', 'three', 'long']);
    expect(rows).toEqual([{ key: 'one', row: { is: 2 } }, undefined, { key: 'three', row: { is: 1 }, position: '07', staleSince: '2026-01-09T00:00:00.000Z' }, { key: 'long', row: { is: long } }]);
    await second.load.save([row('one', 3), row('four', 3)], 'B3');
    await second.end();

    const third = await stint(a);
    expect(third.load.resumedAt).toBe('B3');
    await third.load.save([row('long', 4)], 'A4');
    await third.load.finish();
    expect((await third.own.scan<{ is: number }>(TABLE.name, undefined, 9)).map(({ key, row: { is } }) => [key, is])).toEqual([['four', 3], ['long', 4], ['one', 3], ['three', 1]]);
    await third.end();
    // What is read where it was begun is what is stored, and of what was saved nothing is left.
    expect(await b.store.get(TABLE.name, 'one')).toMatchObject({ row: { is: 3 } });
    expect(await b.store.get(NOTES.name, 'parked')).toMatchObject({ row: { key: 'parked' } });
    expect(await collections('saved')).toEqual([]);
  });

  it('takes over what its own file has lost with the power of the machine', async () => {
    const a = await machine();
    const first = await stint(a);
    await first.load.save([row('one', 1)], 'A1');
    await first.end();
    const before = `${a.scratchDirectory}-before`;
    cpSync(a.scratchDirectory, before, { recursive: true });
    const second = await stint(a);
    await second.load.save([row('one', 2), row('two', 2)], 'A2');
    await second.end();
    rmSync(a.scratchDirectory, { recursive: true });
    renameSync(before, a.scratchDirectory);
    const third = await stint(a);
    expect(third.load.resumedAt).toBe('A2');
    expect(await third.own.getMany(TABLE.name, ['one', 'two'])).toEqual([{ key: 'one', row: { is: 2 } }, { key: 'two', row: { is: 2 } }]);
    await third.end();
  });

  it('begins anew where something saved is missing', async () => {
    const [a, b] = [await machine(), await machine()];
    const first = await stint(a);
    for (const n of [1, 2, 3]) await first.load.save([row('one', n)], `A${n}`);
    await first.end();
    const [saved] = await collections('saved');
    const client = new MongoClient(mongo.url);
    await client.db(database).collection<{ _id: string }>(saved!).deleteOne({ _id: '00000001/000' });
    await client.close();
    const second = await stint(b);
    expect(second.load.resumedAt).toBeUndefined();
    expect(await second.own.get(TABLE.name, 'one')).toBeUndefined();
    await second.load.finish();
    await second.end();
    expect(await collections('saved')).toEqual([]);
  });

  it('begins anew what an earlier release has begun, and drops what that has saved', async () => {
    const a = await machine();
    const first = await stint(a);
    await first.load.save([row('one', 1)], 'A1');
    await first.end();
    const client = new MongoClient(mongo.url);
    await client.db(database).collection('projections.tables').updateMany({}, { $rename: { 'loading.pieces': 'loading.saved' } });
    await client.close();
    const earlier = await collections('saved');
    const second = await stint(a);
    expect(second.load.resumedAt).toBeUndefined();
    expect(await collections('saved')).not.toEqual(earlier);
    expect(await collections('saved')).toHaveLength(1);
    await second.end();
  });

  it('makes the very documents that applying the same rows makes', async () => {
    const a = await machine();
    const rows = [{ below: -0 }, { half: '\ud83d' }, { $name: [null, { deep: 'Grüße' }] }, { long: 2 ** 40, short: 7, part: 0.5 }];
    const writes = rows.map((is, i): RowWrite => ({ table: TABLE.name, key: `k${i}`, row: { is }, position: `0${i}`, ...(i === 2 ? { staleSince: '2026-01-09T00:00:00.000Z' } : {}) }));
    await a.store.open(NOTES);
    await a.store.apply(`rows/${NOTES.name}`, undefined, '1', writes.map(write => ({ ...write, table: NOTES.name })));
    const { own, load, end } = await stint(a);
    await load.save(writes, 'A1');
    await load.finish();
    expect(await own.unlike(TABLE.name, NOTES.name, undefined, 9)).toEqual([]);
    await end();
  });

  it('leaves nothing behind when its table is dropped', async () => {
    const a = await machine();
    const first = await stint(a);
    await first.load.save([row('one', 1)], 'A1');
    expect(await collections('saved')).toHaveLength(1);
    await first.own.drop(TABLE.name);
    await first.end();
    expect(await collections('')).toEqual([]);
  });

  async function collections(table: string): Promise<string[]> {
    const client = new MongoClient(mongo.url);
    const found = await client.db(database).listCollections({}, { nameOnly: true }).toArray();
    await client.close();
    return found.map(({ name }) => name).filter(name => name.startsWith(`projections.${table}`) && /\.[0-9a-f]{24}$/.test(name));
  }
});

describeWithMongod('a load whose insertion loses its connection', () => {
  it('has every row once in the end, though some were inserted before', async () => {
    const mongo = await startMongo({ nodes: 1 });
    const client = await connectMongo(mongo.url);
    const scratchDirectory = mkdtempSync(join(tmpdir(), 'read-models-'));
    const store = await MongoReadModels.open({ server: client, database: 'load', space: 'projections', scratchDirectory });
    const load = await store.bulk('job', [TABLE]);
    const is = 'x'.repeat(10_000);
    await load.save(Array.from({ length: 4_500 }, (_, i) => ({ table: TABLE.name, key: `k${i}`, row: { is, i }, position: `${i}` })), '1');
    // A full page takes two messages: of one that is tried again the first part is there already.
    const failing = (mode: object | 'off') => client.db('admin').command({ configureFailPoint: 'failCommand', mode, data: { failCommands: ['insert'], closeConnection: true } });
    await failing({ skip: 3 });
    await load.finish();
    const { count } = (await failing('off')) as { count?: number };
    expect(count).toBeGreaterThan(0);
    const rows = await store.scan<{ is: string; i: number }>(TABLE.name, undefined, 9_999);
    expect(rows).toHaveLength(4_500);
    expect(rows.every(({ key, position, row: { i, is: text } }) => key === `k${i}` && position === `${i}` && text === is)).toBe(true);
    await store.close();
    await client.close();
    await mongo.stop();
    rmSync(scratchDirectory, { recursive: true });
  });
});

describeWithMongod('a load of which a page cannot be inserted', () => {
  it('fails once nothing is being inserted any more', async () => {
    const mongo = await startMongo({ nodes: 1 });
    const client = await connectMongo(mongo.url);
    const scratchDirectory = mkdtempSync(join(tmpdir(), 'read-models-'));
    const store = await MongoReadModels.open({ server: client, database: 'load', space: 'projections', scratchDirectory });
    const admin = client.db('admin');
    const inserts = async (): Promise<number> => ((await admin.command({ serverStatus: 1 })) as { metrics: { commands: { insert: { total: number } } } }).metrics.commands.insert.total;
    const load = await store.bulk('job', [TABLE]);
    // More than a document may have. Every insertion takes its time, so that the failure is known before the others could come far.
    const tooLarge = { table: TABLE.name, key: 'a', row: { text: 'x'.repeat(17_000_000) } };
    await load.save([tooLarge, ...Array.from({ length: 40_000 }, (_, i) => ({ table: TABLE.name, key: `k${i}`, row: { i } }))], '1');
    await admin.command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data: { failCommands: ['insert'], blockConnection: true, blockTimeMS: 1_000 } });
    const before = await inserts();
    await expect(load.finish()).rejects.toThrow(/too large|size/i);
    const done = await inserts();
    await new Promise(resolve => setTimeout(resolve, 2_500));
    expect(await inserts()).toBe(done);
    expect(done - before).toBeLessThan(15);
    await store.close();
    await client.close();
    await mongo.stop();
    rmSync(scratchDirectory, { recursive: true });
  });
});
