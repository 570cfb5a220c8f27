// Finds an order by its number or external id as soon as intake has answered it: a miss waits until the rows have seen
// the end of the log as it stood when asked, and only then says that there is none. Rows that do not come in time say nothing.
import { orderStream } from '@app/domain';
import type { OrderRow } from '@app/projections';
import { type EventReader, NoLiveTable, type ProjectionMonitor, type RowReader, type StoredRow } from '@app/runtime';

const ORDER_STATUS = 'order-status';
const WAIT_MAX_MS = 5_000;

/** Whether there is such an order cannot be said yet: the rows of orders are late. To be asked again. */
export class RowsBehind extends Error {
  override readonly name = 'RowsBehind';
  constructor(what: string) {
    super(`Whether there is ${what} cannot be said yet: the rows of the orders are more than ${WAIT_MAX_MS / 1_000} s behind. Ask again.`);
  }
}

export class OrderLookup {
  constructor(
    private readonly rows: RowReader,
    private readonly monitor: ProjectionMonitor,
    private readonly log: Pick<EventReader, 'end'>,
  ) {}

  /** Throws RowsBehind. */
  byNumber(orderNumber: string): Promise<StoredRow<OrderRow> | undefined> {
    return this.orAtTheEnd(`an order ${orderNumber}`, async () => (await this.rows.findSoFar<OrderRow>(ORDER_STATUS, { where: { orderNumber }, limit: 1 })).rows[0]);
  }

  /** Throws RowsBehind. */
  byExternalId(platform: string, externalId: string): Promise<StoredRow<OrderRow> | undefined> {
    return this.orAtTheEnd(`an order ${externalId} of ${platform}`, () => this.rows.get<OrderRow>(ORDER_STATUS, orderStream(platform, externalId)));
  }

  private async orAtTheEnd<T>(what: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await look().catch(nothingBuiltYet);
    if (found !== undefined) return found;
    const end = await this.log.end();
    const seen = (await this.monitor.positionOf(ORDER_STATUS)) >= end || (await this.monitor.waitFor([ORDER_STATUS], end, WAIT_MAX_MS));
    const late = await look().catch(nothingBuiltYet);
    if (late === undefined && !seen) throw new RowsBehind(what);
    return late;
  }
}

function nothingBuiltYet(error: unknown): undefined {
  if (error instanceof NoLiveTable) return undefined;
  throw error;
}
