// The approval backlog as of now: what waits, for whom, how long, and whether it will clear in time.
// The trend takes an argument, so it alone has a resolver of its own; it goes by the instant of the rest.
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Info, Int, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, BOARD_READERS } from '../access/caller';
import { BacklogPointType } from '../board/workflow-board.types';
import { selectedFields } from '../graphql/selected-fields';
import { badInput } from '../rejection.presenter';
import { BacklogReader } from './backlog-reader';
import { ApprovalBacklogType } from './backlog.types';

const BACKLOG_READERS: readonly Role[] = [...BOARD_READERS, 'approver'];
const TREND_HOURS_MAX = 24 * 366;

@Resolver(() => ApprovalBacklogType)
export class BacklogResolver {
  private readonly backlog: BacklogReader;

  constructor(@Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail) {
    this.backlog = new BacklogReader(orderTrail.rows);
  }

  @Query(() => ApprovalBacklogType)
  @Allow(BACKLOG_READERS)
  async approvalBacklog(@Info() info: GraphQLResolveInfo): Promise<ApprovalBacklogType> {
    const selected = selectedFields(info);
    const now = this.orderTrail.clock.now();
    const whole = await this.backlog.whole();
    const wants = (path: string): boolean => selected.has(path);
    const [overdue, oldestAssignedAt, byRole, byAssignee, ageBuckets] = await Promise.all([
      whole !== undefined && wants('overdue') ? this.backlog.overdue(whole, now) : 0,
      whole !== undefined && wants('oldestAssignedAt') ? this.backlog.oldest(whole) : null,
      wants('byRole') ? this.backlog.groups('ROLE', now, (field) => wants(`byRole.${field}`)) : [],
      wants('byAssignee') ? this.backlog.groups('ASSIGNEE', now, (field) => wants(`byAssignee.${field}`)) : [],
      wants('ageBuckets') ? this.backlog.ages(whole, now) : [],
    ]);
    return { pending: whole?.pending ?? 0, overdue, oldestAssignedAt, byRole, byAssignee, ageBuckets, asOf: now };
  }

  @ResolveField('trend', () => [BacklogPointType], { description: 'Hourly counts, newest last.' })
  async trend(@Parent() { asOf }: ApprovalBacklogType, @Args('hours', { type: () => Int, nullable: true, defaultValue: 24 }) hours: number | null): Promise<readonly BacklogPointType[]> {
    const count = hours ?? 24;
    if (count < 1 || count > TREND_HOURS_MAX) throw badInput(`hours must be 1 to ${TREND_HOURS_MAX}.`);
    return this.backlog.trend(asOf, count);
  }
}
