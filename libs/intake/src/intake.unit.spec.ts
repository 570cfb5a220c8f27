// What becomes of items: once is once, in whatever order they come, and nothing that was sent is lost.
import type { IntakeItem } from './intake';
import { intakeUnderTest, order, SOURCE } from './intake.fixtures';
import type { IntakeSource } from './quarantine';

const STREAM = 'order-TB.1';
const PAID = { externalId: '1', paymentId: 'P1', status: 'PAID', amount: '30.00', at: '2026-01-09T10:05:00+08:00' };
const WMS: IntakeSource = { ...SOURCE, system: 'WMS', actor: { id: 'WMS', role: 'integration' } };
const ops = { id: 'ops1', role: 'ops' };

function items(topic: string, ...payloads: unknown[]): IntakeItem[] {
  return payloads.map((payload) => ({ topic, text: JSON.stringify(payload) }));
}
const outcomesOf = (answers: readonly { outcome: string }[]) => answers.map(({ outcome }) => outcome);

test('an order is created once; the same again in another shape is a duplicate and writes nothing', async () => {
  const { intake, log } = intakeUnderTest();
  const [created] = await intake.take(items('orders', order('1')), SOURCE);
  expect(created).toMatchObject({ externalId: '1', orderNumber: 'TB2026010900001', outcome: 'CREATED', errors: [] });
  const before = log.events.length;
  const reordered = Object.fromEntries(Object.entries(order('1', { placedAt: '2026-01-09T02:00:00Z', total: 30 })).reverse());
  const [again] = await intake.take([{ topic: 'orders', text: JSON.stringify(reordered, null, 2) }], SOURCE);
  expect(again).toMatchObject({ orderNumber: 'TB2026010900001', outcome: 'DUPLICATE' });
  expect(log.events).toHaveLength(before);
});

test.each([[false], [true]])('A, B, A again: the order comes back to A (updatedAt: %p); each repeated delivery is a duplicate', async (timed) => {
  const { intake, stateOf, typesOf } = intakeUnderTest();
  const delivery = (city: string, minute: number) =>
    items('orders', order('1', { shippingAddress: { province: '浙江', city, detail: 'x' }, ...(timed ? { updatedAt: `2026-01-09T03:0${minute}:00Z` } : {}) }));
  const told: string[] = [];
  for (const [city, minute] of [['A', 1], ['A', 1], ['B', 2], ['B', 2], ['A', 3], ['A', 3], ['B', 4], ['A', 5]] as const) {
    told.push((await intake.take(delivery(city, minute), SOURCE))[0]!.outcome);
  }
  expect(told).toEqual(['CREATED', 'DUPLICATE', 'UPDATED', 'DUPLICATE', 'UPDATED', 'DUPLICATE', 'UPDATED', 'UPDATED']);
  expect((await stateOf(STREAM)).content?.shippingAddress.city).toBe('A');
  expect((await typesOf(STREAM)).filter((type) => type === 'OrderAmended')).toHaveLength(4);
});

test('with numbers at hand an order is taken without a look; delivered again, also elsewhere, it uses up none', async () => {
  const { intake, log } = intakeUnderTest();
  const orders = (from: number, to: number, changes = {}) => items('orders', ...Array.from({ length: to - from }, (_, place) => order(String(from + place), changes)));
  const blocks = () => log.events.flatMap(({ type, data }) => (type === 'SerialsTaken' ? [data] : []));
  for (const [from, to] of [[0, 3], [3, 7], [7, 8]] as const) await intake.take(orders(from, to), SOURCE);
  expect(blocks()).toMatchObject([{ to: 3 }, { to: 7 }, { from: 8, to: 23 }]);
  const looks = jest.spyOn(log, 'read');
  const numbers = (await intake.take(orders(8, 18), SOURCE)).map(({ orderNumber }) => orderNumber);
  expect(numbers.at(-1)).toBe('TB2026010900018');
  expect(looks.mock.calls.filter(([stream]) => stream.startsWith('order-'))).toEqual([]);

  // A process that has given no number yet looks; one that has some finds out by its append, until it has learnt to look.
  const other = intakeUnderTest(log).intake;
  const before = log.events.length;
  expect(new Set(outcomesOf(await other.take(orders(0, 18), SOURCE)))).toEqual(new Set(['DUPLICATE']));
  expect(log.events).toHaveLength(before);
  expect(await other.take(orders(18, 22), SOURCE)).toMatchObject([{ orderNumber: 'TB2026010900024' }, {}, {}, {}]);
  expect(await other.take(orders(22, 23), SOURCE)).toMatchObject([{ orderNumber: 'TB2026010900028' }]);
  const written = log.events.length;
  for (let round = 0; round < 3; round++) {
    expect((await other.take(orders(8, 18), SOURCE)).map(({ outcome, orderNumber }) => [outcome, orderNumber])).toEqual(numbers.map((number) => ['DUPLICATE', number]));
  }
  expect(log.events).toHaveLength(written);
  const amended = await other.take(orders(0, 18, { shippingAddress: { province: '浙江', city: 'B', detail: 'x' } }), SOURCE);
  expect(new Set(outcomesOf(amended))).toEqual(new Set(['UPDATED']));
  expect(amended.slice(8).map(({ orderNumber }) => orderNumber)).toEqual(numbers);
  const rest = (await other.take(orders(23, 38), SOURCE)).map(({ orderNumber }) => orderNumber);
  expect(new Set(rest)).toEqual(new Set(Array.from({ length: 15 }, (_, place) => `TB20260109000${29 + place}`)));
  expect(blocks()).toHaveLength(6);
});

test('where numbers go fast the next block is there before one is used up', async () => {
  const { intake, log } = intakeUnderTest();
  const orders = (from: number, to: number) => items('orders', ...Array.from({ length: to - from }, (_, place) => order(String(from + place))));
  for (const [from, to] of [[0, 300], [300, 301], [301, 302]] as const) await intake.take(orders(from, to), SOURCE);
  const looks = jest.spyOn(log, 'read');
  for (let from = 302; from < 2_802; from += 500) await intake.take(orders(from, from + 500), SOURCE);
  expect(looks.mock.calls.filter(([stream]) => stream.startsWith('order-'))).toEqual([]);
  await intake.take(orders(0, 2_802), SOURCE);
  expect(log.events.flatMap(({ type, data }) => (type === 'SerialsTaken' ? [(data as { to: number }).to] : []))).toEqual([300, 600, 1_600, 2_600, 3_600, 4_600]);
});

test('of two processes that take an order at the same time one gives it a number, and the other has its own left', async () => {
  const { intake, log } = intakeUnderTest();
  await intake.take(items('orders', order('a')), SOURCE);
  const other = intakeUnderTest(log).intake;
  for (const id of ['b', 'c', 'd']) await intake.take(items('orders', order(id)), SOURCE);
  for (const id of ['e', 'f', 'g']) await other.take(items('orders', order(id)), SOURCE);
  const taken = (await Promise.all([intake, other].map((taker) => taker.take(items('orders', order('1')), SOURCE)))).flat();
  expect(outcomesOf(taken).sort()).toEqual(['CREATED', 'DUPLICATE']);
  expect(taken[0]!.orderNumber).toBe(taken[1]!.orderNumber);
  const loser = taken[0]!.outcome === 'CREATED' ? other : intake;
  const before = log.events.length;
  await loser.take(items('orders', order('2')), SOURCE);
  expect(log.events.slice(before).map(({ type }) => type)).not.toContain('SerialsTaken');
  const numbers = log.events.flatMap(({ type, data }) => (type === 'OrderPlaced' ? [(data as { orderNumber: string }).orderNumber] : []));
  expect(new Set(numbers).size).toBe(9);
});

test('an older delivery is a duplicate', async () => {
  const { intake } = intakeUnderTest();
  await intake.take(items('orders', order('1', { updatedAt: '2026-01-09T05:00:00Z' })), SOURCE);
  expect(outcomesOf(await intake.take(items('orders', order('1', { updatedAt: '2026-01-09T04:00:00Z', total: 99 })), SOURCE))).toEqual(['DUPLICATE']);
});

test('the same facts on another machine have the same ids', async () => {
  const run = async () => {
    const { intake, log } = intakeUnderTest();
    await intake.take([...items('orders', order('1')), ...items('payments', PAID)], SOURCE);
    return log.events.filter(({ stream }) => stream === STREAM).map(({ id, meta, data }) => [id, meta.commandId, (data as { factId?: string }).factId]);
  };
  expect(await run()).toEqual(await run());
});

test('a fact before its order waits, then counts; sent again it is a duplicate at every time', async () => {
  const { intake, stateOf } = intakeUnderTest();
  const [waiting] = await intake.take(items('payments', PAID), SOURCE);
  expect(waiting).toMatchObject({ externalId: '1', orderNumber: null, outcome: 'WAITING' });
  expect(outcomesOf(await intake.take(items('payments', PAID), SOURCE))).toEqual(['DUPLICATE']);
  expect(outcomesOf(await intake.take(items('orders', order('1')), SOURCE))).toEqual(['CREATED']);
  expect((await stateOf(STREAM)).standing?.paid).toBe(3000);
  expect(await intake.take(items('payments', { ...PAID, amount: 30 }), SOURCE)).toMatchObject([{ outcome: 'DUPLICATE', orderNumber: 'TB2026010900001' }]);
  expect((await stateOf(STREAM)).payments).toHaveLength(1);
});

test('the same fact by way of two systems is one; what two systems believe is two', async () => {
  const { intake } = intakeUnderTest();
  const source = (system: string): IntakeSource => ({ ...SOURCE, system });
  const payment = items('payments', { ...PAID, platform: 'TB' });
  const belief = items('statuses', { externalId: '1', platform: 'TB', status: 'done', at: PAID.at });
  await intake.take(items('orders', order('1')), SOURCE);
  expect(outcomesOf(await intake.take(payment, SOURCE))).toEqual(['ACCEPTED']);
  expect(outcomesOf(await intake.take(payment, source('WXPAY')))).toEqual(['DUPLICATE']);
  expect(outcomesOf(await intake.take(belief, source('TMS')))).toEqual(['ACCEPTED']);
  expect(outcomesOf(await intake.take(belief, source('ERP')))).toEqual(['ACCEPTED']);
  expect(outcomesOf(await intake.take(belief, source('ERP')))).toEqual(['DUPLICATE']);
});

test('items of one order keep their order in a call and across calls, mixed topics as well', async () => {
  const { intake, typesOf, stateOf } = intakeUnderTest();
  const dispatched = { externalId: '1', status: 'DISPATCHED', shipmentId: 'S1', at: '2026-01-09T05:00:00Z' };
  const [first, second] = await Promise.all([
    intake.begin([{ topic: 'mixed', payload: { topic: 'orders', item: order('1') } }, { topic: 'mixed', payload: { topic: 'payments', item: PAID } }], SOURCE),
    intake.begin(items('fulfilment', dispatched), SOURCE),
  ]);
  expect(outcomesOf([...(await first.outcomes), ...(await second.outcomes)])).toEqual(['CREATED', 'ACCEPTED', 'ACCEPTED']);
  expect((await typesOf(STREAM)).filter((type) => ['OrderPlaced', 'PaymentReported', 'ShipmentDispatched'].includes(type))).toEqual([
    'OrderPlaced', 'PaymentReported', 'ShipmentDispatched',
  ]);
  expect((await stateOf(STREAM)).standing?.status).toBe('IN_TRANSIT');
});

test('a cancellation that does not count is refused with the reason, and recorded', async () => {
  const { intake } = intakeUnderTest();
  const dispatched = { externalId: '1', status: 'DISPATCHED', shipmentId: 'S1', at: '2026-01-09T05:00:00Z' };
  await intake.take([...items('orders', order('1')), ...items('payments', PAID), ...items('fulfilment', dispatched)], SOURCE);
  const cancellation = items('cancellations', { externalId: '1', reason: 'no more', at: '2026-01-09T06:00:00Z' });
  const [refused] = await intake.take(cancellation, SOURCE);
  expect(refused).toMatchObject({ outcome: 'REFUSED', orderNumber: 'TB2026010900001' });
  expect(refused!.errors.join()).toContain('OrderAlreadyShipped');
  expect(outcomesOf(await intake.take(cancellation, SOURCE))).toEqual(['DUPLICATE']);
});

test('facts by number: known at once, unknown ones wait and go to the order when it comes', async () => {
  const { intake, typesOf, stateOf } = intakeUnderTest();
  const shipped = (orderNumber: string) => items('fulfilment', { orderNumber, status: 'DISPATCHED', shipmentId: 'S1', at: '2026-01-09T05:00:00Z' });
  const early = shipped('TB2026010900001');
  expect(await intake.take(early, WMS)).toMatchObject([{ outcome: 'WAITING', orderNumber: 'TB2026010900001' }]);
  expect(outcomesOf(await intake.take(early, WMS))).toEqual(['DUPLICATE']);
  await intake.take(items('orders', order('1')), SOURCE);
  expect(await typesOf('waiting-TB2026010900001')).toEqual(['FactSetAside', 'FactsForwarded']);
  expect((await stateOf(STREAM)).dispatches).toHaveLength(1);
  expect(await intake.take(early, WMS)).toMatchObject([{ outcome: 'DUPLICATE' }]);
  await intake.take(items('orders', order('2')), SOURCE);
  expect(await intake.take(shipped('TB2026010900002'), WMS)).toMatchObject([{ outcome: 'ACCEPTED', orderNumber: 'TB2026010900002' }]);
});

test('a fact by number is answered with the external id as sent, else with that of the order', async () => {
  const { intake } = intakeUnderTest();
  await intake.take(items('orders', order('1.5')), SOURCE);
  const belief = { orderNumber: 'TB2026010900001', status: 'done', at: PAID.at };
  expect(await intake.take(items('statuses', belief), WMS)).toMatchObject([{ outcome: 'ACCEPTED', externalId: '1.5', orderNumber: 'TB2026010900001' }]);
  expect(await intake.take(items('statuses', { ...belief, externalId: 'own' }), WMS)).toMatchObject([{ outcome: 'DUPLICATE', externalId: 'own', orderNumber: 'TB2026010900001' }]);
  expect(await intake.take(items('statuses', { ...belief, externalId: 'own', orderNumber: 'TB2026010900009' }), WMS)).toMatchObject([
    { outcome: 'WAITING', externalId: 'own', orderNumber: 'TB2026010900009' },
  ]);
});

test('a fact that waits tells whether an import of past orders brought it', async () => {
  const { intake, log } = intakeUnderTest();
  const past = { ...WMS, history: true };
  const shipped = { status: 'DISPATCHED', shipmentId: 'S1', at: '2026-01-09T05:00:00Z' };
  await intake.take([...items('fulfilment', { orderNumber: 'TB2026010900009', ...shipped }), ...items('fulfilment', { externalId: '9', platform: 'TB', ...shipped })], past);
  await intake.take(items('fulfilment', { externalId: '8', platform: 'TB', ...shipped }), WMS);
  const aside = log.events.filter(({ type }) => type === 'FactSetAside').map(({ stream, data }) => [stream, (data as { history: boolean }).history]);
  expect(Object.fromEntries(aside)).toEqual({ 'order-TB.8': false, 'order-TB.9': true, 'waiting-TB2026010900009': true });
});

test('no race between an order and a fact that names its number loses the fact', async () => {
  for (let turn = 0; turn < 25; turn++) {
    const { intake, stateOf, log } = intakeUnderTest();
    const fact = { orderNumber: 'TB2026010900001', status: 'DISPATCHED', shipmentId: 'S1', at: '2026-01-09T05:00:00Z' };
    const delayed = async <T>(turns: number, act: () => Promise<T>): Promise<T> => {
      for (let i = 0; i < turns; i++) await new Promise(setImmediate);
      return act();
    };
    const [, [answer]] = await Promise.all([
      delayed(turn % 5, () => intake.take(items('orders', order('1')), SOURCE)),
      delayed(Math.floor(turn / 5), () => intake.take(items('fulfilment', fact), WMS)),
    ]);
    expect(['WAITING', 'ACCEPTED', 'DUPLICATE']).toContain(answer!.outcome);
    expect((await stateOf(STREAM)).dispatches).toHaveLength(1);
    expect(log.events.filter(({ type }) => type === 'ShipmentDispatched')).toHaveLength(1);
  }
});

test('what waited when the process died is forwarded by whoever looks again, once', async () => {
  const facts = items('settlements', { orderNumber: 'TB2026010900001', amount: 5, at: PAID.at }, { orderNumber: 'TB2026010900001', amount: '0.001', at: PAID.at });
  const early = intakeUnderTest();
  await early.intake.take(facts, { ...SOURCE, system: 'ERP' });
  // A log as a process leaves it that placed the order and died before it looked for what waits.
  const { intake, log, stateOf } = intakeUnderTest();
  await intake.take(items('orders', order('1')), SOURCE);
  for (const [revision, event] of early.log.events.entries()) await log.append(event.stream, revision === 0 ? 'none' : revision - 1, [event]);

  await Promise.all([intake.forwardWaiting('TB2026010900001', STREAM), intake.forwardWaiting('TB2026010900001', STREAM)]);
  await intake.forwardWaiting('TB2026010900001', STREAM);
  expect((await stateOf(STREAM)).standing?.settled).toBe(500);
  const types = log.events.map(({ type }) => type);
  expect(types.filter((type) => type === 'FactsForwarded')).toHaveLength(1);
  // The amount that the currency cannot hold is not lost either.
  expect(types.filter((type) => type === 'PayloadQuarantined')).toHaveLength(1);
});

test('of several writers each forwards what another one set aside for its new order, also while it need not ask for each', async () => {
  const one = intakeUnderTest();
  const other = intakeUnderTest(one.log);
  const nobody = (async function* (): AsyncGenerator<string> {})();
  await one.intake.joinOthers(one.log, { seen: await one.log.end(), waiting: nobody }, new AbortController().signal);
  const [waiting] = await other.intake.take(items('settlements', { orderNumber: 'TB2026010900001', amount: 5, at: PAID.at }), { ...SOURCE, system: 'ERP' });
  expect(waiting!.outcome).toBe('WAITING');
  await one.intake.take(items('orders', order('1'), order('2')), SOURCE);
  expect((await one.stateOf(STREAM)).standing?.settled).toBe(0);
  await one.clock.advance(100);
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  expect((await one.stateOf(STREAM)).standing?.settled).toBe(500);
  expect(one.log.events.filter(({ type }) => type === 'FactsForwarded')).toHaveLength(1);
});

test('an order that another process took is recognised, with its number, by one that took it for new', async () => {
  const one = intakeUnderTest();
  await one.intake.take(items('orders', order('0'), order('1'), order('2')), SOURCE);
  const other = intakeUnderTest(one.log);
  const outcomes = await other.intake.take(items('orders', order('1'), order('2', { total: '35.00', freight: '15.00' }), order('1')), SOURCE);
  expect(outcomes).toMatchObject([
    { orderNumber: 'TB2026010900002', outcome: 'DUPLICATE' },
    { orderNumber: 'TB2026010900003', outcome: 'UPDATED' },
    { orderNumber: 'TB2026010900002', outcome: 'DUPLICATE' },
  ]);
});

test('what cannot be read is kept whole, once per content, and the rest goes on', async () => {
  const { intake, log } = intakeUnderTest();
  const bad = { topic: 'orders', text: '{"externalId":"9", "total": "x"}' };
  const answers = await intake.take([bad, ...items('orders', order('1')), { topic: 'orders', text: '{"externalId":' }, bad], SOURCE);
  expect(outcomesOf(answers)).toEqual(['QUARANTINED', 'CREATED', 'QUARANTINED', 'QUARANTINED']);
  expect(answers[0]).toMatchObject({ externalId: '9', errors: expect.arrayContaining(['placedAt is missing.']) });
  expect(answers[2]!.errors).toEqual([expect.stringContaining('not valid JSON')]);
  await intake.take([bad], SOURCE);
  const kept = log.events.filter(({ type }) => type === 'PayloadQuarantined');
  expect(kept).toHaveLength(2);
  expect(kept[0]!.data).toMatchObject({ system: 'TB', topic: 'orders', payload: { text: bad.text } });
});

test('an order in another currency than before is kept, not lost', async () => {
  const { intake } = intakeUnderTest();
  await intake.take(items('orders', order('1')), SOURCE);
  const [kept] = await intake.take(items('orders', order('1', { currency: 'USD' })), SOURCE);
  expect(kept).toMatchObject({ outcome: 'QUARANTINED', externalId: '1', errors: [expect.stringContaining('CNY')] });
});

test('quarantine: read again it is taken or refused with the reasons; discarded it stays so', async () => {
  const { intake, log } = intakeUnderTest();
  // An amount that only the order's currency can judge: the order comes later, in a currency that has the decimals.
  await intake.take(items('orders', order('1')), SOURCE);
  await intake.take(items('settlements', { externalId: '1', amount: '1.005', at: PAID.at }), SOURCE);
  const idOf = (place: number) => (log.events.filter(({ type }) => type === 'PayloadQuarantined')[place]!.data as { quarantineId: string }).quarantineId;
  expect(await intake.reprocess(idOf(0), ops)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'StillUnreadable' } });
  expect(log.events.at(-1)).toMatchObject({ type: 'ReprocessingFailed' });
  expect(await intake.discard(idOf(0), 'typing error', ops)).toMatchObject({ outcome: 'done' });
  expect(await intake.reprocess(idOf(0), ops)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'AlreadyDiscarded' } });
  const unknown = { outcome: 'refused', rejection: { rejection: 'QuarantineNotFound', message: 'There is no quarantined payload nothing.' } };
  expect([await intake.reprocess('nothing', ops), await intake.discard('nothing', 'x', ops)]).toMatchObject([unknown, unknown]);

  // Kept by an earlier reader that could not take it.
  await intake.keepUnreadable('orders', JSON.stringify(order('7')), ['too new'], SOURCE);
  expect(await intake.reprocess(idOf(1), ops)).toMatchObject({ outcome: 'done', item: { outcome: 'CREATED', externalId: '7' } });
  expect(log.events.at(-1)).toMatchObject({ type: 'QuarantinedReprocessed', data: { outcome: 'CREATED', by: 'ops1' } });
  expect(await intake.reprocess(idOf(1), ops)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'AlreadyReprocessed' } });
});

test('articles: new, changed, the same, back again; the first opens the catalogue', async () => {
  const { intake, typesOf } = intakeUnderTest();
  const sku = (title: string) => items('skus', { sku: 'CUP', title, category: 'kitchen' });
  const told: string[] = [];
  for (const title of ['Cup', 'Cup', 'Mug', 'Cup']) told.push((await intake.take(sku(title), { ...SOURCE, system: 'ERP' }))[0]!.outcome);
  expect(told).toEqual(['CREATED', 'DUPLICATE', 'UPDATED', 'UPDATED']);
  expect(await typesOf('catalogue-main')).toEqual(['CatalogueOpened']);
});

test('numbers: dense for a few, blocks for many, by the business day, never twice, not for duplicates', async () => {
  const { intake, log } = intakeUnderTest();
  const many = Array.from({ length: 700 }, (_, i) => order(String(i)));
  const answers = await intake.take(items('orders', ...many), SOURCE);
  expect(new Set(answers.map(({ orderNumber }) => orderNumber)).size).toBe(700);
  const blocks = () => log.events.filter(({ type }) => type === 'SerialsTaken').length;
  expect(blocks()).toBeLessThanOrEqual(3);
  const taken = blocks();
  await intake.take(items('orders', ...many), SOURCE);
  expect(blocks()).toBe(taken);
  const [late] = await intake.take(items('orders', order('late', { placedAt: '2026-01-09T16:00:00Z' })), SOURCE);
  expect(late!.orderNumber).toBe('TB2026011000001');
  // Another process goes on behind the blocks of the first.
  const [next] = await intakeUnderTest(log).intake.take(items('orders', order('next')), SOURCE);
  expect(answers.map(({ orderNumber }) => orderNumber)).not.toContain(next!.orderNumber);
});

test('a store that fails fails the call, and what was durable is a duplicate when it is sent again', async () => {
  const { intake, log } = intakeUnderTest();
  log.appendsLeft = 6;
  const many = items('orders', ...Array.from({ length: 10 }, (_, i) => order(String(i))));
  await expect(intake.take(many, SOURCE)).rejects.toThrow('No space left');
  log.appendsLeft = Number.POSITIVE_INFINITY;
  const again = await intake.take(many, SOURCE);
  expect(new Set(outcomesOf(again))).toEqual(new Set(['CREATED', 'DUPLICATE']));
  expect(log.events.filter(({ type }) => type === 'OrderPlaced')).toHaveLength(10);
});
