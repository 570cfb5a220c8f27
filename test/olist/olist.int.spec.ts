// Real orders through the real intake: what the read models answer equals an independent computation from the files;
// importing again changes nothing, and an import killed in the middle ends, repeated, with the same orders, states and events.
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportReport } from '@app/import';
import { boardKeys, boardNodeKeys, boardOf, boardPeriod, type BoardRow, type NodeFigures, orderStatus, type OrderRow, workflowBoard } from '@app/projections';
import type { OrderTrail } from '@app/wiring';
import { computeIndependently } from './independent';
import { importOlist, OLIST, openStores } from './olist-import';
import { logOf, type OrderLife, unlike } from './order-lives';

const there = existsSync(OLIST);
jest.setTimeout(240_000);

// A skip must be seen, and Jest shows no names of what it skipped.
if (!there) process.stderr.write(`SKIPPED: there is no data at ${OLIST}, so no real orders were imported.\n`);

(there ? describe : describe.skip)('the Olist orders', () => {
  const open: OrderTrail[] = [];
  const folders: string[] = [];

  async function start(dataDirectory: string): Promise<OrderTrail> {
    const orderTrail = await openStores(dataDirectory);
    open.push(orderTrail);
    return orderTrail;
  }
  async function stop(orderTrail: OrderTrail): Promise<void> {
    open.splice(open.indexOf(orderTrail), 1);
    await orderTrail.close();
  }
  function folder(): string {
    const made = mkdtempSync(join(tmpdir(), 'olist-'));
    folders.push(made);
    return made;
  }
  let whole: OrderTrail;
  let report: ImportReport;
  let lives: Map<string, OrderLife>;
  beforeAll(async () => {
    whole = await start(folder());
    report = await importOlist(whole, folder());
    lives = await logOf(whole);
  });
  afterAll(async () => {
    for (const orderTrail of [...open]) await stop(orderTrail);
    for (const made of folders) rmSync(made, { recursive: true, force: true });
  });

  async function caughtUp(orderTrail: OrderTrail): Promise<void> {
    const end = await orderTrail.eventStore.end();
    expect(await orderTrail.monitor.waitFor([orderStatus.name, workflowBoard.name], end, 120_000)).toBe(true);
  }

  it('are taken whole, row for row', () => {
    expect(report).toMatchObject({ complete: true, rows: { products: 3132, customers: 4000, orders: 4000, items: 4519, payments: 4161, reviews: 3986 } });
    expect(report.outcomes['orders']).toEqual({ CREATED: 4000 });
    expect(report.rejected.count).toBe(0);
    expect(report.refused.first.map(({ reason }) => reason.split(':').slice(0, 2).join(':'))).toEqual(Array(2).fill('cancellations: OrderAlreadyShipped'));
    expect(report.outcomes['skus']).toEqual({ CREATED: 3132 });
  });

  it('end as an independent computation says: counts, holds, totals, passages', async () => {
    await caughtUp(whole);
    const expected = computeIndependently(OLIST);
    const { rows } = whole;
    const byStatus: Record<string, number> = {};
    const statusOf: Record<string, string> = {};
    let total = 0;
    for (let after: string | undefined; ; ) {
      const page = await rows.find<OrderRow>(orderStatus.name, { sort: [{ field: 'orderNumber', direction: 'asc' }], limit: 500, ...(after === undefined ? {} : { after }) });
      for (const { row } of page.rows) {
        byStatus[row.status] = (byStatus[row.status] ?? 0) + 1;
        statusOf[row.externalId] = row.status;
        total += row.total;
      }
      if (!page.hasMore) break;
      after = page.rows.at(-1)?.cursor;
    }
    expect(await rows.count(orderStatus.name, {})).toBe(expected.orders);
    expect(byStatus).toEqual(expected.byStatus);
    expect(Object.entries(expected.statusOf).filter(([id, status]) => statusOf[id] !== status)).toEqual([]);
    expect(await rows.count(orderStatus.name, { where: { onHold: true } })).toBe(expected.onHold);
    expect(total).toBe(expected.totalCents);
    const nodes: Record<string, Pick<NodeFigures, 'completed' | 'completedLate' | 'meanSeconds'>> = {};
    for (const { node, completed, completedLate, meanSeconds } of await board(whole)) nodes[node] = { completed, completedLate, meanSeconds };
    expect(nodes).toEqual(expected.nodes);
  });

  it('imported again change nothing', async () => {
    const end = await whole.eventStore.end();
    const again = await importOlist(whole, folder());
    for (const outcomes of Object.values(again.outcomes)) expect(Object.keys(outcomes)).toEqual(['DUPLICATE']);
    expect(await whole.eventStore.end()).toBe(end);
  });

  it('end the same when the import is killed in the middle and repeated', async () => {
    const [dataDirectory, workFolder] = [folder(), folder()];
    const child = fork(join(__dirname, 'killed-import.ts'), [dataDirectory, workFolder], { execArgv: ['-r', join(__dirname, 'typescript-child.cjs')] });
    child.on('message', sent => Number(sent) > 9_000 && child.kill('SIGKILL'));
    const signal = await new Promise(resolve => child.on('exit', (_, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
    const again = await start(dataDirectory);
    const rest = await importOlist(again, workFolder);
    expect(rest).toMatchObject({ complete: true, sent: report.sent });
    expect(rest.resumedRows).toBeGreaterThan(0);
    expect(unlike(lives, await logOf(again))).toEqual([]);
  });

  async function board(orderTrail: OrderTrail): Promise<NodeFigures[]> {
    const read = async (keys: readonly string[]): Promise<Map<string, BoardRow>> => {
      const found = await orderTrail.rows.getMany<BoardRow>(workflowBoard.name, keys);
      return new Map(keys.flatMap((key, i) => (found[i] === undefined ? [] : [[key, found[i].row] as const])));
    };
    const period = boardPeriod('2016-01-01T00:00:00.000Z', '2019-01-01T00:00:00.000Z');
    const nodeRows = await read(boardNodeKeys('WS'));
    return boardOf('WS', period, new Map([...nodeRows, ...(await read(boardKeys('WS', period, nodeRows)))]));
  }
});
