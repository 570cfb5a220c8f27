// Real orders, imported into a data directory and moved to EventStoreDB and MongoDB: the servers answer what the directory answered,
// and a backup of the servers, taken back into a data directory, answers it again.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { orderStatus, type OrderRow, workflowBoard } from '@app/projections';
import { backUp, migrate, openOrderTrail, type OrderTrail, readConfig } from '@app/wiring';
import { A_QUARTER, importOlist, OLIST } from '../olist/olist-import';
import { startLoopbackEventStore } from '../servers/eventstoredb/start-loopback';
import { describeWithMongo, mongoForTests } from '../servers/mongo/mongo-for-tests';

jest.setTimeout(600_000);
/** Every read model is built from the log, on two cores that run other tests as well. */
const ROWS_MS_MAX = 240_000;

/** Of the quarter that is moved: the whole of them is imported elsewhere. */
const ORDERS = 962;
const there = existsSync(OLIST);
// A skip must be seen, and Jest shows no names of what it skipped.
if (!there) process.stderr.write(`SKIPPED: there is no data at ${OLIST}, so no real orders were moved to servers.\n`);

interface Answers {
  byStatus: Record<string, number>;
  onHold: number;
  total: number;
  boardRows: number;
  customer: unknown;
}

async function answersOf({ eventStore, monitor, rows, personalData }: OrderTrail): Promise<Answers> {
  expect(await monitor.waitFor([orderStatus.name, workflowBoard.name], await eventStore.end(), ROWS_MS_MAX)).toBe(true);
  const answers: Answers = { byStatus: {}, onHold: await rows.count(orderStatus.name, { where: { onHold: true } }), total: 0, boardRows: await rows.count(workflowBoard.name, {}), customer: undefined };
  let first: string | undefined;
  for (let after: string | undefined; ; ) {
    const page = await rows.find<OrderRow>(orderStatus.name, { sort: [{ field: 'orderNumber', direction: 'asc' }], limit: 500, ...(after === undefined ? {} : { after }) });
    for (const { row } of page.rows) {
      answers.byStatus[row.status] = (answers.byStatus[row.status] ?? 0) + 1;
      answers.total += row.total;
      first ??= row.externalId;
    }
    if (!page.hasMore) break;
    after = page.rows.at(-1)?.cursor;
  }
  const [placed] = await eventStore.read(`order-WS.${first}`);
  answers.customer = await personalData.open(placed!.type, placed!.data);
  return answers;
}

(there ? describeWithMongo : describe.skip)('The Olist orders', () => {
  it('are the same on servers, and in a backup of the servers', async () => {
    const mongo = await mongoForTests();
    const events = await startLoopbackEventStore();
    const folders = [1, 2, 3, 4].map(() => mkdtempSync(join(tmpdir(), 'moved-')));
    const [data, work, parent, local] = folders as [string, string, string, string];
    const database = new URL(mongo.url);
    database.pathname = `/${mongo.newDatabase()}`;
    const settings = { ORDERTRAIL_DATA: data, ORDERTRAIL_LOG_LEVEL: 'silent' };
    const onServers = { ...settings, EVENTSTOREDB_URL: events.url, MONGODB_URL: database.href };
    const watch = { signal: new AbortController().signal, progress: () => undefined };
    async function answered(environment: Record<string, string>, before: (server: OrderTrail) => Promise<unknown> = async () => undefined): Promise<Answers> {
      const server = await openOrderTrail({ ...readConfig(environment), port: 0 });
      try {
        await before(server);
        return await answersOf(server);
      } finally {
        await server.close();
      }
    }
    try {
      const embedded = await answered(settings, (server) => importOlist(server, work, { ids: A_QUARTER }));
      expect(Object.values(embedded.byStatus).reduce((sum, count) => sum + count, 0)).toBe(ORDERS);

      const moved = await migrate(readConfig(onServers), { ...watch, compareOnly: false });
      expect(moved).toMatchObject({ log: { equal: true }, keys: { equal: true }, tokensGoOn: true });
      expect(moved.keys.source.present).toBeGreaterThan(ORDERS * 0.97);
      expect(await answered({ ...onServers, ORDERTRAIL_DATA: local, ORDERTRAIL_MASTER_KEY: readFileSync(join(data, 'keys', 'master.key'), 'utf8').trim() })).toEqual(embedded);

      const backup = await backUp(readConfig(onServers), join(parent, 'backup'), { ...watch, withMasterKey: true });
      expect(backup).toMatchObject({ log: { equal: true }, keys: { equal: true } });
      expect(await answered({ ...settings, ORDERTRAIL_DATA: join(parent, 'backup') })).toEqual(embedded);
    } finally {
      await events.stop();
      await mongo.stop();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    }
  });
});
