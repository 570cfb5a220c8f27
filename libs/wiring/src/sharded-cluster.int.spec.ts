// On a sharded cluster every table lies as its projection states it, and every write and every look-up by key goes to one shard:
// each names the shard key, which is the key of the row. No router runs here, so the commands themselves are looked at.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON, type CommandStartedEvent, type Document, MongoClient } from 'mongodb';
import { adoptTokenKey, MongoKeyVault } from '@app/event-store';
import { MongoLeases, MongoReadModels } from '@app/read-models';
import { type Lease, LocalSignals, PolicyRunner, ProjectionRunner, type RowWrite, SystemClock, SystemRandomness, TestClock } from '@app/runtime';
import { MemoryLog } from '@test/dsl';
import { asRouter } from '../../../test/servers/mongo/as-router';
import { describeWithMongo, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { POLICIES, PROJECTIONS } from './registry';

// A new projection or policy is missing here until it is known which it is.
const BY_KEY = [
  'projections.alerts', 'projections.approval-tasks', 'projections.approvals', 'projections.exceptions', 'projections.exemptions', 'projections.order-status', 'projections.quarantine', 'projections.waiting-facts',
  'policies.approval-tasks', 'policies.exception-follow-up', 'policies.exemption-follow-up', 'policies.exemption-quota', 'policies.hold-expiry', 'policies.node-overdue', 'policies.notification-delivery',
];
const WHOLE = [
  'projections.approval-backlog', 'projections.parked-events', 'projections.parked-lanes', 'projections.platform-turnover', 'projections.source-systems', 'projections.staff', 'projections.workflow-board',
  'policies.approval-alerts', 'policies.backlog-peak', 'policies.exemption-not-upheld', 'policies.green-channel', 'policies.notification', 'policies.parked-events', 'policies.parked-lanes', 'policies.route-watch',
];
const HASHED = { _id: 'hashed' };

describeWithMongo('a sharded cluster', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  let server: MongoClient;
  let database: string;
  let client: MongoClient;
  let sharded: Document[];
  /** As they went to the server. */
  let commands: Document[];
  let scratchDirectory: string;
  beforeAll(async () => {
    mongo = await mongoForTests();
  });
  beforeEach(() => {
    database = mongo.newDatabase();
    server = new MongoClient(mongo.url, { monitorCommands: true });
    commands = [];
    server.on('commandStarted', ({ command }: CommandStartedEvent) => commands.push(command));
    ({ client, sharded } = asRouter(server));
    scratchDirectory = mkdtempSync(join(tmpdir(), 'sharded-'));
  });
  afterEach(async () => {
    await server.close();
    rmSync(scratchDirectory, { recursive: true });
  });
  afterAll(() => mongo.stop());
  const open = (space: string): Promise<MongoReadModels> => MongoReadModels.open({ server: client, database, space, scratchDirectory });

  it('has the tables that grow with the orders spread by the key of their rows, all others whole', async () => {
    const common = { log: new MemoryLog(), signals: new LocalSignals(), clock: new TestClock(), logger: { info: () => undefined, warn: () => undefined, error: () => undefined } };
    const executor = { execute: () => Promise.reject(new Error('Nothing has happened that anything follows from.')) };
    const [rows, policyRows] = [await open('projections'), await open('policies')];
    const runners = [new ProjectionRunner({ ...common, store: rows, projections: PROJECTIONS }), new PolicyRunner({ ...common, store: policyRows, executor, policies: POLICIES })];
    for (const runner of runners) await runner.start();
    for (const runner of runners) await runner.stop();
    const tables = [...(await rows.tables()).map((table) => `projections.${table}`), ...(await policyRows.tables()).map((table) => `policies.${table}`)];
    expect(tables.map((table) => table.slice(0, table.indexOf('@'))).sort()).toEqual([...BY_KEY, ...WHOLE].sort());
    expect(sharded).toHaveLength(BY_KEY.length);
    const told = Object.fromEntries(sharded.map(({ shardCollection, ...how }) => [String(shardCollection).split('@')[0], how]));
    expect(told).toEqual(Object.fromEntries(BY_KEY.map((table) => [`${database}.${table}`, { key: HASHED }])));
  });

  it('is given the shard key with every write, and with every look-up by key', async () => {
    const [clock, random] = [new SystemClock(), new SystemRandomness()];
    const table = { name: 'rows@1.1', indexes: [{ fields: ['status'] }], sharding: 'by-key' as const };
    const loaded = { ...table, name: 'rows@1.2' };
    const write = (key: string, row: unknown, more: Partial<RowWrite> = {}): RowWrite => ({ table: table.name, key, row, ...more });
    const rows = await open('projections');
    const leases = await MongoLeases.open({ client: server, database, clock, random, ttlMs: 300 });
    const lease = (await leases.acquire('share')) as Lease;
    await leases.workers(false);
    for (const [at, store] of [rows, rows.under(lease)].entries()) {
      const name = `rows/${table.name}/${at}`;
      await store.open(table);
      await store.apply(name, undefined, '1', [write('a', { status: 'A' }), write('b', { status: 'B' }), write(`c${at}`, {}, { isNew: true })]);
      await store.apply(name, '1', '2', [write('a', { status: 'C' }), write('b', undefined)]);
      await store.apply(name, '2', '3', []);
      await store.apply(name, '3', undefined, []);
      await store.get(table.name, 'a');
      await store.getMany(table.name, ['a', 'b', 'c']);
      await store.checkpoint(name);
      const load = await store.bulk('job', [loaded]);
      await load.save([write('x', { status: 'X' }, { table: loaded.name }), write('y', { status: 'Y' })], '1');
      await load.finish();
      await store.drop(loaded.name);
    }
    // Renewed.
    await until(() => commands.some((command) => command['update'] === 'leases' && command['updates'][0].multi === true));
    await leases.close();
    const again = await MongoLeases.open({ client: server, database, clock, random });
    await again.acquire('share');
    await again.close();
    const own = server.db(database);
    const vault = await MongoKeyVault.open({ database: own, masterKey: random.bytes(32), random, clock });
    await vault.adopt('person', random.bytes(32));
    await vault.find('nobody');
    await vault.destroy('person');
    await adoptTokenKey(own, random.bytes(32), random.bytes(32), random);

    const collectionOf = (name: unknown): string => String(name).replace(/\.[0-9a-f]{24}$/, '').replace('@1.', '@');
    const written = new Set<string>();
    for (const command of commands) {
      const changes = [...((command['updates'] ?? command['deletes'] ?? []) as { q: Document; upsert?: boolean }[])];
      if (command['findAndModify'] !== undefined) changes.push({ q: command['query'] as Document, upsert: command['upsert'] as boolean });
      for (const { q, upsert = false } of changes) {
        written.add(collectionOf(command['findAndModify'] ?? command['update'] ?? command['delete']));
        // A take-over goes through the checkpoints of its share; these lie whole on one shard.
        if (String(command['update']).endsWith('.checkpoints') && q['share'] !== undefined && q['_id'] === undefined) expect(upsert).toBe(false);
        else if (upsert || q['_id']?.$in === undefined) expect(q).toEqual(expect.objectContaining({ _id: expect.any(String) }));
        else for (const key of q['_id'].$in) expect(key).toEqual(expect.any(String));
      }
      for (const document of (command['documents'] ?? []) as (Document | Uint8Array)[]) {
        written.add(collectionOf(command['insert']));
        // A load inserts bytes.
        expect(document instanceof Uint8Array ? BSON.deserialize(document) : document).toEqual(expect.objectContaining({ _id: expect.any(String) }));
      }
    }
    expect([...written].sort()).toEqual(['customerKeys', 'fences', 'leases', 'projections.checkpoints', 'projections.rows@1', 'projections.rows@2', 'projections.saved', 'projections.tables', 'secrets', 'workers']);
    const lookUps = commands.filter(({ find }) => /rows@|checkpoints|customerKeys|secrets/.test(String(find))).map(({ filter }) => filter as Document);
    expect(lookUps.filter((filter) => filter['_id'] === undefined)).toEqual([{ wrapped: { $type: 'binData' } }]);
    expect(lookUps).toEqual(expect.arrayContaining([{ _id: { $in: ['a'] } }, { _id: { $in: ['a', 'b', 'c'] } }, { _id: `rows/${table.name}/0` }, { _id: { $in: ['nobody'] } }, { _id: 'token-key' }]));
    // What is loaded is spread before its first row comes.
    expect(sharded.map(({ shardCollection, key }) => [collectionOf(shardCollection), key])).toEqual([table.name, loaded.name, loaded.name].map((name) => [`${database}.projections.${name.replace('@1.', '@')}`, HASHED]));
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
