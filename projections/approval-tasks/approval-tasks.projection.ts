// One row per approval task, as its last event left it, with the order that it is about.
// `open` joins PENDING and UNROUTED, so that what waits is found along one index, by when it falls due.
import type { Instant, Projection, Recorded } from '@app/kernel';
import { ORDER_EVENT_TYPES, type ReviewTask, type TaskChange } from '@app/domain';

export interface ApprovalTaskRow extends ReviewTask {
  orderNumber: string;
  /** Of the order: commands about the task go there. */
  stream: string;
  /** PENDING or UNROUTED. */
  open: boolean;
  /** `dueAt` while it is open, later than any time afterwards: what is not overdue is one range of it. */
  dueOrder: Instant;
}

const NEVER_DUE: Instant = '9999-12-31T23:59:59.999Z';

const NO_KEYS: readonly string[] = [];

export const approvalTasks: Projection<ApprovalTaskRow> = {
  name: 'approval-tasks',
  version: 1,
  reads: { order: Object.keys(ORDER_EVENT_TYPES) },
  indexes: [
    { fields: ['assignee', 'status', 'dueAt'] },
    { fields: ['assignee', 'dueAt'] },
    { fields: ['role', 'open', 'dueAt'] },
    { fields: ['open', 'dueAt'] },
    { fields: ['status', 'dueAt'] },
    { fields: ['dueAt'] },
    { fields: ['orderNumber', 'dueAt'] },
    // The oldest, and those of one age.
    { fields: ['assignee', 'status', 'assignedAt'] },
    { fields: ['role', 'open', 'assignedAt'] },
    { fields: ['open', 'assignedAt'] },
  ],
  sharding: 'by-key',

  keys(event) {
    const tasks = tasksOf(event);
    return tasks === undefined ? NO_KEYS : [...new Set(tasks.map(({ is }) => is.taskId))];
  },

  fold(_, event, key) {
    const task = tasksOf(event)!.findLast(({ is }) => is.taskId === key)!.is;
    const { orderNumber } = event.data as { orderNumber: string };
    const open = task.status === 'PENDING' || task.status === 'UNROUTED';
    return { ...task, orderNumber, stream: event.stream, open, dueOrder: open ? task.dueAt : NEVER_DUE };
  },
};

function tasksOf({ data }: Recorded): readonly TaskChange[] | undefined {
  return (data as { tasks?: readonly TaskChange[] }).tasks;
}
