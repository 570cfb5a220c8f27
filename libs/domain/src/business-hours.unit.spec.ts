// Business hours by the real calendar: over holidays, make-up workdays and changes of the clocks,
// compared with somebody who walks through them minute by minute.
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { instantOf, plusSeconds } from '@app/kernel';
import { type BusinessCalendar, businessDayOf, dueAfter, yearNotAnnounced } from './business-hours';

const SHANGHAI: BusinessCalendar = { zone: 'Asia/Shanghai', opens: '09:00', closes: '18:00' };
const HOUR = 3_600;
const cn = (text: string): string => instantOf(Date.parse(`${text}:00+08:00`));
const within = (at: string, hours: number, calendar = SHANGHAI) => dueAfter(at, hours * HOUR, true, calendar);

/** As the State Council announced them, from Monday-to-Friday on. */
const OFF = [
  ...days('2025-01-28', 8), ...days('2025-10-01', 8),
  ...days('2026-02-15', 9), ...days('2026-10-01', 7),
];
const WORKED = ['2025-01-26', '2025-02-08', '2025-09-28', '2025-10-11', '2026-02-14', '2026-02-28', '2026-09-20', '2026-10-10'];

function days(first: string, count: number): string[] {
  return Array.from({ length: count }, (_, more) => Temporal.PlainDate.from(first).add({ days: more }).toString());
}

function isOpen(at: number, { zone, opens, closes }: BusinessCalendar): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const date = local.toPlainDate().toString();
  const time = local.toPlainTime().toString().slice(0, 5);
  const worked = WORKED.includes(date) || (local.dayOfWeek <= 5 && !OFF.includes(date));
  return worked && time >= opens && time < closes;
}

/** Minute by minute: the end of the last minute that counts. */
function walked(at: string, minutes: number, calendar: BusinessCalendar): string {
  let now = Date.parse(at);
  for (let rest = minutes; rest > 0; now += 60_000) if (isOpen(now, calendar)) rest -= 1;
  return instantOf(now);
}

test.each([
  ['before a Spring Festival, with its make-up Saturday', cn('2026-02-13T17:00'), 10, cn('2026-02-14T18:00')],
  ['over the nine days of a Spring Festival', cn('2026-02-14T17:00'), 2, cn('2026-02-24T10:00')],
  ['over a Sunday that is worked before the festival', cn('2025-01-24T18:00'), 1, cn('2025-01-26T10:00')],
  ['over a National Day that meets Mid-autumn', cn('2025-09-30T12:00'), 8, cn('2025-10-09T11:00')],
  ['to the Saturday after it', cn('2025-10-10T17:30'), 1, cn('2025-10-11T09:30')],
  ['over a plain weekend', cn('2026-03-13T17:00'), 8, cn('2026-03-16T16:00')],
  ['from the night', cn('2026-03-10T03:00'), 8, cn('2026-03-10T17:00')],
  ['until the very end of a day', cn('2026-03-10T09:00'), 9, cn('2026-03-10T18:00')],
  ['from the very end of a day', cn('2026-03-10T18:00'), 9, cn('2026-03-11T18:00')],
  ['in a year not announced yet, over the days that every year has off', cn('2047-10-01T09:00'), 9, cn('2047-10-04T18:00')],
  ['into a year not announced yet, over New Year', cn('2046-12-31T17:00'), 2, cn('2047-01-02T10:00')],
  ['over the days of May that every year has off', cn('2047-04-30T17:00'), 2, cn('2047-05-03T10:00')],
  ['on the other days of the week that it has', cn('2047-05-06T09:00'), 9, cn('2047-05-06T18:00')],
  ['in a year that was announced, by what was announced alone', cn('2026-12-31T17:00'), 1, cn('2026-12-31T18:00')],
])('%s', (_, at, hours, due) => expect(within(at, hours)).toBe(due));

test('the wall clock runs through everything', () => {
  expect(dueAfter(cn('2026-02-14T17:00'), 48 * HOUR, false, SHANGHAI)).toBe(cn('2026-02-16T17:00'));
});

test('which year is not announced is told in time', () => {
  expect([yearNotAnnounced('2026-06-01T00:00:00.000Z', 60), yearNotAnnounced('2046-12-31T00:00:00.000Z', 0)]).toEqual([null, 2046]);
  expect([yearNotAnnounced('2003-12-01T00:00:00.000Z', 60), yearNotAnnounced('2046-12-01T00:00:00.000Z', 60)]).toEqual([2003, 2046]);
});

test('no time at all ends where it begins, or as the next day opens', () => {
  expect([within(cn('2026-03-10T12:34'), 0), within(cn('2026-03-10T18:00'), 0), within(cn('2026-03-10T18:01'), 0)]).toEqual([cn('2026-03-10T12:34'), cn('2026-03-10T18:00'), cn('2026-03-11T09:00')]);
});

test('a day on which the clocks change is as long as it is', () => {
  const berlin = { zone: 'Europe/Berlin', opens: '00:00', closes: '06:00' };
  // Sundays are not worked: the day after shows that the offset has changed.
  expect(within('2026-03-27T04:00:00.000Z', 2, berlin)).toBe('2026-03-29T23:00:00.000Z');
  const cairo = { zone: 'Africa/Cairo', opens: '00:00', closes: '12:00' };
  // Friday 2026-04-24 begins at 01:00: eleven hours are left of the twelve.
  expect(within('2026-04-23T22:00:00.000Z', 11, cairo)).toBe('2026-04-24T09:00:00.000Z');
  expect(within('2026-04-23T22:00:00.000Z', 12, cairo)).toBe('2026-04-26T22:00:00.000Z');
});

test('settings from before the choice mean nine to six', () => {
  expect(businessDayOf({})).toEqual({ opens: '09:00', closes: '18:00' });
  expect(businessDayOf({ businessDay: { opens: '08:00', closes: '20:00' } })).toEqual({ opens: '08:00', closes: '20:00' });
});

describe('for every instant and limit', () => {
  const minuteOf = (first: string, last: string) => fc.integer({ min: Date.parse(first) / 60_000, max: Date.parse(last) / 60_000 }).map((minutes) => instantOf(minutes * 60_000));
  const festivals = fc.oneof(
    minuteOf('2025-01-20T00:00:00Z', '2025-02-10T00:00:00Z'), minuteOf('2025-09-25T00:00:00Z', '2025-10-12T00:00:00Z'),
    minuteOf('2026-02-10T00:00:00Z', '2026-03-01T00:00:00Z'), minuteOf('2026-09-28T00:00:00Z', '2026-10-11T00:00:00Z'),
  );
  const calendars = fc.constantFrom(SHANGHAI, { ...SHANGHAI, opens: '06:30', closes: '23:45' }, { zone: 'America/New_York', opens: '09:00', closes: '18:00' }, { zone: 'Europe/Berlin', opens: '00:00', closes: '23:59' });
  const seconds = fc.integer({ min: 0, max: 60 * HOUR });

  test('it is what a walk through the minutes comes to', () => {
    fc.assert(fc.property(festivals, fc.integer({ min: 1, max: 30 * 60 }), calendars, (at, minutes, calendar) => {
      expect(dueAfter(at, minutes * 60, true, calendar)).toBe(walked(at, minutes, calendar));
    }), { numRuns: 40 });
  });

  test('it comes no earlier for more time, nor for a later beginning', () => {
    fc.assert(fc.property(festivals, festivals, seconds, seconds, calendars, (a, b, few, more, calendar) => {
      expect(dueAfter(a, few, true, calendar) <= dueAfter(a, few + more, true, calendar)).toBe(true);
      const [first, second] = [a, b].sort();
      expect(dueAfter(first!, few, true, calendar) <= dueAfter(second!, few, true, calendar)).toBe(true);
    }));
  });

  test('two limits one after the other are one of their sum', () => {
    fc.assert(fc.property(festivals, seconds, seconds, fc.boolean(), calendars, (at, first, second, businessHours, calendar) => {
      expect(dueAfter(dueAfter(at, first, businessHours, calendar), second, businessHours, calendar)).toBe(dueAfter(at, first + second, businessHours, calendar));
    }));
  });

  test('it lies in business hours, closing time included', () => {
    fc.assert(fc.property(festivals, seconds, calendars, (at, limit, calendar) => {
      const due = dueAfter(at, limit, true, calendar);
      expect(due >= at && (isOpen(Date.parse(due), calendar) || isOpen(Date.parse(plusSeconds(due, -1)), calendar))).toBe(true);
    }));
  });
});
