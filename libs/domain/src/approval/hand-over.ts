// A task that moves on: it ends HANDED_OVER and another one is made, with the full limit, that carries the hand-overs so far.
// A hand-over that has nothing to do, because somebody was faster or the assignee is here after all, makes nothing happen.
import { type Instant, reject } from '@app/kernel';
import { Deliberation } from '../order/deliberation';
import type { OrderEvent } from '../order/order.events';
import type { OrderRejection } from '../order/order.rejections';
import type { PlacedOrder } from '../order/order.state';
import { delegationAt } from '../staff/person';
import { decidedBefore, departed, notRegistered, reasonMissing, selfApproval, taskNotFound } from './approval.rejections';
import type { HandOverTask, ReassignTask, TransferTask } from './approval.commands';
import type { HandoverReason, ReviewStep, ReviewTask, TaskHandedOver } from './approval.events';
import type { Approval } from './approval.state';
import { type Assigned, Choice } from './choice';
import { barTo, excludedFrom, findTask, hasDecided, hasOpenTask } from './separation';
import { holdersAsked, signatoryFor } from './signatory';
import { isOpen, tasksOf } from './steps';
import { vacatedTask } from './vacated-task';

type Decision = readonly OrderEvent[] | OrderRejection;

/** Who takes a task over, for whose signature, and how far up the ladder that is. */
type Successor = Assigned & { rung: number };

/** API roles that may move the tasks of others. */
const MOVERS: readonly string[] = ['ops', 'admin'];

export function handOverTask(command: HandOverTask, order: PlacedOrder): Decision {
  const { at, reason, taskId } = command;
  const { orderNumber } = order.identity;
  const found = findTask(order, taskId);
  if (found === undefined) return taskNotFound(orderNumber, taskId);
  const { approval, task } = found;
  if (!isOpen(task)) return [];
  if (reason === 'TIMEOUT' && at < task.dueAt) return [];
  const vacated = barTo(task, order, command.context.routing.people) === null ? null : vacatedTask(order, command);
  if (vacated !== null) return recorded(vacated, command, order);

  const choice = new Choice(order, approval, command);
  if (reason === 'TIMEOUT') {
    const above = task.assignee === null ? null : choice.above(task);
    return above === null ? overdue(command, order, approval, task) : handedOver(command, order, approval, task, choice, { holder: task.holder, ...above }, null);
  }
  if (task.assignee === null || reason === 'ROLE') return [];
  if (!choice.isHere(task.assignee)) return handedOver(command, order, approval, task, choice, substitute(choice, approval, task), null);
  const rightful = reason === 'DELEGATION' ? choice.rightfulFor(task) : null;
  if (rightful === null || rightful.staffId === task.assignee) return [];
  return handedOver(command, order, approval, task, choice, { holder: task.holder, assignee: rightful.staffId, way: rightful.way, rung: task.rung }, null);
}

/** Of somebody who is here it is a transfer, to somebody named. */
export function reassignTask(command: ReassignTask, order: PlacedOrder): Decision {
  const { at, context, from, taskId, to } = command;
  const found = findTask(order, taskId);
  if (found === undefined) return taskNotFound(order.identity.orderNumber, taskId);
  const { approval, task } = found;
  if (!isOpen(task) || task.assignee !== from) return [];
  const person = context.routing.people.get(from)?.person;
  if (person === undefined) return notRegistered(from);
  const isAway = delegationAt(person, at) !== null;
  if (person.active && !isAway) {
    if (to === undefined) return reject('AssigneeIsHere', `${from} has neither departed nor delegated their work; say who is to take the tasks.`, { staffId: from });
    return transferTask({ ...command, type: 'TransferTask', to, reason: `All tasks of ${from} were given to ${to}.` }, order);
  }
  const handOver: HandOverTask = { ...command, type: 'HandOverTask', reason: person.active ? 'DELEGATION' : 'DEPARTURE' };
  if (to !== undefined) return handedTo(to, handOver, order, approval, task, null);
  const choice = new Choice(order, approval, command);
  const successor = substitute(choice, approval, task);
  // Their delegation does not cover this order.
  if (successor.assignee === null && choice.isHere(from)) return reject('NobodyElseCanAct', `Nobody but ${from} can act on what task ${taskId} asks for, and for this order they are here; name who is to take it.`, { taskId, staffId: from });
  return handedOver(handOver, order, approval, task, choice, successor, null);
}

export function transferTask(command: TransferTask, order: PlacedOrder): Decision {
  const { actor, reason, taskId, to } = command;
  const found = findTask(order, taskId);
  if (found === undefined) return taskNotFound(order.identity.orderNumber, taskId);
  const { approval, task } = found;
  if (!isOpen(task)) return isTransferredTo(to, approval, task) ? [] : notPending(task);
  if (task.assignee !== actor.id && !MOVERS.includes(actor.role)) {
    return reject('NotAssignee', `Task ${taskId} is ${task.assignee ?? 'nobody'}'s: only they, ops or admin may transfer it.`, { taskId, assignee: task.assignee });
  }
  if (command.context.routing.people.get(actor.id)?.person.active === false) return departed(actor.id);
  if (reason.trim() === '') return reasonMissing('transfer the task');
  return handedTo(to, command, order, approval, task, reason);
}

export function notPending({ taskId, status, decidedAt, decidedBy, assignee }: ReviewTask): OrderRejection {
  const words: Partial<Record<ReviewTask['status'], string>> = {
    APPROVED: `was approved by ${decidedBy} at ${decidedAt}`,
    REJECTED: `was refused by ${decidedBy} at ${decidedAt}`,
    HANDED_OVER: `was handed over by ${assignee ?? 'nobody'} to somebody else, who has a task of their own`,
    SKIPPED: 'is no longer needed',
  };
  return reject('TaskNotPending', `Task ${taskId} ${words[status] ?? 'is not pending'}; look at the approval again.`, { taskId, status });
}

/** To somebody named, who must be able to decide. */
function handedTo(to: string, command: HandOverTask | TransferTask, order: PlacedOrder, approval: Approval, task: ReviewTask, note: string | null): Decision {
  const person = command.context.routing.people.get(to)?.person;
  const { taskId } = task;
  if (person === undefined) return notRegistered(to);
  if (!person.active) return departed(to);
  if (excludedFrom(order).has(to)) return selfApproval(order.identity.orderNumber, to);
  if (hasDecided(approval, to)) return decidedBefore(approval.approvalId, to);
  if (hasOpenTask(approval, to)) return reject('AlreadyAssigned', `${to} has a task in approval ${approval.approvalId} already; name somebody else.`, { taskId, to });
  const choice = new Choice(order, approval, command);
  if (!choice.isHere(to)) return reject('ApproverAway', `${to} is away and has delegated; name the delegate or somebody else.`, { taskId, to });
  const { holder, role, rung } = task;
  const signsForHolder = holder !== null && barTo({ ...task, assignee: to }, order, command.context.routing.people) === null;
  // In place of nobody whose signature it could be they sign in their own right, whether they hold the role or not.
  const successor = { holder: signsForHolder ? holder : person.roles.includes(role) ? to : null, assignee: to, way: [], rung };
  return handedOver(command, order, approval, task, choice, successor, note);
}

/** For somebody gone or away: the holder who is back from a delegation, else whoever acts for them, else for the holder, else another holder; else nobody yet. */
function substitute(choice: Choice, approval: Approval, task: ReviewTask): Successor {
  const { assignee, holder, rung, way = [] } = task;
  const rightful = choice.rightfulFor(task);
  if (rightful !== null && rightful.staffId !== assignee) return { holder, assignee: rightful.staffId, way: rightful.way, rung };
  const acting = assignee === null ? null : choice.actorFor(assignee);
  if (acting !== null) return { holder, assignee: acting.staffId, way: [...way, ...acting.way], rung };
  const found = signatoryFor(choice, task, holdersAsked(tasksOf(approval, task)));
  if (found === null) return { holder, assignee: null, way: [], rung };
  return { ...found, rung: found.holder === holder ? rung : 0 };
}

function handedOver(command: HandOverTask | TransferTask, order: PlacedOrder, approval: Approval, task: ReviewTask, choice: Choice, successor: Successor, note: string | null): Decision {
  const { actor, at } = command;
  const reason: HandoverReason = command.type === 'TransferTask' || command.reason === 'ROLE' ? 'TRANSFER' : command.reason;
  const step = approval.steps.find(({ stepId }) => stepId === task.stepId)!;
  const next = successorOf(approval, step, task, successor, choice, reason, at);
  const event: TaskHandedOver = {
    type: 'TaskHandedOver',
    occurredAt: at,
    data: {
      orderNumber: order.identity.orderNumber, approvalId: approval.approvalId, taskId: task.taskId, reason, by: actor.id, note,
      tasks: [{ was: task, is: { ...task, status: 'HANDED_OVER' } }, { was: null, is: next }], seen: choice.seen, loads: choice.loads,
    },
  };
  return recorded(event, command, order);
}

function successorOf(approval: Approval, step: ReviewStep, task: ReviewTask, successor: Successor, choice: Choice, reason: HandoverReason, at: Instant): ReviewTask {
  const made = choice.task(step, approval.approvalId, tasksOf(approval, step).length + 1, successor);
  return { ...made, rung: successor.rung, handovers: [...task.handovers, { from: task.assignee, to: successor.assignee, reason, at }] };
}

/** Once for a limit: a task routed again has a new one. Where nobody at all is here that is told of the register, not of each task. */
function overdue(command: HandOverTask, order: PlacedOrder, { approvalId, overdue: told }: Approval, { taskId, role, assignee, dueAt }: ReviewTask): Decision {
  const isAnybodyHere = [...command.context.routing.people.values()].some((read) => read?.person.active === true);
  if (told.includes(taskId) || !isAnybodyHere) return [];
  return recorded({ type: 'TaskOverdue', occurredAt: command.at, data: { orderNumber: order.identity.orderNumber, approvalId, taskId, role, assignee, dueAt } }, command, order);
}

function isTransferredTo(to: string, { tasks }: Approval, task: ReviewTask): boolean {
  return tasks.some(({ handovers, stepId }) => {
    const last = handovers.at(-1);
    return stepId === task.stepId && handovers.length === task.handovers.length + 1 && last?.reason === 'TRANSFER' && last.from === task.assignee && last.to === to;
  });
}

function recorded(event: OrderEvent, command: HandOverTask | TransferTask, order: PlacedOrder): readonly OrderEvent[] {
  const deliberation = new Deliberation(order, command);
  deliberation.record(event);
  return deliberation.events;
}
