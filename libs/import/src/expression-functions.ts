// What a mapping may call beside JSONata's own functions: times, exact decimals, tables. A missing argument gives a missing result.
// Amounts are decimal strings from end to end: no sum passes through a double.
import { instantOf, type Instant } from '@app/kernel';
import type { LocalTimeReader } from './local-time';

export type MappingFunction = (...args: unknown[]) => unknown;
export type Tables = Readonly<Record<string, Readonly<Record<string, string | number | boolean | null>>>>;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

function listed(args: readonly unknown[]): unknown[] {
  return args.flat(Number.POSITIVE_INFINITY).filter(value => value !== undefined && value !== null);
}

function unitsOf(value: unknown): { units: bigint; digits: number } {
  const match = DECIMAL.exec(textOf(value));
  if (match === null) throw new Error(`"${String(value)}" is not a decimal number`);
  const fraction = match[3] ?? '';
  return { units: BigInt(`${match[1]}${match[2]}${fraction}`), digits: fraction.length };
}

function textOf(value: unknown): string {
  if (typeof value !== 'number') return String(value).trim();
  const text = String(value);
  // Doubles outside this range print with an exponent; no amount of money lies there.
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text;
}

/** `digits` after the point, at least as many as asked for. */
function decimal(units: bigint, digits: number): string {
  const negative = units < 0n;
  const text = (negative ? -units : units).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${negative ? '-' : ''}${whole}${digits > 0 ? `.${text.slice(text.length - digits)}` : ''}`;
}

/** Exact sum of all arguments, lists taken apart, as a decimal string with as many digits as the longest; "0" of none. */
function total(...args: unknown[]): string {
  let units = 0n;
  let digits = 0;
  for (const value of listed(args)) {
    const next = unitsOf(value);
    const most = Math.max(digits, next.digits);
    units = units * 10n ** BigInt(most - digits) + next.units * 10n ** BigInt(most - next.digits);
    digits = most;
  }
  return decimal(units, digits);
}

function extreme(args: readonly unknown[], takes: (a: number, b: number) => boolean): unknown {
  let best: unknown;
  let at = Number.NaN;
  for (const value of listed(args)) {
    const time = Date.parse(String(value));
    if (Number.isNaN(time)) throw new Error(`"${String(value)}" is not an instant`);
    if (best === undefined || takes(time, at)) [best, at] = [value, time];
  }
  return best;
}

function epoch(value: unknown, unit: unknown): Instant | undefined {
  if (value === undefined || value === null) return undefined;
  const number = Number(value);
  const ms = unit === 'ms' ? number : Math.round(number * 1000);
  if (!Number.isFinite(number) || Math.abs(ms) > 8.64e15) throw new Error(`"${String(value)}" is not a number of ${unit === 'ms' ? 'milliseconds' : 'seconds'} since 1970`);
  return instantOf(ms);
}

function minor(value: unknown, digits: unknown, currencyDigits: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = textOf(value);
  if (!/^-?\d+$/.test(text)) throw new Error(`"${text}" is not a whole number of minor units`);
  return decimal(BigInt(text), digits === undefined ? currencyDigits : Number(digits));
}

/** `currencyDigits`: how many digits after the point the mapping's currency has, for `$minor` without its second argument. */
export function mappingFunctions(times: LocalTimeReader, tables: Tables, currencyDigits: number): Readonly<Record<string, MappingFunction>> {
  return {
    instant: local => (local === undefined || local === null ? undefined : times.instant(String(local))),
    epoch,
    minor: (value, digits) => minor(value, digits, currencyDigits),
    decimal: value => (value === undefined || value === null ? undefined : decimal(unitsOf(value).units, unitsOf(value).digits)),
    total,
    latest: (...args) => extreme(args, (a, b) => a > b),
    earliest: (...args) => extreme(args, (a, b) => a < b),
    text: value => (value === undefined || value === null ? undefined : textOf(value)),
    table: (name, value) => {
      const table = tables[String(name)];
      if (table === undefined) throw new Error(`The mapping has no table "${String(name)}"`);
      if (value === undefined || value === null) return undefined;
      if (!Object.hasOwn(table, String(value))) throw new Error(`"${String(value)}" is not in the table "${String(name)}"`);
      return table[String(value)];
    },
  };
}
