// What people (and policies) do to an order: cancel it, hold and release it, change its address, complain, answer a survey.
// Unlike a reported fact an act that is not allowed is refused and leaves nothing behind.
import { reject } from '@app/kernel';
import { excludedFromRelease } from '../approval/separation';
import { Deliberation, HOLD_RELEASERS, holdPlaced } from './deliberation';
import { checksAfter } from './checks';
import { candidateContent } from './conclude-content';
import { conclude } from './conclusion';
import { sameValue } from './movement';
import type { AnswerSurvey, CancelOrder, ChangeAddress, ExpireHold, FileComplaint, OrderCommand, PlaceHold, ReleaseHold } from './order.commands';
import type { OrderEvent } from './order.events';
import type { OrderRejection } from './order.rejections';
import type { PlacedOrder, RecordedHold } from './order.state';

type Decision = readonly OrderEvent[] | OrderRejection;

/** Our own system, as the source of facts that people report here. */
const OWN_SYSTEM = 'ordertrail';
const NOTHING: readonly OrderEvent[] = [];

export function cancelOrder(command: CancelOrder, order: PlacedOrder): Decision {
  const { orderNumber } = order.identity;
  if (order.factIds.includes(command.id)) return NOTHING;
  if (isBlank(command.reason)) return reasonMissing('cancel the order');
  const { firstDispatchAt, standing } = conclude(order, command.context.settings);
  if (firstDispatchAt !== null && firstDispatchAt <= command.at) return alreadyShipped(orderNumber, 'Let the goods come back as a return.');
  if (standing.node === null) return alreadyClosed(order);
  return recorded(order, command, {
    type: 'CancellationRequested',
    occurredAt: command.at,
    data: { orderNumber, system: OWN_SYSTEM, factId: command.id, reason: command.reason, requestedBy: command.actor.id },
  });
}

export function changeAddress(command: ChangeAddress, order: PlacedOrder): Decision {
  const { orderNumber } = order.identity;
  const { address, context, reason } = command;
  const was = order.content.shippingAddress;
  if (sameValue(was, address)) return NOTHING;
  if (isBlank(reason)) return reasonMissing('change the address');
  const { firstDispatchAt, standing } = conclude(order, context.settings);
  if (standing.node === null) return alreadyClosed(order);
  if (firstDispatchAt !== null) return alreadyShipped(orderNumber, 'Ask the carrier to redirect the parcel.');
  const content = { ...candidateContent(order.versions), shippingAddress: address };
  return recorded(order, command, {
    type: 'AddressChanged',
    occurredAt: command.at,
    data: {
      orderNumber,
      customerId: content.customer.customerId,
      was: { shippingAddress: was },
      is: { shippingAddress: address },
      reason,
      failedChecks: checksAfter(order, content, false, context.catalogue),
    },
  });
}

/** A hold by somebody: `ops` and `admin` may release it, and whoever placed it. */
export function placeHold(command: PlaceHold, order: PlacedOrder): Decision {
  const { at, expiresAt, holdId, reason } = command;
  if (order.holds.some((hold) => hold.holdId === holdId)) return NOTHING;
  if (isBlank(reason)) return reasonMissing('hold the order');
  if (expiresAt !== null && expiresAt <= at) {
    return reject('HoldExpiresInThePast', `A hold placed at ${at} cannot expire at ${expiresAt}; give a later instant.`, { at, expiresAt });
  }
  const conclusion = conclude(order, command.context.settings);
  if (conclusion.standing.node === null) return alreadyClosed(order);
  const hold = {
    holdId, reason, check: null, exceptionId: null, placedBy: command.actor.id, releasableBy: [...HOLD_RELEASERS], placedAt: at, expiresAt,
  };
  return recorded(order, command, holdPlaced(order, conclusion, hold, [], null));
}

export function releaseHold(command: ReleaseHold, order: PlacedOrder): Decision {
  const { actor, at, holdId, reason } = command;
  const { orderNumber } = order.identity;
  const hold = order.holds.find((other) => other.holdId === holdId);
  if (hold === undefined) return holdNotFound(orderNumber, holdId);
  if (hold.released !== null) {
    const same = hold.released.by === actor.id && hold.released.at === at && hold.released.reason === reason;
    return same ? NOTHING : reject('HoldAlreadyReleased', `Hold ${holdId} of order ${orderNumber} was released at ${hold.released.at}.`, { holdId });
  }
  if (order.standing?.node === null) return alreadyClosed(order);
  if (!hold.releasableBy.includes(actor.role) && hold.placedBy !== actor.id) {
    return reject('HoldNotReleasableByActor', `Hold ${holdId} may be released by ${hold.releasableBy.join(', ')} or whoever placed it.`, { holdId });
  }
  if (excludedFromRelease(order, holdId).has(actor.id)) {
    return reject('SelfApproval', `${actor.id} placed order ${orderNumber}, released it or granted the exemption that was not upheld, so somebody else must release hold ${holdId}.`, { orderNumber, holdId });
  }
  if (isBlank(reason)) return reasonMissing('release the hold');
  const deliberation = new Deliberation(order, command);
  const failing = deliberation.failures().find(({ check }) => check === hold.check);
  if (failing !== undefined) {
    return reject('CheckStillFails', `The check ${failing.check} still fails: ${failing.failures.join(' ')} Amend the order.`, { holdId, failures: failing.failures });
  }
  deliberation.record({ type: 'HoldReleased', occurredAt: at, data: { orderNumber, holdId, reason, releasedBy: actor.id, how: 'BY_HAND' } });
  return deliberation.events;
}

export function expireHold(command: ExpireHold, order: PlacedOrder): Decision {
  const { holdId } = command;
  const { orderNumber } = order.identity;
  const hold: RecordedHold | undefined = order.holds.find((other) => other.holdId === holdId);
  if (hold === undefined) return holdNotFound(orderNumber, holdId);
  if (hold.released !== null || order.standing?.node === null) return NOTHING;
  if (hold.expiresAt === null || hold.expiresAt > command.at) {
    return reject('HoldNotExpired', `Hold ${holdId} of order ${orderNumber} has not expired at ${command.at}.`, { holdId, expiresAt: hold.expiresAt });
  }
  return recorded(order, command, {
    type: 'HoldReleased',
    occurredAt: hold.expiresAt,
    data: { orderNumber, holdId, reason: 'The hold has expired.', releasedBy: command.actor.id, how: 'EXPIRED' },
  });
}

export function fileComplaint(command: FileComplaint, order: PlacedOrder): Decision {
  if (order.factIds.includes(command.id)) return NOTHING;
  if (isBlank(command.text)) return reject('TextMissing', 'A complaint needs a text.');
  const { orderNumber } = order.identity;
  return recorded(order, command, {
    type: 'ComplaintFiled', occurredAt: command.at, data: { orderNumber, system: OWN_SYSTEM, factId: command.id, text: command.text },
  });
}

export function answerSurvey(command: AnswerSurvey, order: PlacedOrder): Decision {
  const { comment, score } = command;
  if (order.factIds.includes(command.id)) return NOTHING;
  if (!Number.isInteger(score) || score < 0 || score > 10) {
    return reject('ScoreOutOfRange', `A score is a whole number from 0 to 10, not ${score}.`, { score });
  }
  const { orderNumber } = order.identity;
  return recorded(order, command, {
    type: 'SurveyAnswered', occurredAt: command.at, data: { orderNumber, system: OWN_SYSTEM, factId: command.id, score, comment },
  });
}

function recorded(order: PlacedOrder, command: OrderCommand, event: OrderEvent): readonly OrderEvent[] {
  const deliberation = new Deliberation(order, command);
  deliberation.record(event);
  return deliberation.events;
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function reasonMissing(what: string): OrderRejection {
  return reject('ReasonMissing', `Give a reason to ${what}.`);
}

function alreadyShipped(orderNumber: string, advice: string): OrderRejection {
  return reject('OrderAlreadyShipped', `Order ${orderNumber} has been dispatched. ${advice}`, { orderNumber });
}

function alreadyClosed({ identity, standing }: PlacedOrder): OrderRejection {
  return reject('OrderAlreadyClosed', `Order ${identity.orderNumber} is closed (${standing?.status}).`, { orderNumber: identity.orderNumber });
}

function holdNotFound(orderNumber: string, holdId: string): OrderRejection {
  return reject('HoldNotFound', `Order ${orderNumber} has no hold ${holdId}.`, { orderNumber, holdId });
}
