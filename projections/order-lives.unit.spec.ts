// Over random lives of orders: the row shows what the order itself concludes, and the board what a look at every passage gives,
// whatever the order in which streams are read.
import * as fc from 'fast-check';
import { type Instant, type Projection, instantOf } from '@app/kernel';
import { type Fact, type LineQuantity, type Passage, WORKFLOW_NODES } from '@app/domain';
import { boardKeys, boardNodeKeys, boardOf, boardPeriod, type NodeFigures } from './workflow-board/board';
import { orderStatus } from './order-status/order-status.projection';
import { workflowBoard } from './workflow-board/workflow-board.projection';
import { ADDRESS, CONTENT, delivery, type LivedOrder, lived, minute, type OrderName, report, rowsOf } from './order-lives.fixtures';

const RUNS = 80;
// Some instants coincide, some lie hours, some days apart.
const at = fc.oneof(fc.integer({ min: 0, max: 12 }).map(n => n * 10), fc.integer({ min: 0, max: 4_000 })).map(minute);
const quantities: fc.Arbitrary<LineQuantity[]> = fc.uniqueArray(fc.record({ lineId: fc.constantFrom('1', '2'), quantity: fc.constant(1) }), {
  minLength: 1, maxLength: 2, selector: ({ lineId }) => lineId,
});
const lines = fc.option(quantities, { nil: null });
const shipmentId = fc.constantFrom('s-1', 's-2');
const amount = fc.constantFrom('100.00', '200.00', '200.00');
const fact = fc.oneof(
  { weight: 4, arbitrary: fc.record({ topic: fc.constant('payments'), paymentId: fc.constantFrom('p-1', 'p-2'), status: fc.constantFrom('PAID', 'PAID', 'PAID', 'FAILED', 'REFUNDED'), amount, at, reason: fc.constant(null) }) },
  { weight: 3, arbitrary: fc.record({ topic: fc.constant('fulfilment'), status: fc.constantFrom('ALLOCATED', 'ALLOCATED', 'SHORTAGE'), warehouse: fc.constant('HZ-1'), lines, at }) },
  { weight: 4, arbitrary: fc.record({ topic: fc.constant('fulfilment'), status: fc.constant('DISPATCHED'), shipmentId, warehouse: fc.constant(null), carrier: fc.constantFrom('SF', 'YT', null), trackingNumber: fc.constant(null), lines, at }) },
  { weight: 4, arbitrary: fc.record({ topic: fc.constant('tracking'), shipmentId, status: fc.constantFrom('IN_TRANSIT', 'DELIVERED', 'DELIVERED', 'LOST', 'RETURNED'), at, note: fc.constant(null) }) },
  { weight: 2, arbitrary: fc.record({ topic: fc.constant('settlements'), amount, at }) },
  { weight: 1, arbitrary: fc.record({ topic: fc.constant('cancellations'), reason: fc.constant('no'), at }) },
  { weight: 1, arbitrary: fc.record({ topic: fc.constant('returns'), lines: quantities, reason: fc.constant('broken'), at }) },
) as fc.Arbitrary<Fact>;

type Asked = Parameters<typeof lived>[1][number];
const SYSTEMS: Readonly<Record<string, string>> = { payments: 'WXPAY', fulfilment: 'WMS', tracking: 'TMS', settlements: 'ERP', cancellations: 'TB', returns: 'WMS' };
const act: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 10, arbitrary: fact.map(one => report(one, SYSTEMS[one.topic] as string)) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('PlaceHold' as const), holdId: fc.constantFrom('h-1', 'h-2'), reason: fc.constant('look'), expiresAt: fc.constantFrom(null, minute(9_000)), at }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ReleaseHold' as const), holdId: fc.constantFrom('h-1', 'h-2'), reason: fc.constant('fine'), at }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('CancelOrder' as const), reason: fc.constant('no'), at }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ChangeAddress' as const), address: fc.constantFrom(ADDRESS, { ...ADDRESS, city: 'Ningbo' }), reason: fc.constant('moved'), at }) },
);
const change = fc.record(
  {
    lines: fc.constantFrom(CONTENT.lines, CONTENT.lines.slice(0, 1)), total: fc.constantFrom(20_000, 10_000),
    customer: fc.constantFrom(CONTENT.customer, { ...CONTENT.customer, phone: null }), paymentTerms: fc.constantFrom('PREPAID' as const, 'CREDIT' as const),
  },
  { requiredKeys: [] },
);

function lifeOf(name: OrderName): fc.Arbitrary<LivedOrder> {
  return fc.record({ early: fc.array(fact, { maxLength: 2 }), acts: fc.array(act, { maxLength: 9 }), changes: fc.array(fc.record({ change, at }), { maxLength: 2 }), first: change }).chain(
    ({ early, acts, changes, first }) => {
      let content = { ...CONTENT, ...first };
      const later = changes.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ change: changed, at: updatedAt }) => {
        content = { ...content, ...changed };
        return delivery(name, content, updatedAt);
      });
      const reports = early.map(one => report(one, SYSTEMS[one.topic] as string));
      // Deliveries keep their order and come anywhere among the acts.
      return fc.shuffledSubarray(acts.map((_, i) => i).concat(later.map(() => -1)), { minLength: acts.length + later.length }).map(order => {
        const [deliveries, asked] = [[...later], [...acts]];
        return lived(name, [...reports, delivery(name, first, minute(0)), ...order.map(() => (deliveries.length > asked.length ? deliveries.shift() : asked.shift()) ?? (deliveries.shift() as Asked))]);
      });
    },
  );
}

const lives = fc.tuple(...['TB', 'TB', 'JD', 'WS'].map((platform, i) => lifeOf({ platform, externalId: String(i + 1) })));

test('the row of an order shows what the order concludes', () => {
  fc.assert(
    fc.property(lifeOf({ platform: 'TB', externalId: '1' }), ({ stream, state, events }) => {
      const row = rowsOf(orderStatus, events).get(stream)!;
      const { standing, content } = state as LivedOrder['state'] & { standing: NonNullable<LivedOrder['state']['standing']> };
      const { status, node, holds, shipments, paid, refunded, settled, paidAt, shippedAt, deliveredAt, settledAt, closedAt, refused } = standing;
      expect(row).toMatchObject({ status, node, holds, shipments, paid, refunded, settled, paidAt, shippedAt, deliveredAt, settledAt, closedAt, refused });
      const { lines: wanted, ...rest } = content!;
      expect(row).toMatchObject(rest);
      expect(row.lines).toEqual(wanted.map(line => ({ ...line, skuMatched: false, shippedQuantity: standing.shipped[line.lineId] ?? 0, returnedQuantity: standing.returned[line.lineId] ?? 0 })));
      const open = standing.passages.find(({ leftAt }) => leftAt === null);
      expect([row.nodeEnteredAt, row.nodeOwnerRole]).toEqual([open?.enteredAt ?? null, open?.ownerRole ?? null]);
      expect(row.nodeDueAt).toBe(open === undefined ? null : instantOf(Date.parse(open.enteredAt) + open.limitSeconds * 1000));
      expect(row.onHold).toBe(holds.length > 0);
      expect([row.revision, row.updatedAt]).toEqual([events.at(-1)!.revision, events.at(-1)!.recordedAt]);
      expect(rowsOf(orderStatus, events, true).get(stream)).toEqual(row);
    }),
    { numRuns: RUNS },
  );
});

test('the board gives what a look at every passage of every order gives', () => {
  fc.assert(
    fc.property(lives, fc.integer({ min: -300, max: 4_500 }), fc.integer({ min: 0, max: 6_000 }), fc.constantFrom(null, 'TB', 'JD'), (orders, start, length, platform) => {
      const rows = rowsOf(workflowBoard, orders.flatMap(({ events }) => events));
      const period = boardPeriod(minute(start), minute(start + length));
      const read = (keys: readonly string[]): Map<string, never> => new Map(keys.flatMap(key => (rows.has(key) ? [[key, rows.get(key) as never] as const] : [])));
      const nodeRows = read(boardNodeKeys(platform));
      const figures = boardOf(platform, period, new Map([...nodeRows, ...read(boardKeys(platform, period, nodeRows))]));
      const passages = orders.filter(({ state }) => platform === null || state.identity!.platform === platform).flatMap(({ state }) => state.standing!.passages);
      for (const [i, node] of WORKFLOW_NODES.entries()) compare(figures[i]!, passages.filter(passage => passage.node === node), period);
    }),
    { numRuns: RUNS },
  );
});

test('the order in which streams are read changes nothing', () => {
  fc.assert(
    fc.property(lives, fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (orders, order) => {
      const inTurn = order.flatMap(i => orders[i]!.events);
      // As they came: one event of each, as long as there are any.
      const mixed = orders[0]!.events.flatMap((_, n) => orders.flatMap(({ events }) => events.slice(n, n + 1))).concat(orders.flatMap(({ events }) => events.slice(orders[0]!.events.length)));
      for (const projection of [orderStatus, workflowBoard] as Projection[]) expect(sorted(rowsOf(projection, inTurn, true))).toEqual(sorted(rowsOf(projection, mixed)));
    }),
    { numRuns: RUNS },
  );
});

function sorted(rows: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
}

function compare(figures: NodeFigures, passages: readonly Passage[], { from, to }: { from: Instant; to: Instant }): void {
  const durations = passages
    .filter(({ outcome, leftAt }) => outcome === 'COMPLETED' && leftAt! >= from && leftAt! < to)
    .map(({ enteredAt, leftAt, limitSeconds }) => ({ seconds: (Date.parse(leftAt!) - Date.parse(enteredAt)) / 1000, limitSeconds }))
    .sort((a, b) => a.seconds - b.seconds);
  expect(figures.pending).toBe(passages.filter(({ leftAt }) => leftAt === null).length);
  expect(figures.completed).toBe(durations.length);
  expect(figures.completedLate).toBe(durations.filter(({ seconds, limitSeconds }) => seconds > limitSeconds).length);
  expect(figures.meanSeconds).toBe(durations.length === 0 ? null : Math.round(durations.reduce((sum, { seconds }) => sum + seconds, 0) / durations.length));
  for (const [q, found] of [[0.5, figures.p50Seconds], [0.9, figures.p90Seconds]] as const) {
    const exact = durations[Math.max(1, Math.ceil(q * durations.length)) - 1]?.seconds ?? null;
    if (exact === null) expect(found).toBeNull();
    else expect(Math.abs(found! - exact)).toBeLessThanOrEqual(0.01 * exact);
  }
  const hours: Instant[] = [];
  for (let hour = Date.parse(from); hour < Date.parse(to); hour += 3_600_000) hours.push(instantOf(hour));
  const within = (at: Instant | null, hour: Instant): boolean => at !== null && at.slice(0, 13) === hour.slice(0, 13);
  expect(figures.trend).toEqual(hours.map(hour => {
    const end = instantOf(Date.parse(hour) + 3_600_000);
    return {
      hour,
      arrived: passages.filter(({ enteredAt }) => within(enteredAt, hour)).length,
      decided: passages.filter(({ leftAt, outcome }) => outcome === 'COMPLETED' && within(leftAt, hour)).length,
      pending: passages.filter(({ enteredAt, leftAt }) => enteredAt < end && (leftAt === null || leftAt >= end)).length,
    };
  }));
}
