// What was heard of each system: counted once, by topic, and not what people state here.
import { asRecorded, delivery, lived, minute, report, rowsOf } from '../order-lives.fixtures';
import { sourceSystems } from './source-systems.projection';

const TB1 = { platform: 'TB', externalId: '1' };
const paid = report({ topic: 'payments', paymentId: 'p-1', status: 'PAID', amount: '200.00', at: minute(10), reason: null }, 'WXPAY');

test('a fact set aside is heard; it counts once its order is placed', () => {
  expect(rowsOf(sourceSystems, lived(TB1, [paid]).events).get('WXPAY')).toEqual({ system: 'WXPAY', lastHeardAt: '2026-03-01T00:00:01.000Z', received: 0, receivedByTopic: {}, quarantined: 0 });
  const rows = rowsOf(sourceSystems, lived(TB1, [paid, delivery(TB1)]).events);
  expect(rows.get('WXPAY')).toMatchObject({ received: 1, receivedByTopic: { payments: 1 } });
  expect(rows.get('TB')).toMatchObject({ received: 1, receivedByTopic: { orders: 1 } });
});

test('what is decided or stated here is of no system', () => {
  const { events } = lived(TB1, [delivery(TB1), { type: 'CancelOrder', reason: 'asked by phone', at: minute(5) }]);
  expect([...rowsOf(sourceSystems, events).keys()]).toEqual(['TB']);
});

test('what cannot be read counts as quarantined', () => {
  const event = asRecorded('quarantine-q1', { type: 'PayloadQuarantined', occurredAt: minute(0), data: { system: 'JD' } }, 0, 1);
  expect(rowsOf(sourceSystems, [event]).get('JD')).toMatchObject({ received: 1, quarantined: 1 });
});
