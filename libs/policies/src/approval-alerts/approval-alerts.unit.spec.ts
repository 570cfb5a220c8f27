// Whoever looks at the alerts sees every task that moved by itself, and every one that cannot move any more.
import { type Actor, isRejection, plusSeconds, type Recorded } from '@app/kernel';
import { DECIDERS, type ReviewTask } from '@app/domain';
import { given, recorded } from '@test/dsl';
import { approvalAlerts } from './approval-alerts.policy';

const AT = '2026-01-09T02:00:00.000Z';
const task: ReviewTask = {
  taskId: 'TB1-1-1-1', approvalId: 'TB1-1', stepId: 'TB1-1-1', role: 'finance', holder: 'li', assignee: 'li', actingFor: null, status: 'PENDING', assignedAt: AT, dueAt: plusSeconds(AT, 8 * 3_600),
  decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0,
};

const POLICY: Actor = { id: 'policy:approval-tasks', role: 'system' };
const OPS: Actor = { id: 'ops.1', role: 'ops' };

/** `by`: as the event names who did it; left out, whoever gave the command. */
function handedOver(reason: string, to: string | null, actor = POLICY, by = actor.id): Recorded {
  const handovers = [{ from: 'li', to, reason, at: AT }];
  const next = { ...task, taskId: 'TB1-1-1-2', assignee: to, dueAt: plusSeconds(AT, 16 * 3_600), handovers };
  const tasks = [{ was: task, is: { ...task, status: 'HANDED_OVER' } }, { was: null, is: next }];
  const event = recorded({ type: 'TaskHandedOver', data: { orderNumber: 'TB1', approvalId: 'TB1-1', taskId: task.taskId, reason, by, note: null, tasks, seen: [], loads: {} } });
  return { ...event, meta: { ...event.meta, actor: actor.id, actorRole: actor.role } };
}

test.each([
  ['TIMEOUT', 'was not answered within its limit'],
  ['DEPARTURE', 'was left by somebody who has departed'],
  ['DELEGATION', 'goes with a delegation that began or is over'],
])('a hand-over by %s is told', (reason, because) => {
  given(approvalAlerts, []).when(handedOver(reason, 'wu')).then({
    stream: 'alert-TASK_HANDED_OVER.TB1-1-1-1',
    command: {
      type: 'RaiseAlert', alertId: 'TASK_HANDED_OVER.TB1-1-1-1', kind: 'TASK_HANDED_OVER', subject: 'TB1-1-1-1', orderNumber: 'TB1',
      message: `The finance task TB1-1-1-1 of order TB1 ${because} (li); wu has it now.`,
      details: { taskId: 'TB1-1-1-1', approvalId: 'TB1-1', reason, role: 'finance', from: 'li', to: 'wu', next: 'TB1-1-1-2', dueAt: plusSeconds(AT, 16 * 3_600), handovers: 1 },
    },
  });
});

test('one to nobody says what to do', () => {
  expect(approvalAlerts.react(handedOver('DEPARTURE', null), undefined)[0]?.command['message']).toContain('nobody can act on it now: name somebody for the role');
});

test.each(['TRANSFER', 'DEPARTURE', 'DELEGATION'])('one by hand is not, for whatever reason: %s', (reason) => {
  given(approvalAlerts, []).when(handedOver(reason, 'wu', reason === 'TRANSFER' ? { id: 'li', role: 'approver' } : OPS)).thenNothing();
});

test('a task that the rules take away is told, whoever did what made them', () => {
  const taken = handedOver('TRANSFER', 'wu', { id: 'li', role: 'approver' }, 'system');
  expect(approvalAlerts.react(taken, undefined)[0]?.command['message']).toBe('The finance task TB1-1-1-1 of order TB1 was taken from somebody who may not decide on the order (li); wu has it now.');
});

const overdue = (assignee: string | null) => recorded({ type: 'TaskOverdue', data: { orderNumber: 'TB1', approvalId: 'TB1-1', taskId: task.taskId, role: 'finance', assignee, dueAt: task.dueAt } });

test('the end of the ladder is told', () => {
  const [intent] = approvalAlerts.react(overdue('li'), undefined);
  expect(intent).toMatchObject({ stream: 'alert-APPROVAL_OVERDUE.TB1-1-1-1', command: { kind: 'APPROVAL_OVERDUE', details: { assignee: 'li' } } });
  expect(intent?.command['message']).toBe('The finance task TB1-1-1-1 of order TB1 was due at 2026-01-09T10:00:00.000Z and there is nobody above to hand it to; it stays with li: have it decided, or reassign it.');
});

test('and so is the time of a task that nobody can act on, by an alert of its own', () => {
  const [intent] = approvalAlerts.react(overdue(null), undefined);
  expect(intent).toMatchObject({ stream: 'alert-APPROVAL_OVERDUE.TB1-1-1-1.unrouted', command: { kind: 'APPROVAL_OVERDUE', subject: 'TB1-1-1-1', details: { assignee: null } } });
  expect(intent?.command['message']).toBe('The finance task TB1-1-1-1 of order TB1 was due at 2026-01-09T10:00:00.000Z; nobody can act on it: name somebody for the role.');
});

test('the alert is taken, and taken once', () => {
  const decider = DECIDERS['alert']!;
  const command = { ...approvalAlerts.react(handedOver('TIMEOUT', 'wu'), undefined)[0]!.command, id: 'c', at: AT, actor: { id: 'policy', role: 'system' } };
  const raised = decider.decide(command as never, decider.initial) as readonly object[];
  expect(isRejection(raised) ? [] : raised).toHaveLength(1);
  expect(decider.decide(command as never, decider.evolve(decider.initial, raised[0] as never))).toEqual([]);
});
