// Leases in MongoDB, raced by many, left by the dead, overslept by the frozen: one owner at a time, and only the owner writes.
// Workers have a client each, as processes have; the leases are short, so that a test need not wait for the real 5 s.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { type Lease, LeaseLost, SystemClock, SystemRandomness } from '@app/runtime';
import { describeWithMongo, describeWithMongod, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { startMongo } from '../../../test/servers/mongo/start-mongo';
import { startFaultyProxy } from '../../../test/servers/proxy/faulty-proxy';
import { connectMongo, MongoLeases, MongoReadModels } from './index';

const TTL_MS = 1_200;
const clock = new SystemClock();
const random = new SystemRandomness();
const open: { leases: MongoLeases; client: MongoClient }[] = [];

async function worker(url: string, database: string, wallClock: SystemClock = clock): Promise<MongoLeases> {
  const client = await connectMongo(url);
  const leases = await MongoLeases.open({ client, database, clock: wallClock, random, ttlMs: TTL_MS });
  open.push({ leases, client });
  return leases;
}

/** Its connections are gone: it can neither renew nor give back. */
async function die(leases: MongoLeases): Promise<void> {
  const { client } = open.find(one => one.leases === leases)!;
  await client.close(true);
}

async function untilGranted(leases: MongoLeases, share: string): Promise<Lease> {
  for (;;) {
    const lease = await leases.acquire(share);
    if (lease !== undefined) return lease;
    await sleep(20);
  }
}

/** Nothing of this process runs meanwhile, timers neither. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map(async ({ leases, client }) => {
    // One that has died cannot say good-bye.
    await leases.close().catch(() => undefined);
    await client.close();
  }));
}

afterEach(closeAll);

describeWithMongo('leases in MongoDB', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  let database: string;
  beforeAll(async () => {
    mongo = await mongoForTests();
  });
  beforeEach(() => {
    database = mongo.newDatabase();
  });
  afterAll(() => mongo.stop());

  it('have one winner of many races, and tokens without a gap', async () => {
    const workers = await Promise.all(Array.from({ length: 5 }, () => worker(mongo.url, database)));
    for (let race = 1; race <= 30; race++) {
      const granted = (await Promise.all([...workers, ...workers].map(leases => leases.acquire('share')))).filter(lease => lease !== undefined);
      expect(granted.map(({ token }) => token)).toEqual([race]);
      await granted[0]!.release();
      expect(granted[0]!.lost.aborted).toBe(true);
    }
  });

  it('stay with their owner as long as it lives, share by share', async () => {
    const [a, b] = [await worker(mongo.url, database), await worker(mongo.url, database)];
    const lease = (await a.acquire('one'))!;
    for (const until = performance.now() + 3 * TTL_MS; performance.now() < until; await sleep(100)) {
      expect(await b.acquire('one')).toBeUndefined();
      expect(await a.acquire('one')).toBeUndefined();
      lease.assertHeld();
    }
    expect((await b.acquire('two'))?.token).toBe(1);
  });

  it('are free soon after their owner has died, and at once when they are given back', async () => {
    const [a, b] = [await worker(mongo.url, database), await worker(mongo.url, database)];
    const lease = (await a.acquire('share'))!;
    await die(a);
    const sinceMs = performance.now();
    const next = await untilGranted(b, 'share');
    expect(performance.now() - sinceMs).toBeLessThan(TTL_MS + 1_000);
    expect(next.token).toBe(2);
    expect(lease.lost.aborted).toBe(true);
    expect(() => lease.assertHeld()).toThrow(LeaseLost);
    await b.close();
    const c = await worker(mongo.url, database);
    expect((await c.acquire('share'))?.token).toBe(3);
  });

  it('are over for who stood still, before anybody has told them', async () => {
    const a = await worker(mongo.url, database);
    const lease = (await a.acquire('share'))!;
    standStill(TTL_MS);
    expect(() => lease.assertHeld()).toThrow(LeaseLost);
    expect(lease.lost.aborted).toBe(true);
    // Nobody else has come, and it is over all the same: the next grant is another one.
    expect((await untilGranted(a, 'share')).token).toBe(2);
    expect(() => lease.assertHeld()).toThrow(LeaseLost);
  });

  it('know no time but the server\'s', async () => {
    const ahead = new SystemClock();
    ahead.now = () => new Date(Date.now() + 20_000).toISOString();
    const [a, b] = [await worker(mongo.url, database), await worker(mongo.url, database, ahead)];
    await a.acquire('share');
    expect(await b.acquire('share')).toBeUndefined();
  });

  it('count the workers that are there', async () => {
    const [a, b] = [await worker(mongo.url, database), await worker(mongo.url, database)];
    expect(await a.workers(false)).toBe(1);
    expect(await b.workers(false)).toBe(2);
    expect(await a.workers(false)).toBe(2);
    await b.close();
    expect(await a.workers(false)).toBe(1);
    const c = await worker(mongo.url, database);
    expect(await c.workers(false)).toBe(2);
    await die(c);
    await sleep(TTL_MS + 200);
    expect(await a.workers(false)).toBe(1);
  });

  it('end the transaction that a former owner has left open, and nothing of it is written', async () => {
    const scratchDirectory = mkdtempSync(join(tmpdir(), 'leases-'));
    const [a, b] = [await worker(mongo.url, database), await worker(mongo.url, database)];
    const store = await MongoReadModels.open({ server: mongo.url, database, space: 'projections', scratchDirectory });
    try {
      const spec = { name: 'rows-1', indexes: [] };
      const first = (await a.acquire('share'))!;
      const before = store.under(first);
      await before.open(spec);
      await before.apply('rows/rows-1', undefined, '1', [{ table: 'rows-1', key: 'a', row: { n: 1 } }]);
      // Its session is used as a stopped process leaves it: checkpoint and fence are written, neither committed nor aborted.
      const stopped = open.find(({ leases }) => leases === a)!.client;
      const session = stopped.startSession();
      const db = stopped.db(database);
      await db.collection<{ _id: string }>('leases').updateOne({ _id: 'share' }, { $addToSet: { sessions: session.id!.id } });
      session.startTransaction();
      await db.collection<{ _id: string }>('projections.checkpoints').updateOne({ _id: 'rows/rows-1' }, { $set: { value: '9' } }, { session });
      await db.collection<{ _id: string }>('fences').updateOne({ _id: 'share', token: 1 }, { $inc: { transactions: 1 } }, { session });
      await first.release();
      const sinceMs = performance.now();
      const second = await untilGranted(b, 'share');
      const after = store.under(second);
      expect(await after.apply('rows/rows-1', '1', '2', [{ table: 'rows-1', key: 'a', row: { n: 2 } }])).toBe('applied');
      expect(performance.now() - sinceMs).toBeLessThan(5_000);
      await expect(session.commitTransaction()).rejects.toThrow();
      await expect(before.apply('rows/rows-1', '2', '3', [{ table: 'rows-1', key: 'a', row: { n: 3 } }])).rejects.toThrow(LeaseLost);
      expect(await store.checkpoint('rows/rows-1')).toBe('2');
      expect((await store.get('rows-1', 'a'))?.row).toEqual({ n: 2 });
      await session.endSession();
      await before.close();
      await after.close();
    } finally {
      await store.close();
      rmSync(scratchDirectory, { recursive: true });
    }
  });
});

describeWithMongod('leases and a MongoDB that goes away', () => {
  it('are held though the connection of their renewals has fallen silent', async () => {
    const mongo = await startMongo({ nodes: 1 });
    const proxy = await startFaultyProxy({ to: { host: '127.0.0.1', port: mongo.nodes[0]!.port }, seed: 1 });
    try {
      const a = await worker(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, 'leases');
      const lease = (await a.acquire('share'))!;
      proxy.silence('until');
      for (const until = performance.now() + 3 * TTL_MS; performance.now() < until; await sleep(100)) lease.assertHeld();
      expect(proxy.counts().bytesVanished).toBeGreaterThan(0);
      await lease.release();
    } finally {
      await closeAll();
      await proxy.stop();
      await mongo.stop();
    }
  });

  it('are lost in time while it is frozen, and granted again by a later token after it was killed', async () => {
    const mongo = await startMongo({ nodes: 1 });
    try {
      const a = await worker(mongo.url, 'leases');
      const lease = (await a.acquire('share'))!;
      const renewedMs = performance.now();
      await mongo.pause();
      await new Promise(resolve => lease.lost.addEventListener('abort', resolve));
      expect(performance.now() - renewedMs).toBeLessThan(TTL_MS * 2);
      mongo.resume();
      expect((await untilGranted(a, 'share')).token).toBe(2);
      await mongo.restart();
      const b = await worker(mongo.url, 'leases');
      await a.close();
      expect((await untilGranted(b, 'share')).token).toBeGreaterThanOrEqual(2);
    } finally {
      await closeAll();
      await mongo.stop();
    }
  });
});
