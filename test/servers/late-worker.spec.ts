// Orders that come while no worker runs are routed by the first one that does, and also from a copy of that log.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backUp, migrate, openOrderTrail, type OrderTrail, readConfig } from '@app/wiring';
import { ops } from '../copies/ops-process';
import { startLoopbackEventStore } from './eventstoredb/start-loopback';
import { describeWithMongo, mongoForTests } from './mongo/mongo-for-tests';

const CREDIT_ORDER = {
  externalId: 'A-1', placedAt: '2026-11-20T11:00:00+08:00', paymentTerms: 'CREDIT', customer: { customerId: 'C-8', name: 'Wu Xia', phone: '13800005678' },
  shippingAddress: { province: 'Shanghai', city: 'Shanghai', detail: '8 Renmin Road' }, lines: [{ sku: 'LAMP-D2', quantity: 40, unitPrice: '229.00' }], total: '9160.00',
};
const STREAM = 'order-WS.A-1';

describeWithMongo('a log that no worker has followed', () => {
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  const open = async (environment: Record<string, string>): Promise<OrderTrail> => {
    const product = await openOrderTrail(readConfig({ ORDERTRAIL_LOG_LEVEL: 'fatal', ...environment }), { inOneThread: true });
    undo.push(() => product.close());
    return product;
  };
  const typesOf = async ({ eventStore }: OrderTrail) => (await eventStore.read(STREAM)).map(({ type }) => type);
  const routed = async (product: OrderTrail): Promise<string[]> => {
    for (let look = 0; look < 400; look++) {
      const types = await typesOf(product);
      if (types.includes('TasksRouted')) return types;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return typesOf(product);
  };

  it('is acted on by the first worker, and by those on copies that were made before', async () => {
    const mongo = await mongoForTests();
    undo.push(() => mongo.stop());
    const folder = mkdtempSync(join(tmpdir(), 'late-worker-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const newServers = async () => {
      const events = await startLoopbackEventStore();
      undo.push(() => events.stop());
      const url = new URL(mongo.url);
      url.pathname = `/${mongo.newDatabase()}`;
      return { EVENTSTOREDB_URL: events.url, MONGODB_URL: url.href };
    };
    const servers = { ...(await newServers()), ORDERTRAIL_DATA: join(folder, 'data') };

    const api = await open({ ...servers, ORDERTRAIL_ROLE: 'api' });
    await api.intake.take([{ topic: 'orders', payload: CREDIT_ORDER }], { system: 'WS', actor: { id: 'shop', role: 'integration' }, history: false, omits: [] });
    expect(await typesOf(api)).toEqual(['OrderPlaced', 'ReviewStarted']);
    // Who only looks finds it so, and leaves it so.
    expect(await ops(servers, 'projections', 'status')).toMatchObject({ code: 0, out: expect.stringMatching(/order-status +\d+ +STOPPED/) });
    expect(await ops(servers, 'projections', 'parked', 'list')).toMatchObject({ code: 0 });
    expect(await typesOf(api)).toEqual(['OrderPlaced', 'ReviewStarted']);
    const backup = join(folder, 'backup');
    const run = { signal: new AbortController().signal, progress: () => undefined };
    await backUp(api.config, backup, { ...run, withMasterKey: true });
    const moved = { ...(await newServers()), ORDERTRAIL_DATA: backup };
    await migrate(readConfig(moved), { ...run, compareOnly: false });

    await open({ ...servers, ORDERTRAIL_ROLE: 'worker' });
    expect(await routed(api)).toEqual(['OrderPlaced', 'ReviewStarted', 'TasksRouted']);
    expect(await routed(await open(moved))).toEqual(['OrderPlaced', 'ReviewStarted', 'TasksRouted']);
    expect(await routed(await open({ ORDERTRAIL_DATA: backup }))).toEqual(['OrderPlaced', 'ReviewStarted', 'TasksRouted']);
  }, 120_000);
});
