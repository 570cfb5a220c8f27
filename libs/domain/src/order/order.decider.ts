// The order as a consistency boundary: what a delivery, a reported fact or an act of ours makes happen.
// A fact is recorded whatever the order's state and counts when the order reaches the node that it ends; acts may be refused.
import { isRejection, reject, type Decider, type Rejection } from '@app/kernel';
import { decideApproval } from '../approval/decide-approval';
import { checkContent, checksAfter, matchedSkus } from './checks';
import { candidateContent } from './conclude-content';
import { conclude } from './conclusion';
import { changedParts, partsOf } from './content-difference';
import { Deliberation } from './deliberation';
import { compareFacts, factEvent } from './fact-event';
import { cancelOrder, changeAddress, expireHold, fileComplaint, answerSurvey, placeHold, releaseHold } from './order-acts';
import type { OrderCommand, ReportFact, TakeOrder } from './order.commands';
import { ORDER_EVENT_TYPES, type OrderEvent } from './order.events';
import { evolveOrder, fileEvent, isPlaced, UNKNOWN_ORDER, type OrderState, type PlacedOrder } from './order.state';
import type { OrderRejection } from './order.rejections';

export const orderDecider: Decider<OrderCommand, OrderEvent, OrderState> = {
  category: 'order',
  eventTypes: ORDER_EVENT_TYPES,
  initial: UNKNOWN_ORDER,
  decide: decideOrder,
  evolve: evolveOrder,
};

function decideOrder(command: OrderCommand, state: OrderState): readonly OrderEvent[] | Rejection {
  if (command.type === 'TakeOrder') return isPlaced(state) ? amendOrder(command, state) : placeOrder(command, state);
  if (command.type === 'ReportFact') return isPlaced(state) ? reportFact(command, state) : setAside(command, state);
  if (!isPlaced(state)) return reject('OrderNotFound', 'There is no such order.');
  switch (command.type) {
    case 'CancelOrder':
      return cancelOrder(command, state);
    case 'PlaceHold':
      return placeHold(command, state);
    case 'ReleaseHold':
      return releaseHold(command, state);
    case 'ExpireHold':
      return expireHold(command, state);
    case 'ChangeAddress':
      return changeAddress(command, state);
    case 'FileComplaint':
      return fileComplaint(command, state);
    case 'AnswerSurvey':
      return answerSurvey(command, state);
    case 'RouteStep':
    case 'HandOverTask':
    case 'ReassignTask':
    case 'TransferTask':
    case 'DecideTask':
    case 'GrantExemption':
    case 'ReviewExemption':
    case 'ExpireExemption':
    case 'ExemptReview':
      return decideApproval(command, state);
    default:
      return command satisfies never;
  }
}

/** The first delivery. Facts that came before it are recorded right after it, by their instants. */
function placeOrder(command: TakeOrder, state: OrderState): readonly OrderEvent[] {
  const { content, context, currency, omits, orderNumber } = command;
  const deliberation = new Deliberation(state, command);
  deliberation.record({
    type: 'OrderPlaced',
    occurredAt: content.placedAt,
    data: {
      orderNumber,
      ...content,
      platform: command.platform,
      externalId: command.externalId,
      currency,
      updatedAt: command.updatedAt,
      system: command.system,
      factId: command.factId,
      history: command.history,
      omits,
      matchedSkus: matchedSkus(content.lines, context.catalogue),
      failedChecks: checkContent(content, currency, omits, context.catalogue).map(({ check }) => check),
    },
  });
  if (state.waiting.length > 0) {
    for (const { fact, factId, system } of [...state.waiting].sort(compareFacts)) {
      const event = factEvent(orderNumber, currency, fact, factId, system);
      // An amount that this currency cannot hold stays set aside, where people see it.
      if (!isRejection(event)) deliberation.record(event);
    }
  }
  return deliberation.events;
}

/** A later delivery: a duplicate when it is older or says nothing new, an amendment otherwise, refused when it comes too late. */
function amendOrder(command: TakeOrder, order: PlacedOrder): readonly OrderEvent[] | OrderRejection {
  const { context, currency, updatedAt } = command;
  const { orderNumber } = order.identity;
  if (currency !== order.identity.currency) {
    return reject('CurrencyChanged', `Order ${orderNumber} is in ${order.identity.currency}; a delivery cannot change that to ${currency}.`, { orderNumber });
  }
  if (command.factId === order.deliveredFactId) return [];
  if (updatedAt !== null && order.updatedAt !== null && updatedAt < order.updatedAt) return [];
  const said = changedParts(order.delivered, command.content);
  if (said === null) return [];

  const content = { ...candidateContent(order.versions), ...said.is };
  const event: OrderEvent = {
    type: 'OrderAmended',
    occurredAt: updatedAt ?? (command.history ? content.placedAt : command.at),
    data: {
      orderNumber,
      customerId: content.customer.customerId,
      system: command.system,
      factId: command.factId,
      updatedAt,
      was: partsOf(order.content, said.is),
      is: said.is,
      matchedSkus: matchedSkus(content.lines, context.catalogue),
      failedChecks: checksAfter(order, content, said.is.lines !== undefined, context.catalogue),
    },
  };
  const deliberation = new Deliberation(order, command);
  deliberation.record(comesTooLate(event, order, command) ? { ...event, type: 'AmendmentRefused' } : event);
  return deliberation.events;
}

function comesTooLate(event: OrderEvent, order: PlacedOrder, { context, updatedAt }: TakeOrder): boolean {
  if (updatedAt === null) {
    const { firstDispatchAt, standing } = conclude(order, context.settings);
    return firstDispatchAt !== null || standing.node === null;
  }
  return conclude(fileEvent(order, event) as PlacedOrder, context.settings).lastRefusal !== null;
}

function reportFact(command: ReportFact, order: PlacedOrder): readonly OrderEvent[] | Rejection {
  if (order.factIds.includes(command.factId)) return [];
  const { orderNumber, currency } = order.identity;
  const event = factEvent(orderNumber, currency, command.fact, command.factId, command.system);
  if (isRejection(event)) return event;
  const deliberation = new Deliberation(order, command);
  deliberation.record(event);
  return deliberation.events;
}

function setAside({ fact, factId, history = false, ref, system }: ReportFact, state: OrderState): readonly OrderEvent[] {
  if (state.waiting.some((waiting) => waiting.factId === factId)) return [];
  const { platform, externalId, orderNumber } = ref;
  return [{ type: 'FactSetAside', occurredAt: fact.at, data: { system, topic: fact.topic, factId, platform, externalId, orderNumber, history, payload: fact } }];
}
