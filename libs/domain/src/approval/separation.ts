// Separation of duties: who may not decide on an order, or overrule a superior about it, and who has had their say in a review.
// It holds for everybody, whatever their role in the API.
import type { PlacedOrder } from '../order/order.state';
import type { PeopleRead } from '../staff/staff.commands';
import type { ReviewTask } from './approval.events';
import type { Approval } from './approval.state';
import { isOpen } from './steps';

export type TaskBar = 'EXCLUDED' | 'FOR_EXCLUDED' | 'ROLE';

const NOBODY: ReadonlySet<string> = new Set();

/**
 * Whoever placed the order, released a hold of it by hand, or let a review of it pass by an exemption or the green channel. Whoever
 * requested is among them: a review is requested by placing the order, and an exemption by granting it.
 */
export function excludedFrom({ versions, holds, approvals }: PlacedOrder): ReadonlySet<string> {
  const excluded = placersOf(versions);
  for (const { released } of holds) if (released?.how === 'BY_HAND') excluded.add(released.by);
  for (const { exempted } of approvals) if (exempted !== null) excluded.add(exempted.by);
  return excluded;
}

/** Whom any of the deliveries names as the one who placed the order. */
function placersOf(versions: PlacedOrder['versions']): Set<string> {
  const placers = new Set<string>();
  for (const { changes } of versions) if (typeof changes.placedBy === 'string') placers.add(changes.placedBy);
  return placers;
}

/**
 * Why whoever has a task may not keep it; null when they may. EXCLUDED: they may not decide on the order. FOR_EXCLUDED: the holder
 * whom they sign for may not, and is here. ROLE: the holder does not hold the role any more. `people`: left out, only what the order
 * itself tells is known.
 */
export function barTo({ assignee, holder, role }: ReviewTask, order: PlacedOrder, people?: PeopleRead): TaskBar | null {
  const excluded = excludedFrom(order);
  if (assignee === null) return null;
  if (excluded.has(assignee)) return 'EXCLUDED';
  const signer = holder === null ? undefined : people?.get(holder)?.person;
  if (signer === undefined) return null;
  if (signer.active && excluded.has(signer.staffId)) return 'FOR_EXCLUDED';
  return signer.roles.includes(role) ? null : 'ROLE';
}

/** The id of the exception that an exemption raises when it is not upheld or not reviewed in time, and of the hold that the order is under then. */
export function exceptionOfExemption(exemptionId: string): string {
  return `EXEMPTION_NOT_UPHELD-${exemptionId}`;
}

/** Who may not release a hold, whatever their role: that of an exemption that was not upheld is for somebody who has not decided on the order. */
export function excludedFromRelease(order: PlacedOrder, holdId: string): ReadonlySet<string> {
  return order.exemptions.some(({ exemptionId }) => exceptionOfExemption(exemptionId) === holdId) ? excludedFrom(order) : NOBODY;
}

/** Whoever has an open task of the review, or has decided one: nobody signs twice. */
export function signingIn({ tasks }: Approval): ReadonlySet<string> {
  const signing = new Set<string>();
  for (const task of tasks) {
    if (task.assignee !== null && isOpen(task)) signing.add(task.assignee);
    if (task.decidedBy !== null) signing.add(task.decidedBy);
  }
  return signing;
}

/** Whoever had a task of the review that was taken from them. */
export function relievedIn({ tasks }: Approval): readonly string[] {
  return tasks.flatMap(({ assignee, status }) => (assignee !== null && status === 'HANDED_OVER' ? [assignee] : []));
}

export function hasDecided({ tasks }: Approval, staffId: string): boolean {
  return tasks.some(({ decidedBy }) => decidedBy === staffId);
}

export function hasOpenTask({ tasks }: Approval, staffId: string): boolean {
  return tasks.some((task) => task.assignee === staffId && isOpen(task));
}

interface FoundTask {
  approval: Approval;
  task: ReviewTask;
}

export function findTask({ approvals }: PlacedOrder, taskId: string): FoundTask | undefined {
  for (const approval of approvals) {
    const task = approval.tasks.find((other) => other.taskId === taskId);
    if (task !== undefined) return { approval, task };
  }
  return undefined;
}
