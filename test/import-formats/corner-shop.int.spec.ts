// Another folder with another mapping works alike: NDJSON, epoch seconds, minor units, nested lines, ids beyond a double, a CSV of depots besides.
// What comes out of it is taken by the real intake, and taken once.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImportReport, type ImportSink, IntakeSink, runImport } from '@app/import';
import { orderStatus, type OrderRow } from '@app/projections';
import { openOrderTrail, readConfig } from '@app/wiring';
import { CORNER_SHOP_DIRT, writeCornerShop } from './corner-shop.fixtures';
import { RecordingSink } from './recording-sink';

const MAPPING = readFileSync(join(__dirname, 'corner-shop.mapping.json'), 'utf8');

describe('a cash system in its own format', () => {
  let folder: string;
  let workFolder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'corner-'));
    workFolder = mkdtempSync(join(tmpdir(), 'corner-work-'));
    writeCornerShop(folder);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    rmSync(workFolder, { recursive: true });
  });
  const run = (sink: ImportSink): Promise<ImportReport> =>
    runImport({ folder, mapping: MAPPING, history: false, sink, workFolder, alone: true, target: 'test', resume: true, progress: () => {}, nowMs: () => 0 });

  it('comes out in canonical form, facts by time, dirt listed by file and line', async () => {
    const sink = new RecordingSink();
    const report = await run(sink);
    expect(report.rejected.first.map(({ file, line, reason }) => `${file}:${line} ${reason}`)).toEqual(CORNER_SHOP_DIRT);
    expect(report).toMatchObject({ complete: true, sent: 9, rows: { articles: 2, depots: 1, receipts: 5, log: 7 } });
    const id = '90071992547409931';
    expect(sink.items).toEqual([
      { topic: 'skus', payload: { sku: 'TEA', title: 'Tee', category: 'drinks' } },
      { topic: 'skus', payload: { sku: 'CUP', title: 'Tasse', category: 'china' } },
      {
        topic: 'orders',
        payload: {
          externalId: id,
          placedAt: '2026-01-09T03:00:00.000Z',
          updatedAt: '2026-01-09T03:00:00.250Z',
          customer: { customerId: 'B1', name: 'Jo', phone: '030 1', tier: 'KEY_ACCOUNT' },
          shippingAddress: { country: 'DE', province: 'BE', city: 'Berlin', detail: 'Weg 1' },
          lines: [
            { lineId: '1', sku: 'TEA', quantity: 2, unitPrice: '12.50' },
            { lineId: '2', sku: 'CUP', quantity: 1, unitPrice: '0.05' },
          ],
          freight: '5.00',
          discount: '0.05',
          total: '30.00',
          currency: 'EUR',
        },
      },
      { topic: 'payments', payload: { externalId: id, paymentId: 'V1', status: 'PAID', amount: '30.00', at: '2026-01-09T03:06:40.000Z' } },
      { topic: 'fulfilment', payload: { externalId: id, status: 'DISPATCHED', shipmentId: 'P1', warehouse: "Süd; 'Rampe' 2", lines: [{ lineId: '1', quantity: 2 }], at: '2026-01-09T05:03:20.000Z' } },
      { topic: 'fulfilment', payload: { externalId: id, status: 'DISPATCHED', shipmentId: 'P2', warehouse: "Süd; 'Rampe' 2", lines: [{ lineId: '2', quantity: 1 }], at: '2026-01-09T05:03:20.000Z' } },
      { topic: 'tracking', payload: { externalId: id, shipmentId: 'P1', status: 'DELIVERED', at: '2026-01-09T22:50:00.000Z' } },
      { topic: 'tracking', payload: { externalId: id, shipmentId: 'P2', status: 'DELIVERED', at: '2026-01-09T23:00:00.000Z' } },
      expect.objectContaining({ topic: 'orders', payload: expect.objectContaining({ externalId: '90071992547409932', total: '7.00' }) }),
    ]);
    expect(readdirSync(workFolder)).toEqual([]);
  });

  it('is taken by the intake: orders with their parcels, and a second time as nothing new', async () => {
    const dataDirectory = join(workFolder, 'data');
    const orderTrail = await openOrderTrail({ ...readConfig({ ORDERTRAIL_DATA: dataDirectory, ORDERTRAIL_LOG_LEVEL: 'silent' }), port: 0 });
    try {
      const sink = new IntakeSink(orderTrail.intake, { system: 'SF', actor: { id: 'import', role: 'ops' }, history: true, omits: [] });
      const report = await run(sink);
      expect(report.outcomes).toEqual({ skus: { CREATED: 2 }, orders: { CREATED: 2 }, payments: { ACCEPTED: 1 }, fulfilment: { ACCEPTED: 2 }, tracking: { ACCEPTED: 2 } });
      expect(report.rejected.first.map(({ file, line, reason }) => `${file}:${line} ${reason}`)).toEqual(CORNER_SHOP_DIRT);
      expect(report.refused.count).toBe(0);
      const end = await orderTrail.eventStore.end();
      expect(await orderTrail.monitor.waitFor([orderStatus.name], end, 60_000)).toBe(true);
      const { rows } = await orderTrail.rows.find<OrderRow>(orderStatus.name, { sort: [{ field: 'orderNumber', direction: 'asc' }], limit: 10 });
      expect(rows.map(({ row }) => row)).toMatchObject([
        { externalId: '90071992547409931', status: 'AWAITING_SETTLEMENT', currency: 'EUR', total: 3000, paid: 3000, deliveredAt: '2026-01-09T23:00:00.000Z', onHold: false, shipped: { 1: 2, 2: 1 }, shipments: [{ shipmentId: 'P1', warehouse: "Süd; 'Rampe' 2" }, { shipmentId: 'P2' }] },
        { externalId: '90071992547409932', status: 'AWAITING_PAYMENT', currency: 'EUR', total: 700, paid: 0, onHold: false, matchedSkus: ['CUP'] },
      ]);
      for (const outcomes of Object.values((await run(sink)).outcomes)) expect(Object.keys(outcomes)).toEqual(['DUPLICATE']);
      expect(await orderTrail.eventStore.end()).toBe(end);
    } finally {
      await orderTrail.close();
    }
  }, 90_000);
});
