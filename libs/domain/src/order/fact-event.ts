// A reported fact as the event that records it: amounts become minor units of the order's currency.
// The instant of the event is the fact's own.
import { isRejection, type Rejection } from '@app/kernel';
import { minorUnits, type MoneyRejection } from '../money';
import type { Fact } from './order.commands';
import type { FactTopic, OrderEvent } from './order.events';

/** Facts of one instant are taken in this order. */
const TOPIC_ORDER: readonly FactTopic[] = [
  'payments', 'fulfilment', 'tracking', 'settlements', 'cancellations', 'returns', 'statuses', 'complaints', 'surveys',
];

/** The event of a fact about a known order. Refused only when its amount cannot be kept exactly in the order's currency. */
export function factEvent(
  orderNumber: string, currency: string, fact: Fact, factId: string, system: string,
): OrderEvent | Rejection<MoneyRejection> {
  const occurredAt = fact.at;
  switch (fact.topic) {
    case 'payments': {
      const amount = minorUnits(fact.amount, currency);
      if (isRejection(amount)) return amount;
      return { type: 'PaymentReported', occurredAt, data: { orderNumber, system, factId, paymentId: fact.paymentId, status: fact.status, amount, reason: fact.reason } };
    }
    case 'fulfilment': {
      const { warehouse, lines } = fact;
      if (fact.status !== 'DISPATCHED') return { type: 'AllocationReported', occurredAt, data: { orderNumber, system, factId, status: fact.status, warehouse, lines } };
      const { shipmentId, carrier, trackingNumber } = fact;
      return { type: 'ShipmentDispatched', occurredAt, data: { orderNumber, system, factId, shipmentId, warehouse, carrier, trackingNumber, lines } };
    }
    case 'tracking':
      return { type: 'ParcelTracked', occurredAt, data: { orderNumber, system, factId, shipmentId: fact.shipmentId, status: fact.status, note: fact.note } };
    case 'settlements': {
      const amount = minorUnits(fact.amount, currency);
      if (isRejection(amount)) return amount;
      return { type: 'SettlementReported', occurredAt, data: { orderNumber, system, factId, amount } };
    }
    case 'cancellations':
      return { type: 'CancellationRequested', occurredAt, data: { orderNumber, system, factId, reason: fact.reason, requestedBy: system } };
    case 'returns':
      return { type: 'GoodsReturned', occurredAt, data: { orderNumber, system, factId, lines: fact.lines, reason: fact.reason } };
    case 'statuses':
      return { type: 'StatusReported', occurredAt, data: { orderNumber, system, factId, status: fact.status } };
    case 'complaints':
      return { type: 'ComplaintFiled', occurredAt, data: { orderNumber, system, factId, text: fact.text } };
    case 'surveys':
      return { type: 'SurveyAnswered', occurredAt, data: { orderNumber, system, factId, score: fact.score, comment: fact.comment } };
  }
}

/** By instant; facts of one instant by topic and then by id, so that every replay takes them alike. */
export function compareFacts(a: { fact: Fact; factId: string }, b: { fact: Fact; factId: string }): number {
  if (a.fact.at !== b.fact.at) return a.fact.at < b.fact.at ? -1 : 1;
  const topics = TOPIC_ORDER.indexOf(a.fact.topic) - TOPIC_ORDER.indexOf(b.fact.topic);
  if (topics !== 0) return topics;
  return a.factId < b.factId ? -1 : a.factId > b.factId ? 1 : 0;
}
