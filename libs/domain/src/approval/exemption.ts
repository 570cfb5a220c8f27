// Reviews that pass without their signatures: a front-line exemption, reviewed afterwards by the grantor's superior, and the green channel.
// An exemption that is not upheld, or not reviewed in time, holds the order; a closed order is left as it is.
import { plusSeconds, reject } from '@app/kernel';
import { decimalOf } from '../money';
import { Deliberation, HOLD_RELEASERS, holdPlaced } from '../order/deliberation';
import type { OrderEvent, ReviewDecided } from '../order/order.events';
import type { OrderRejection } from '../order/order.rejections';
import type { PlacedOrder } from '../order/order.state';
import { compareAmounts } from '../staff/amounts';
import type { People } from '../staff/person';
import { whoActsFor } from '../staff/who-acts';
import { decidedBefore, departed, notRegistered, reasonMissing, selfApproval } from './approval.rejections';
import type { ApprovalCommand, ExemptReview, ExpireExemption, GrantExemption, ReviewExemption } from './approval.commands';
import type { Approval, Exemption } from './approval.state';
import { excludedFrom, hasDecided, exceptionOfExemption } from './separation';
import { skipped } from './steps';

type Decision = readonly OrderEvent[] | OrderRejection;

const HOUR_SECONDS = 3600;

export function grantExemption(command: GrantExemption, order: PlacedOrder): Decision {
  const { actor, at, context, exemptionId, expiresAt } = command;
  const reason = command.reason.trim();
  const { currency, orderNumber } = order.identity;
  if (order.exemptions.some((other) => other.exemptionId === exemptionId)) return [];
  const approval = pendingReview(order);
  if (approval === undefined) return reviewNotPending(order);
  if (reason === '') return reasonMissing('exempt the order');
  if (excludedFrom(order).has(actor.id)) return selfApproval(orderNumber, actor.id);
  if (hasDecided(approval, actor.id)) return decidedBefore(approval.approvalId, actor.id);
  if (context.routing.people.get(actor.id)?.person.active === false) return departed(actor.id);
  const { exemptionMaxAmount, exemptionMaxHours } = context.settings.at(-1)!;
  const total = decimalOf(order.content.total, currency);
  if (compareAmounts(total, exemptionMaxAmount) > 0) {
    return reject('ExemptionAmountExceeded', `Order ${orderNumber} costs ${total} ${currency}; an exemption covers up to ${exemptionMaxAmount}. Let the approvers decide.`, { orderNumber, total, exemptionMaxAmount });
  }
  if (expiresAt <= at) return reject('ExemptionExpiresInThePast', `An exemption granted at ${at} cannot expire at ${expiresAt}; give a later instant.`, { at, expiresAt });
  const latest = plusSeconds(at, exemptionMaxHours * HOUR_SECONDS);
  if (expiresAt > latest) {
    return reject('ExemptionTooLong', `An exemption may last ${exemptionMaxHours} hours: until ${latest}, not ${expiresAt}.`, { expiresAt, latest });
  }
  const deliberation = new Deliberation(order, command);
  deliberation.record({
    type: 'ExemptionGranted',
    occurredAt: at,
    data: { orderNumber, approvalId: approval.approvalId, exemptionId, grantedBy: actor.id, reason, expiresAt, reviewer: reviewerFor(command, order) },
  });
  deliberation.record(exempted(order, approval, { by: actor.id, reason }, at));
  return deliberation.events;
}

/** The last exemption of the order that waits for its review; where none does, the last one says why not. */
export function reviewExemption(command: ReviewExemption, order: PlacedOrder): Decision {
  const { actor, at, comment, context, uphold } = command;
  const { orderNumber } = order.identity;
  const exemption = order.exemptions.findLast(({ status }) => status === 'UNDER_REVIEW') ?? order.exemptions.at(-1);
  if (exemption === undefined) return reject('ExemptionNotFound', `Order ${orderNumber} has no exemption.`, { orderNumber });
  const { exemptionId, expiresAt, grantedBy, reviewer, status } = exemption;
  if (status === 'UPHELD' || status === 'NOT_UPHELD') {
    const isSame = exemption.reviewedBy === actor.id && (status === 'UPHELD') === uphold && exemption.comment === comment;
    return isSame ? [] : reject('ExemptionAlreadyReviewed', `The exemption of order ${orderNumber} was reviewed by ${exemption.reviewedBy}.`, { orderNumber, exemptionId });
  }
  const person = context.routing.people.get(actor.id)?.person;
  const isAdmin = actor.role === 'admin';
  if (person === undefined && !isAdmin) return notRegistered(actor.id);
  if (person?.active === false) return departed(actor.id);
  const excluded = excludedFrom(order);
  if (excluded.has(actor.id)) return reject('SelfApproval', `${actor.id} placed order ${orderNumber}, released it or granted the exemption, so somebody else must review it.`, { orderNumber, exemptionId });
  const reviewers = reviewersNow(exemption, registered(command), (staffId) => actorFor(staffId, command, order, excluded)).filter((staffId) => !excluded.has(staffId));
  if (reviewers.length > 0 ? !reviewers.includes(actor.id) : !isAdmin) {
    const who = reviewers.length > 0 ? `${reviewers.join(' or ')}, above ${grantedBy} or acting for whoever is` : `an admin: nobody is above ${grantedBy} who could`;
    return reject('NotReviewer', `The exemption of order ${orderNumber} is reviewed by ${who}.`, { orderNumber, exemptionId, reviewer });
  }
  if (status === 'EXPIRED' || expiresAt <= at) {
    return reject('ExemptionExpired', `The exemption of order ${orderNumber} expired at ${expiresAt} without a review; release its hold if it may go on.`, { orderNumber, exemptionId, expiresAt });
  }
  const event: OrderEvent = {
    type: 'ExemptionReviewed',
    occurredAt: at,
    data: { orderNumber, approvalId: exemption.approvalId, exemptionId, reviewedBy: actor.id, upheld: uphold, comment },
  };
  return uphold ? recorded(event, command, order) : recorded(event, command, order, notUpheld(exemption, comment));
}

export function expireExemption(command: ExpireExemption, order: PlacedOrder): Decision {
  const { at, exemptionId } = command;
  const { orderNumber } = order.identity;
  const exemption = order.exemptions.find((other) => other.exemptionId === exemptionId);
  if (exemption === undefined) return reject('ExemptionNotFound', `Order ${orderNumber} has no exemption ${exemptionId}.`, { orderNumber, exemptionId });
  const { approvalId, expiresAt, status } = exemption;
  if (status !== 'UNDER_REVIEW') return [];
  if (expiresAt > at) return reject('ExemptionNotExpired', `Exemption ${exemptionId} of order ${orderNumber} has not expired at ${at}.`, { exemptionId, expiresAt });
  const event: OrderEvent = { type: 'ExemptionExpired', occurredAt: expiresAt, data: { orderNumber, approvalId, exemptionId } };
  return recorded(event, command, order, notUpheld(exemption, 'nobody reviewed it in time.'));
}

/** The green channel: harmless orders in bulk, of which ops saw which they are. */
export function exemptReview(command: ExemptReview, order: PlacedOrder): Decision {
  const { actor, approvalId, at } = command;
  const reason = command.reason.trim();
  const exemptedBefore = order.approvals.find((approval) => approval.approvalId === approvalId)?.exempted;
  if (exemptedBefore?.by === actor.id && exemptedBefore.reason === reason) return [];
  const approval = pendingReview(order);
  if (approval === undefined || approval.approvalId !== approvalId) return reviewNotPending(order, approvalId);
  if (reason === '') return reasonMissing('let the order through');
  if (excludedFrom(order).has(actor.id)) return selfApproval(order.identity.orderNumber, actor.id);
  if (hasDecided(approval, actor.id)) return decidedBefore(approvalId, actor.id);
  const deliberation = new Deliberation(order, command);
  deliberation.record(exempted(order, approval, { by: actor.id, reason }, at));
  return deliberation.events;
}

function pendingReview({ approvals }: PlacedOrder): Approval | undefined {
  return approvals.find(({ status }) => status === 'PENDING');
}

function exempted({ identity }: PlacedOrder, { approvalId, matchedRule, policyVersion, round, tasks }: Approval, exemption: { by: string; reason: string }, at: string): ReviewDecided {
  return {
    type: 'ReviewDecided',
    occurredAt: at,
    data: { orderNumber: identity.orderNumber, approvalId, round, outcome: 'EXEMPTED', policyVersion, matchedRule, exemption, tasks: skipped(tasks) },
  };
}

/** The grantor's superior, or whoever acts for them now. */
function reviewerFor(command: GrantExemption, order: PlacedOrder): string | null {
  const { actor, context } = command;
  const superior = context.routing.people.get(actor.id)?.person.supervisor ?? null;
  return superior === null ? null : actorFor(superior, command, order, new Set([...excludedFrom(order), actor.id]));
}

/**
 * Who may review it now, of those who are here: the one who was named, the grantor's superior of now, who may have been away then, and
 * whoever acts for them (`actorFor`). Nobody: it is left to an admin.
 */
export function reviewersNow({ grantedBy, reviewer }: Pick<Exemption, 'grantedBy' | 'reviewer'>, people: Pick<People, 'get'>, actorFor: (staffId: string) => string | null): string[] {
  const superior = people.get(grantedBy)?.supervisor ?? null;
  const asked = [reviewer, superior].flatMap((staffId) => (staffId === null ? [] : [staffId, actorFor(staffId)]));
  return [...new Set(asked)].filter((staffId): staffId is string => staffId !== null && people.get(staffId)?.active === true);
}

function actorFor(staffId: string, command: ApprovalCommand, { content, identity }: PlacedOrder, excluded: ReadonlySet<string>): string | null {
  return whoActsFor(staffId, command.at, decimalOf(Math.max(0, content.total), identity.currency), registered(command), excluded, excluded)?.staffId ?? null;
}

function registered({ context }: ApprovalCommand): Pick<People, 'get'> {
  return { get: (staffId) => context.routing.people.get(staffId)?.person };
}

function notUpheld({ exemptionId }: Exemption, why: string): { holdId: string; reason: string } {
  return { holdId: exceptionOfExemption(exemptionId), reason: `EXEMPTION_NOT_UPHELD: ${why}` };
}

function recorded(event: OrderEvent, command: ApprovalCommand, order: PlacedOrder, hold?: { holdId: string; reason: string }): readonly OrderEvent[] {
  const deliberation = new Deliberation(order, command);
  deliberation.record(event);
  if (hold !== undefined && deliberation.conclusion.standing.node !== null) {
    const open = { ...hold, check: null, exceptionId: hold.holdId, placedBy: command.actor.id, releasableBy: [...HOLD_RELEASERS], placedAt: command.at, expiresAt: null };
    deliberation.record(holdPlaced(deliberation.order, deliberation.conclusion, open, [], null));
  }
  return deliberation.events;
}

function reviewNotPending({ identity, standing }: PlacedOrder, approvalId?: string): OrderRejection {
  const { orderNumber } = identity;
  const which = approvalId === undefined ? 'has no review that waits for people' : `has no pending review ${approvalId}`;
  return reject('ReviewNotPending', `Order ${orderNumber} ${which}: it is ${standing?.status}.`, { orderNumber, ...(approvalId === undefined ? {} : { approvalId }) });
}
