// The tasks of a step: made when its turn comes, and those that nobody could take routed again when somebody can.
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
import { currentStep, tasksOf } from './steps';

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
  const tasks = before.length === 0 ? firstTasks(choice, step, approvalId) : routedAgain(choice, step, before, command.at);
  if (tasks.length === 0) return [];
  const deliberation = new Deliberation(order, command);
  deliberation.record({
    type: 'TasksRouted',
    occurredAt: command.at,
    data: { orderNumber, approvalId, stepId, needed: step.needed ?? tasks.length, tasks, seen: choice.seen, loads: choice.loads, backlogPeak: pinnedPeak(command.context) },
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

function routedAgain(choice: Choice, step: ReviewStep, tasks: readonly ReviewTask[], at: string): TaskChange[] {
  const changes: TaskChange[] = [];
  const asked = holdersAsked(tasks);
  for (const was of tasks) {
    if (was.status !== 'UNROUTED') continue;
    const found = signatoryAnew(choice, step, was, asked);
    if (found === null) continue;
    asked.add(found.holder);
    choice.take(found.assignee);
    const last = was.handovers.at(-1);
    const handovers: Handover[] = last === undefined ? [] : [...was.handovers, { from: null, to: found.assignee, reason: last.reason, at }];
    changes.push({ was, is: { ...was, ...choice.assignment(step, found), handovers, rung: found.holder === was.holder ? was.rung : 0 } });
  }
  return changes;
}
