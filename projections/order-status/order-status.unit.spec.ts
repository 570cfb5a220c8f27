// What the row of an order shows at the turns of its life; that it agrees with the order in general is shown by order-lives.
import { recordedAll } from '@test/dsl';
import { ADDRESS, CONTENT, CUSTOMER, delivery, lived, minute, report, rowsOf } from '../order-lives.fixtures';
import { NEVER_DUE, type OrderRow } from './order-row';
import { orderStatus } from './order-status.projection';

const TB1 = { platform: 'TB', externalId: '1' };
const SKUS = ['TEA-100', 'CUP-7'];
const dispatch = (minutes: number, shipmentId: string, carrier: string | null, lineId: string) =>
  report({ topic: 'fulfilment', status: 'DISPATCHED', shipmentId, warehouse: 'HZ-1', carrier, trackingNumber: null, lines: [{ lineId, quantity: 1 }], at: minute(minutes) }, 'WMS');
const paid = report({ topic: 'payments', paymentId: 'p-1', status: 'PAID', amount: '200.00', at: minute(10), reason: null }, 'WXPAY');

function rowAfter(...commands: Parameters<typeof lived>[1]): OrderRow {
  const { stream, events } = lived(TB1, commands);
  return rowsOf(orderStatus, events).get(stream)!;
}

test('an order that waits for its payment stands at its node, with owner and limit', () => {
  const row = rowAfter(delivery(TB1));
  expect(row).toMatchObject({
    orderNumber: 'TB2026010900001', platform: 'TB', externalId: '1', status: 'AWAITING_PAYMENT', node: 'PAYMENT', nodeEnteredAt: minute(0), nodeDueAt: minute(30),
    dueOrder: minute(30), nodeOwnerRole: 'csr', onHold: false, customerId: 'c-1', total: 20000, currency: 'CNY', revision: 0,
    receivedAt: '2026-03-01T00:00:01.000Z', updatedAt: '2026-03-01T00:00:01.000Z', carrier: null, history: false,
  });
});

test('a closed order is at no node and sorts behind all that is due', () => {
  const row = rowAfter(delivery(TB1), report({ topic: 'cancellations', reason: 'no', at: minute(5) }, 'TB'));
  expect(row).toMatchObject({ status: 'CANCELLED', node: null, nodeEnteredAt: null, nodeDueAt: null, nodeOwnerRole: null, dueOrder: NEVER_DUE, closedAt: minute(5) });
});

test('facts that came before their order make no row', () => {
  const { events } = lived(TB1, [paid]);
  expect(events.map(({ type }) => type)).toEqual(['FactSetAside']);
  expect(rowsOf(orderStatus, events).size).toBe(0);
  expect(rowAfter(paid, delivery(TB1))).toMatchObject({ status: 'AWAITING_ALLOCATION', paid: 20000, paidAt: minute(10) });
});

test('a parcel of each of two carriers is found under both', () => {
  expect(rowAfter(delivery(TB1), paid, dispatch(60, 's-1', 'SF', '1')).carrier).toBe('SF');
  expect(rowAfter(delivery(TB1), paid, dispatch(60, 's-1', 'SF', '1'), dispatch(70, 's-2', 'SF', '2')).carrier).toBe('SF');
  expect(rowAfter(delivery(TB1), paid, dispatch(60, 's-1', 'SF', '1'), dispatch(70, 's-2', 'YT', '2')).carrier).toEqual(['SF', 'YT']);
  expect(rowAfter(delivery(TB1), paid, dispatch(60, 's-1', null, '1')).carrier).toBeNull();
});

test('an amendment after dispatch leaves the content as it was', () => {
  const late = delivery(TB1, { shippingAddress: { ...ADDRESS, city: 'Ningbo' } }, minute(90));
  const row = rowAfter(delivery(TB1), paid, dispatch(60, 's-1', 'SF', '1'), late);
  expect(row.shippingAddress.city).toBe('Hangzhou');
  expect(row.refused).toMatchObject([{ topic: 'orders', rejection: 'OrderAlreadyShipped' }]);
  expect(rowAfter(delivery(TB1), late).shippingAddress.city).toBe('Ningbo');
});

test('lines are matched with the catalogue as far as it was seen, and all of them once the check passes', () => {
  const skus = (row: OrderRow): boolean[] => row.lines.map(({ skuMatched }) => skuMatched);
  expect(skus(rowAfter(delivery(TB1)))).toEqual([false, false]);
  expect(skus(rowAfter(delivery(TB1, {}, null, SKUS)))).toEqual([true, true]);
  const unknown = rowAfter(delivery(TB1, {}, null, ['TEA-100']));
  expect(skus(unknown)).toEqual([true, false]);
  expect(unknown).toMatchObject({ onHold: true, holds: [{ check: 'SKU_UNKNOWN' }] });
  const release = {
    type: 'ReleaseHold' as const, holdId: unknown.holds[0]!.holdId, reason: 'catalogued', at: minute(20),
    context: { ...delivery(TB1).context!, catalogue: new Set(SKUS) },
  };
  expect(rowAfter(delivery(TB1, {}, null, ['TEA-100']), release)).toMatchObject({ onHold: false, lines: [{ skuMatched: true }, { skuMatched: true }] });
});

test('personal data stays as the events hold it', () => {
  const sealed = { customerId: 'c-1', tier: 'REGULAR', sealed: '1.c2VhbGVk' };
  const { stream, events } = lived(TB1, [delivery(TB1)]);
  const placed = { ...events[0]!, data: { ...(events[0]!.data as object), customer: sealed, shippingAddress: { province: 'Zhejiang', sealed: null } } };
  expect(rowsOf(orderStatus, [placed]).get(stream)).toMatchObject({ customer: sealed, shippingAddress: { province: 'Zhejiang', sealed: null } });
  expect(CONTENT.customer).toBe(CUSTOMER);
});

test('an event before OrderPlaced that is no fact set aside cannot be taken', () => {
  const [event] = recordedAll('order-TB.1', [{ type: 'PaymentReported', occurredAt: minute(1), data: { orderNumber: 'TB1' } }]);
  expect(() => orderStatus.fold(undefined, event!, 'order-TB.1')).toThrow('before OrderPlaced');
});
