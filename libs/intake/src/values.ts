// Single values of the canonical form, read exactly: instants, money, ids. What cannot be read is told as a sentence
// into the list of reasons and read as nothing, so that one pass finds every mistake.
import { minorUnits } from '@app/domain';
import { type Instant, instantOf } from '@app/kernel';
import type { Range } from './topics';

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(?:[Zz]|([+-])(\d\d):?(\d\d))?$/;
const LOOKS_LIKE_TIME = /^[\d\s:.TZtz+/-]{1,40}$/;
const STORED_WIDTH = 24;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
// Platforms write 0001-01-01 or 1970-01-01 for "no time", and 9999 for "never".
const YEAR_MIN = 1990;
const YEAR_MAX = 2199;
const OFFSET_MINUTES_MAX = 18 * 60;

export function readInstant(value: string, place: string, reasons: string[]): Instant {
  const recent = recentInstants.get(value);
  if (recent !== undefined) return recent;
  const read = parseInstant(value);
  if (typeof read !== 'string') {
    reasons.push(`${place} ${read.mistake}${quoted(value)}`);
    return '';
  }
  if (recentInstants.size >= RECENT_MAX) recentInstants.clear();
  recentInstants.set(value, read);
  return read;
}
// The times of neighbours in a stream are much alike, and many facts say the same one.
const recentInstants = new Map<string, Instant>();
const RECENT_MAX = 5_000;

function parseInstant(value: string): Instant | { mistake: string } {
  const parts = RFC_3339.exec(value);
  if (parts === null) return { mistake: 'is no time in RFC 3339: write it as 2026-01-09T10:00:00+08:00.' };
  const [year, month, day, hour, minute, second] = [+parts[1]!, +parts[2]!, +parts[3]!, +parts[4]!, +parts[5]!, +parts[6]!];
  const utc = (value.charCodeAt(value.length - 1) | 0x20) === 0x7a;
  if (!utc && parts[8] === undefined) {
    return { mistake: 'has no offset, so it is no instant: append Z or an offset such as +08:00, or declare the time zone in the mapping.' };
  }
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month) || hour > 23 || minute > 59 || second > 59) {
    return { mistake: 'is no time that exists.' };
  }
  if (year < YEAR_MIN || year > YEAR_MAX) {
    return { mistake: `lies outside the years ${YEAR_MIN} to ${YEAR_MAX}: where it stands for no time, leave it out.` };
  }
  if (utc && value.length === STORED_WIDTH && value[23] === 'Z' && value[10] === 'T') return value;
  const offset = utc ? 0 : +parts[9]! * 60 + +parts[10]!;
  if (offset > OFFSET_MINUTES_MAX) return { mistake: 'has an offset that no zone has.' };
  const milliseconds = parts[7] === undefined ? 0 : Number(parts[7].slice(0, 3).padEnd(3, '0'));
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  return instantOf(parts[8] === '-' ? local + offset * 60_000 : local - offset * 60_000);
}

function daysOf(year: number, month: number): number {
  if (month === 2 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return 28;
  return DAYS[month - 1]!;
}

function quoted(value: string): string {
  return LOOKS_LIKE_TIME.test(value) ? ` It is ${JSON.stringify(value)}.` : '';
}

/**
 * Minor units of an amount, a number or decimal text of valid form.
 *
 * Exact: a double equals `units / 10^exponent` only if the text it came from says that amount, for amounts of at most
 * 15 digits; longer ones arrive as text.
 */
export function readMoney(value: number | string, currency: string, exponent: number, place: string, reasons: string[]): number {
  if (typeof value === 'number' || value.length <= DIGITS_EXACT) {
    const scale = SCALES[exponent] ?? 10 ** exponent;
    const amount = Number(value);
    const units = Math.round(amount * scale);
    if (units / scale === amount && Math.abs(units) <= UNITS_FAST_MAX) return units === 0 ? 0 : units;
  }
  const units = minorUnits(value, currency);
  if (typeof units === 'number') return units;
  if (units.rejection === 'AmountUnreadable') reasons.push(`${place} must be a plain decimal number, as 1234.50 or "1234.50".`);
  else if (units.rejection === 'AmountNotRepresentable') reasons.push(`${place} has more decimals than ${currency} has (${exponent}), or is too large.`);
  return 0;
}
const SCALES = [1, 10, 100, 1_000, 10_000];
const UNITS_FAST_MAX = 1e15;
/** A decimal of so many digits is the only one that its double stands for. */
const DIGITS_EXACT = 15;

const DECIMAL = /^(-?)0*(\d+?)(?:\.(\d*?)0*)?$/;

/** The one way to write the amount: no leading or trailing zeros, so that the same amount is the same content. Empty after a reason. */
export function canonicalDecimal(value: number | string, place: string, reasons: string[]): string {
  const parts = DECIMAL.exec(typeof value === 'number' ? String(value) : value);
  if (parts === null) {
    reasons.push(`${place} must be a plain decimal number, as 1234.50 or "1234.50".`);
    return '';
  }
  const magnitude = parts[3] === undefined || parts[3] === '' ? parts[2]! : `${parts[2]!}.${parts[3]}`;
  return magnitude === '0' ? '0' : parts[1]! + magnitude;
}

/** A whole number or text of its digits; text beyond the range is told in the words in which the form tells a number. */
export function readWhole(value: number | string, [least, most]: Range, place: string, reasons: string[]): number {
  const whole = Number(value);
  if (whole < least) reasons.push(`${place} must be >= ${least}.`);
  if (whole > most) reasons.push(`${place} must be <= ${most}.`);
  return whole === 0 ? 0 : whole;
}

const SPACE = 0x20;
const DELETE = 0x7f;

/** An id as text. A number is exact here: what a double cannot hold has become text when it was parsed. */
export function readId(value: string | number, place: string, reasons: string[]): string {
  if (typeof value === 'number') return String(value);
  if (isBlank(value)) reasons.push(`${place} is empty.`);
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code >= SPACE && code !== DELETE) continue;
    reasons.push(`${place} contains control characters.`);
    break;
  }
  return value;
}

/** Null for what is missing or blank: an empty text says nothing. */
export function optionalId(value: string | number | null | undefined): string | null {
  return typeof value === 'number' ? String(value) : optionalText(value);
}

export function optionalText(value: string | null | undefined): string | null {
  return value === undefined || value === null || isBlank(value) ? null : value;
}

// What begins with a visible character of ASCII is not blank; only the rest is looked through.
function isBlank(value: string): boolean {
  const code = value.charCodeAt(0);
  return !(code > SPACE && code < DELETE) && value.trim() === '';
}
