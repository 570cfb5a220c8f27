// A person's decision on their task, and what it makes of the step and of the review.
// Nobody decides on what they placed, released or exempted, nobody for whoever did, nobody twice in one approval, and nobody on the task of others.
import { reject } from '@app/kernel';
import { Deliberation } from '../order/deliberation';
import type { OrderEvent, ReviewDecided } from '../order/order.events';
import type { OrderRejection } from '../order/order.rejections';
import type { PlacedOrder } from '../order/order.state';
import { decidedBefore, delegationOver, departed, forExcluded, notRegistered, roleNotHeld, selfApproval, taskNotFound } from './approval.rejections';
import type { DecideTask } from './approval.commands';
import type { ReviewTask } from './approval.events';
import type { Approval } from './approval.state';
import { Choice } from './choice';
import { notPending } from './hand-over';
import { barTo, excludedFrom, findTask, hasDecided } from './separation';
import { isOpen, skipped, stepStatus, tasksOf } from './steps';

export function decideTask(command: DecideTask, order: PlacedOrder): readonly OrderEvent[] | OrderRejection {
  const { actor, approve, at, comment, taskId } = command;
  const { orderNumber } = order.identity;
  const found = findTask(order, taskId);
  if (found === undefined) return taskNotFound(orderNumber, taskId);
  const { approval, task: was } = found;
  if (!isOpen(was)) return isSameDecision(command, was) ? [] : notPending(was);
  const refusal = refusalOf(command, order, approval, was);
  if (refusal !== null) return refusal;

  const is: ReviewTask = { ...was, status: approve ? 'APPROVED' : 'REJECTED', decidedAt: at, decidedBy: actor.id, comment };
  const step = approval.steps.find(({ stepId }) => stepId === was.stepId)!;
  const tasks = tasksOf(approval, step).map((task) => (task.taskId === taskId ? is : task));
  const status = stepStatus(step, tasks);
  const deliberation = new Deliberation(order, command);
  deliberation.record({
    type: 'TaskDecided',
    occurredAt: at,
    data: { orderNumber, approvalId: approval.approvalId, stepId: step.stepId, taskId, approve, by: actor.id, comment, stepStatus: status, tasks: [{ was, is }, ...(status === 'PENDING' ? [] : skipped(tasks))] },
  });
  const isLast = approval.steps.at(-1) === step;
  if (status === 'REJECTED' || (status === 'APPROVED' && isLast)) deliberation.record(reviewDecided(order, approval, status, at));
  return deliberation.events;
}

function reviewDecided({ identity }: PlacedOrder, { approvalId, matchedRule, policyVersion, round }: Approval, outcome: 'APPROVED' | 'REJECTED', at: string): ReviewDecided {
  return { type: 'ReviewDecided', occurredAt: at, data: { orderNumber: identity.orderNumber, approvalId, round, outcome, policyVersion, matchedRule } };
}

function refusalOf(command: DecideTask, order: PlacedOrder, approval: Approval, task: ReviewTask): OrderRejection | null {
  const { orderNumber } = order.identity;
  const { taskId } = task;
  const { actor, context } = command;
  const person = context.routing.people.get(actor.id)?.person;
  if (person === undefined) return notRegistered(actor.id);
  if (!person.active) return departed(actor.id);
  if (excludedFrom(order).has(actor.id)) return selfApproval(orderNumber, actor.id);
  if (hasDecided(approval, actor.id)) return decidedBefore(approval.approvalId, actor.id);
  const step = approval.steps.find(({ stepId }) => stepId === task.stepId)!;
  if (step.mode === 'ANY' && person.roles.includes(step.role)) return null;
  if (task.assignee === actor.id) return refusalOfAssignee(command, order, approval, task);
  const others = step.mode === 'ANY' ? ` or anybody who holds the role ${step.role}` : '';
  return reject('NotAssignee', `Task ${taskId} of order ${orderNumber} is ${task.assignee === null ? "nobody's yet" : `for ${task.assignee}`}: only they${others} may decide it.`, { taskId, assignee: task.assignee });
}

/** Of whoever has the task: whom they sign for must be one who may sign, and the delegations by which they do must hold. */
function refusalOfAssignee(command: DecideTask, order: PlacedOrder, approval: Approval, task: ReviewTask): OrderRejection | null {
  const bar = barTo(task, order, command.context.routing.people);
  if (bar !== null) return bar === 'ROLE' ? roleNotHeld(task) : forExcluded(order.identity.orderNumber, task);
  const over = new Choice(order, approval, command).delegationOver(task);
  return over === null ? null : delegationOver(task.taskId, over);
}

function isSameDecision({ actor, approve, comment }: DecideTask, { status, decidedBy, comment: said }: ReviewTask): boolean {
  return status === (approve ? 'APPROVED' : 'REJECTED') && decidedBy === actor.id && said === comment;
}
