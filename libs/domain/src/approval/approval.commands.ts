// What may be asked of an order's reviews. Given to the order's stream, like every command about the order.
// People, their open tasks and the calendar are read for the decision and carried by the command.
import type { Command } from '@app/kernel';
import type { OrderContext } from '../order/order.commands';
import type { PeopleRead } from '../staff/staff.commands';
import type { HandoverReason } from './approval.events';

/** Everybody of the register, and how many open tasks each has (nobody listed: none). */
export interface RoutingContext {
  people: PeopleRead;
  loads: ReadonlyMap<string, number>;
  /** IANA name of the business time zone, in which business hours are counted. */
  zone: string;
}

interface Of<Type extends string> extends Command<Type> {
  context: OrderContext & { routing: RoutingContext };
}

/** By the policy that follows reviews: makes the tasks of the step, or routes those again that nobody could take. */
export interface RouteStep extends Of<'RouteStep'> {
  approvalId: string;
  stepId: string;
}
/**
 * The task moves on: up the ladder (TIMEOUT), or away from somebody who is gone (DEPARTURE), is away or stands in by a delegation that is
 * over (DELEGATION), or signs for a role that its holder has no more (ROLE). Nothing to do: no event.
 */
export interface HandOverTask extends Of<'HandOverTask'> {
  taskId: string;
  reason: Exclude<HandoverReason, 'TRANSFER'> | 'ROLE';
}
/** By ops: away from somebody who has departed or delegated. A task that is no longer theirs stays where it is. */
export interface ReassignTask extends Of<'ReassignTask'> {
  taskId: string;
  from: string;
  /** Whom to give it to; left out, the rules decide. Of somebody who is here, it must be said. */
  to?: string;
}
/** By the assignee (or ops): to somebody named. */
export interface TransferTask extends Of<'TransferTask'> {
  taskId: string;
  to: string;
  reason: string;
}
/** By the actor, whose staff id is their `id`. */
export interface DecideTask extends Of<'DecideTask'> {
  taskId: string;
  approve: boolean;
  comment: string | null;
}
/** After the quota was taken in the person's own stream. */
export interface GrantExemption extends Of<'GrantExemption'> {
  exemptionId: string;
  reason: string;
  expiresAt: string;
}
export interface ReviewExemption extends Of<'ReviewExemption'> {
  uphold: boolean;
  comment: string;
}
/** By the policy that watches exemptions. */
export interface ExpireExemption extends Of<'ExpireExemption'> {
  exemptionId: string;
}
/** The green channel: the pending review passes as EXEMPTED. */
export interface ExemptReview extends Of<'ExemptReview'> {
  /** The one that was previewed; another one by now is refused. */
  approvalId: string;
  reason: string;
}

export type ApprovalCommand = RouteStep | HandOverTask | ReassignTask | TransferTask | DecideTask | GrantExemption | ReviewExemption | ExpireExemption | ExemptReview;
