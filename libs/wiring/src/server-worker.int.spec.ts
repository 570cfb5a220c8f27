// A worker on servers that cannot start, or not give back what it holds, leaves nothing open and nothing going on.
// MongoDB itself refuses: by a rule on the collection of the workers, or a view in its place.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory, EmbeddedEventStore, MongoKeyVault } from '@app/event-store';
import { connectMongo, MongoReadModels } from '@app/read-models';
import { LocalSignals, SystemClock, SystemRandomness } from '@app/runtime';
import { describeWithMongo, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { createLogger } from './logger';
import { openNotifiers } from './notifiers';
import { startServerWorker } from './server-worker';
import { Undo } from './undo';
import type { Worker } from './worker';

/** Knows who still waits for it. */
class WatchedClock extends SystemClock {
  sleeping = 0;

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeping += 1;
    await super.sleep(ms, signal);
    this.sleeping -= 1;
  }
}

class WatchedRows {
  closed = 0;

  constructor(readonly rows: MongoReadModels) {
    const close = rows.close.bind(rows);
    rows.close = () => {
      this.closed += 1;
      return close();
    };
  }
}

describeWithMongo('a worker on servers', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  let client: Awaited<ReturnType<typeof connectMongo>>;
  let undo: Undo;
  beforeAll(async () => {
    mongo = await mongoForTests();
    client = await connectMongo(mongo.url);
  }, 60_000);
  afterAll(async () => {
    await client.close();
    await mongo.stop();
  });
  beforeEach(() => (undo = new Undo()));
  afterEach(() => undo.all());

  async function setUp(standIn: boolean) {
    const [clock, random, signals, db] = [new WatchedClock(), new SystemRandomness(), new LocalSignals(), client.db(mongo.newDatabase())];
    const folder = mkdtempSync(join(tmpdir(), 'ordertrail-worker-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const directory = DataDirectory.own(folder, { startedAt: clock.now() });
    undo.push(() => directory.release());
    const eventStore = await EmbeddedEventStore.open({ directory, clock, signals });
    const logger = createLogger({ logLevel: 'silent', logFor: 'machines' });
    const notifiers = openNotifiers({ dataDirectory: folder, servers: undefined, smtp: undefined, sms: undefined }, { clock, logger });
    undo.push(() => eventStore.close());
    const keyVault = await MongoKeyVault.open({ database: db, masterKey: new Uint8Array(32).fill(7), random, clock });
    const rowsAt = { server: client, database: db.databaseName, scratchDirectory: join(folder, 'scratch') };
    const rows = await MongoReadModels.open({ ...rowsAt, space: 'projections' });
    undo.push(() => rows.close());
    const policyRows = new WatchedRows(await MongoReadModels.open({ ...rowsAt, space: 'policies' }));
    const start = (): Promise<Worker> =>
      startServerWorker({ client, database: db.databaseName, rows, policyRows: policyRows.rows, eventStore, keyVault, signals, clock, random, notifiers, logger, standIn });
    return { start, db, clock, policyRows };
  }

  it('whose leases cannot be opened closes its rows', async () => {
    const { start, db, policyRows } = await setUp(false);
    await db.createCollection('workers', { viewOn: 'others', pipeline: [] });
    await expect(start()).rejects.toThrow('view');
    expect(policyRows.closed).toBe(1);
  });

  it('that cannot say that it is there renews nothing any more, and closes its rows', async () => {
    const { start, db, clock, policyRows } = await setUp(false);
    await db.createCollection('workers', { validator: { allowed: true } });
    await expect(start()).rejects.toThrow('validation');
    expect([clock.sleeping, policyRows.closed]).toEqual([0, 1]);
  });

  it('that cannot sign off closes its rows, and says so', async () => {
    const { start, db, clock, policyRows } = await setUp(true);
    // While there is another one, a stand-in takes nothing.
    await db.collection<{ _id: string; until: Date }>('workers').insertOne({ _id: 'another', until: new Date(Date.now() + 3_600_000) });
    const worker = await start();
    await db.dropCollection('workers');
    await db.createCollection('workers', { viewOn: 'others', pipeline: [] });
    await expect(worker.stop()).rejects.toThrow('view');
    expect([clock.sleeping, policyRows.closed]).toEqual([0, 1]);
  });
});
