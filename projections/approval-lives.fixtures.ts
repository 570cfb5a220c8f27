// Reviews as their events tell them, for the projections that fold them: tasks made, decided, handed over and skipped, in few words.
// Every change of a task carries the task as it was and as it is, as the decider writes it.
import { type Instant, plusSeconds, type Recorded } from '@app/kernel';
import type { HandoverReason, ReviewStep, ReviewTask, TaskChange } from '@app/domain';
import { asRecorded } from './order-lives.fixtures';

const BEGIN: Instant = '2026-01-09T02:00:00.000Z';
const LIMIT_SECONDS = 8 * 3600;

/** So many minutes after the beginning. */
export function minute(minutes: number): Instant {
  return plusSeconds(BEGIN, minutes * 60);
}

export function aTask(taskId: string, role: string, assignee: string | null, atMinute: number, more: Partial<ReviewTask> = {}): ReviewTask {
  const [approvalId, stepId] = [taskId.split('-').slice(0, 2).join('-'), taskId.split('-').slice(0, 3).join('-')];
  return {
    taskId, approvalId, stepId, role, holder: assignee, assignee, actingFor: null, status: assignee === null ? 'UNROUTED' : 'PENDING', assignedAt: minute(atMinute),
    dueAt: plusSeconds(minute(atMinute), LIMIT_SECONDS), decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0, ...more,
  };
}

/** One review after the other, each in its order's stream; recorded when they happen. */
export class ReviewLog {
  readonly events: Recorded[] = [];
  private readonly revisions = new Map<string, number>();

  /** A review of `orderNumber` whose steps ask these roles, one after the other. */
  start(orderNumber: string, roles: readonly string[], atMinute: number): void {
    const steps = roles.map((role, index): ReviewStep => ({ stepId: `${orderNumber}-1-${index + 1}`, role, mode: 'ANY', needed: 1, withinSeconds: LIMIT_SECONDS, businessHours: false }));
    const inputs = { turnoverToday: '60000', turnoverThreshold: null, settingsVersion: 1 };
    this.record(orderNumber, 'ReviewStarted', atMinute, { round: 1, policyVersion: 1, matchedRule: 'high-value', when: 'order.total > 50000.0', inputs, steps, enteredAt: minute(atMinute) });
  }

  route(orderNumber: string, step: number, tasks: readonly TaskChange[], atMinute: number): void {
    this.record(orderNumber, 'TasksRouted', atMinute, { stepId: `${orderNumber}-1-${step}`, needed: 1, tasks, seen: [], loads: {} });
  }

  decide(orderNumber: string, task: ReviewTask, approve: boolean, atMinute: number, skipped: readonly ReviewTask[] = []): void {
    const is: ReviewTask = { ...task, status: approve ? 'APPROVED' : 'REJECTED', decidedAt: minute(atMinute), decidedBy: task.assignee, comment: 'seen' };
    const tasks: TaskChange[] = [{ was: task, is }, ...skipped.map((was): TaskChange => ({ was, is: { ...was, status: 'SKIPPED' } }))];
    const stepStatus = approve ? 'APPROVED' : 'REJECTED';
    this.record(orderNumber, 'TaskDecided', atMinute, { stepId: task.stepId, taskId: task.taskId, approve, by: task.assignee, comment: 'seen', stepStatus, tasks });
  }

  /** Answers the task that takes its place. */
  handOver(orderNumber: string, task: ReviewTask, to: string | null, reason: HandoverReason, atMinute: number): ReviewTask {
    const [before, count] = [task.taskId.slice(0, task.taskId.lastIndexOf('-')), Number(task.taskId.slice(task.taskId.lastIndexOf('-') + 1))];
    const handovers = [...task.handovers, { from: task.assignee, to, reason, at: minute(atMinute) }];
    const next = aTask(`${before}-${count + 1}`, task.role, to, atMinute, { handovers, actingFor: task.assignee });
    const tasks: TaskChange[] = [{ was: task, is: { ...task, status: 'HANDED_OVER', handovers } }, { was: null, is: next }];
    this.record(orderNumber, 'TaskHandedOver', atMinute, { taskId: task.taskId, reason, by: 'approval-tasks', note: null, tasks, seen: [], loads: {} });
    return next;
  }

  withdraw(orderNumber: string, tasks: readonly ReviewTask[], atMinute: number): void {
    this.record(orderNumber, 'ReviewWithdrawn', atMinute, { round: 1, reason: 'amended', tasks: tasks.map((was): TaskChange => ({ was, is: { ...was, status: 'SKIPPED' } })) });
  }

  end(orderNumber: string, outcome: string, atMinute: number, tasks?: readonly TaskChange[]): void {
    this.record(orderNumber, 'ReviewDecided', atMinute, { round: 1, outcome, policyVersion: 1, matchedRule: outcome === 'AUTO_APPROVED' ? 'small' : 'high-value', ...(tasks === undefined ? {} : { tasks }) });
  }

  record(orderNumber: string, type: string, atMinute: number, data: object): void {
    const stream = `order-TB.${orderNumber}`;
    const revision = this.revisions.get(stream) ?? 0;
    this.revisions.set(stream, revision + 1);
    const event = { type, occurredAt: minute(atMinute), data: { orderNumber, approvalId: `${orderNumber}-1`, ...data } };
    this.events.push({ ...asRecorded(stream, event, revision, this.events.length + 1), recordedAt: minute(atMinute) });
  }
}

export function made(task: ReviewTask): TaskChange {
  return { was: null, is: task };
}
