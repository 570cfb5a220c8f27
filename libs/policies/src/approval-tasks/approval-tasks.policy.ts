// Follows every review to its end: has its steps routed, moves tasks up the ladder when their time is over, and away from whoever
// departs, is away, lost the role, or stands in by a delegation that is over. What nobody can act on is tried again whenever people change. Each once, whatever is restarted.
import type { Instant, Intent, Policy, Recorded, Visit } from '@app/kernel';
import {
  type DelegationSet, type HandOverTask, ORDER_EVENT_TYPES, type ReviewStarted, type ReviewTask, type RouteStep, STAFF_EVENT_TYPES, type StaffRegistered,
  type StaffRolesChanged, type TaskDecided, type TasksRouted,
} from '@app/domain';
import { type ApprovalTodo, foldRow, givenTo, keysOf, leavesUnrouted } from './approval-rows';

/** Why a row is visited. */
type Purpose = Exclude<HandOverTask['reason'], 'TIMEOUT'> | 'ROUTE';

const ROUTE_ALL: Visit = { field: 'state', value: 'UNROUTED', purpose: 'ROUTE' satisfies Purpose };

export const approvalTasks: Policy<ApprovalTodo> = {
  name: 'approval-tasks',
  // Who has the fewest open tasks is known only when the one before is given out.
  oneByOne: true,
  todo: {
    name: 'approval-tasks',
    version: 3,
    reads: { order: Object.keys(ORDER_EVENT_TYPES), staff: Object.keys(STAFF_EVENT_TYPES) },
    indexes: [{ fields: ['assignee'] }, { fields: ['actingFor'] }, { fields: ['passedOnBy'] }, { fields: ['role'] }, { fields: ['state'] }],
    sharding: 'by-key',
    keys: keysOf,
    fold: foldRow,
  },

  react(event, row) {
    if (event.type === 'ReviewStarted') {
      const { approvalId, steps } = event.data as ReviewStarted['data'];
      return steps.slice(0, 1).map(({ stepId }) => route(event.stream, approvalId, stepId));
    }
    if (row?.kind === 'review') return nextStep(event, row.steps).map((stepId) => route(row.stream, row.approvalId, stepId));
    // Somebody may have come while it was decided that there is nobody, or be free since another task of theirs went on.
    if (row?.kind === 'unrouted' && (event.type === 'TaskHandedOver' || leavesUnrouted(row.stepId, event))) return [route(row.stream, row.approvalId, row.stepId)];
    if (row?.kind === 'away') {
      return givenTo(row.staffId, event).flatMap((task) => {
        const reason = unseenIn(event, task, row);
        return reason === null ? [] : [handOver(event.stream, task.taskId, reason)];
      });
    }
    return [];
  },

  visits(event) {
    const { type, data, meta } = event;
    switch (type) {
      case 'StaffDeparted':
        return [tasksOf((data as { staffId: string }).staffId, 'DEPARTURE'), ROUTE_ALL];
      case 'DelegationSet': {
        const { staffId, delegation } = data as DelegationSet['data'];
        const isInForce = delegation.from <= meta.occurredAt && meta.occurredAt < delegation.until;
        // It takes the place of another one, whose delegate may have tasks.
        return [...(isInForce ? [tasksOf(staffId, 'DELEGATION')] : []), ...delegatedBy(staffId), ROUTE_ALL];
      }
      // Nobody names them yet: they can only act for themselves.
      case 'StaffRegistered':
        return (data as StaffRegistered['data']).roles.map(stepsFor);
      case 'StaffRolesChanged': {
        const { staffId, was, is } = data as StaffRolesChanged['data'];
        const lost = was.filter((role) => !is.includes(role));
        const signed = lost.length === 0 ? [] : [tasksOf(staffId, 'ROLE'), tasksFor(staffId, 'ROLE')];
        return [...signed, ...[...lost, ...is.filter((role) => !was.includes(role))].map(stepsFor)];
      }
      // Who stands in for them since they left does so no more where they may not decide.
      case 'StaffReturned':
        return [tasksFor((data as { staffId: string }).staffId), ROUTE_ALL];
      case 'SupervisorChanged':
      case 'BackupChanged':
        return [ROUTE_ALL];
      case 'DelegationEnded':
        return [...delegatedBy((data as { staffId: string }).staffId), ROUTE_ALL];
      default:
        return [];
    }
  },

  dueAt(row) {
    if (row.kind === 'task') return row.dueAt ?? undefined;
    if (row.kind === 'back') return row.at;
    return row.kind === 'away' && !row.departed && row.delegation?.toCome === true ? row.delegation.from : undefined;
  },

  due(row, now) {
    if (row.kind === 'task') return [{ ...handOver(row.stream, row.taskId, 'TIMEOUT'), occasion: row.dueAt ?? '' }];
    if (row.kind === 'back') return [...delegatedBy(row.staffId), ROUTE_ALL].map((visit) => ({ ...visit, occasion: row.at }));
    if (row.kind !== 'away' || row.delegation === null || row.delegation.until <= now) return [];
    const occasion: Instant = row.delegation.from;
    return [{ ...tasksOf(row.staffId, 'DELEGATION'), occasion }, { ...ROUTE_ALL, occasion }];
  },

  visited(row, given) {
    const purpose = given as Purpose;
    if (row.kind === 'unrouted' && purpose === 'ROUTE') return [route(row.stream, row.approvalId, row.stepId)];
    return row.kind === 'task' && purpose !== 'ROUTE' ? [handOver(row.stream, row.taskId, purpose)] : [];
  },
};

/** None after the last, and none while the step goes on. */
function nextStep({ type, data }: Recorded, steps: readonly string[]): string[] {
  if (type !== 'TaskDecided') return [];
  const { stepId, stepStatus } = data as TaskDecided['data'];
  const next = steps.indexOf(stepId) + 1;
  return stepStatus === 'APPROVED' && next > 0 ? steps.slice(next, next + 1) : [];
}

/**
 * Why whoever got the task may not keep it: the choice was made before they departed or were away, and is recorded after their
 * tasks were visited. A delegation that was still to come when it was made may have begun since; if not, the order lets it be.
 */
function unseenIn({ data }: Recorded, task: ReviewTask, { staffId, revision, departed, delegation }: Extract<ApprovalTodo, { kind: 'away' }>): HandOverTask['reason'] | null {
  const isSeen = ((data as Partial<TasksRouted['data']>).seen ?? []).some((person) => person.staffId === staffId && person.revision >= revision);
  if (departed) return isSeen ? null : 'DEPARTURE';
  if (delegation === null || delegation.until <= task.assignedAt) return null;
  return isSeen && delegation.from <= task.assignedAt ? null : 'DELEGATION';
}

function tasksOf(staffId: string, purpose: Purpose): Visit {
  return { field: 'assignee', value: staffId, purpose };
}

/** Those of others who stand in for them: by a delegation that may be over, or by no right at all. */
function tasksFor(holder: string, purpose: Purpose = 'DELEGATION'): Visit {
  return { field: 'actingFor', value: holder, purpose };
}

/** What others have by a delegation of theirs that may be over. */
function delegatedBy(staffId: string): Visit[] {
  return [tasksFor(staffId), { field: 'passedOnBy', value: staffId, purpose: 'DELEGATION' satisfies Purpose }];
}

function stepsFor(role: string): Visit {
  return { field: 'role', value: role, purpose: 'ROUTE' satisfies Purpose };
}

function route(stream: string, approvalId: string, stepId: string): Intent {
  return { stream, command: { type: 'RouteStep', approvalId, stepId } satisfies Pick<RouteStep, 'type' | 'approvalId' | 'stepId'> };
}

function handOver(stream: string, taskId: string, reason: HandOverTask['reason']): Intent {
  return { stream, command: { type: 'HandOverTask', taskId, reason } satisfies Pick<HandOverTask, 'type' | 'taskId' | 'reason'> };
}
