// The tasks of a step: made when its turn comes, and those that nobody could take routed again when somebody can. A step that asks
// everybody, over a role that nobody held, is made for everybody who holds it once somebody does.
// Routed again with nobody new nothing happens.
import { reject } from '@app/kernel';
import { Deliberation } from '../order/deliberation';
import type { OrderContext } from '../order/order.commands';
import type { OrderEvent } from '../order/order.events';
import type { OrderRejection } from '../order/order.rejections';
import type { PlacedOrder } from '../order/order.state';
import { backlogPeakOf } from '../settings/settings.defaults';
import type { RouteStep } from './approval.commands';
import type { BacklogPeakPinned, Handover, ReviewStep, ReviewTask, TaskChange } from './approval.events';
import { type Assigned, Choice } from './choice';
import { holdersAsked, signatoryAnew } from './signatory';
import { currentStep, isOpen, skipped, tasksOf } from './steps';

export function routeStep(command: RouteStep, order: PlacedOrder): readonly OrderEvent[] | OrderRejection {
  const { approvalId, stepId } = command;
  const { orderNumber } = order.identity;
  const approval = order.approvals.find((other) => other.approvalId === approvalId);
  if (approval === undefined) return reject('ApprovalNotFound', `Order ${orderNumber} has no approval ${approvalId}.`, { orderNumber, approvalId });
  const step = approval.steps.find((other) => other.stepId === stepId);
  if (step === undefined) return reject('StepNotFound', `Approval ${approvalId} has no step ${stepId}.`, { approvalId, stepId });
  if (approval.status !== 'PENDING' || currentStep(approval)?.stepId !== stepId) return [];

  const choice = new Choice(order, approval, command);
  const before = tasksOf(approval, step);
  const isAnew = step.mode !== 'ANY' && before.length > 0 && before.every(({ status, holder }) => status === 'HANDED_OVER' || (status === 'UNROUTED' && holder === null));
  const tasks = before.length === 0 ? firstTasks(choice, step, approvalId) : isAnew ? askedAnew(choice, step, approvalId, before, command.at) : routedAgain(choice, step, before, command.at);
  if (tasks.length === 0) return [];
  const needed = step.mode === 'ALL' && isAnew ? tasks.filter(({ is }) => is.status !== 'SKIPPED').length : (step.needed ?? tasks.length);
  const deliberation = new Deliberation(order, command);
  deliberation.record({
    type: 'TasksRouted',
    occurredAt: command.at,
    data: { orderNumber, approvalId, stepId, needed, tasks, seen: choice.seen, loads: choice.loads, backlogPeak: pinnedPeak(command.context) },
  });
  return deliberation.events;
}

function pinnedPeak({ settings }: OrderContext): BacklogPeakPinned {
  const inForce = settings.at(-1)!;
  return { ...backlogPeakOf(inForce), settingsVersion: inForce.version };
}

function firstTasks(choice: Choice, step: ReviewStep, approvalId: string): TaskChange[] {
  const one = step.mode === 'ANY' ? choice.oneHolder(step.role) : null;
  const signatories: Assigned[] = step.mode !== 'ANY' ? choice.everyHolder(step.role) : one === null ? [] : [one];
  // Signatures that nobody can give are asked for all the same: the task is there for people to see.
  while (signatories.length < (step.needed ?? 1)) signatories.push({ holder: null, assignee: null, way: [] });
  return signatories.map((assigned, i) => ({ was: null, is: choice.task(step, approvalId, i + 1, assigned) }));
}

/** Everybody who holds the role by now; nothing while none of them can be asked. What is asked of nobody any more is no longer needed. */
function askedAnew(choice: Choice, step: ReviewStep, approvalId: string, tasks: readonly ReviewTask[], at: string): TaskChange[] {
  const signatories = choice.everyHolder(step.role);
  if (signatories.every(({ assignee }) => assignee === null)) return [];
  const open = tasks.filter(isOpen);
  const wanted = Math.max(signatories.length, step.mode === 'QUORUM' ? step.needed! : 0);
  const changes = signatories.map((assigned, i): TaskChange => {
    const was = open[i];
    return was === undefined ? { was: null, is: choice.task(step, approvalId, tasks.length + i - open.length + 1, assigned) } : { was, is: takenBy(choice, step, was, assigned, at) };
  });
  return [...changes, ...skipped(open.slice(wanted))];
}

function routedAgain(choice: Choice, step: ReviewStep, tasks: readonly ReviewTask[], at: string): TaskChange[] {
  const changes: TaskChange[] = [];
  const asked = holdersAsked(tasks);
  for (const was of tasks) {
    if (was.status !== 'UNROUTED') continue;
    const found = signatoryAnew(choice, step, was, asked);
    if (found === null) continue;
    asked.add(found.holder);
    choice.take(found.assignee);
    changes.push({ was, is: takenBy(choice, step, was, found, at) });
  }
  return changes;
}

/** The task as it is for whoever takes it. */
function takenBy(choice: Choice, step: ReviewStep, was: ReviewTask, assigned: Assigned, at: string): ReviewTask {
  const { assignee, holder } = assigned;
  const last = was.handovers.at(-1);
  const handovers: Handover[] = last === undefined || assignee === null ? was.handovers : [...was.handovers, { from: null, to: assignee, reason: last.reason, at }];
  return { ...was, ...choice.assignment(step, assigned), handovers, rung: holder === was.holder ? was.rung : 0 };
}
