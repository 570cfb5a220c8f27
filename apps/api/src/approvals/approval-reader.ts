// Finds approval tasks for clients and shows them; a look-up that misses has seen the end of the log.
// An approval as of a revision is folded from the order's stream, so a mutation's answer is the same whenever it is asked for again.
import { type ApprovalTaskRow, approvalTasks } from '@app/projections';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail } from '@app/wiring';
import { Inject, Injectable } from '@nestjs/common';
import type { GraphQLResolveInfo } from 'graphql';
import type { Caller } from '../access/caller';
import type { AnswerView } from '../graphql/answer-view';
import { ReadPosition } from '../graphql/read-position';
import { notFound } from '../rejection.presenter';
import { OrderReader } from '../orders/order-reader';
import { presentTask } from './approval.presenter';
import type { ApprovalTaskType, ApprovalType } from './approval.types';

/** `TB2026010900123` of `TB2026010900123-1-2-1`. */
const NUMBER_IN_TASK_ID = /^([^-]+)-./;
const PAGE_ROWS = 500;

@Injectable()
export class ApprovalReader {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly orders: OrderReader,
    private readonly readPosition: ReadPosition,
  ) {}

  async taskById(taskId: string): Promise<ApprovalTaskRow | undefined> {
    return (await this.row(taskId)) ?? (await this.atTheEnd(() => this.row(taskId)));
  }

  /** Where commands about the task go. Throws NOT_FOUND where no order can have such a task. */
  async streamOf(taskId: string): Promise<string> {
    const orderNumber = NUMBER_IN_TASK_ID.exec(taskId)?.[1];
    // The order's own stream knows its tasks before the rows do.
    const stream = (await this.row(taskId))?.stream ?? (orderNumber === undefined ? undefined : await this.orders.streamOf(orderNumber));
    if (stream === undefined) throw notFound(`There is no task ${taskId}.`);
    return stream;
  }

  /** Every pending task of somebody, as of the end of the log; null where there are more than `max`. */
  async pendingOf(staffId: string, max: number): Promise<ApprovalTaskRow[] | null> {
    return this.atTheEnd(async () => {
      const found: ApprovalTaskRow[] = [];
      for (let after: string | undefined; ; ) {
        const query = { where: { assignee: staffId, status: 'PENDING' }, sort: [{ field: 'dueAt', direction: 'asc' as const }], limit: PAGE_ROWS };
        const page = await this.orderTrail.rows.find<ApprovalTaskRow>(approvalTasks.name, after === undefined ? query : { ...query, after });
        found.push(...page.rows.map(({ row }) => row));
        if (found.length > max) return null;
        if (!page.hasMore) return found;
        after = page.rows.at(-1)?.cursor;
      }
    });
  }

  /** `prefix`: path of the task below the resolver that the query asked, with its dot. */
  view(caller: Caller, info: GraphQLResolveInfo, prefix = ''): AnswerView {
    return this.orders.view(caller, info, prefix);
  }

  /** Orders are read for all the tasks at once, each once, and only where somebody asks for them. */
  async presentTasks(rows: readonly ApprovalTaskRow[], view: AnswerView): Promise<ApprovalTaskType[]> {
    const ofOrder = `${view.prefix}order`;
    const found = view.selected.has(ofOrder) ? await this.orders.byStreams([...new Set(rows.map(({ stream }) => stream))]) : [];
    const shown = await this.orders.presentAll(found, { ...view, prefix: `${ofOrder}.` });
    const orders = new Map(found.map(({ key }, index) => [key, shown[index]!]));
    return rows.map((row) => presentTask(row, view.now, orders.get(row.stream) ?? null));
  }

  async presentTask(row: ApprovalTaskRow, view: AnswerView): Promise<ApprovalTaskType> {
    return (await this.presentTasks([row], view))[0]!;
  }

  /** The review that the task belongs to, as the order's stream tells it up to a revision. */
  async approvalAsOf(stream: string, revision: number, taskId: string, caller: Caller, info: GraphQLResolveInfo): Promise<ApprovalType> {
    const found = await this.orders.asOf(stream, revision);
    const approval = found?.approvals.approvals.find(({ steps }) => steps.some(({ tasks }) => tasks.some((task) => task.taskId === taskId)));
    if (found === undefined || approval === undefined) throw notFound(`There is no task ${taskId}.`);
    return this.orders.presentApproval(found, approval, this.orders.view(caller, info, 'approval.', found.recordedAt));
  }

  private async row(taskId: string): Promise<ApprovalTaskRow | undefined> {
    return (await this.orderTrail.rows.get<ApprovalTaskRow>(approvalTasks.name, taskId))?.row;
  }

  private async atTheEnd<T>(look: () => Promise<T>): Promise<T> {
    await this.readPosition.waitFor([approvalTasks.name], await this.orderTrail.eventStore.end());
    return look();
  }
}
