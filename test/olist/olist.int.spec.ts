// Real orders through the real intake: what the read models answer equals an independent computation from the files;
// importing again changes nothing, and an import killed in the middle ends, repeated, with the same orders, states and events.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ImportReport, IntakeSink, runImport } from '@app/import';
import { boardKeys, boardNodeKeys, boardOf, boardPeriod, type BoardRow, type NodeFigures, orderStatus, type OrderRow, workflowBoard } from '@app/projections';
import { type OrderTrail, openOrderTrail } from '@app/wiring';
import { computeIndependently } from './independent';
import { logOf, type OrderLife } from './order-lives';

const ROOT = join(__dirname, '..', '..');
const FOLDER = resolve(ROOT, '../shared/data/olist-4000');
const MAPPING = readFileSync(join(__dirname, 'olist.mapping.json'), 'utf8');
const OMITS = (JSON.parse(MAPPING) as { omits: string[] }).omits;
const there = existsSync(FOLDER);
// A skip must be seen: the suite's name says it.
(there ? describe : describe.skip)(there ? 'the Olist orders' : `SKIPPED, NO DATA AT ${FOLDER}: the Olist orders`, () => {
  jest.setTimeout(240_000);
  const open: OrderTrail[] = [];
  const folders: string[] = [];

  async function start(dataDirectory: string): Promise<OrderTrail> {
    const orderTrail = await openOrderTrail({ dataDirectory, port: 0, host: '127.0.0.1', zone: undefined, masterKey: undefined, logLevel: 'silent', oidc: undefined });
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
  function load(orderTrail: OrderTrail, workFolder: string, signal?: AbortSignal, sent: (count: number) => void = () => {}): Promise<ImportReport> {
    const sink = new IntakeSink(orderTrail.intake, { system: 'WS', actor: { id: 'import', role: 'ops' }, history: true, omits: OMITS });
    return runImport({
      folder: FOLDER, mapping: MAPPING, history: true, sink, workFolder, target: orderTrail.config.dataDirectory, resume: true, signal, nowMs: () => Date.now(), progress: state => sent(state.sent),
    });
  }

  let whole: OrderTrail;
  let report: ImportReport;
  let lives: Map<string, OrderLife>;
  beforeAll(async () => {
    whole = await start(folder());
    report = await load(whole, folder());
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
    expect(report.outcomes['skus']).toEqual({ ACCEPTED: 3132 });
  });

  it('end as an independent computation says: counts, holds, totals, passages', async () => {
    await caughtUp(whole);
    const expected = computeIndependently(FOLDER);
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
    expect(statusOf).toEqual(expected.statusOf);
    expect(await rows.count(orderStatus.name, { where: { onHold: true } })).toBe(expected.onHold);
    expect(total).toBe(expected.totalCents);
    const nodes: Record<string, Pick<NodeFigures, 'completed' | 'completedLate' | 'meanSeconds'>> = {};
    for (const { node, completed, completedLate, meanSeconds } of await board(whole)) nodes[node] = { completed, completedLate, meanSeconds };
    expect(nodes).toEqual(expected.nodes);
  });

  it('imported again change nothing', async () => {
    const end = await whole.eventStore.end();
    const again = await load(whole, folder());
    for (const outcomes of Object.values(again.outcomes)) expect(Object.keys(outcomes).filter(outcome => outcome !== 'REFUSED')).toEqual(['DUPLICATE']);
    expect(again.rejected.count).toBe(report.rejected.count);
    expect(await whole.eventStore.end()).toBe(end);
  });

  it('end the same when the import is cut off, the store reopened and the import repeated', async () => {
    const [dataDirectory, workFolder] = [folder(), folder()];
    const abort = new AbortController();
    const first = await start(dataDirectory);
    const cut = await load(first, workFolder, abort.signal, sent => sent > 9_000 && abort.abort());
    expect(cut.complete).toBe(false);
    await stop(first);
    const second = await start(dataDirectory);
    const rest = await load(second, workFolder);
    expect(rest).toMatchObject({ complete: true, sent: report.sent });
    expect(rest.resumedRows).toBeGreaterThan(0);
    expect(await logOf(second)).toEqual(lives);
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
