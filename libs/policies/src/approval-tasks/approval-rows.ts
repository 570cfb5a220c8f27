// What the follow-up of reviews remembers: open tasks, steps that nobody can act on, what steps are to come, and who is away.
// Small rows, since there may be a hundred thousand tasks; whoever is neither away nor gone has none.
import type { Instant, Recorded } from '@app/kernel';
import type { DelegationSet, ReviewStarted, ReviewTask, TaskChange, TaskOverdue } from '@app/domain';

/** `dueAt`: null once the ladder is at its end. */
interface OpenTask {
  kind: 'task';
  stream: string;
  taskId: string;
  /** Null: nobody can take it. */
  assignee: string | null;
  /** The holder whom the assignee stands in for; null when the holder has it. */
  actingFor: string | null;
  /** Of several who passed it on, the last one; null when it is `actingFor`, or nobody did. */
  passedOnBy: string | null;
  dueAt: Instant | null;
}
/** A step with tasks that nobody can take. */
interface UnroutedStep {
  kind: 'unrouted';
  /** The same in all of them, to find them all. */
  state: 'UNROUTED';
  stream: string;
  approvalId: string;
  stepId: string;
  role: string;
  tasks: number;
}
/** A review of more than one step. */
interface OpenReview {
  kind: 'review';
  stream: string;
  approvalId: string;
  /** Their ids, in order. */
  steps: string[];
}
/** Somebody who has departed, or has a delegation. */
interface AwayPerson {
  kind: 'away';
  staffId: string;
  /** Of the last event that says so, in their own stream. */
  revision: number;
  departed: boolean;
  /** `toCome`: it was not in force yet when it was set. */
  delegation: { from: Instant; until: Instant; toCome: boolean } | null;
}
/** When a delegation is over by its dates. A row of its own, since each has one timer. */
interface DelegationEnd {
  kind: 'back';
  staffId: string;
  at: Instant;
}
export type ApprovalTodo = OpenTask | UnroutedStep | OpenReview | AwayPerson | DelegationEnd;

const NO_KEYS: readonly string[] = [];
const OF_ABSENCE: readonly string[] = ['StaffDeparted', 'StaffReturned', 'DelegationSet', 'DelegationEnded'];

export function keysOf({ type, data }: Recorded): readonly string[] {
  if (OF_ABSENCE.includes(type)) return ['away', 'back'].map((kind) => `${kind}/${(data as { staffId: string }).staffId}`);
  switch (type) {
    case 'ReviewStarted': {
      const { approvalId, steps } = data as ReviewStarted['data'];
      return steps.length > 1 ? [`review/${approvalId}`] : NO_KEYS;
    }
    case 'TaskOverdue':
      return [`task/${(data as TaskOverdue['data']).taskId}`];
    case 'TasksRouted':
      return keysOfChanges(changesIn(data));
    // Whoever had the task may take another one of the step, which nobody could.
    case 'TaskHandedOver':
      return [...new Set([...keysOfChanges(changesIn(data)), ...changesIn(data).map(({ is }) => `unrouted/${is.stepId}`)])];
    case 'TaskDecided':
    case 'ReviewWithdrawn':
      return [...keysOfChanges(changesIn(data)), `review/${(data as { approvalId: string }).approvalId}`];
    case 'ReviewDecided': {
      const { outcome, approvalId } = data as { outcome: string; approvalId: string };
      return outcome === 'AUTO_APPROVED' ? NO_KEYS : [...keysOfChanges(changesIn(data)), `review/${approvalId}`];
    }
    default:
      return NO_KEYS;
  }
}

export function foldRow(row: ApprovalTodo | undefined, event: Recorded, key: string): ApprovalTodo | undefined {
  const kind = key.slice(0, key.indexOf('/'));
  const { type, data, stream } = event;
  if (kind === 'task') return foldTask(row, event, key.slice('task/'.length));
  if (kind === 'unrouted') return foldStep(row as UnroutedStep | undefined, event, key.slice('unrouted/'.length));
  if (kind === 'away') return OF_ABSENCE.includes(type) ? foldAway(row as AwayPerson | undefined, event) : row;
  if (kind === 'back') return type === 'DelegationSet' ? { kind: 'back', staffId: (data as DelegationSet['data']).staffId, at: (data as DelegationSet['data']).delegation.until } : undefined;
  if (type === 'ReviewDecided' || type === 'ReviewWithdrawn') return undefined;
  if (type !== 'ReviewStarted') return row;
  const { approvalId, steps } = data as ReviewStarted['data'];
  return { kind: 'review', stream, approvalId, steps: steps.map(({ stepId }) => stepId) };
}

/** Tasks that the event gives to the person. */
export function givenTo(staffId: string, { data }: Recorded): ReviewTask[] {
  return changesIn(data).flatMap(({ was, is }) => (isAssigned(is) && is.assignee === staffId && !isAssigned(was) ? [is] : []));
}

/** Nobody can act on a task of the step any more, or from the beginning. */
export function leavesUnrouted(stepId: string, { data }: Recorded): boolean {
  return changesIn(data).some(({ was, is }) => is.stepId === stepId && is.status === 'UNROUTED' && was?.status !== 'UNROUTED');
}

function foldTask(row: ApprovalTodo | undefined, { type, data, stream }: Recorded, taskId: string): OpenTask | undefined {
  if (type === 'TaskOverdue') return { ...(row as OpenTask), dueAt: null };
  const is = changesIn(data).find((change) => change.is.taskId === taskId)?.is;
  if (!isOpen(is)) return undefined;
  const { actingFor, assignee, dueAt, way = [] } = is;
  const last = way.findLast(({ by }) => by === 'DELEGATION')?.from ?? null;
  return { kind: 'task', stream, taskId, assignee, actingFor, passedOnBy: last === actingFor ? null : last, dueAt };
}

function foldStep(row: UnroutedStep | undefined, { data, stream }: Recorded, stepId: string): UnroutedStep | undefined {
  const changes = changesIn(data).filter(({ is }) => is.stepId === stepId);
  const tasks = changes.reduce((sum, { was, is }) => sum + (is.status === 'UNROUTED' ? 1 : 0) - (was?.status === 'UNROUTED' ? 1 : 0), row?.tasks ?? 0);
  const first = changes[0]?.is;
  if (tasks <= 0 || first === undefined) return undefined;
  return { kind: 'unrouted', state: 'UNROUTED', stream, approvalId: first.approvalId, stepId, role: first.role, tasks };
}

function foldAway(row: AwayPerson | undefined, { type, data, revision, meta }: Recorded): AwayPerson | undefined {
  const { staffId, delegation } = data as Pick<DelegationSet['data'], 'staffId' | 'delegation'>;
  const departed = type === 'StaffDeparted' || (type !== 'StaffReturned' && (row?.departed ?? false));
  let set = type === 'DelegationEnded' ? null : (row?.delegation ?? null);
  if (type === 'DelegationSet') set = { from: delegation.from, until: delegation.until, toCome: delegation.from > meta.occurredAt };
  return departed || set !== null ? { kind: 'away', staffId, revision, departed, delegation: set } : undefined;
}

function changesIn(data: unknown): readonly TaskChange[] {
  return (data as { tasks?: readonly TaskChange[] }).tasks ?? [];
}

function isAssigned(task: ReviewTask | null): task is ReviewTask & { assignee: string } {
  return task !== null && task.status === 'PENDING' && task.assignee !== null;
}

function isOpen(task: ReviewTask | null | undefined): task is ReviewTask {
  return task?.status === 'PENDING' || task?.status === 'UNROUTED';
}

function keysOfChanges(changes: readonly TaskChange[]): string[] {
  const keys = new Set<string>();
  for (const { was, is } of changes) {
    if (isOpen(was) || isOpen(is)) keys.add(`task/${is.taskId}`);
    if (was?.status === 'UNROUTED' || is.status === 'UNROUTED') keys.add(`unrouted/${is.stepId}`);
    if (isAssigned(is) && !isAssigned(was)) keys.add(`away/${is.assignee}`);
  }
  return [...keys];
}
