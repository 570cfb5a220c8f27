// Killed, cut off and paused, the read models in MongoDB lose nothing that was acknowledged and do nothing twice.
// What cannot be used is refused in a sentence.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Binary, MongoClient } from 'mongodb';
import { MongoMemoryServer } from 'mongodb-memory-server-core';
import { BatchTooLarge, type Lease, LeaseLost, type RowWrite, SystemClock, SystemRandomness } from '@app/runtime';
import { describeWithMongo, describeWithMongod, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { MONGOD_VERSION, mongodBinary } from '../../../test/servers/mongo/mongod-binary';
import { startMongo } from '../../../test/servers/mongo/start-mongo';
import { startFaultyProxy } from '../../../test/servers/proxy/faulty-proxy';
import { connectMongo, MongoLeases, MongoReadModels } from './index';
import { Patience } from './mongo.patience';

const TABLE = { name: 'rows@1.1', indexes: [{ fields: ['n'] }] };
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
const row = (key: string, n: number): RowWrite => ({ table: TABLE.name, key, row: { n }, position: String(n) });

function lease(share: string, token: number): Lease {
  return { share, token, lost: new AbortController().signal, assertHeld: () => undefined, release: async () => undefined };
}

describeWithMongod('a mongod that is killed', () => {
  let mongo: Awaited<ReturnType<typeof startMongo>>;
  let directory: string;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'read-models-'));
    mongo = await startMongo({ nodes: 1, dbPath: join(directory, 'db') });
  });
  afterEach(async () => {
    await mongo.stop();
    rmSync(directory, { recursive: true });
  });

  it('in the middle of applies takes nothing with it and doubles nothing', async () => {
    const store = await MongoReadModels.open({ server: mongo.url, database: 'kills', space: 'projections', scratchDirectory: directory });
    await store.open(TABLE);
    let applied = 0;
    let stopping = false;
    const outcomes = new Set<string>();
    const writer = (async () => {
      for (; !stopping; applied++) {
        const from = applied === 0 ? undefined : String(applied);
        // Every row says how often it was written: a batch done twice would be fenced by its checkpoint.
        const writes = Array.from({ length: 20 }, (_, i) => row(`k${i}`, applied + 1));
        outcomes.add(await store.apply('rows/rows@1.1', from, String(applied + 1), writes));
      }
    })();
    for (let kill = 0; kill < 3; kill++) {
      const before = applied;
      while (applied < before + 5) await sleep(5);
      await mongo.nodes[0]!.restart();
    }
    const last = applied;
    while (applied < last + 3) await sleep(20);
    stopping = true;
    await writer;
    expect([...outcomes]).toEqual(['applied']);
    expect(await store.checkpoint('rows/rows@1.1')).toBe(String(applied));
    expect((await store.scan<{ n: number }>(TABLE.name, undefined, 100)).map(found => found.row.n)).toEqual(Array.from({ length: 20 }, () => applied));
    await store.close();
  }, 90_000);

  it('in the middle of a load lets it go on', async () => {
    const store = await MongoReadModels.open({ server: mongo.url, database: 'loads', space: 'projections', scratchDirectory: directory });
    const load = await store.bulk('job', [TABLE]);
    for (let i = 0; i < 20_000; i += 5_000) await load.save(Array.from({ length: 5_000 }, (_, j) => row(`k${String(i + j).padStart(6, '0')}`, i + j)), String(i));
    const finished = load.finish();
    await sleep(50);
    await mongo.nodes[0]!.restart();
    await finished;
    expect(await store.count(TABLE.name, {})).toBe(20_000);
    expect(await store.count(TABLE.name, { range: [{ field: 'n', lt: 100 }] })).toBe(100);
    await store.close();
  }, 60_000);
});

describeWithMongod('a primary that is killed or frozen', () => {
  it('holds up reads and applies, and lets none fail', async () => {
    const mongo = await startMongo({ nodes: 3 });
    const store = await MongoReadModels.open({ server: mongo.url, database: 'elections', space: 'projections', scratchDirectory: tmpdir() });
    await store.open(TABLE);
    let applied = 0;
    const step = async (): Promise<void> => {
      expect(await store.apply('c', applied === 0 ? undefined : String(applied), String(applied + 1), [row('k', applied + 1)])).toBe('applied');
      applied++;
      expect((await store.get<{ n: number }>(TABLE.name, 'k'))?.row.n).toBe(applied);
    };
    await step();
    const killed = await mongo.primary();
    await killed.kill();
    for (let i = 0; i < 3; i++) await step();
    await killed.restart();
    const frozen = await mongo.primary();
    await frozen.pause();
    for (let i = 0; i < 3; i++) await step();
    frozen.resume();
    await step();
    expect(await store.checkpoint('c')).toBe(String(applied));
    await store.close();
    await mongo.stop();
  }, 120_000);
});

describeWithMongod('an answer that is lost', () => {
  it('of a commit that came through is found out', async () => {
    const mongo = await startMongo({ nodes: 1 });
    const proxy = await Proxy.before(mongo.nodes[0]!.port);
    const store = await MongoReadModels.open({ server: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, database: 'lost', space: 'projections', scratchDirectory: tmpdir() });
    await store.open(TABLE);
    expect(await store.apply('c', undefined, '1', [row('k', 1)])).toBe('applied');
    for (const [from, to] of [['1', '2'], ['2', undefined], [undefined, undefined], [undefined, '3'], ['3', '3']] as const) {
      proxy.cutAnswerTo('commitTransaction');
      expect(await store.apply('c', from, to, [row('k', 2)])).toBe('applied');
      expect(proxy.cuts).toBe(1);
      expect(await store.apply('c', 'other', to, [row('k', 3)])).toBe('fenced');
      expect(await store.checkpoint('c')).toBe(to);
    }
    expect((await store.get<{ n: number }>(TABLE.name, 'k'))?.row.n).toBe(2);
    await store.close();
    await proxy.close();
    await mongo.stop();
  }, 60_000);
});

describeWithMongod('a transaction', () => {
  it('grows with every full one that was written, and shrinks to what the cache of the server holds: of one that is too large nothing is written', async () => {
    const mongo = await startMongo({ nodes: 1 });
    const store = await MongoReadModels.open({ server: mongo.url, database: 'large', space: 'projections', scratchDirectory: tmpdir() });
    await store.open(TABLE);
    const text = 'x'.repeat(2_000);
    const rows = (count: number) => Array.from({ length: count }, (_, n): RowWrite => ({ table: TABLE.name, key: `k${n}`, row: { n, text } }));
    const first = store.batchMax.rows;
    expect(await store.apply('c', undefined, '1', rows(first - 1))).toBe('applied');
    expect(store.batchMax.rows).toBe(first);
    expect(await store.apply('c', '1', '2', rows(first))).toBe('applied');
    const grown = store.batchMax.rows;
    expect(grown).toBeGreaterThan(first);
    // 80 MB, for a cache of 256.
    await expect(store.apply('c', '2', '3', rows(4 * first))).rejects.toThrow(BatchTooLarge);
    expect([await store.checkpoint('c'), await store.count(TABLE.name, {})]).toEqual(['2', first]);
    // What grew before stays, and no more is tried than is likely to be held.
    expect(store.batchMax.rows).toBe(grown);
    for (let at = 2; at < 8; at++) expect(await store.apply('c', String(at), String(at + 1), rows(1))).toBe('applied');
    expect(store.batchMax.rows).toBe(grown);
    await store.apply('c', '8', '9', rows(grown)).catch((error: unknown) => expect(error).toBeInstanceOf(BatchTooLarge));
    expect(store.batchMax.rows).toBeLessThan(4 * first);
    await store.close();
    await mongo.stop();
  }, 120_000);
});

describeWithMongod('a connection that falls silent while all others go on', () => {
  const ANSWER_MS_MAX = 1_000;
  const SLOW_MS = 2_500;
  let mongo: Awaited<ReturnType<typeof startMongo>>;
  let proxy: Awaited<ReturnType<typeof startFaultyProxy>>;
  let client: MongoClient;
  let store: MongoReadModels;
  beforeAll(async () => {
    mongo = await startMongo({ nodes: 1 });
    proxy = await startFaultyProxy({ to: { host: '127.0.0.1', port: mongo.nodes[0]!.port }, seed: 1 });
    client = await connectMongo(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, { answerMsMax: ANSWER_MS_MAX });
    store = await MongoReadModels.open({ server: client, database: 'silent', space: 'projections', scratchDirectory: tmpdir() });
    await store.open(TABLE);
    await store.apply('c', undefined, '1', [row('k', 1)]);
  });
  afterEach(() => proxy.heal());
  afterAll(async () => {
    await store.close();
    await client.close();
    await proxy.stop();
    await mongo.stop();
  });

  it.each([
    ['a read', 'find', () => store.checkpoint('c'), '1'],
    ['a checkpoint that moves alone', 'update', () => store.apply('c', '1', '2', []), 'applied'],
    ['a row in a transaction', TABLE.name, () => store.apply('c', '2', '3', [row('k', 3)]), 'applied'],
    ['a commit', 'commitTransaction', () => store.apply('c', '3', '4', [row('k', 4)]), 'applied'],
  ] as const)('holds up %s no longer than an answer may take', async (_, bytes, ask, answer) => {
    const { bytesVanished } = proxy.counts();
    proxy.silence(bytes);
    expect(await ask()).toBe(answer);
    expect(proxy.counts().bytesVanished).toBeGreaterThan(bytesVanished);
    expect(await store.checkpoint('c')).toBe((await client.db('silent').collection<{ _id: string; value: string }>('projections.checkpoints').findOne({ _id: 'c' }))!.value);
  });

  it('is not what a server is taken for that works for long', async () => {
    const slow = (commands: readonly string[]): Promise<unknown> =>
      client.db('admin').command({ configureFailPoint: 'failCommand', mode: commands.length > 0 ? 'alwaysOn' : 'off', data: { failCommands: commands, blockConnection: true, blockTimeMS: SLOW_MS } });
    await slow(['createIndexes', 'insert', 'getMore']);
    try {
      const load = await store.bulk('job', [{ ...TABLE, name: 'rows@1.2' }]);
      await load.save(Array.from({ length: 200 }, (_, i) => ({ ...row(`k${i}`, i), table: 'rows@1.2' })), '1');
      await load.finish();
    } finally {
      await slow([]);
    }
    expect(await store.count('rows@1.2', {})).toBe(200);
  });
});

describeWithMongo('rows under a lease', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  let client: MongoClient;
  beforeAll(async () => {
    mongo = await mongoForTests();
    client = new MongoClient(mongo.url);
  });
  afterAll(async () => {
    await client.close();
    await mongo.stop();
  });

  /** The token of `share`, in a database of its own, is what it is granted. */
  function newShare() {
    const database = mongo.newDatabase();
    const db = client.db(database);
    const grant = async (token: number): Promise<void> => {
      for (const kept of ['leases', 'fences']) await db.collection<{ _id: string }>(kept).replaceOne({ _id: 'share' }, { token }, { upsert: true });
    };
    return { database, db, grant };
  }

  it('are written while it is held, and not at all after another one has taken it', async () => {
    const { database, db, grant } = newShare();
    await grant(1);
    const store = await MongoReadModels.open({ server: mongo.url, database, space: 'projections', scratchDirectory: mkdtempSync(join(tmpdir(), 'read-models-')) });
    const first = store.under(lease('share', 1));
    await first.open(TABLE);
    expect(await Promise.all([1, 2, 3].map(n => first.apply(`c${n}`, undefined, '1', [row(`k${n}`, n)])))).toEqual(['applied', 'applied', 'applied']);
    const { sessions } = (await db.collection<{ _id: string; sessions?: Binary[] }>('leases').findOne({ _id: 'share' }))!;
    expect(sessions).toHaveLength(1);
    const load = await first.bulk('job', [{ ...TABLE, name: 'rows@1.2' }]);
    await load.save([{ ...row('k', 1), table: 'rows@1.2' }], '1');

    await grant(2);
    await expect(first.apply('c1', '1', '2', [row('k1', 9)])).rejects.toThrow(LeaseLost);
    await expect(first.apply('c9', undefined, '1', [])).rejects.toThrow(LeaseLost);
    await expect(first.drop(TABLE.name)).rejects.toThrow(LeaseLost);
    await expect(first.open({ name: 'new@1', indexes: [] })).rejects.toThrow(LeaseLost);
    await expect(load.save([row('k1', 9)], '2')).rejects.toThrow(LeaseLost);
    await expect(load.finish()).rejects.toThrow(LeaseLost);
    await expect(store.under(lease('share', 1)).apply('c9', undefined, '1', [])).rejects.toThrow(LeaseLost);
    const second = store.under(lease('share', 2));
    expect(await second.apply('c1', '1', '2', [row('k1', 2)])).toBe('applied');
    expect((await store.scan<{ n: number }>(TABLE.name, undefined, 9)).map(({ key, row: { n } }) => [key, n])).toEqual([['k1', 2], ['k2', 2], ['k3', 3]]);
    await Promise.all([first.close(), second.close()]);
    await store.close();
  });

  it('move a checkpoint of rows alone without a transaction, until another owner has taken the share, wherever the former one stands', async () => {
    const { database, db } = newShare();
    const transactions = async (): Promise<unknown> => (await db.collection<{ _id: string; transactions?: number }>('fences').findOne({ _id: 'share' }))!.transactions;
    const store = await MongoReadModels.open({ server: mongo.url, database, space: 'projections', scratchDirectory: mkdtempSync(join(tmpdir(), 'read-models-')) });
    const leases = await MongoLeases.open({ client, database, clock: new SystemClock(), random: new SystemRandomness() });
    const granted = (await leases.acquire('share'))!;
    // Stopped behind its last look at the lease, it goes on as if it were still held.
    const first = store.under(lease('share', granted.token));
    expect(await first.apply('rows/x', undefined, '1', [])).toBe('applied');
    expect(await first.apply('rows/x', '1', '2', [])).toBe('applied');
    expect(await transactions()).toBe(1);
    expect(await first.apply('rows/x', '1', '3', [])).toBe('fenced');
    // What says which rows are in use is no such checkpoint.
    expect(await first.apply('live/x', undefined, 'a', [])).toBe('applied');
    expect(await transactions()).toBe(2);

    await granted.release();
    const second = store.under((await leases.acquire('share'))!);
    await expect(first.apply('rows/x', '2', '3', [])).rejects.toThrow(LeaseLost);
    await expect(first.apply('live/x', 'a', 'b', [])).rejects.toThrow(LeaseLost);
    expect(await store.checkpoint('rows/x')).toBe('2');
    expect(await second.apply('rows/x', '2', '3', [])).toBe('applied');
    expect(await second.apply('rows/x', '3', '4', [])).toBe('applied');
    expect(await transactions()).toBe(3);
    await expect(first.apply('rows/x', '4', '5', [])).rejects.toThrow(LeaseLost);
    expect(await store.checkpoint('rows/x')).toBe('4');
    await Promise.all([first.close(), second.close()]);
    await leases.close();
    await store.close();
  });
});

describe('what cannot be used', () => {
  it('says so of an address that is none, and of one where nobody is, without name and password', async () => {
    const open = (server: string): Promise<MongoReadModels> => MongoReadModels.open({ server, database: 'x', space: 'projections', scratchDirectory: tmpdir() });
    await expect(open('http://me:secret@nowhere/')).rejects.toThrow(/^The address of MongoDB \((?!.*secret).*cannot be used: /);
    await expect(open('mongodb://me:secret@127.0.0.1:1/')).rejects.toThrow(/^MongoDB at mongodb:\/\/127\.0\.0\.1:1\/ does not answer /);
  });

  it('is not tried again where trying again is in vain', async () => {
    let attempts = 0;
    await expect(new Patience({ now: () => '', sleep: async () => undefined }).persist(async () => { attempts++; throw new TypeError('no'); })).rejects.toThrow('no');
    expect(attempts).toBe(1);
  });
});

describeWithMongod('a mongod that stands alone', () => {
  it('is refused', async () => {
    const alone = await MongoMemoryServer.create({ binary: { systemBinary: mongodBinary()!, version: MONGOD_VERSION, checkMD5: false }, instance: { storageEngine: 'wiredTiger' } });
    const opening = MongoReadModels.open({ server: alone.getUri(), database: 'x', space: 'projections', scratchDirectory: tmpdir() });
    await expect(opening).rejects.toThrow(/stands alone, and only a replica set has transactions\. One node is enough: start it with --replSet NAME and call rs\.initiate\(\)/);
    const asked = MongoReadModels.open({ server: `${alone.getUri()}?replicaSet=rs9`, database: 'x', space: 'projections', scratchDirectory: tmpdir() });
    await expect(asked).rejects.toThrow(/^MONGODB_URL asks for a replica set called rs9, .* the set there is called otherwise, or the mongod stands alone\. .*replicaSet= in MONGODB_URL/);
    await alone.stop({ doCleanup: true, force: true });
  }, 30_000);
});

/** Cuts the connection instead of handing on the answer to one command. */
class Proxy {
  cuts = 0;
  private command: string | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async before(target: number): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on('connection', near => {
      const far = connect(target, '127.0.0.1');
      let deaf = false;
      near.on('data', data => {
        if (proxy.command !== undefined && data.includes(proxy.command)) {
          deaf = true;
          proxy.command = undefined;
        }
        far.write(data);
      });
      far.on('data', data => {
        if (!deaf) return void near.write(data);
        proxy.cuts++;
        near.destroy();
        far.destroy();
      });
      for (const [one, other] of [[near, far], [far, near]] as const) one.on('error', () => other.destroy()).on('close', () => other.destroy());
      proxy.sockets.add(near).add(far);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  cutAnswerTo(command: string): void {
    this.cuts = 0;
    this.command = command;
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise(resolve => this.server.close(() => resolve()));
  }
}
