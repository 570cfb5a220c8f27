// A serial grows past 99999 without a change of form, and no two parts make the same number.
import fc from 'fast-check';
import { formatOrderNumber } from './order-number';

test('platform code, day and a serial of at least five digits', () => {
  expect(formatOrderNumber({ platform: 'TB', day: '20260109', serial: 123 })).toBe('TB2026010900123');
  expect(formatOrderNumber({ platform: 'TB', day: '20260109', serial: 100_000 })).toBe('TB20260109100000');
});

test('what was written can be read back: two capitals, eight digits, and the serial', () => {
  fc.assert(
    fc.property(fc.constantFrom('TB', 'JD', 'WS'), fc.integer({ min: 1, max: 10 ** 12 }), (platform, serial) => {
      const [, code, day, digits] = /^([A-Z]{2})(\d{8})(\d{5,})$/.exec(formatOrderNumber({ platform, day: '20261122', serial })) ?? [];
      expect([code, day, Number(digits)]).toEqual([platform, '20261122', serial]);
    }),
  );
});
