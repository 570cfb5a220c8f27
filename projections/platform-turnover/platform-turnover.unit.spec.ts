// The turnover of a platform's day, by currency: placed orders with what they count for since.
// The day is the one inside the order's number, whatever the instant of the event.
import { given, recorded } from '@test/dsl';
import { platformTurnover, turnoverKey } from './platform-turnover.projection';

const placed = (number: string, currency: string, total: number, position: number) =>
  recorded({ stream: `order-${number}`, type: 'OrderPlaced', position, data: { orderNumber: number, currency, total } });
const changed = (number: string, was: number, is: number, position: number) =>
  recorded({ stream: `order-${number}`, type: 'CancellationRequested', revision: 1, position, data: { orderNumber: number, turnover: { was, is, currency: 'CNY' } } });

test('totals add up by platform, day and currency; what an order counts for since is followed', () => {
  given(platformTurnover, [
    placed('TB2026010900001', 'CNY', 10_000, 1),
    placed('TB2026010900002', 'CNY', 5_000, 2),
    placed('TB2026010900003', 'JPY', 700, 3),
    placed('TB20260110100000', 'CNY', 1, 4),
    placed('JD2026010900001', 'CNY', 3_000, 5),
    changed('TB2026010900002', 5_000, 0, 6),
    recorded({ stream: 'order-TB2026010900001', type: 'PaymentReported', revision: 1, position: 7, data: { orderNumber: 'TB2026010900001' } }),
  ]).thenRows({
    'JD/20260109/CNY': { platform: 'JD', day: '20260109', currency: 'CNY', turnover: 3_000, orders: 1 },
    'TB/20260109/CNY': { platform: 'TB', day: '20260109', currency: 'CNY', turnover: 10_000, orders: 2 },
    'TB/20260109/JPY': { platform: 'TB', day: '20260109', currency: 'JPY', turnover: 700, orders: 1 },
    'TB/20260110/CNY': { platform: 'TB', day: '20260110', currency: 'CNY', turnover: 1, orders: 1 },
  });
});

test('a fact that waits for its order counts for nothing', () => {
  given(platformTurnover, [recorded({ type: 'FactSetAside', data: { orderNumber: null } })]).thenRows({});
});

test('the day is read from the number, however long the serial', () => {
  expect(turnoverKey('WS20260109100000', 'CNY')).toBe('WS/20260109/CNY');
});
