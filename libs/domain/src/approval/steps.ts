// Where a step of a review stands, by its tasks: approved, refused, or still open.
// ANY and ALL are refused by one refusal, QUORUM once `needed` cannot be reached any more.
import type { ReviewStep, ReviewTask, TaskChange } from './approval.events';
import type { Approval } from './approval.state';

type StepStatus = 'PENDING' | 'APPROVED' | 'REJECTED';

export function isOpen({ status }: ReviewTask): boolean {
  return status === 'PENDING' || status === 'UNROUTED';
}

export function tasksOf({ tasks }: Pick<Approval, 'tasks'>, { stepId }: Pick<ReviewStep, 'stepId'>): ReviewTask[] {
  return tasks.filter((task) => task.stepId === stepId);
}

/** Of a step whose tasks are made; before that it is pending. */
export function stepStatus(step: ReviewStep, tasks: readonly ReviewTask[]): StepStatus {
  if (step.needed === null || tasks.length === 0) return 'PENDING';
  const approved = tasks.filter(({ status }) => status === 'APPROVED').length;
  if (approved >= step.needed) return 'APPROVED';
  const refused = tasks.some(({ status }) => status === 'REJECTED');
  if (step.mode !== 'QUORUM') return refused ? 'REJECTED' : 'PENDING';
  return refused && approved + tasks.filter(isOpen).length < step.needed ? 'REJECTED' : 'PENDING';
}

/** The step whose turn it is; undefined when none is left. */
export function currentStep(approval: Approval): ReviewStep | undefined {
  return approval.steps.find((step) => stepStatus(step, tasksOf(approval, step)) !== 'APPROVED');
}

/** Those still open are no longer needed. */
export function skipped(tasks: readonly ReviewTask[]): TaskChange[] {
  return tasks.filter(isOpen).map((was) => ({ was, is: { ...was, status: 'SKIPPED' } }));
}
