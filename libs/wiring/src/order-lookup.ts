// Finds an order by its number or external id as soon as intake has answered it: a miss waits until the rows have seen
// the end of the log as it stood when asked, and only then says that there is none.
import { orderStream } from '@app/domain';
import type { OrderRow } from '@app/projections';
import { type EventReader, NoLiveTable, type ProjectionMonitor, type RowReader, type StoredRow } from '@app/runtime';

const ORDER_STATUS = 'order-status';
const WAIT_MAX_MS = 5_000;

export class OrderLookup {
  constructor(
    private readonly rows: RowReader,
    private readonly monitor: ProjectionMonitor,
    private readonly log: Pick<EventReader, 'end'>,
  ) {}

  byNumber(orderNumber: string): Promise<StoredRow<OrderRow> | undefined> {
    return this.orAtTheEnd(async () => (await this.rows.find<OrderRow>(ORDER_STATUS, { where: { orderNumber }, limit: 1 })).rows[0]);
  }

  byExternalId(platform: string, externalId: string): Promise<StoredRow<OrderRow> | undefined> {
    return this.orAtTheEnd(() => this.rows.get<OrderRow>(ORDER_STATUS, orderStream(platform, externalId)));
  }

  private async orAtTheEnd<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await look().catch(nothingBuiltYet);
    if (found !== undefined) return found;
    const end = await this.log.end();
    if ((await this.monitor.positionOf(ORDER_STATUS)) >= end) return look().catch(nothingBuiltYet);
    await this.monitor.waitFor([ORDER_STATUS], end, WAIT_MAX_MS);
    return look().catch(nothingBuiltYet);
  }
}

function nothingBuiltYet(error: unknown): undefined {
  if (error instanceof NoLiveTable) return undefined;
  throw error;
}
