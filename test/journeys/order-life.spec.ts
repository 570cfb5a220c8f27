import { TestClock } from '@app/runtime';
import { fetchReplay } from '../../apps/ops/src/replay.command';
import { anOrder, Journey } from './journey';

const OPS = { roles: ['ops' as const], sub: 'ops-lin' };
const ORDER = `query($n: ID!) { order(orderNumber: $n) {
  orderNumber platform externalId status node nodeEnteredAt nodeDueAt nodeOwnerRole overdue revision staleSince
  holds { holdId reason placedBy releasableBy placedAt expiresAt } paymentTerms
  customer { customerId name tier phone email } shippingAddress { country province city district detail postcode }
  lines { lineId sku quantity unitPrice { amount currency } shippedQuantity returnedQuantity skuMatched }
  total { amount currency } placedAt receivedAt paidAt shippedAt deliveredAt settledAt closedAt
  shipments { shipmentId carrier status lines { lineId quantity } dispatchedAt deliveredAt }
  sources { system status agrees authoritativeFor }
} }`;

function placed(externalId: string, customerId: string): Record<string, unknown> {
  return anOrder(externalId, { customer: { customerId, name: '张三丰', tier: 'GOLD', phone: '13800001234', email: 'zhang@example.com' } });
}

interface Order {
  order: { status: string; node: string | null; holds: { holdId: string }[]; revision: number; overdue: boolean; [field: string]: unknown };
}

describe('an order from the shop to its replay', () => {
  const clock = new TestClock('2026-01-09T02:00:00.000Z');
  let journey: Journey;
  let orderNumber: string;
  let holdId: string;
  let position = '';
  const order = async () => (await journey.data<Order>(OPS, ORDER, { n: orderNumber }, position === '' ? {} : { 'x-min-position': position })).order;
  const fact = async (system: string, topic: string, payload: Record<string, unknown>) => {
    const sent = await journey.send(system, topic, { orderNumber, ...payload });
    expect(sent).toMatchObject({ status: 202, body: { items: [{ outcome: 'ACCEPTED', errors: [] }] } });
    position = sent.body.position;
  };

  beforeAll(async () => (journey = await Journey.start({ clock })), 60_000);
  afterAll(() => journey.end());

  it('takes a number at once, keeps the id of the platform digit for digit', async () => {
    const sent = await journey.send('TB', 'orders', JSON.stringify(placed('', 'c-1')).replace('"externalId":""', '"externalId":9007199254740993001'));
    expect(sent).toMatchObject({ status: 202, body: { items: [{ externalId: '9007199254740993001', outcome: 'CREATED', errors: [] }] } });
    orderNumber = sent.body.items[0]!.orderNumber!;
    expect(orderNumber).toMatch(/^TB20260109\d{5}$/);
    expect(await order()).toMatchObject({
      externalId: '9007199254740993001', status: 'AWAITING_PAYMENT', node: 'PAYMENT', nodeDueAt: '2026-01-09T02:30:00.000Z', nodeOwnerRole: 'csr', overdue: false,
      total: { amount: '199.90', currency: 'CNY' }, customer: { name: '张三丰', phone: '13800001234' }, shippingAddress: { detail: '文一路 1 号 302' }, holds: [],
    });
    // The same again, the id as text: one order. With another customer it is amended, and the address stays readable.
    expect((await journey.send('TB', 'orders', placed('9007199254740993001', 'c-1'))).body.items[0]).toMatchObject({ outcome: 'DUPLICATE', orderNumber });
    const amended = await journey.send('TB', 'orders', placed('9007199254740993001', 'c-2'));
    expect(amended.body.items[0]).toMatchObject({ outcome: 'UPDATED', orderNumber });
    position = amended.body.position;
    expect(await order()).toMatchObject({ customer: { customerId: 'c-2', name: '张三丰' }, shippingAddress: { detail: '文一路 1 号 302' } });
  });

  it('is held: a payment is recorded and waits for the release', async () => {
    const { placeHold } = await journey.data<{ placeHold: { position: string; order: Order['order'] } }>(OPS, 'mutation($n: ID!) { placeHold(orderNumber: $n, reason: "check the address") { position order { status holds { holdId reason placedBy } } } }', { n: orderNumber });
    expect(placeHold.order.holds).toEqual([{ holdId: expect.any(String), reason: 'check the address', placedBy: 'ops-lin' }]);
    holdId = placeHold.order.holds[0]!.holdId;
    await clock.advance(10 * 60_000);
    await fact('WXPAY', 'payments', { paymentId: 'p-1', status: 'PAID', amount: '199.90', at: '2026-01-09T10:05:00+08:00' });
    expect(await order()).toMatchObject({ status: 'AWAITING_PAYMENT', node: 'PAYMENT', holds: [{ holdId }] });
    await clock.advance(30 * 60_000);
    expect((await order()).overdue).toBe(true);
  });

  it('goes on when released, and only once', async () => {
    const release = 'mutation($n: ID!, $h: ID!) { releaseHold(orderNumber: $n, holdId: $h, reason: "called") { order { status node holds { holdId } } } }';
    const { releaseHold } = await journey.data<{ releaseHold: Order }>(OPS, release, { n: orderNumber, h: holdId });
    expect(releaseHold.order).toEqual({ status: 'AWAITING_ALLOCATION', node: 'ALLOCATION', holds: [] });
    const before = await journey.eventsOf(orderNumber);
    await journey.ask(OPS, release, { n: orderNumber, h: holdId });
    expect(await journey.eventsOf(orderNumber)).toBe(before);
    const unknown = await journey.ask(OPS, release, { n: orderNumber, h: 'no-such-hold' });
    expect(unknown).toMatchObject({ data: null, errors: [{ extensions: { code: 'REJECTED', rejection: expect.any(String) } }] });
  });

  it('is allocated, shipped in two parcels, delivered and settled', async () => {
    await clock.advance(120 * 60_000);
    await fact('WMS', 'fulfilment', { status: 'ALLOCATED', warehouse: 'HZ-1', at: '2026-01-09T11:40:00+08:00' });
    await fact('WMS', 'fulfilment', { status: 'DISPATCHED', shipmentId: 's-1', carrier: 'SF', trackingNumber: 'SF1', lines: [{ lineId: '1', quantity: 2 }], at: '2026-01-09T12:00:00+08:00' });
    expect(await order()).toMatchObject({ status: 'PARTIALLY_SHIPPED', node: 'OUTBOUND', lines: [{ shippedQuantity: 2 }, { shippedQuantity: 0 }] });
    const cancelled = await journey.ask(OPS, 'mutation($n: ID!) { cancelOrder(orderNumber: $n, reason: "changed mind") { position } }', { n: orderNumber });
    expect(cancelled.errors[0]!.extensions).toMatchObject({ code: 'REJECTED', rejection: 'OrderAlreadyShipped' });
    await fact('WMS', 'fulfilment', { status: 'DISPATCHED', shipmentId: 's-2', carrier: 'SF', trackingNumber: 'SF2', lines: [{ lineId: '2', quantity: 1 }], at: '2026-01-09T13:00:00+08:00' });
    expect(await order()).toMatchObject({ status: 'IN_TRANSIT', node: 'DELIVERY' });
    await fact('TMS', 'tracking', { shipmentId: 's-1', status: 'DELIVERED', at: '2026-01-10T09:00:00+08:00' });
    await fact('TMS', 'tracking', { shipmentId: 's-2', status: 'DELIVERED', at: '2026-01-10T10:00:00+08:00' });
    expect(await order()).toMatchObject({ status: 'AWAITING_SETTLEMENT', node: 'SETTLEMENT', deliveredAt: '2026-01-10T02:00:00.000Z' });
    await fact('ERP', 'settlements', { amount: '199.90', at: '2026-01-11T10:00:00+08:00' });
    expect(await order()).toMatchObject({ status: 'SETTLED', node: null, nodeDueAt: null, settledAt: '2026-01-11T02:00:00.000Z', overdue: false });
  });

  it('shows on the board', async () => {
    const { workflowBoard } = await journey.data<{ workflowBoard: { nodes: { node: string; completed: number; pending: number; completedLate: number; meanTime: string }[] } }>(
      { roles: ['analyst'] }, '{ workflowBoard(from: "2026-01-08T00:30:00Z", to: "2026-01-12T00:30:00Z") { asOf from to nodes { node ownerRole limit pending overdue onHold completed completedLate meanTime p50Time p90Time trend { hour arrived decided pending } } } }');
    expect(workflowBoard.nodes.map(({ node, completed, pending }) => [node, completed, pending])).toEqual(
      ['PAYMENT', 'REVIEW', 'ALLOCATION', 'OUTBOUND', 'DELIVERY', 'SETTLEMENT'].map((node) => [node, 1, 0]));
    expect(workflowBoard.nodes[0]).toMatchObject({ limit: 'PT30M', ownerRole: 'csr', completedLate: 1, meanTime: 'PT40M' });
    const everything = await journey.data<{ workflowBoard: { nodes: { completed: number }[] } }>({ roles: ['analyst'] }, '{ workflowBoard(from: "2000-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z") { nodes { completed } } }');
    expect(everything.workflowBoard.nodes.map(({ completed }) => completed)).toEqual(workflowBoard.nodes.map(({ completed }) => completed));
  });

  it('is found for a replay by its order number, and the command line says so', async () => {
    const token = await journey.token({ roles: ['ops'] });
    const asked = (number: string) => fetchReplay({ url: journey.url, token }, number, null);
    await expect(asked('A-1001')).rejects.toThrow(/^There is no order A-1001\. An order is named by its order number, such as WS2026112000001; /);
    await expect(asked('TB2026010999999')).rejects.toThrow(/^There is no order TB2026010999999\.$/);
  });

  it('is replayed to every point of its past', async () => {
    interface Replay { orderReplay: { state: Record<string, unknown>; events: { eventId: string; type: string; revision: number; recordedAt: string; changes: { path: string; before: unknown; after: unknown }[]; data: unknown }[] } }
    const replay = 'query($n: ID!, $u: ReplayPoint) { orderReplay(orderNumber: $n, until: $u) { orderNumber state events { eventId stream revision position type version occurredAt recordedAt actor actorRole correlationId causationId data changes { path before after } } } }';
    const { orderReplay: whole } = await journey.data<Replay>(OPS, replay, { n: orderNumber });
    const now = await order();
    expect(whole.state).toMatchObject({ orderNumber, status: 'SETTLED', settled: '199.90', paid: '199.90' });
    expect(whole.events).toHaveLength(now.revision + 1);
    expect(whole.events[0]).toMatchObject({ type: 'OrderPlaced', revision: 0 });
    const moves = whole.events.flatMap(({ changes }) => changes.filter(({ path }) => path === 'status').map(({ after }) => after));
    expect(moves).toEqual(['AWAITING_PAYMENT', 'IN_REVIEW', 'AWAITING_ALLOCATION', 'AWAITING_SHIPMENT', 'PARTIALLY_SHIPPED', 'IN_TRANSIT', 'AWAITING_SETTLEMENT', 'SETTLED']);
    const held = whole.events.find(({ type }) => type === 'HoldPlaced')!;
    for (const until of [{ revision: held.revision }, { eventId: held.eventId }, { at: held.recordedAt }]) {
      const { orderReplay } = await journey.data<Replay>(OPS, replay, { n: orderNumber, u: until });
      expect(orderReplay.events).toHaveLength(held.revision + 1);
      expect(orderReplay.state).toMatchObject({ status: 'AWAITING_PAYMENT', holds: [{ holdId }] });
    }
    const masked = await journey.data<Replay>({ roles: ['auditor'] }, replay, { n: orderNumber });
    expect(JSON.stringify(masked)).not.toMatch(/张三丰|13800001234|zhang@|文一路/);
    expect(JSON.stringify(whole)).toMatch(/张三丰/);
    const history = await journey.data<{ orderHistory: unknown[] }>(OPS, 'query($n: ID!) { orderHistory(orderNumber: $n) { type revision } }', { n: orderNumber });
    expect(history.orderHistory).toHaveLength(whole.events.length);
  });
});
