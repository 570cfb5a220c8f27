// Every hand-over that nobody asked for raises an alert, and so does every task at the end of its ladder or of its time with nobody
// to act on it: once for each. Needs no memory: the alert's id is that of the task, and a task ends once.
import type { EventMeta, Intent } from '@app/kernel';
import { type HandoverReason, ORDER_EVENT_TYPES, type RaiseAlert, type TaskHandedOver, type TaskOverdue } from '@app/domain';
import { raiseAlert } from '../raise-alert';
import { withoutRows } from '../without-rows';

type Alert = Pick<RaiseAlert, 'kind' | 'subject' | 'message' | 'orderNumber' | 'details'>;

const BECAUSE: Readonly<Record<HandoverReason, string>> = {
  TIMEOUT: 'was not answered within its limit',
  DEPARTURE: 'was left by somebody who has departed',
  DELEGATION: 'goes with a delegation that began or is over',
  // By the rules, as the others here.
  TRANSFER: 'was taken from somebody who may not decide on the order',
};

export const approvalAlerts = withoutRows('approval-alerts', { order: Object.keys(ORDER_EVENT_TYPES) }, ({ type, data, meta }) => {
  if (type === 'TaskOverdue') {
    const late = data as TaskOverdue['data'];
    // Somebody may get it afterwards, and be late with it too.
    return [raise(overdue(late), late.assignee === null ? `${late.taskId}.unrouted` : late.taskId)];
  }
  if (type !== 'TaskHandedOver') return [];
  const handedOver = data as TaskHandedOver['data'];
  return isByHand(handedOver, meta) ? [] : [raise(moved(handedOver), handedOver.taskId)];
});

/** Whoever asked for it knows. What the rules made of a command about something else bears another name. */
function isByHand({ by }: TaskHandedOver['data'], { actor, actorRole }: EventMeta): boolean {
  return by === actor && actorRole !== 'system';
}

function moved({ taskId, approvalId, orderNumber, reason, tasks }: TaskHandedOver['data']): Alert {
  const next = tasks.find(({ was }) => was === null)?.is;
  const [from, to, role] = [tasks[0]?.was?.assignee ?? null, next?.assignee ?? null, next?.role ?? null];
  const now = to === null ? 'nobody can act on it now: name somebody for the role' : `${to} has it now`;
  const message = `The ${role} task ${taskId} of order ${orderNumber} ${BECAUSE[reason]} (${from}); ${now}.`;
  const details = { taskId, approvalId, reason, role, from, to, next: next?.taskId ?? null, dueAt: next?.dueAt ?? null, handovers: next?.handovers.length ?? 0 };
  return { kind: 'TASK_HANDED_OVER', subject: taskId, orderNumber, message, details };
}

function overdue({ taskId, approvalId, orderNumber, role, assignee, dueAt }: TaskOverdue['data']): Alert {
  const whose = assignee === null ? '; nobody can act on it: name somebody for the role' : ` and there is nobody above to hand it to; it stays with ${assignee}: have it decided, or reassign it`;
  const message = `The ${role} task ${taskId} of order ${orderNumber} was due at ${dueAt}${whose}.`;
  return { kind: 'APPROVAL_OVERDUE', subject: taskId, orderNumber, message, details: { taskId, approvalId, role, assignee, dueAt } };
}

/** `occasion`: is raised once. */
function raise(alert: Alert, occasion: string): Intent {
  return raiseAlert({ alertId: `${alert.kind}.${occasion}`, ...alert });
}
