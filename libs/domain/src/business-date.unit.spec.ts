// A business day begins at midnight in the business zone.
import { businessDate } from './business-date';

test.each([
  ['2026-01-09T15:59:59.999Z', 'Asia/Shanghai', '2026-01-09'],
  ['2026-01-09T16:00:00.000Z', 'Asia/Shanghai', '2026-01-10'],
  ['2026-03-08T04:59:59.999Z', 'America/New_York', '2026-03-07'],
  ['2026-03-09T03:59:59.999Z', 'America/New_York', '2026-03-08'],
])('%s in %s is of %s', (at, zone, date) => expect(businessDate(at, zone)).toBe(date));
