// Numbers are written and read as exact opposites; a serial grows past 99999 without a change of form.
import fc from 'fast-check';
import { formatOrderNumber, parseOrderNumber } from './order-number';

test('platform code, day and a serial of at least five digits', () => {
  expect(formatOrderNumber({ platform: 'TB', day: '20260109', serial: 123 })).toBe('TB2026010900123');
  expect(formatOrderNumber({ platform: 'TB', day: '20260109', serial: 100_000 })).toBe('TB20260109100000');
});

test('what was written is read back', () => {
  fc.assert(
    fc.property(fc.constantFrom('TB', 'JD', 'WS'), fc.integer({ min: 1, max: 10 ** 12 }), (platform, serial) => {
      const parts = { platform, day: '20261122', serial };
      expect(parseOrderNumber(formatOrderNumber(parts))).toEqual(parts);
    }),
  );
});

test.each(['', 'TB', 'tb2026010900123', 'TB20261309 0123', 'TB2026130900123', 'TB2026010000000', 'TB202601090012', 'TB20260109000123', 'TBX2026010900123'])('%s is no order number', (text) => {
  expect(parseOrderNumber(text)).toBeNull();
});
