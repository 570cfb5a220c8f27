// Whoever gets a task, loses one, is late with one or has an exemption to review is told, by mail and by SMS, once for each occasion.
// The ids derive from event, person and channel; no address, name or word of a customer is in what is queued.
import type { Intent, Recorded } from '@app/kernel';
import {
  type ApprovalEvent, CHANNELS, type ExemptionGranted, notificationStream, ORDER_EVENT_TYPES, type ReviewTask, type TaskHandedOver, type TaskOverdue, type TasksRouted, type Template,
} from '@app/domain';
import { withoutRows } from '../without-rows';

/** To be told to one person. `values`: see the texts of notifications; people stand there by their staff ids. */
interface Telling {
  staffId: string;
  template: Template;
  values: Record<string, string>;
}

const NOBODY: readonly Telling[] = [];

export const notification = withoutRows('notification', { order: Object.keys(ORDER_EVENT_TYPES) }, (event): readonly Intent[] => {
  const tellings = tellingsOf(event);
  if (tellings.length === 0) return [];
  const { orderNumber } = event.data as ApprovalEvent['data'];
  return tellings.flatMap(({ staffId, template, values }) =>
    CHANNELS.map((channel) => {
      const notificationId = `${event.id}.${staffId}.${channel.toLowerCase()}`;
      const command = { type: 'QueueNotification', notificationId, staffId, channel, template, orderNumber, values: { order: event.stream, ...values } };
      return { stream: notificationStream(notificationId), command };
    }),
  );
});

function tellingsOf({ type, data }: Recorded): readonly Telling[] {
  switch (type as ApprovalEvent['type']) {
    case 'TasksRouted':
      return (data as TasksRouted['data']).tasks.flatMap(({ is }) => assigned(is, 'TASK_ASSIGNED', {}));
    case 'TaskHandedOver':
      return handedOver(data as TaskHandedOver['data']);
    case 'TaskOverdue':
      return overdue(data as TaskOverdue['data']);
    case 'ExemptionGranted':
      return toReview(data as ExemptionGranted['data']);
    default:
      return NOBODY;
  }
}

/** Nobody, where the task found nobody. */
function assigned({ status, assignee, taskId, role, dueAt, actingFor }: ReviewTask, template: Template, more: Record<string, string>): Telling[] {
  if (status !== 'PENDING' || assignee === null) return [];
  return [{ staffId: assignee, template, values: { taskId, role, dueAt, ...given({ actingFor }), ...more } }];
}

function handedOver({ taskId, reason, tasks }: TaskHandedOver['data']): Telling[] {
  const former = tasks.find(({ is }) => is.taskId === taskId);
  const from = former?.was?.assignee ?? null;
  const made = tasks.flatMap(({ is }) => (is.taskId === taskId ? [] : [is]));
  const to = made.find(({ assignee }) => assignee !== null)?.assignee ?? null;
  const taken = made.flatMap((task) => assigned(task, 'TASK_TAKEN_OVER', { reason, ...given({ from }) }));
  if (former === undefined || from === null || from === to) return taken;
  return [...taken, { staffId: from, template: 'TASK_HANDED_AWAY', values: { taskId, role: former.is.role, reason, ...given({ to }) } }];
}

/** Everybody else of the ladder had the task and was told when it went on; the alert is for those who look after the whole. */
function overdue({ taskId, role, assignee, dueAt }: TaskOverdue['data']): Telling[] {
  return assignee === null ? [] : [{ staffId: assignee, template: 'APPROVAL_OVERDUE', values: { taskId, role, dueAt } }];
}

function toReview({ exemptionId, grantedBy, expiresAt, reviewer }: ExemptionGranted['data']): Telling[] {
  return reviewer === null ? [] : [{ staffId: reviewer, template: 'EXEMPTION_TO_REVIEW', values: { exemptionId, grantedBy, expiresAt } }];
}

function given(values: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null));
}
