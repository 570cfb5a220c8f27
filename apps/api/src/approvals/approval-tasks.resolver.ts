// Questions about approval tasks, and telling of those that change. Who may ask is said beside each.
// Nothing is decided here.
import { type ApprovalTaskRow, approvalTasks } from '@app/projections';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, ID, Info, Int, Query, Resolver, Subscription } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, EVERYTHING } from '../access/caller';
import { connection, NO_PAGE, otherCursor, pageSize } from '../graphql/pages';
import type { RequestContext } from '../graphql/request-context';
import { rowChanges, stillAdmitted } from '../graphql/row-changes';
import { selectedFields } from '../graphql/selected-fields';
import { checked } from '../graphql/validation';
import { ApprovalReader } from './approval-reader';
import { ApprovalTaskConnectionType, ApprovalTaskFilterInput, ApprovalTaskType } from './approval.types';
import { BY_DUE, taskFilter } from './task-search';

const TASK_READERS: readonly Role[] = [...EVERYTHING, 'approver'];

@Resolver()
export class ApprovalTasksResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly approvals: ApprovalReader,
  ) {}

  @Query(() => ApprovalTaskType, { nullable: true })
  @Allow(TASK_READERS)
  async approvalTask(@Args('taskId', { type: () => ID }) taskId: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<ApprovalTaskType | null> {
    const row = await this.approvals.taskById(taskId);
    return row === undefined ? null : this.approvals.presentTask(row, this.approvals.view(context.caller!, info));
  }

  @Query(() => ApprovalTaskConnectionType, { name: 'approvalTasks' })
  @Allow(TASK_READERS)
  async list(
    @Args('filter', { type: () => ApprovalTaskFilterInput, nullable: true }, checked(ApprovalTaskFilterInput)) filter: ApprovalTaskFilterInput | null,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 50 }) first: number | null,
    @Args('after', { type: () => String, nullable: true }) after: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ApprovalTaskConnectionType> {
    const limit = pageSize(first);
    const view = this.approvals.view(context.caller!, info, 'edges.node.');
    const wanted = taskFilter(filter ?? {}, view.now);
    if (wanted === undefined) return connection(NO_PAGE, [], 0);
    const { rows } = this.orderTrail;
    const page = await rows.find<ApprovalTaskRow>(approvalTasks.name, { ...wanted, sort: BY_DUE, limit, ...(after == null ? {} : { after }) }).catch(otherCursor);
    const nodes = await this.approvals.presentTasks(page.rows.map(({ row }) => row), view);
    const totalCount = selectedFields(info).has('totalCount') ? await rows.count(approvalTasks.name, wanted) : 0;
    return connection(page, nodes, totalCount);
  }

  @Subscription(() => ApprovalTaskType)
  @Allow(TASK_READERS)
  approvalTaskChanged(@Args('assignee', { type: () => String, nullable: true }) assignee: string | null, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): AsyncIterable<{ approvalTaskChanged: ApprovalTaskType }> {
    const caller = context.caller!;
    stillAdmitted(this.orderTrail, caller);
    return rowChanges(this.orderTrail, {
      projection: approvalTasks.name,
      caller,
      tell: async (taskId) => {
        const found = await this.orderTrail.rows.get<ApprovalTaskRow>(approvalTasks.name, taskId);
        // A task that was handed over is told to the assignee who had it, as it ended.
        if (found === undefined || (assignee != null && found.row.assignee !== assignee)) return undefined;
        return { approvalTaskChanged: await this.approvals.presentTask(found.row, this.approvals.view(caller, info)) };
      },
    });
  }
}
