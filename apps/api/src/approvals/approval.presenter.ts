// From the row of an order's reviews to what a client sees: the rule with its expression, steps, tasks and, where selected, their order.
// What is overdue is so at the instant of the view.
import type { ApprovalPolicyVersion, ReviewTask } from '@app/domain';
import type { Instant } from '@app/kernel';
import type { ApprovalRow, ApprovalsRow } from '@app/projections';
import type { OrderType } from '../orders/orders.types';
import type { ApprovalStepType, ApprovalTaskType, ApprovalType } from './approval.types';

export interface ApprovalView {
  now: Instant;
  /** Every version, to say why the rule of an automatic approval matched. */
  policies: readonly ApprovalPolicyVersion[];
  /** The order of every task; null where nobody selects it. */
  order: OrderType | null;
}

export function presentApprovals({ orderNumber, approvals }: ApprovalsRow, view: ApprovalView): ApprovalType[] {
  return approvals.map((approval) => presentApproval(orderNumber, approval, view));
}

export function presentApproval(orderNumber: string, approval: ApprovalRow, view: ApprovalView): ApprovalType {
  const { approvalId, status, policyVersion, requestedAt, decidedAt, steps } = approval;
  const presentStep = ({ stepId, role, mode, needed, tasks, status: ofStep }: ApprovalRow['steps'][number]): ApprovalStepType => ({
    // How many ALL needs is known once its tasks are made: one at least.
    stepId, role, mode, needed: needed ?? 1, status: ofStep, tasks: tasks.map((task) => presentTask({ ...task, orderNumber }, view.now, view.order)),
  });
  return { approvalId, orderNumber, status, policyVersion, matchedRule: ruleAndReason(approval, view.policies), requestedAt, decidedAt, steps: steps.map(presentStep) };
}

export function presentTask(task: ReviewTask & { orderNumber: string }, now: Instant, order: OrderType | null): ApprovalTaskType {
  const { taskId, approvalId, orderNumber, role, assignee, actingFor, status, assignedAt, dueAt, decidedAt, comment, handovers } = task;
  const overdue = (status === 'PENDING' || status === 'UNROUTED') && dueAt < now;
  return { taskId, approvalId, orderNumber, role, assignee, actingFor, status, assignedAt, dueAt, overdue, decidedAt, comment, handovers, order };
}

/** `high-value: order.total > 50000.0`; the rule alone where its expression is not known, as of imported history. */
function ruleAndReason({ matchedRule, when, policyVersion }: ApprovalRow, policies: ApprovalView['policies']): string {
  const expression = when ?? policies.find(({ version }) => version === policyVersion)?.rules.find(({ name }) => name === matchedRule)?.when;
  return expression === undefined ? matchedRule : `${matchedRule}: ${expression}`;
}
