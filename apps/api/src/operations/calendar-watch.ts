// Warns whoever runs the process when the next two months reach into a year whose holidays this release does not know: limits in business hours
// are counted without them. At the start, and while it runs on the day on which such a year comes near.
import { yearNotAnnounced } from '@app/domain';
import type { OrderTrail } from '@app/wiring';

const DAYS_AHEAD = 60;
const DAY_MS = 86_400_000;

export class CalendarWatch {
  private readonly closing = new AbortController();

  constructor(private readonly orderTrail: Pick<OrderTrail, 'clock'> & { logger: Pick<OrderTrail['logger'], 'warn'> }) {}

  /** Goes on until it is closed. */
  async run(): Promise<void> {
    const { clock, logger } = this.orderTrail;
    for (let told: number | null = null; !this.closing.signal.aborted; await clock.sleep(DAY_MS, this.closing.signal)) {
      const year = yearNotAnnounced(clock.now(), DAYS_AHEAD);
      if (year !== null && year !== told) logger.warn({ year }, `The holidays and make-up workdays of ${year} are not known to this release: business hours of that year are counted from Monday to Friday but for the fixed holidays. Install a release that knows them.`);
      told = year;
    }
  }

  close(): void {
    this.closing.abort();
  }
}
