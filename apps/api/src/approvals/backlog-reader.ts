// The backlog at an instant: figures of the rows of its groups, and what only the tasks tell exactly, found along their indexes.
// What it costs grows with the groups and the times asked about, not with the tasks that wait.
import { type Instant, plusSeconds } from '@app/kernel';
import { elapsedDuration, isoDuration } from '@app/domain';
import {
  ALL_TASKS, type ApprovalTaskRow, approvalBacklog, approvalTasks, type BacklogDecisionsRow, type BacklogGroupRow, backlogHourKeys, backlogRates, type BacklogRow, backlogTrend, decisionsKey, decisionTimes, pendingBefore,
} from '@app/projections';
import type { RowFilter, RowReader } from '@app/runtime';
import type { AgeBucketType, BacklogGroupType } from './backlog.types';

const AGES_SECONDS = [3_600, 4 * 3_600, 8 * 3_600, 24 * 3_600, 72 * 3_600];
const PAGE_ROWS = 500;

export class BacklogReader {
  constructor(private readonly rows: RowReader) {}

  /** All of them together; undefined before there was any task. */
  async whole(): Promise<BacklogGroupRow | undefined> {
    await this.rows.assertBuilt(approvalBacklog.name);
    return (await this.rows.get<BacklogGroupRow>(approvalBacklog.name, ALL_TASKS))?.row;
  }

  async overdue(group: BacklogGroupRow, now: Instant): Promise<number> {
    return this.before(group, 'due', now);
  }

  async oldest(group: BacklogGroupRow): Promise<Instant | null> {
    if (group.pending === 0) return null;
    const { rows } = await this.rows.find<ApprovalTaskRow>(approvalTasks.name, { where: pendingOf(group), sort: [{ field: 'assignedAt', direction: 'asc' }], limit: 1 });
    return rows[0]?.row.assignedAt ?? null;
  }

  async ages(group: BacklogGroupRow | undefined, now: Instant): Promise<AgeBucketType[]> {
    return Promise.all(
      AGES_SECONDS.map(async (seconds) => ({ olderThan: isoDuration(seconds), pending: group === undefined ? 0 : await this.before(group, 'assigned', plusSeconds(now, -seconds)) })),
    );
  }

  /** Roles and assignees, those with most to do first. `wants`: which of the costlier fields are asked for. */
  async groups(of: 'ROLE' | 'ASSIGNEE', now: Instant, wants: (field: keyof BacklogGroupType) => boolean): Promise<BacklogGroupType[]> {
    const groups = await this.all(of);
    const wantsTimes = wants('meanDecisionTime') || wants('p50DecisionTime') || wants('p90DecisionTime');
    const decisions = wantsTimes ? await this.rows.getMany<BacklogDecisionsRow>(approvalBacklog.name, groups.map(({ key }) => decisionsKey(key))) : [];
    const figures = await Promise.all(
      groups.map(async ({ row }, index): Promise<BacklogGroupType> => {
        const { mean, p50, p90 } = decisionTimes(row, decisions[index]?.row);
        return {
          key: row.name,
          pending: row.pending,
          overdue: wants('overdue') ? await this.overdue(row, now) : 0,
          oldestAssignedAt: wants('oldestAssignedAt') ? await this.oldest(row) : null,
          decided: row.decided,
          meanDecisionTime: duration(mean),
          p50DecisionTime: duration(p50),
          p90DecisionTime: duration(p90),
          ...backlogRates(row, now),
        };
      }),
    );
    return figures.sort((a, b) => b.pending - a.pending || (a.key < b.key ? -1 : 1));
  }

  async trend(now: Instant, hours: number): Promise<ReturnType<typeof backlogTrend>> {
    const [whole, ...found] = await this.rows.getMany<BacklogRow>(approvalBacklog.name, [ALL_TASKS, ...backlogHourKeys(now, hours)]);
    return backlogTrend(now, (whole?.row as BacklogGroupRow | undefined)?.pending ?? 0, found.map((stored) => stored?.row));
  }

  private async all(of: BacklogGroupRow['of']): Promise<{ key: string; row: BacklogGroupRow }[]> {
    const found: { key: string; row: BacklogGroupRow }[] = [];
    for (let after: string | undefined; ; ) {
      const query = { where: { of }, limit: PAGE_ROWS };
      const page = await this.rows.find<BacklogGroupRow>(approvalBacklog.name, after === undefined ? query : { ...query, after });
      found.push(...page.rows);
      if (!page.hasMore) return found;
      after = page.rows.at(-1)?.cursor;
    }
  }

  private async before(group: BacklogGroupRow, by: 'due' | 'assigned', at: Instant): Promise<number> {
    const { before, rest } = pendingBefore(group, by, at);
    if (rest === null) return before;
    return before + (await this.rows.count(approvalTasks.name, { where: pendingOf(group), range: [{ field: by === 'due' ? 'dueAt' : 'assignedAt', gte: rest.from, lt: rest.to }] }));
  }
}

function pendingOf({ of, name }: BacklogGroupRow): NonNullable<RowFilter['where']> {
  if (of === 'ALL') return { open: true };
  return of === 'ROLE' ? { role: name, open: true } : { assignee: name, status: 'PENDING' };
}

function duration(milliseconds: number | null): string | null {
  return milliseconds === null ? null : elapsedDuration(milliseconds / 1000);
}
