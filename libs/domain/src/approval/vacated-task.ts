// A task whose assignee may not keep it: they, or whom they sign for, released a hold of the order or are named as who placed it, or the
// role was taken from its holder. It is taken from them at once, and goes to whoever can take it where people are at hand, else to nobody,
// to be routed again.
import type { Instant } from '@app/kernel';
import type { OrderContext } from '../order/order.commands';
import type { PlacedOrder } from '../order/order.state';
import type { Approval } from './approval.state';
import type { ReviewTask, TaskHandedOver } from './approval.events';
import { Choice } from './choice';
import { barTo, type TaskBar } from './separation';
import { holdersAsked, signatoryAnew } from './signatory';
import { tasksOf } from './steps';

const SYSTEM = 'system';

interface Given {
  context: OrderContext;
  at: Instant;
}
type Successor = Pick<ReviewTask, 'holder' | 'assignee' | 'actingFor' | 'status' | 'assignedAt' | 'dueAt' | 'rung' | 'way'>;

const NOTES: Readonly<Record<TaskBar, (task: ReviewTask) => string>> = {
  EXCLUDED: ({ assignee }) => `${assignee} may not decide on an order that they placed or released.`,
  FOR_EXCLUDED: ({ holder }) => `Nobody decides for ${holder}, who placed the order or released it.`,
  ROLE: ({ holder, role }) => `${holder} does not hold the role ${role} any more.`,
};

/** The first there is; null when there is none. */
export function vacatedTask(order: PlacedOrder, given: Given): TaskHandedOver | null {
  const { at } = given;
  const { orderNumber } = order.identity;
  for (const approval of order.approvals) {
    const { approvalId, status, tasks } = approval;
    if (status !== 'PENDING') continue;
    const people = given.context.routing?.people;
    const was = tasks.find((task) => task.status === 'PENDING' && barTo(task, order, people) !== null);
    const bar = was === undefined ? null : barTo(was, order, people);
    if (was === undefined || bar === null) continue;
    const place = tasks.filter(({ stepId }) => stepId === was.stepId).length + 1;
    const { successor, seen, loads } = successorOf(bar === 'ROLE' ? { ...was, holder: null } : was, order, approval, given);
    const is: ReviewTask = {
      ...was, ...successor, taskId: `${was.stepId}-${place}`, handovers: [...was.handovers, { from: was.assignee, to: successor.assignee, reason: 'TRANSFER', at }],
    };
    return {
      type: 'TaskHandedOver',
      occurredAt: at,
      data: {
        orderNumber, approvalId, taskId: was.taskId, reason: 'TRANSFER', by: SYSTEM, note: NOTES[bar](was),
        tasks: [{ was, is: { ...was, status: 'HANDED_OVER' } }, { was: null, is }], seen, loads,
      },
    };
  }
  return null;
}

function successorOf(was: ReviewTask, order: PlacedOrder, approval: Approval, { at, context }: Given): Pick<TaskHandedOver['data'], 'seen' | 'loads'> & { successor: Successor } {
  const { routing } = context;
  const { dueAt, holder, rung } = was;
  if (routing === undefined) return { successor: { holder, assignee: null, actingFor: null, status: 'UNROUTED', assignedAt: at, dueAt, rung, way: [] }, seen: [], loads: {} };
  const step = approval.steps.find(({ stepId }) => stepId === was.stepId)!;
  const choice = new Choice(order, approval, { at, context: { ...context, routing } });
  const found = signatoryAnew(choice, step, was, holdersAsked(tasksOf(approval, step)));
  const assignment = choice.assignment(step, found ?? { holder, assignee: null, way: [] });
  return { successor: { ...assignment, rung: found === null || found.holder === holder ? rung : 0 }, seen: choice.seen, loads: choice.loads };
}
