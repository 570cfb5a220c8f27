// Money between its decimal form outside and integer minor units inside, exactly, in both directions.
// No float takes part in the arithmetic: decimals are read digit by digit.
import { reject, type Rejection } from '@app/kernel';

export type MoneyRejection = 'AmountNotRepresentable' | 'AmountUnreadable' | 'CurrencyUnknown';

const CURRENCY = /^[A-Z]{3}$/;
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const exponents = new Map<string, number>();

/** Decimals of a currency by ISO 4217 as Intl knows them: CNY 2, JPY 0, KWD 3. Undefined when it is no currency code. */
export function currencyExponent(currency: string): number | undefined {
  const known = exponents.get(currency);
  if (known !== undefined) return known;
  if (!CURRENCY.test(currency)) return undefined;
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  exponents.set(currency, digits);
  return digits;
}

/**
 * Minor units of a decimal amount: `'199.90'` CNY is 19990, `'500'` JPY is 500. Zeros beyond the currency's decimals are taken.
 * Refused: AmountUnreadable (no plain decimal), AmountNotRepresentable (more decimals than the currency has, or beyond 2^53),
 * CurrencyUnknown.
 */
export function minorUnits(amount: string | number, currency: string): number | Rejection<MoneyRejection> {
  const exponent = currencyExponent(currency);
  if (exponent === undefined) return reject('CurrencyUnknown', `"${currency}" is not a currency code of three capitals.`, { currency });
  const text = typeof amount === 'number' ? String(amount) : amount.trim();
  const parts = DECIMAL.exec(text);
  if (parts === null) return reject('AmountUnreadable', `"${text}" is not a decimal amount.`, { amount: text });
  const fraction = parts[3] ?? '';
  let digits = parts[2]! + fraction;
  let shift = exponent - fraction.length + Number(parts[4] ?? 0);
  while (shift < 0 && digits.endsWith('0')) {
    digits = digits.slice(0, -1);
    shift += 1;
  }
  if (/^0*$/.test(digits)) return 0;
  if (shift < 0) {
    return reject('AmountNotRepresentable', `${text} has more decimals than ${currency} has (${exponent}).`, { amount: text, currency, exponent });
  }
  const units = Number(digits + '0'.repeat(Math.min(shift, 400)));
  if (!Number.isSafeInteger(units)) {
    return reject('AmountNotRepresentable', `${text} ${currency} is beyond the amounts that can be kept exactly.`, { amount: text, currency });
  }
  return parts[1] === '-' ? -units : units;
}

/** The decimal form of minor units, with all the decimals that the currency has: 19990 CNY is `'199.90'`. Units must be a safe integer of a known currency. */
export function decimalOf(units: number, currency: string): string {
  const exponent = currencyExponent(currency) ?? 2;
  const sign = units < 0 ? '-' : '';
  const digits = String(Math.abs(units)).padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
