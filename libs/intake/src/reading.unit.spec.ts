// Every topic is read exactly when it is good or minimal, and refused with every reason at once when it is bad.
import { parseBody, parseJson } from './json-text';
import { readPayload, type Reading } from './reading';
import { TOPIC_SCHEMAS, TOPICS } from './topics';

const ORDER = {
  externalId: '4711', placedAt: '2026-01-09T10:00:00+08:00', customer: { customerId: 'c1' }, total: '199.90',
};
const FULL_ORDER = {
  ...ORDER,
  shopId: 88, updatedAt: '2026-01-09T11:00:00.5Z', placedBy: 'agent-7', paymentTerms: 'CREDIT', currency: 'USD', freight: 5, discount: '0.5',
  customer: { customerId: 'c1', name: '张三', tier: 'GOLD', phone: 13800138000, email: 'z@example.cn' },
  shippingAddress: { country: 'CN', province: '浙江', city: '杭州', district: '西湖', detail: '文三路 1 号', postcode: '310000' },
  lines: [
    { lineId: 'a', sku: 'S1', title: 'Cup', category: 'kitchen', quantity: 2, unitPrice: 97.7 },
    { sku: 1002, quantity: 0, unitPrice: '-1.00' },
  ],
  unheardOf: { anything: true },
};
const AT = '2026-01-09T02:00:00Z';

function reasons(reading: Reading): readonly string[] {
  return reading.kind === 'unreadable' ? reading.reasons : [];
}

test('an order of the four fields that make one, with the defaults for all else', () => {
  expect(readPayload('orders', ORDER, 'TB')).toEqual({
    kind: 'order', platform: 'TB', externalId: '4711', currency: 'CNY', updatedAt: null,
    content: {
      shopId: null, placedAt: '2026-01-09T02:00:00.000Z', placedBy: null, paymentTerms: 'PREPAID',
      customer: { customerId: 'c1', tier: 'REGULAR', name: null, phone: null, email: null },
      shippingAddress: { country: null, province: null, city: null, district: null, detail: null, postcode: null },
      lines: [], freight: 0, discount: 0, total: 19990,
    },
  });
});

test('a whole order; what the field checks judge is taken, unknown properties are let be', () => {
  expect(readPayload('orders', FULL_ORDER, 'SF')).toMatchObject({
    kind: 'order', currency: 'USD', updatedAt: '2026-01-09T11:00:00.500Z',
    content: {
      shopId: '88', placedBy: 'agent-7', paymentTerms: 'CREDIT', freight: 500, discount: 50, total: 19990,
      customer: { name: '张三', tier: 'GOLD', phone: '13800138000', email: 'z@example.cn' },
      shippingAddress: { detail: '文三路 1 号', postcode: '310000' },
      lines: [
        { lineId: 'a', sku: 'S1', title: 'Cup', category: 'kitchen', quantity: 2, unitPrice: 9770 },
        { lineId: '2', sku: '1002', title: null, category: null, quantity: 0, unitPrice: -100 },
      ],
    },
  });
});

test('an order that is none tells every mistake, by place and without quoting values', () => {
  const told = reasons(
    readPayload('orders', { externalId: true, customer: { name: 13800138000 }, total: 'abc', lines: [{ quantity: 'two' }], paymentTerms: 'LATER' }, 'TB'),
  );
  expect(told).toEqual(
    expect.arrayContaining([
      'placedAt is missing.', 'customer.customerId is missing.', 'externalId must be text or a whole number, not true or false.',
      'lines[0].quantity must be a whole number or null (or left out), not text.',
      'paymentTerms must be one of PREPAID, CASH_ON_DELIVERY, CREDIT.',
    ]),
  );
  expect(told.join()).not.toContain('13800138000');
});

test.each([
  ['2026-01-09 10:00:00', 'no offset'],
  ['2026-02-30T10:00:00Z', 'no time that exists'],
  ['0001-01-01T00:00:00Z', 'outside the years'],
  ['1767924000', 'no time in RFC 3339'],
  ['yesterday', 'no time in RFC 3339'],
  ['2026-01-09T24:00:00Z', 'no time that exists'],
])('placedAt %s is told as the mistake it is', (placedAt, what) => {
  expect(reasons(readPayload('orders', { ...ORDER, placedAt }, 'TB')).join()).toContain(what);
});

test.each([
  ['2026-01-09T10:00:00+08:00', '2026-01-09T02:00:00.000Z'],
  ['2026-01-09T10:00:00+0800', '2026-01-09T02:00:00.000Z'],
  ['2026-01-09t10:00:00.123987z', '2026-01-09T10:00:00.123Z'],
  ['2026-01-09T10:00:00.120Z', '2026-01-09T10:00:00.120Z'],
  ['2026-03-01T00:30:00-03:30', '2026-03-01T04:00:00.000Z'],
  ['2024-02-29T23:59:59+00:00', '2024-02-29T23:59:59.000Z'],
])('the instant %s', (placedAt, instant) => {
  expect(readPayload('orders', { ...ORDER, placedAt }, 'TB')).toMatchObject({ content: { placedAt: instant } });
});

test.each([
  [0.1, 10], [1.005, null], ['1.005', null], [4.35, 435], [1_000_000_000_000.99, 100_000_000_000_099], ['0.10', 10], ['1.100', 110], [0, 0], ['-0', 0],
  [1e21, null], [-5, null], ['1,000', null], ['', null],
])('the total %p', (total, units) => {
  const reading = readPayload('orders', { ...ORDER, total }, 'TB');
  if (units === null) expect(reading.kind).toBe('unreadable');
  else expect(reading).toMatchObject({ content: { total: units } });
});

test('every amount of up to two decimals is read exactly as number and as text', () => {
  for (let units = 0; units < 200_000; units += 103) {
    const text = (units / 100).toFixed(2);
    expect(readPayload('orders', { ...ORDER, total: Number(text) }, 'TB')).toMatchObject({ content: { total: units } });
  }
});

test('a currency without decimals takes none', () => {
  expect(readPayload('orders', { ...ORDER, currency: 'JPY', total: 500 }, 'TB')).toMatchObject({ content: { total: 500 } });
  expect(reasons(readPayload('orders', { ...ORDER, currency: 'JPY', total: 500.5 }, 'TB'))[0]).toContain('more decimals than JPY has (0)');
  expect(reasons(readPayload('orders', { ...ORDER, currency: 'yuan' }, 'TB'))[0]).toContain('currency');
});

test('line ids that meet are told', () => {
  expect(reasons(readPayload('orders', { ...ORDER, lines: [{ lineId: '2' }, {}] }, 'TB'))[0]).toContain('lines[1].lineId');
});

test('orders come from platforms only', () => {
  expect(reasons(readPayload('orders', ORDER, 'WMS'))[0]).toContain('WMS is no shop platform');
});

test.each([
  ['payments', { paymentId: 'p1', status: 'PAID', amount: '100.00', at: AT }, { paymentId: 'p1', status: 'PAID', amount: '100', reason: null }],
  ['fulfilment', { status: 'ALLOCATED', at: AT }, { status: 'ALLOCATED', warehouse: null, lines: null }],
  ['fulfilment', { status: 'SHORTAGE', warehouse: 'HZ', lines: [{ lineId: 1, quantity: 1 }, { lineId: '1', quantity: 2 }], at: AT }, { lines: [{ lineId: '1', quantity: 3 }] }],
  ['fulfilment', { status: 'DISPATCHED', shipmentId: 's1', carrier: 'SF', trackingNumber: 77, at: AT }, { shipmentId: 's1', carrier: 'SF', trackingNumber: '77' }],
  ['tracking', { shipmentId: 's1', status: 'DELIVERED', at: AT }, { shipmentId: 's1', status: 'DELIVERED', note: null }],
  ['settlements', { amount: 12.5, at: AT }, { amount: '12.5' }],
  ['cancellations', { reason: 'changed mind', at: AT }, { reason: 'changed mind' }],
  ['returns', { lines: [{ lineId: '1', quantity: 1 }], reason: 'broken', at: AT }, { lines: [{ lineId: '1', quantity: 1 }], reason: 'broken' }],
  ['statuses', { status: 'WAIT_BUYER_PAY', at: AT }, { status: 'WAIT_BUYER_PAY' }],
  ['complaints', { text: 'late', at: AT }, { text: 'late' }],
  ['surveys', { score: 10, at: AT }, { score: 10, comment: null }],
] as const)('%s: a fact in its shortest form', (topic, payload, fact) => {
  expect(readPayload(topic, { ...payload, externalId: '9' }, 'TB')).toEqual({
    kind: 'fact', ref: { platform: 'TB', externalId: '9', orderNumber: null }, externalId: '9', fact: expect.objectContaining({ topic, at: '2026-01-09T02:00:00.000Z', ...fact }),
  });
  expect(reasons(readPayload(topic, {}, 'TB')).length).toBeGreaterThan(1);
  expect(readPayload(topic, { ...payload, at: '2026-01-09 10:00', externalId: '9' }, 'TB').kind).toBe('unreadable');
});

test.each([
  ['payments', { paymentId: 'p1', status: 'PAID', amount: -1, at: AT }, 'negative'],
  ['payments', { paymentId: 'p1', status: 'MAYBE', amount: 1, at: AT }, 'PAID, FAILED, REFUNDED'],
  ['fulfilment', { status: 'DISPATCHED', at: AT }, 'shipmentId is missing'],
  ['fulfilment', { status: 'ALLOCATED', lines: [], at: AT }, 'lines is empty'],
  ['tracking', { shipmentId: 's', status: 'DISPATCHED', at: AT }, 'status must be one of'],
  ['returns', { lines: [{ lineId: '1', quantity: 0 }], reason: 'x', at: AT }, 'lines[0].quantity'],
  ['surveys', { score: 11, at: AT }, 'score must be <= 10'],
] as const)('%s: a bad fact says %p', (topic, payload, what) => {
  expect(reasons(readPayload(topic, { ...payload, externalId: '9' }, 'TB')).join()).toContain(what);
});

test('references: our number first, else the platform of the id, which must be one', () => {
  const fact = { amount: 1, at: AT };
  expect(readPayload('settlements', { ...fact, orderNumber: 'TB2026010900001', externalId: 'own' }, 'ERP')).toMatchObject({
    ref: { orderNumber: 'TB2026010900001', externalId: null, platform: null }, externalId: 'own',
  });
  expect(readPayload('settlements', { ...fact, externalId: 'x', platform: 'JD' }, 'ERP')).toMatchObject({ ref: { platform: 'JD', externalId: 'x' } });
  expect(reasons(readPayload('settlements', { ...fact, externalId: 'x' }, 'ERP'))[0]).toContain('add platform');
  expect(reasons(readPayload('settlements', { ...fact, externalId: 'x', platform: 'XX' }, 'ERP'))[0]).toContain('platform');
  expect(reasons(readPayload('settlements', fact, 'ERP'))[0]).toContain('No order is named');
});

test.each([
  ['2', 2], ['007', 7], ['-0', 0], [3, 3], ['1000000001', 'must be <= 1000000000.'], [1.5, 'must be a whole number or null (or left out), not a number with decimals.'],
  ['2.0', 'must be a whole number or null (or left out), not text.'], ['', 'must be a whole number or null (or left out), not text.'],
])('the quantity %p of an ordered line', (quantity, read) => {
  const reading = readPayload('orders', { ...ORDER, lines: [{ quantity }] }, 'TB');
  if (typeof read === 'number') expect(reading).toMatchObject({ content: { lines: [{ quantity: read }] } });
  else expect(reasons(reading)).toEqual([`lines[0].quantity ${read}`]);
});

test('whole numbers of facts may be text of digits, within the same bounds', () => {
  const returned = { reason: 'broken', at: AT, externalId: '9' };
  expect(readPayload('returns', { ...returned, lines: [{ lineId: 1, quantity: '2' }] }, 'TB')).toMatchObject({ fact: { lines: [{ lineId: '1', quantity: 2 }] } });
  expect(reasons(readPayload('returns', { ...returned, lines: [{ lineId: 1, quantity: '0' }] }, 'TB'))).toEqual(['lines[0].quantity must be >= 1.']);
  expect(readPayload('surveys', { score: '10', at: AT, externalId: '9' }, 'TB')).toMatchObject({ fact: { score: 10 } });
  expect(reasons(readPayload('surveys', { score: '11', at: AT, externalId: '9' }, 'TB'))).toEqual(['score must be <= 10.']);
});

test('a number that cannot stand where it stands is told as what it is', () => {
  expect(reasons(readPayload('orders', { ...ORDER, externalId: 1.5 }, 'TB'))).toEqual(['externalId must be text or a whole number, not a number with decimals.']);
  expect(reasons(readPayload('orders', { ...ORDER, placedAt: 5 }, 'TB'))).toEqual(['placedAt must be text, not a number.']);
  expect(reasons(readPayload('orders', { ...ORDER, total: Infinity }, 'TB'))).toEqual(['total must be text or a number, not one too large to be kept.']);
});

test('articles, and items of mixed topics', () => {
  expect(readPayload('skus', { sku: 12, title: 'Cup', category: 'kitchen' }, 'ERP')).toEqual({ kind: 'sku', sku: '12', title: 'Cup', category: 'kitchen' });
  expect(readPayload('mixed', { topic: 'orders', item: ORDER }, 'TB')).toMatchObject({ kind: 'order', externalId: '4711' });
  expect(reasons(readPayload('mixed', { topic: 'orders', item: {} }, 'TB'))).toContain('externalId is missing.');
  expect(reasons(readPayload('mixed', { topic: 'mixed', item: {} }, 'TB'))[0]).toContain('topic must be one of');
  expect(readPayload('skus', 'text', 'ERP').kind).toBe('unreadable');
  for (const topic of TOPICS) expect(TOPIC_SCHEMAS[topic]).toHaveProperty('description');
});

test('ids keep every digit, as text and as integers beyond 2^53', () => {
  const text = '{"externalId":3660207428038974464,"placedAt":"2026-01-09T10:00:00Z","customer":{"customerId": 9007199254740993},"total":1234567890123.45}';
  const parsed = parseJson(text);
  expect(parsed.ok && readPayload('orders', parsed.value, 'DY')).toMatchObject({
    externalId: '3660207428038974464', content: { customer: { customerId: '9007199254740993' }, total: 123_456_789_012_345 },
  });
});

test('long numbers are kept exactly wherever they stand, and only there', () => {
  expect(parseJson('{"a":12345678901234567890,"b":[1234567890123456],"c":"1: 12345678901234567890","d":0.12345678901234567,"e":1e3}')).toEqual({
    ok: true, value: { a: '12345678901234567890', b: [1234567890123456], c: '1: 12345678901234567890', d: '0.12345678901234567', e: 1000 },
  });
});

test('bodies: one item, several, none; and what is no JSON is told without quoting it', () => {
  expect(parseBody('{"a":1}')).toEqual({ ok: true, items: [{ a: 1 }] });
  expect(parseBody('\ufeff[{"a":1},2]')).toEqual({ ok: true, items: [{ a: 1 }, 2] });
  const bad = parseBody('{"phone":"13800138000",}');
  expect(bad.ok).toBe(false);
  expect(JSON.stringify(bad)).not.toContain('13800138000');
  expect(parseBody('['.repeat(100_000)).ok).toBe(false);
  expect(parseBody('"\\ud83d\\ude00 \\ud83d"')).toEqual({ ok: true, items: ['😀 \ufffd'] });
});
