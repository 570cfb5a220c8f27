// The business day of an instant: the calendar date in the business time zone.
// Days change where the clocks of the zone say midnight, whatever the zone of the machine.
import { Temporal } from 'temporal-polyfill';
import type { Instant } from '@app/kernel';

/** `2026-01-10` for `2026-01-09T16:00:00.000Z` in Asia/Shanghai. `zone` is an IANA name. */
export function businessDate(at: Instant, zone: string): string {
  return Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate().toString();
}
