// Reviews of the past, from the streams of their orders: of one approval, or of all that began in a period.
// Rows only say which orders are worth a look; what is told comes from the events.
import { type OrderEvent, type ReviewBegun, reviewsBegun, type SettingsVersion } from '@app/domain';
import type { Instant, Recorded } from '@app/kernel';
import { plusSeconds } from '@app/kernel';
import { approvals, type ApprovalsRow, type OrderRow, orderStatus } from '@app/projections';
import type { OrderTrail } from '@app/wiring';

const PAGE = 500;
const READ_TOGETHER = 16;
/** A source's clock may be so far ahead of ours. */
const AHEAD_SECONDS = 86_400;

export class PastReviews {
  constructor(private readonly orderTrail: Pick<OrderTrail, 'rows' | 'eventStore'>) {}

  /** Of an order's stream; sealed data stays sealed, no rule sees it. */
  async of(stream: string, settings: readonly SettingsVersion[]): Promise<{ events: readonly Recorded[]; reviews: readonly ReviewBegun[] }> {
    const events = await this.orderTrail.eventStore.read(stream);
    return { events, reviews: reviewsBegun(events.map(asOrderEvent), settings) };
  }

  /** By the instant at which they started or were decided automatically, `from` inclusive; order by order, each order once. */
  async *between(from: Instant, to: Instant, settings: readonly SettingsVersion[]): AsyncGenerator<readonly ReviewBegun[]> {
    const began = ({ requestedAt }: { requestedAt: Instant }): boolean => from <= requestedAt && requestedAt < to;
    const seen = new Set<string>();
    for await (const streams of this.candidates(from, to)) {
      const fresh = streams.filter((stream) => !seen.has(stream));
      for (const stream of fresh) seen.add(stream);
      const rows = await this.orderTrail.rows.getMany<ApprovalsRow>(approvals.name, fresh);
      const wanted = fresh.filter((_, index) => rows[index]?.row.approvals.some(began) === true);
      for (let i = 0; i < wanted.length; i += READ_TOGETHER) {
        const read = await Promise.all(wanted.slice(i, i + READ_TOGETHER).map((stream) => this.of(stream, settings)));
        for (const { reviews } of read) yield reviews.filter(({ at }) => began({ requestedAt: at }));
      }
    }
  }

  /** Orders that were placed before the end of the period and have changed since it began; one that changes meanwhile may come twice. */
  private async *candidates(from: Instant, to: Instant): AsyncGenerator<readonly string[]> {
    const range = [{ field: 'updatedAt', gte: plusSeconds(from, -AHEAD_SECONDS) }, { field: 'placedAt', lt: to }];
    let after: string | undefined;
    for (;;) {
      const page = await this.orderTrail.rows.find<OrderRow>(orderStatus.name, { range, sort: [{ field: 'updatedAt', direction: 'asc' }], limit: PAGE, ...(after === undefined ? {} : { after }) });
      yield page.rows.map(({ key }) => key);
      after = page.rows.at(-1)?.cursor;
      if (!page.hasMore || after === undefined) return;
    }
  }
}

function asOrderEvent({ type, data, meta }: Recorded): OrderEvent {
  return { type, data, occurredAt: meta.occurredAt } as OrderEvent;
}
