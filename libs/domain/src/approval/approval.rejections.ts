// Every way in which a command about a review, a task or an exemption is refused, named after the broken condition.
// A refusal is a value and leaves nothing behind.
import { reject, type Rejection } from '@app/kernel';
import type { SubstitutionStep } from '../staff/staff.events';
import type { ReviewTask } from './approval.events';

export type ApprovalRejectionName =
  | 'ApprovalNotFound'
  | 'StepNotFound'
  | 'TaskNotFound'
  | 'TaskNotPending'
  | 'ReviewNotPending'
  | 'SelfApproval'
  | 'NotAssignee'
  | 'RoleNotHeld'
  | 'DelegationOver'
  | 'DecidedBefore'
  | 'ApproverNotFound'
  | 'ApproverDeparted'
  | 'ApproverAway'
  | 'AlreadyAssigned'
  | 'AssigneeIsHere'
  | 'NobodyElseCanAct'
  | 'ExemptionNotFound'
  | 'ExemptionAmountExceeded'
  | 'ExemptionTooLong'
  | 'ExemptionExpiresInThePast'
  | 'ExemptionAlreadyReviewed'
  | 'ExemptionExpired'
  | 'ExemptionNotExpired'
  | 'NotReviewer';

type ApprovalRejection = Rejection<ApprovalRejectionName | 'ReasonMissing'>;

export function selfApproval(orderNumber: string, staffId: string): ApprovalRejection {
  return reject('SelfApproval', `${staffId} placed order ${orderNumber}, released it or let it pass by an exemption, so somebody else must decide.`, { orderNumber, staffId });
}

export function forExcluded(orderNumber: string, { taskId, holder }: Pick<ReviewTask, 'taskId' | 'holder'>): ApprovalRejection {
  return reject('SelfApproval', `Task ${taskId} is to be signed for ${holder}, who placed order ${orderNumber}, released it or let it pass by an exemption: nobody decides on it for them.`, { orderNumber, taskId, holder });
}

export function roleNotHeld({ taskId, holder, role }: Pick<ReviewTask, 'taskId' | 'holder' | 'role'>): ApprovalRejection {
  return reject('RoleNotHeld', `${holder} does not hold the role ${role} any more, so task ${taskId} is not theirs to sign; it goes to somebody who holds it.`, { taskId, holder, role });
}

/** Also where it never covered the order's amount. */
export function delegationOver(taskId: string, { from, to }: Pick<SubstitutionStep, 'from' | 'to'>): ApprovalRejection {
  return reject('DelegationOver', `The delegation of ${from} to ${to} is over or does not cover the order, so nobody decides task ${taskId} by it any more; it goes to whoever signs now.`, { taskId, from, to });
}

export function notRegistered(staffId: string): ApprovalRejection {
  return reject('ApproverNotFound', `There is nobody registered as ${staffId}; register them with their roles first.`, { staffId });
}

export function departed(staffId: string): ApprovalRejection {
  return reject('ApproverDeparted', `${staffId} has departed and decides nothing any more; mark them as returned, or name somebody who is here.`, { staffId });
}

export function decidedBefore(approvalId: string, staffId: string): ApprovalRejection {
  return reject('DecidedBefore', `${staffId} has decided in approval ${approvalId} already, and nobody decides twice; somebody else must.`, { approvalId, staffId });
}

export function taskNotFound(orderNumber: string, taskId: string): ApprovalRejection {
  return reject('TaskNotFound', `Order ${orderNumber} has no task ${taskId}.`, { orderNumber, taskId });
}

export function reasonMissing(what: string): ApprovalRejection {
  return reject('ReasonMissing', `Give a reason to ${what}.`);
}
