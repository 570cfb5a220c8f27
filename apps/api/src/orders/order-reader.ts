// Finds orders for clients: by number, by the platform's id, by filter; a look-up that misses has seen the end of the log.
// An order as of a revision is folded from its stream, so a mutation's answer is the same whenever it is asked for again.
import { orderStream } from '@app/domain';
import type { Instant } from '@app/kernel';
import { type ApprovalRow, approvals, type ApprovalsRow, type ExceptionRow, type OrderRow, orderStatus } from '@app/projections';
import type { RowFilter, RowPage, RowQuery, StoredRow } from '@app/runtime';
import type { OrderTrail } from '@app/wiring';
import type { GraphQLResolveInfo } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../access/caller';
import { type AnswerView, answerView, selects } from '../graphql/answer-view';
import type { ReadPosition } from '../graphql/read-position';
import { type ApprovalView, presentApproval, presentApprovals } from '../approvals/approval.presenter';
import type { ApprovalType } from '../approvals/approval.types';
import type { ExceptionReader } from '../exceptions/exception-reader';
import { presentOrder } from './order.presenter';
import type { OrderType } from './orders.types';

const PROJECTION = orderStatus.name;

/** An order to be shown, with its approvals and cases where they are at hand. */
interface FoundOrder extends Pick<StoredRow<OrderRow>, 'row' | 'staleSince'> {
  approvals?: ApprovalsRow | undefined;
  exceptions?: readonly ExceptionRow[] | undefined;
  /** Position in the log up to which it is told; without one it is shown as it is now. */
  upTo?: string;
}

/** An order as its stream tells it up to an event, and when that was recorded. */
interface OrderAsOf extends FoundOrder {
  approvals: ApprovalsRow;
  upTo: string;
  recordedAt: Instant;
}

/** Numbers looked up lately. */
const KNOWN_NUMBERS_MAX = 50_000;

export class OrderReader {
  /** A number never changes its order, so where its row stands need not be searched again. */
  private readonly streams = new LRUCache<string, string>({ max: KNOWN_NUMBERS_MAX });

  constructor(
    private readonly orderTrail: OrderTrail,
    private readonly readPosition: ReadPosition,
    private readonly exceptions: ExceptionReader,
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

  /** Those that there are. */
  async byStreams(streams: readonly string[]): Promise<StoredRow<OrderRow>[]> {
    return (await this.orderTrail.rows.getMany<OrderRow>(PROJECTION, streams)).filter((found) => found !== undefined);
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

  /** The order and its approvals as its stream tells them up to a revision. */
  async asOf(stream: string, revision: number): Promise<OrderAsOf | undefined> {
    let row: OrderRow | undefined;
    let reviews: ApprovalsRow | undefined;
    let [upTo, recordedAt] = ['', ''];
    for (const event of await this.orderTrail.eventStore.read(stream)) {
      if (event.revision > revision) break;
      if (orderStatus.keys(event).length > 0) row = orderStatus.fold(row, event, stream);
      if (approvals.keys(event).length > 0) reviews = approvals.fold(reviews, event, stream);
      ({ position: upTo, recordedAt } = event);
    }
    return row === undefined ? undefined : { row, approvals: reviews ?? { orderNumber: row.orderNumber, approvals: [] }, upTo, recordedAt };
  }

  /** `prefix`: path of the order below the resolver that the query asked, with its dot. */
  view(caller: Caller, info: GraphQLResolveInfo, prefix = '', now = this.orderTrail.clock.now()): AnswerView {
    return answerView(caller, info, prefix, now);
  }

  /** Shows many: what they hold beside their rows is read for all of them at once. */
  async presentAll(found: readonly FoundOrder[], view: AnswerView): Promise<OrderType[]> {
    const streams = selects(view, 'approvals') ? found.map(({ row }) => streamOf(row)) : [];
    const reviews = streams.length === 0 ? [] : await this.orderTrail.rows.getMany<ApprovalsRow>(approvals.name, streams);
    const cases = selects(view, 'exceptions') ? await this.exceptions.ofOrders(found.map(({ row }) => row.orderNumber)) : undefined;
    const byOrder = new Map<string, ExceptionRow[]>();
    for (const one of cases ?? []) byOrder.set(one.orderNumber, [...(byOrder.get(one.orderNumber) ?? []), one]);
    return Promise.all(found.map(({ row, staleSince }, index) =>
      this.present({ row, ...(staleSince === undefined ? {} : { staleSince }), approvals: reviews[index]?.row, exceptions: cases && (byOrder.get(row.orderNumber) ?? []) }, view)));
  }

  async present(found: FoundOrder, view: AnswerView): Promise<OrderType> {
    const order = await presentOrder(found.row, found.staleSince, view, this.orderTrail.personalData);
    if (selects(view, 'exceptions')) {
      const cases = found.exceptions ?? (await this.exceptions.ofOrder(order.orderNumber, found.upTo));
      order.exceptions = await this.exceptions.present(cases, { ...view, prefix: `${view.prefix}exceptions.` });
    }
    if (!selects(view, 'approvals')) return order;
    const prefix = `${view.prefix}approvals.`;
    const reviews = found.approvals ?? (await this.approvalsOf(found.row));
    if (reviews !== undefined) order.approvals = presentApprovals(reviews, await this.approvalView(found, view, prefix));
    return order;
  }

  /** `view`: its prefix is the path of the approval. */
  async presentApproval(found: FoundOrder, approval: ApprovalRow, view: AnswerView): Promise<ApprovalType> {
    return presentApproval(found.row.orderNumber, approval, await this.approvalView(found, view, view.prefix));
  }

  private async approvalsOf(row: OrderRow): Promise<ApprovalsRow | undefined> {
    return (await this.orderTrail.rows.get<ApprovalsRow>(approvals.name, streamOf(row)))?.row;
  }

  /** Tasks hold their order, which holds its approvals: each as deep as the query goes. */
  private async approvalView(found: FoundOrder, view: AnswerView, prefix: string): Promise<ApprovalView> {
    const ofOrder = `${prefix}steps.tasks.order`;
    const policies = view.selected.has(`${prefix}matchedRule`) ? await this.orderTrail.context.policies() : [];
    return { now: view.now, policies, order: view.selected.has(ofOrder) ? await this.present(found, { ...view, prefix: `${ofOrder}.` }) : null };
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

function streamOf({ platform, externalId }: OrderRow): string {
  return orderStream(platform, externalId);
}
