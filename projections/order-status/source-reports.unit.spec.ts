// Who said what of an order, who is believed, and whether it is so.
import type { Fact } from '@app/domain';
import { delivery, lived, minute, report, rowsOf } from '../order-lives.fixtures';
import { orderStatus } from './order-status.projection';
import { sourceReports, type SourceReport } from './source-reports';

const TB1 = { platform: 'TB', externalId: '1' };
const at = (minutes: number) => ({ at: minute(minutes) });
const PAID: Fact = { topic: 'payments', paymentId: 'p-1', status: 'PAID', amount: '200.00', reason: null, ...at(10) };
const ALLOCATED: Fact = { topic: 'fulfilment', status: 'ALLOCATED', warehouse: 'HZ-1', lines: null, ...at(20) };
const DISPATCHED: Fact = { topic: 'fulfilment', status: 'DISPATCHED', shipmentId: 's-1', warehouse: 'HZ-1', carrier: 'SF', trackingNumber: null, lines: null, ...at(30) };
const DELIVERED: Fact = { topic: 'tracking', shipmentId: 's-1', status: 'DELIVERED', note: null, ...at(400) };

function reportsAfter(...commands: Parameters<typeof lived>[1]): SourceReport[] {
  const { stream, events } = lived(TB1, [delivery(TB1), ...commands]);
  return sourceReports(rowsOf(orderStatus, events).get(stream)!);
}

test('each system with its last word, and the nodes at which it is believed', () => {
  const reports = reportsAfter(report(PAID, 'WXPAY'), report(ALLOCATED, 'WMS'), report(DISPATCHED, 'WMS'), report(DELIVERED, 'TMS'), report({ topic: 'settlements', amount: '200.00', ...at(500) }, 'ERP'));
  expect(reports).toEqual([
    { system: 'ERP', status: 'SETTLED', reportedAt: minute(500), authoritativeFor: ['SETTLEMENT'], agrees: true },
    { system: 'TB', status: 'PLACED', reportedAt: minute(0), authoritativeFor: [], agrees: true },
    { system: 'TMS', status: 'DELIVERED', reportedAt: minute(400), authoritativeFor: ['DELIVERY'], agrees: true },
    { system: 'WMS', status: 'DISPATCHED', reportedAt: minute(30), authoritativeFor: ['ALLOCATION', 'OUTBOUND'], agrees: true },
    { system: 'WXPAY', status: 'PAID', reportedAt: minute(10), authoritativeFor: ['PAYMENT'], agrees: true },
  ]);
});

test('the platform is believed of the payment where no gateway spoke', () => {
  expect(reportsAfter(report(PAID, 'TB'))).toEqual([{ system: 'TB', status: 'PAID', reportedAt: minute(10), authoritativeFor: ['PAYMENT'], agrees: true }]);
});

test('a refused fact says so, with its reason, also after its system has said something else', () => {
  const cancelled = report({ topic: 'cancellations', reason: 'no', ...at(60) }, 'TB');
  const refused = { system: 'TB', status: 'CANCELLED (refused: OrderAlreadyShipped)', reportedAt: minute(60), agrees: false };
  expect(reportsAfter(report(PAID, 'WXPAY'), report(DISPATCHED, 'WMS'), cancelled)).toContainEqual({ ...refused, authoritativeFor: [] });
  const later = reportsAfter(report(PAID, 'WXPAY'), report(DISPATCHED, 'WMS'), cancelled, report({ topic: 'statuses', status: 'IN_TRANSIT', ...at(90) }, 'TB'));
  expect(later.filter(({ system }) => system === 'TB')).toEqual([
    { system: 'TB', status: 'IN_TRANSIT', reportedAt: minute(90), authoritativeFor: [], agrees: true },
    { ...refused, authoritativeFor: [] },
  ]);
});

test('a word that is late does not hide a newer one', () => {
  expect(reportsAfter(report(DISPATCHED, 'WMS'), report(ALLOCATED, 'WMS')).find(({ system }) => system === 'WMS')?.status).toBe('DISPATCHED');
});

test.each<[string, Fact[], string, boolean]>([
  ['allocated, while the order is cancelled', [PAID, ALLOCATED, { topic: 'cancellations', reason: 'no', ...at(25) }], 'WMS', false],
  ['allocated, while it waits to be shipped', [PAID, ALLOCATED], 'WMS', true],
  ['dispatched, while it is not paid', [DISPATCHED], 'WMS', false],
  ['a failed payment of an unpaid order', [{ ...PAID, status: 'FAILED' }], 'WXPAY', true],
  ['a part payment', [{ ...PAID, amount: '50.00' }], 'WXPAY', false],
  ['a status that the order does not have', [{ topic: 'statuses', status: 'SETTLED', ...at(90) }], 'CRM', false],
  ['a status in small letters', [{ topic: 'statuses', status: 'awaiting_payment', ...at(90) }], 'CRM', true],
  ['a word that means nothing here', [{ topic: 'statuses', status: '已付款', ...at(90) }], 'CRM', false],
])('%s: agrees or not', (_, facts, system, agrees) => {
  const from: Record<string, string> = { payments: 'WXPAY', fulfilment: 'WMS', cancellations: 'TB', statuses: 'CRM' };
  const reports = reportsAfter(...facts.map(fact => report(fact, from[fact.topic] as string)));
  expect(reports.find(one => one.system === system)?.agrees).toBe(agrees);
});

test('what people state here is no word of a source', () => {
  expect(reportsAfter({ type: 'CancelOrder', reason: 'asked by phone', at: minute(5) }).map(({ system }) => system)).toEqual(['TB']);
});
