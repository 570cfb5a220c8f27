// Whose signature a task is that somebody has to take on, and who gives it: nobody rather than the wrong one.
// No holder is asked for two signatures of a step.
import type { Choice, Signatory } from './choice';
import type { ReviewStep, ReviewTask } from './approval.events';

/** Whoever acts for its holder, else for another holder whose signature is not asked for yet. */
export function signatoryFor(choice: Choice, { holder, role }: Pick<ReviewTask, 'holder' | 'role'>, asked: ReadonlySet<string>): Signatory | null {
  const acting = holder === null || !choice.holds(holder, role) ? null : choice.actorFor(holder);
  return holder !== null && acting !== null ? { holder, assignee: acting.staffId, way: acting.way } : choice.oneHolder(role, asked);
}

/** For a task that nobody has. Where one signature is enough it is whoever would get a new task: a holder who is here comes before a stand-in. */
export function signatoryAnew(choice: Choice, { mode }: Pick<ReviewStep, 'mode'>, task: Pick<ReviewTask, 'holder' | 'role'>, asked: ReadonlySet<string>): Signatory | null {
  const found = mode === 'ANY' ? choice.oneHolder(task.role) : null;
  return found ?? signatoryFor(choice, task, asked);
}

/** Holders whose signature is asked for by those of the tasks that count. */
export function holdersAsked(tasks: readonly ReviewTask[]): Set<string> {
  return new Set(tasks.filter(({ status }) => status !== 'HANDED_OVER').flatMap(({ holder }) => (holder === null ? [] : [holder])));
}
