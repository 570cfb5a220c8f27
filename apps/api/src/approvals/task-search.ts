// From what a client asks for to queries on task rows: filters that go along an index, by when tasks fall due.
// What is overdue waits still: decided late is not overdue.
import { TASK_STATUSES, type TaskStatus } from '@app/domain';
import type { Instant } from '@app/kernel';
import type { RowFilter, Scalar } from '@app/runtime';
import type { ApprovalTaskFilterInput } from './approval.types';

const WAITING: readonly TaskStatus[] = ['PENDING', 'UNROUTED'];

export const BY_DUE = [{ field: 'dueAt', direction: 'asc' }] as const;

/** Undefined: nothing can match. */
export function taskFilter({ assignee, role, status, overdue, orderNumber }: ApprovalTaskFilterInput, now: Instant): RowFilter | undefined {
  const where: Record<string, Scalar | readonly Scalar[]> = {};
  if (assignee != null) where['assignee'] = assignee;
  if (role != null) where['role'] = role;
  if (orderNumber != null) where['orderNumber'] = orderNumber;
  const asked = status == null ? TASK_STATUSES : TASK_STATUSES.filter((one) => status.includes(one));
  // What nobody can take is nobody's.
  const wanted = asked.filter((one) => (overdue !== true || WAITING.includes(one)) && (assignee == null || one !== 'UNROUTED'));
  if (wanted.length === 0) return undefined;
  const onlyWaiting = wanted.every((one) => WAITING.includes(one));
  if (wanted.length === WAITING.length && onlyWaiting) where['open'] = true;
  else if (status != null || onlyWaiting) {
    where['status'] = wanted.length === 1 ? wanted[0]! : wanted;
    // Of a role's waiting tasks few are not PENDING: their index is the shortest way.
    if (role != null && assignee == null && wanted.length === 1 && wanted[0] === 'PENDING') where['open'] = true;
  }
  if (overdue === true) return { where, range: [{ field: 'dueAt', lt: now }] };
  if (overdue === false) return { where, range: [{ field: onlyWaiting ? 'dueAt' : 'dueOrder', gte: now }] };
  return { where };
}
