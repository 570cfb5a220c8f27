// The live board: rows of its projection for the past, counts of order rows for what is overdue or on hold now.
// Limits and owners shown are those in force now; what was completed late was judged by the limit of its own time.
import { elapsedDuration, isoDuration, isPlatform, nodeSetting } from '@app/domain';
import { boardKeys, boardNodeKeys, boardOf, boardPeriod, type BoardRow, type NodeFigures, orderStatus, workflowBoard } from '@app/projections';
import { plusSeconds } from '@app/kernel';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Info, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, BOARD_READERS } from '../access/caller';
import { DateTimeScalar } from '../graphql/scalars';
import { selectedFields } from '../graphql/selected-fields';
import { badInput } from '../rejection.presenter';
import { WorkflowBoardType, type WorkflowNodeStatsType } from './workflow-board.types';

const PERIOD_DEFAULT_SECONDS = 7 * 86_400;
/** Years of history are one question; each hour of a trend is a point of the answer. */
const PERIOD_DAYS_MAX = { alone: 36_600, withTrend: 3_660 };

@Resolver()
export class WorkflowBoardResolver {
  constructor(@Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail) {}

  @Query(() => WorkflowBoardType, { description: 'Where orders stand now, and the passages completed in [from, to); by default the last 7 days.' })
  @Allow(BOARD_READERS)
  async workflowBoard(
    @Args('platform', { type: () => String, nullable: true }) platform: string | null,
    @Args('from', { type: () => DateTimeScalar, nullable: true }) from: string | null,
    @Args('to', { type: () => DateTimeScalar, nullable: true }) to: string | null,
    @Info() info: GraphQLResolveInfo,
  ): Promise<WorkflowBoardType> {
    if (platform != null && !isPlatform(platform)) throw badInput(`There is no platform ${platform}.`);
    const { clock, context, rows } = this.orderTrail;
    const now = clock.now();
    const until = to ?? now;
    const since = from ?? plusSeconds(until, -PERIOD_DEFAULT_SECONDS);
    if (since > until) throw badInput('from must not be after to.');
    const withTrend = selectedFields(info).has('nodes.trend');
    const daysMax = withTrend ? PERIOD_DAYS_MAX.withTrend : PERIOD_DAYS_MAX.alone;
    if (Date.parse(until) - Date.parse(since) > daysMax * 86_400_000) throw badInput(`The period may have ${daysMax} days at most${withTrend ? ' where the trend is asked for' : ''}.`);
    const period = boardPeriod(since, until);
    const settings = await context.settings();
    await rows.assertBuilt(workflowBoard.name);
    const nodeRows = await this.read(boardNodeKeys(platform ?? null));
    const figures = boardOf(platform ?? null, period, new Map([...nodeRows, ...(await this.read(boardKeys(platform ?? null, period, nodeRows)))]), withTrend);
    const atNode = async (figure: NodeFigures): Promise<WorkflowNodeStatsType> => {
      const where = { node: figure.node, ...(platform == null ? {} : { platform }) };
      const [overdue, onHold] = figure.pending === 0 ? [0, 0] : await Promise.all([
        rows.count(orderStatus.name, { where, range: [{ field: 'dueOrder', lt: now }] }),
        rows.count(orderStatus.name, { where: { ...where, onHold: true } }),
      ]);
      const { ownerRole, limitSeconds } = nodeSetting(settings, figure.node, now);
      return present(figure, { ownerRole, limit: isoDuration(limitSeconds), overdue, onHold });
    };
    return { asOf: now, ...period, nodes: await Promise.all(figures.map(atNode)) };
  }

  private async read(keys: readonly string[]): Promise<Map<string, BoardRow>> {
    const found = await this.orderTrail.rows.getMany<BoardRow>(workflowBoard.name, keys);
    return new Map(keys.flatMap((key, index) => (found[index] === undefined ? [] : [[key, found[index].row] as const])));
  }
}

function present(figures: NodeFigures, rest: Pick<WorkflowNodeStatsType, 'ownerRole' | 'limit' | 'overdue' | 'onHold'>): WorkflowNodeStatsType {
  const { node, pending, completed, completedLate, meanSeconds, p50Seconds, p90Seconds, trend } = figures;
  const duration = (seconds: number | null): string | null => (seconds === null ? null : elapsedDuration(seconds));
  return { node, pending, completed, completedLate, meanTime: duration(meanSeconds), p50Time: duration(p50Seconds), p90Time: duration(p90Seconds), trend, ...rest };
}
