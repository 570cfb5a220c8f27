// A year whose holidays are not known is told of before it begins, once.
import { TestClock } from '@app/runtime';
import { CalendarWatch } from './calendar-watch';

async function warned(start: string, days: number): Promise<unknown[]> {
  const years: unknown[] = [];
  const clock = new TestClock(start);
  const watch = new CalendarWatch({ clock, logger: { warn: ({ year }: { year: number }) => void years.push(year) } as never });
  const ends = watch.run();
  await clock.advance(days * 86_400_000);
  watch.close();
  await ends;
  return years;
}

test('at the start, when it is near or has begun', async () => {
  expect([await warned('2046-12-15T00:00:00.000Z', 0), await warned('2047-02-01T00:00:00.000Z', 0)]).toEqual([[2046], [2047]]);
  expect(await warned('2025-12-15T00:00:00.000Z', 0)).toEqual([]);
});

test('while it runs, on the day on which it comes near, and not every day', async () => {
  expect(await warned('2003-11-01T00:00:00.000Z', 40)).toEqual([2003]);
  expect(await warned('2046-11-20T00:00:00.000Z', 60)).toEqual([2046, 2047]);
});
