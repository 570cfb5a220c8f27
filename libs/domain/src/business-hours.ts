// Limits counted by the wall clock or in business hours: working days of the PRC, between opening and closing in the business zone.
// Holidays and make-up workdays are those that the State Council has announced; in a year not announced yet Monday to Friday are worked, but for
// the days that the State Council's regulation on holidays has off in every year.
import { getDayDetail } from 'chinese-days';
import { Temporal } from 'temporal-polyfill';
import { type Instant, instantOf, plusSeconds } from '@app/kernel';
import { DEFAULT_SETTINGS } from './settings/settings.defaults';
import type { BusinessDay, SettingsValues } from './settings/settings.events';

export interface BusinessCalendar extends BusinessDay {
  /** IANA name of the zone in which days begin and clocks are read. */
  zone: string;
}

/** Epoch milliseconds. */
interface Hours {
  opens: number;
  closes: number;
}

const DAY_MS = 86_400_000;
/**
 * New Year, Labour Day, National Day: those of a fixed date in Article 2 of the Regulation on Public Holidays for National Annual
 * Festivals and Memorial Days (全国年节及纪念日放假办法), State Council Decree 795, in force since 2025. The others go by the moon or the sun.
 */
const OFF_EVERY_YEAR: readonly string[] = ['01-01', '05-01', '05-02', '10-01', '10-02', '10-03'];
/** Days whose hours are kept: asking the time zone database costs more than all the rest. */
const DAYS_KEPT_MAX = 4_000;
const kept = new Map<string, Hours | null>();

/** Opening and closing that these settings mean; published before there was a choice, they mean what ships. */
export function businessDayOf({ businessDay }: Pick<SettingsValues, 'businessDay'>): BusinessDay {
  return businessDay ?? DEFAULT_SETTINGS.businessDay!;
}

/**
 * The instant at which so many whole seconds (zero or more) have passed since `at`. In business hours only the time between opening
 * and closing of a working day counts; what ends with the day is due as it closes, not as the next one opens.
 */
export function dueAfter(at: Instant, withinSeconds: number, businessHours: boolean, calendar: BusinessCalendar): Instant {
  if (!businessHours) return plusSeconds(at, withinSeconds);
  const from = Date.parse(at);
  let restMs = withinSeconds * 1000;
  // No zone is a whole day behind UTC, so what is open at `at` began at the earliest on the day before.
  for (let day = Math.floor(from / DAY_MS) - 1; ; day++) {
    const hours = hoursOf(day, calendar);
    if (hours === null || from > hours.closes) continue;
    const begin = Math.max(from, hours.opens);
    if (begin + restMs <= hours.closes) return instantOf(begin + restMs);
    restMs -= Math.max(0, hours.closes - begin);
  }
}

/** The first year without an announcement that the next days lie in, `at` among them; null where there is none. */
export function yearNotAnnounced(at: Instant, days: number): number | null {
  const year = [at, plusSeconds(at, days * 86_400)].map((instant) => instant.slice(0, 4)).find((other) => !isAnnounced(other));
  return year === undefined ? null : Number(year);
}

/** `day`: of the calendar, counted since 1970. Null: nobody works. */
function hoursOf(day: number, { zone, opens, closes }: BusinessCalendar): Hours | null {
  const key = `${day} ${opens} ${closes} ${zone}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const date = instantOf(day * DAY_MS).slice(0, 10);
  const hours = isWorkday(date, day) ? { opens: momentOf(date, opens, zone), closes: momentOf(date, closes, zone) } : null;
  if (kept.size >= DAYS_KEPT_MAX) kept.clear();
  kept.set(key, hours);
  return hours;
}

function momentOf(date: string, time: string, zone: string): number {
  return Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

/**
 * What the calendar says of days that are announced stands; the rest goes by the day of the week, counted here, because the
 * calendar counts it in the zone of the machine.
 */
function isWorkday(date: string, day: number): boolean {
  const { name, work } = getDayDetail(date);
  if (isAnnouncement(name)) return work;
  if (OFF_EVERY_YEAR.includes(date.slice(5)) && !isAnnounced(date.slice(0, 4))) return false;
  // The first of January 1970 was a Thursday.
  const weekday = (day + 4) % 7;
  return weekday >= 1 && weekday <= 5;
}

/** National Day is in every announcement. */
function isAnnounced(year: string): boolean {
  return isAnnouncement(getDayDetail(`${year}-10-01`).name);
}

/** A name out of an announcement has its parts joined by commas. */
function isAnnouncement(name: string): boolean {
  return name.includes(',');
}
