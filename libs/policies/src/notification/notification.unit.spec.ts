// Who is told of what: the new one and the former one, by both channels, once for each occasion.
import type { Recorded } from '@app/kernel';
import type { ReviewTask, TaskChange } from '@app/domain';
import { given, recorded } from '@test/dsl';
import { notification } from './notification.policy';

const AT = '2026-01-09T02:00:00.000Z';
const DUE = '2026-01-09T10:00:00.000Z';
const OF_REVIEW = { orderNumber: 'TB2026010900001', approvalId: 'TB2026010900001-1' };
const CHOICE = { seen: [], loads: {} };
const task = (facts: Partial<ReviewTask> = {}): ReviewTask => ({
  taskId: 'T-1', approvalId: OF_REVIEW.approvalId, stepId: 'S-1', role: 'finance', holder: 'li', assignee: 'li', actingFor: null, status: 'PENDING', assignedAt: AT, dueAt: DUE,
  decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0, ...facts,
});
const made = (is: ReviewTask): TaskChange => ({ was: null, is });
const occurred = (type: string, data: object): Recorded => recorded({ stream: 'order-TB.4711', id: 'e-1', type, data: { ...OF_REVIEW, ...data } });
/** Who is told by what, with the values but for the order. */
const told = (event: Recorded): unknown[] => {
  const intents: { stream: string; command: Record<string, unknown> }[] = [];
  given(notification, []).when(event).then(...notification.react(event, undefined).map((intent) => (intents.push(intent as never), intent)));
  for (const { stream, command } of intents) {
    expect(command).toMatchObject({ type: 'QueueNotification', orderNumber: OF_REVIEW.orderNumber, values: { order: 'order-TB.4711' } });
    expect(command['notificationId']).toBe(`e-1.${String(command['staffId'])}.${String(command['channel']).toLowerCase()}`);
    expect(stream).toBe(`notification-${String(command['notificationId'])}`);
  }
  return intents.map(({ command: { staffId, channel, template, values } }) => {
    const rest = Object.fromEntries(Object.entries(values as Record<string, string>).filter(([name]) => name !== 'order'));
    return [staffId, channel, template, rest];
  });
};
const byBoth = (staffId: string, template: string, values: object): unknown[] => ['MAIL', 'SMS'].map((channel) => [staffId, channel, template, values]);

test('everybody whom a step gives a task is told, also of one that found somebody later; nobody of one that found nobody', () => {
  const found = { was: task({ taskId: 'T-3', assignee: null, holder: null, status: 'UNROUTED' }), is: task({ taskId: 'T-3', assignee: 'zhao', actingFor: 'sun' }) };
  const tasks = [made(task()), made(task({ taskId: 'T-2', assignee: null, status: 'UNROUTED' })), found];
  expect(told(occurred('TasksRouted', { ...CHOICE, stepId: 'S-1', needed: 3, tasks }))).toEqual([
    ...byBoth('li', 'TASK_ASSIGNED', { taskId: 'T-1', role: 'finance', dueAt: DUE }),
    ...byBoth('zhao', 'TASK_ASSIGNED', { taskId: 'T-3', role: 'finance', dueAt: DUE, actingFor: 'sun' }),
  ]);
});

test('of a hand-over the new one and the former one are told', () => {
  const tasks = [{ was: task(), is: task({ status: 'HANDED_OVER' }) }, made(task({ taskId: 'T-2', assignee: 'wang', actingFor: 'li' }))];
  expect(told(occurred('TaskHandedOver', { ...CHOICE, taskId: 'T-1', reason: 'TIMEOUT', by: 'policy:approval-tasks', note: null, tasks }))).toEqual([
    ...byBoth('wang', 'TASK_TAKEN_OVER', { taskId: 'T-2', role: 'finance', dueAt: DUE, actingFor: 'li', reason: 'TIMEOUT', from: 'li' }),
    ...byBoth('li', 'TASK_HANDED_AWAY', { taskId: 'T-1', role: 'finance', reason: 'TIMEOUT', to: 'wang' }),
  ]);
});

test('a hand-over to nobody tells the former one, one from nobody the new one', () => {
  const toNobody = [{ was: task(), is: task({ status: 'HANDED_OVER' }) }, made(task({ taskId: 'T-2', assignee: null, status: 'UNROUTED' }))];
  expect(told(occurred('TaskHandedOver', { ...CHOICE, taskId: 'T-1', reason: 'DEPARTURE', by: 'x', note: null, tasks: toNobody }))).toEqual(byBoth('li', 'TASK_HANDED_AWAY', { taskId: 'T-1', role: 'finance', reason: 'DEPARTURE' }));
  const unrouted = task({ assignee: null, status: 'UNROUTED' });
  const fromNobody = [{ was: unrouted, is: { ...unrouted, status: 'HANDED_OVER' as const } }, made(task({ taskId: 'T-2' }))];
  expect(told(occurred('TaskHandedOver', { ...CHOICE, taskId: 'T-1', reason: 'TRANSFER', by: 'x', note: null, tasks: fromNobody }))).toEqual(byBoth('li', 'TASK_TAKEN_OVER', { taskId: 'T-2', role: 'finance', dueAt: DUE, reason: 'TRANSFER' }));
});

test('at the end of the ladder the assignee is told, if there is one', () => {
  expect(told(occurred('TaskOverdue', { taskId: 'T-1', role: 'finance', assignee: 'li', dueAt: DUE }))).toEqual(byBoth('li', 'APPROVAL_OVERDUE', { taskId: 'T-1', role: 'finance', dueAt: DUE }));
  expect(told(occurred('TaskOverdue', { taskId: 'T-1', role: 'finance', assignee: null, dueAt: DUE }))).toEqual([]);
});

test('an exemption is told to who reviews it, without the words of its reason', () => {
  const granted = { exemptionId: 'x-1', grantedBy: 'sun', reason: '张三 13800000000 要求', expiresAt: DUE };
  expect(told(occurred('ExemptionGranted', { ...granted, reviewer: 'li' }))).toEqual(byBoth('li', 'EXEMPTION_TO_REVIEW', { exemptionId: 'x-1', grantedBy: 'sun', expiresAt: DUE }));
  expect(told(occurred('ExemptionGranted', { ...granted, reviewer: null }))).toEqual([]);
});

test('nobody is told of decisions, withdrawals and what else happens to an order', () => {
  for (const type of ['OrderPlaced', 'ReviewStarted', 'TaskDecided', 'ReviewWithdrawn', 'ExemptionReviewed']) expect(told(occurred(type, { tasks: [made(task())] }))).toEqual([]);
});

test('it keeps no rows and no timers', () => {
  given(notification, [occurred('TaskOverdue', { taskId: 'T-1', role: 'finance', assignee: 'li', dueAt: DUE })]).thenNextTimer(undefined);
});
