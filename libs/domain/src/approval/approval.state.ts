// The reviews of an order that people decide, and its exemptions, as the events tell them.
// Automatic approvals are not among them, they are decided as they begin; but those that were withdrawn are.
import type { Instant } from '@app/kernel';
import type { ReviewDecided } from '../order/order.events';
import type {
  ExemptionExpired, ExemptionGranted, ExemptionReviewed, ReviewStarted, ReviewStep, ReviewTask, ReviewWithdrawn, RouteInputs, TaskChange, TaskDecided, TaskHandedOver, TaskOverdue, TasksRouted,
} from './approval.events';

type ApprovalStatus = 'PENDING' | 'WITHDRAWN' | ReviewDecided['data']['outcome'];

export interface Approval {
  approvalId: string;
  round: number;
  status: ApprovalStatus;
  policyVersion: number;
  matchedRule: string;
  inputs: RouteInputs | null;
  /** In order; `needed` of ALL is known once its tasks are made. */
  steps: readonly ReviewStep[];
  /** As they were made, those that were handed over among them. */
  tasks: readonly ReviewTask[];
  /** Tasks that were told to be overdue. */
  overdue: readonly string[];
  /** Who ended it by an exemption, and why; null otherwise. */
  exempted: { by: string; reason: string } | null;
}

export interface Exemption {
  exemptionId: string;
  approvalId: string;
  grantedBy: string;
  reason: string;
  expiresAt: Instant;
  /** Null: nobody above the grantor could be named. */
  reviewer: string | null;
  status: 'UNDER_REVIEW' | 'UPHELD' | 'NOT_UPHELD' | 'EXPIRED';
  reviewedBy: string | null;
  comment: string | null;
}

type OfApproval = ReviewStarted | TasksRouted | TaskHandedOver | TaskOverdue | TaskDecided | ReviewWithdrawn | ReviewDecided;
type OfExemption = ExemptionGranted | ExemptionReviewed | ExemptionExpired;

export function approvalsAfter(approvals: readonly Approval[], event: OfApproval): readonly Approval[] {
  if (event.type === 'ReviewStarted') {
    const { approvalId, round, policyVersion, matchedRule, inputs, steps } = event.data;
    return [...approvals, { approvalId, round, status: 'PENDING', policyVersion, matchedRule, inputs, steps, tasks: [], overdue: [], exempted: null }];
  }
  if (event.type === 'ReviewWithdrawn' && !approvals.some(({ approvalId }) => approvalId === event.data.approvalId)) return [...approvals, withdrawnAutomatic(event.data)];
  return approvals.map((approval) => (approval.approvalId === event.data.approvalId ? approvalAfter(approval, event) : approval));
}

/** An automatic approval that counts no more: its id is not given again. */
function withdrawnAutomatic({ approvalId, round }: ReviewWithdrawn['data']): Approval {
  return { approvalId, round, status: 'WITHDRAWN', policyVersion: 0, matchedRule: '', inputs: null, steps: [], tasks: [], overdue: [], exempted: null };
}

function approvalAfter(approval: Approval, event: Exclude<OfApproval, ReviewStarted>): Approval {
  switch (event.type) {
    case 'TasksRouted': {
      const { stepId, needed, tasks } = event.data;
      const steps = approval.steps.map((step) => (step.stepId === stepId ? { ...step, needed } : step));
      // Whoever gets it now has the full limit, and may be late with it as well.
      const overdue = approval.overdue.filter((taskId) => !tasks.some(({ is }) => is.taskId === taskId));
      return { ...approval, steps, tasks: tasksAfter(approval.tasks, tasks), overdue };
    }
    case 'TaskHandedOver':
    case 'TaskDecided':
      return { ...approval, tasks: tasksAfter(approval.tasks, event.data.tasks) };
    case 'TaskOverdue':
      return { ...approval, overdue: [...approval.overdue, event.data.taskId] };
    case 'ReviewWithdrawn':
      return { ...approval, status: 'WITHDRAWN', tasks: tasksAfter(approval.tasks, event.data.tasks) };
    case 'ReviewDecided':
      return { ...approval, status: event.data.outcome, tasks: tasksAfter(approval.tasks, event.data.tasks ?? []), exempted: event.data.exemption ?? null };
    default:
      return event satisfies never;
  }
}

function tasksAfter(tasks: readonly ReviewTask[], changes: readonly TaskChange[]): readonly ReviewTask[] {
  const after = [...tasks];
  for (const { is } of changes) {
    const place = after.findIndex(({ taskId }) => taskId === is.taskId);
    if (place < 0) after.push(is);
    else after[place] = is;
  }
  return after;
}

export function exemptionsAfter(exemptions: readonly Exemption[], event: OfExemption): readonly Exemption[] {
  if (event.type === 'ExemptionGranted') {
    const { exemptionId, approvalId, grantedBy, reason, expiresAt, reviewer } = event.data;
    return [...exemptions, { exemptionId, approvalId, grantedBy, reason, expiresAt, reviewer, status: 'UNDER_REVIEW', reviewedBy: null, comment: null }];
  }
  return exemptions.map((exemption) => {
    if (exemption.exemptionId !== event.data.exemptionId) return exemption;
    if (event.type === 'ExemptionExpired') return { ...exemption, status: 'EXPIRED' };
    const { reviewedBy, upheld, comment } = event.data;
    return { ...exemption, status: upheld ? 'UPHELD' : 'NOT_UPHELD', reviewedBy, comment };
  });
}
