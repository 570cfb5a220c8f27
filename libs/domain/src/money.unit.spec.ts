// Money is exact in both directions, for every currency and any size that can be kept.
import fc from 'fast-check';
import { currencyExponent, decimalOf, minorUnits } from './money';

test.each([
  ['199.90', 'CNY', 19990], ['500', 'JPY', 500], ['0.1', 'BRL', 10], ['-3.50', 'CNY', -350], ['1.2345', 'KWD', null], ['1.234', 'KWD', 1234],
  ['90071992547409.91', 'CNY', 9007199254740991], ['90071992547409.92', 'CNY', null], ['1.990', 'CNY', 199], ['0.00', 'CNY', 0], ['5.00', 'JPY', 5],
])('%s %s is %s minor units', (amount, currency, units) => {
  const read = minorUnits(amount, currency);
  if (units === null) expect(read).toMatchObject({ rejection: 'AmountNotRepresentable' });
  else expect(read).toBe(units);
});

test('a number is read by the digits that it prints, never by its binary value', () => {
  expect(minorUnits(0.29, 'CNY')).toBe(29);
  expect(minorUnits(1.1, 'CNY')).toBe(110);
  expect(minorUnits(1e21, 'CNY')).toMatchObject({ rejection: 'AmountNotRepresentable' });
  expect(minorUnits(1e-7, 'CNY')).toMatchObject({ rejection: 'AmountNotRepresentable' });
});

test('what is no amount or no currency is refused by name', () => {
  for (const text of ['', 'abc', '1,000.00', '.5', '5.', 'NaN', 'Infinity', '0x10']) expect(minorUnits(text, 'CNY')).toMatchObject({ rejection: 'AmountUnreadable' });
  expect(minorUnits('1', 'yuan')).toMatchObject({ rejection: 'CurrencyUnknown' });
  expect(currencyExponent('JPY')).toBe(0);
});

test('units written as a decimal are read back as the same units', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.constantFrom('CNY', 'JPY', 'KWD', 'USD'), (units, currency) => {
      expect(minorUnits(decimalOf(units, currency), currency)).toBe(units);
    }),
  );
});
