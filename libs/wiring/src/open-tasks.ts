// How many open tasks each person has, as of now: the rows that say so, and what this process has appended since. So tasks that are
// given one after the other go to different people, however late the rows are; what other processes append is seen when their rows are.
import { assigneeKey, type BacklogGroupRow } from '@app/projections';
import type { ReviewTask, TaskChange } from '@app/domain';
import type { CommandResult } from '@app/runtime';
import type { RowsAtHand } from './rows-at-hand';

const PROJECTION = 'approval-backlog';
/** How old the rows may be. */
const FRESH_MS = 500;
/** Beyond, those of one person are taken together. */
const RECENT_MAX = 10_000;

interface Change {
  position: string;
  staffId: string;
  change: number;
}

export class OpenTasks {
  /** Of the rows, exactly up to the position; nothing was read before the first look. */
  private counted: ReadonlyMap<string, number> = new Map();
  private upTo = '';
  private readAtMs = -Infinity;
  /** Appended here and not in the rows yet. */
  private recent: Change[] = [];

  constructor(
    private readonly rows: Pick<RowsAtHand, 'asOf'>,
    /** Milliseconds of a clock that only goes forward. */
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Of these people; nobody listed has none. */
  async of(staffIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (this.nowMs() - this.readAtMs >= FRESH_MS || staffIds.some((staffId) => !this.counted.has(staffId))) await this.look(staffIds);
    const loads = new Map(staffIds.map((staffId) => [staffId, this.counted.get(staffId) ?? 0]));
    for (const { staffId, change } of this.recent) {
      const load = loads.get(staffId);
      if (load !== undefined) loads.set(staffId, load + change);
    }
    for (const [staffId, load] of loads) if (load <= 0) loads.delete(staffId);
    return loads;
  }

  /** To be told of every command that is over, with what came of it unless it failed. */
  settled(_commandId: string, result: CommandResult | undefined): void {
    if (result?.outcome !== 'done' || result.repeated || result.position <= this.upTo) return;
    for (const { data } of result.events) {
      const { tasks } = data as { tasks?: readonly TaskChange[] };
      for (const { was, is } of tasks ?? []) {
        this.note(was, -1, result.position);
        this.note(is, 1, result.position);
      }
    }
    if (this.recent.length > RECENT_MAX) this.recent = byPerson(this.recent);
  }

  private note(task: ReviewTask | null, change: number, position: string): void {
    if (task !== null && task.status === 'PENDING' && task.assignee !== null) this.recent.push({ position, staffId: task.assignee, change });
  }

  private async look(staffIds: readonly string[]): Promise<void> {
    const found = await this.rows.asOf<BacklogGroupRow>(PROJECTION, staffIds.map(assigneeKey));
    // Rows that are rebuilt may be older than what is known already.
    if (found !== undefined && found.upTo >= this.upTo) {
      this.counted = new Map(staffIds.map((staffId, at) => [staffId, found.rows[at]?.pending ?? 0]));
      this.upTo = found.upTo;
      this.recent = this.recent.filter(({ position }) => position > found.upTo);
    }
    this.readAtMs = this.nowMs();
  }
}

/** One change for each person, counted until the latest of them is in the rows. */
function byPerson(recent: readonly Change[]): Change[] {
  const sums = new Map<string, Change>();
  for (const { staffId, position, change } of recent) {
    const before = sums.get(staffId);
    sums.set(staffId, before === undefined ? { staffId, position, change } : { staffId, position: position > before.position ? position : before.position, change: before.change + change });
  }
  return [...sums.values()];
}
