// Finds orders for clients: by number, by the platform's id, by filter; a look-up that misses has seen the end of the log.
// An order as of a revision is folded from its stream, so a mutation's answer is the same whenever it is asked for again.
import { type OrderRow, orderStatus } from '@app/projections';
import type { RowFilter, RowPage, RowQuery, StoredRow } from '@app/runtime';
import type { OrderTrail } from '@app/wiring';
import type { GraphQLResolveInfo } from 'graphql';
import { LRUCache } from 'lru-cache';
import { type Caller, seesPersonalData } from '../access/caller';
import type { ReadPosition } from '../graphql/read-position';
import { selectedFields } from '../graphql/selected-fields';
import { type OrderView, presentOrder } from './order.presenter';
import type { OrderType } from './orders.types';

const PROJECTION = orderStatus.name;

/** Numbers looked up lately. */
const KNOWN_NUMBERS_MAX = 50_000;

export class OrderReader {
  /** A number never changes its order, so where its row stands need not be searched again. */
  private readonly streams = new LRUCache<string, string>({ max: KNOWN_NUMBERS_MAX });

  constructor(
    private readonly orderTrail: OrderTrail,
    private readonly readPosition: ReadPosition,
  ) {}

  async byNumber(orderNumber: string): Promise<StoredRow<OrderRow> | undefined> {
    const stream = this.streams.get(orderNumber);
    const known = stream === undefined ? undefined : await this.byStream(stream);
    if (known !== undefined) return known;
    const found = await this.orderTrail.orders.byNumber(orderNumber);
    if (found !== undefined) this.streams.set(orderNumber, found.key);
    return found;
  }

  byExternalId(platform: string, externalId: string): Promise<StoredRow<OrderRow> | undefined> {
    return this.orderTrail.orders.byExternalId(platform, externalId);
  }

  byStream(stream: string): Promise<StoredRow<OrderRow> | undefined> {
    return this.orderTrail.rows.get<OrderRow>(PROJECTION, stream);
  }

  find(query: RowQuery): Promise<RowPage<OrderRow>> {
    return this.orderTrail.rows.find<OrderRow>(PROJECTION, query);
  }

  count(filter: RowFilter): Promise<number> {
    return this.orderTrail.rows.count(PROJECTION, filter);
  }

  /** The stream of an order; undefined when there is none. */
  async streamOf(orderNumber: string): Promise<string | undefined> {
    return (await this.byNumber(orderNumber))?.key;
  }

  /** The order as its stream tells it up to a revision, and when that was recorded. */
  async asOf(stream: string, revision: number): Promise<{ row: OrderRow; recordedAt: string } | undefined> {
    let row: OrderRow | undefined;
    let recordedAt = '';
    for (const event of await this.orderTrail.eventStore.read(stream)) {
      if (event.revision > revision) break;
      if (orderStatus.keys(event).length > 0) row = orderStatus.fold(row, event, stream);
      recordedAt = event.recordedAt;
    }
    return row === undefined ? undefined : { row, recordedAt };
  }

  /** `prefix`: path of the order below the resolver that the query asked, with its dot. */
  view(caller: Caller, info: GraphQLResolveInfo, prefix = '', now = this.orderTrail.clock.now()): OrderView {
    return { selected: selectedFields(info), prefix, unmasked: seesPersonalData(caller), now };
  }

  present({ row, staleSince }: Pick<StoredRow<OrderRow>, 'row' | 'staleSince'>, view: OrderView): Promise<OrderType> {
    return presentOrder(row, staleSince, view, this.orderTrail.personalData);
  }

  /** Looks again when the rows had not seen the whole log, so that a number once given is found. */
  async surely<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await look();
    if (found !== undefined) return found;
    const end = await this.orderTrail.eventStore.end();
    await this.readPosition.waitFor([PROJECTION], end);
    return look();
  }
}
