// Counts approval tasks by role, by assignee and all together: what is pending, what came, what was decided and how long it took.
// A task handed over neither arrives at its role nor leaves it; it leaves one assignee and arrives at another.
import type { Instant, Projection, Recorded } from '@app/kernel';
import { ORDER_EVENT_TYPES, type ReviewTask, type TaskChange } from '@app/domain';
import { countDuration } from '../duration-sketch';
import { countAt, type SparseCounts } from '../sparse-counts';
import {
  ALL_TASKS, assigneeKey, type BacklogDecisionsRow, type BacklogGroupRow, type BacklogHourRow, type BacklogRow, backlogHourKey, decisionsKey, minuteOf, roleKey, slotOf,
} from './backlog-rows';

/** What an event changes for one group. */
interface GroupChange {
  /** Tasks that are no longer pending, as they were. */
  gone: ReviewTask[];
  /** Tasks that are pending, as they are. */
  here: ReviewTask[];
  arrivals: Instant[];
  leavings: Instant[];
  decided: ReviewTask[];
}

interface HourChange {
  arrived: number;
  decided: number;
  left: number;
}

interface Changes {
  groups: ReadonlyMap<string, GroupChange>;
  hours: ReadonlyMap<string, HourChange>;
  keys: readonly string[];
}

/** Minutes that arrivals, leavings and decisions are kept behind the latest: rates look one hour back. */
const MINUTES_KEPT = 120;
const NO_KEYS: readonly string[] = [];
const DECISIONS_PREFIX = decisionsKey('');

export const approvalBacklog: Projection<BacklogRow> = {
  name: 'approval-backlog',
  version: 2,
  reads: { order: Object.keys(ORDER_EVENT_TYPES) },
  // Groups are listed by what they are; every other row is asked for by key.
  indexes: [{ fields: ['of'] }],
  sharding: 'whole',

  keys: event => (tasksOf(event).length === 0 ? NO_KEYS : changesOf(event).keys),

  fold(row, event, key) {
    const { groups, hours } = changesOf(event);
    const hour = hours.get(key);
    if (hour !== undefined) return inHour(row as BacklogHourRow | undefined, hour);
    if (key.startsWith(DECISIONS_PREFIX)) return withDecisions(row as BacklogDecisionsRow | undefined, groups.get(key.slice(DECISIONS_PREFIX.length))!.decided);
    return ofGroup(row as BacklogGroupRow | undefined, key, groups.get(key)!);
  },
};

function tasksOf(event: Recorded): readonly TaskChange[] {
  return (event.data as { tasks?: readonly TaskChange[] }).tasks ?? [];
}

// The engine asks for the keys of an event and then folds one key after the other: what is to be counted is worked out once.
const known = new WeakMap<Recorded, Changes>();

function changesOf(event: Recorded): Changes {
  let changes = known.get(event);
  if (changes === undefined) known.set(event, (changes = changesIn(event)));
  return changes;
}

function changesIn(event: Recorded): Changes {
  const groups = new Map<string, GroupChange>();
  const hours = new Map<string, HourChange>();
  const groupOf = (key: string): GroupChange => entry(groups, key, () => ({ gone: [], here: [], arrivals: [], leavings: [], decided: [] }));
  const hourOf = (at: Instant): HourChange => entry(hours, backlogHourKey(at), () => ({ arrived: 0, decided: 0, left: 0 }));
  const isHandOver = event.type === 'TaskHandedOver';

  for (const { was, is } of tasksOf(event)) {
    const decision = isDecided(is) && !isDecided(was);
    const [waited, waits] = [isOpen(was), isOpen(is)];
    const leftAt = is.decidedAt ?? event.recordedAt;
    for (const key of [ALL_TASKS, roleKey(is.role)]) {
      if (!isHandOver && waits && !waited) groupOf(key).arrivals.push(is.assignedAt);
      if (!isHandOver && waited && !waits) groupOf(key).leavings.push(leftAt);
      if (waited) groupOf(key).gone.push(was!);
      if (waits) groupOf(key).here.push(is);
      if (decision) groupOf(key).decided.push(is);
    }
    const from = assigneeOf(was);
    const to = assigneeOf(is);
    if (from !== null) groupOf(assigneeKey(from)).gone.push(was!);
    if (to !== null) groupOf(assigneeKey(to)).here.push(is);
    if (to !== null && to !== from) groupOf(assigneeKey(to)).arrivals.push(is.assignedAt);
    if (from !== null && to !== from) groupOf(assigneeKey(from)).leavings.push(leftAt);
    if (decision && is.assignee !== null) groupOf(assigneeKey(is.assignee)).decided.push(is);
    if (isHandOver) continue;
    if (waits && !waited) hourOf(is.assignedAt).arrived += 1;
    if (waited && !waits) hourOf(leftAt).left += 1;
    if (decision) hourOf(leftAt).decided += 1;
  }
  const keys = [...hours.keys()];
  for (const [key, { decided }] of groups) keys.push(key, ...(decided.length > 0 ? [decisionsKey(key)] : []));
  return { groups, hours, keys };
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function isOpen(task: ReviewTask | null): boolean {
  return task !== null && (task.status === 'PENDING' || task.status === 'UNROUTED');
}

function isDecided(task: ReviewTask | null): boolean {
  return task !== null && (task.status === 'APPROVED' || task.status === 'REJECTED');
}

/** Whose pending task it is. */
function assigneeOf(task: ReviewTask | null): string | null {
  return task !== null && task.status === 'PENDING' ? task.assignee : null;
}

function ofGroup(row: BacklogGroupRow | undefined, key: string, { gone, here, arrivals, leavings, decided }: GroupChange): BacklogGroupRow {
  const group = row ?? emptyGroup(key);
  group.pending += here.length - gone.length;
  for (const [tasks, by] of [[gone, -1], [here, 1]] as const) {
    for (const { assignedAt, dueAt } of tasks) {
      countAt(group.assigned, slotOf(assignedAt), by);
      countAt(group.due, slotOf(dueAt), by);
    }
  }
  for (const at of arrivals) countLately(group.arrivals, at);
  group.arrived += arrivals.length;
  for (const at of leavings) countLately(group.leavings, at);
  for (const task of decided) {
    countLately(group.decisions, task.decidedAt!);
    group.milliseconds += timeOf(task);
  }
  group.decided += decided.length;
  return group;
}

function emptyGroup(key: string): BacklogGroupRow {
  const slash = key.indexOf('/');
  const of = key === ALL_TASKS ? 'ALL' : key.startsWith(roleKey('')) ? 'ROLE' : 'ASSIGNEE';
  return { kind: 'GROUP', of, name: slash < 0 ? '' : key.slice(slash + 1), pending: 0, assigned: [], due: [], arrivals: [], leavings: [], decisions: [], arrived: 0, decided: 0, milliseconds: 0 };
}

/** What lies too far behind the latest goes, so what stays is the same in whatever order it came. */
function countLately(counts: SparseCounts, at: Instant): void {
  countAt(counts, minuteOf(at), 1);
  const first = (counts[counts.length - 2] as number) - MINUTES_KEPT;
  let old = 0;
  while ((counts[old] as number) <= first) old += 2;
  if (old > 0) counts.splice(0, old);
}

function withDecisions(row: BacklogDecisionsRow | undefined, decided: readonly ReviewTask[]): BacklogDecisionsRow {
  const decisions = row ?? { kind: 'DECISIONS', sketch: [] };
  for (const task of decided) countDuration(decisions.sketch, timeOf(task), 1);
  return decisions;
}

function timeOf({ assignedAt, decidedAt }: ReviewTask): number {
  return Math.max(0, Date.parse(decidedAt!) - Date.parse(assignedAt));
}

function inHour(row: BacklogHourRow | undefined, { arrived, decided, left }: HourChange): BacklogHourRow {
  const hour = row ?? { kind: 'HOUR', arrived: 0, decided: 0, left: 0 };
  hour.arrived += arrived;
  hour.decided += decided;
  hour.left += left;
  return hour;
}
