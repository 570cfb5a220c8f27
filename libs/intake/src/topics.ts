// The canonical form of everything that can be sent, one JSON Schema per topic: what the validators are compiled from
// and what the published interface description shows. Unknown properties are tolerated, so that senders can be ahead.
import { CUSTOMER_TIERS, PAYMENT_TERMS, SHIPMENT_STATUSES } from '@app/domain';

/** `mixed` carries items of any other topic, so that the facts of one order keep their order in one stream. */
export const TOPICS = [
  'orders', 'payments', 'fulfilment', 'tracking', 'settlements', 'cancellations', 'returns', 'statuses', 'skus', 'complaints', 'surveys', 'mixed',
] as const;
export type Topic = (typeof TOPICS)[number];
export type ItemTopic = Exclude<Topic, 'mixed'>;

export function isTopic(value: string): value is Topic {
  return (TOPICS as readonly string[]).includes(value);
}

/** Smallest and largest value. */
export type Range = readonly [least: number, most: number];

/** As much of JSON Schema as is used here. */
type JsonSchema = { readonly [keyword: string]: unknown };

/** More lines than any order has: what is beyond is a mistake, and must not cost memory. */
const LINES_MAX = 10_000;
const ID_LENGTH_MAX = 200;
const TEXT_LENGTH_MAX = 20_000;
/** Pieces of a line: as an order has them, and as a fact about it may name them. */
export const ORDERED_RANGE: Range = [-1_000_000_000, 1_000_000_000];
export const MOVED_RANGE: Range = [1, 1_000_000_000];
export const SCORE_RANGE: Range = [0, 10];

const id = (description: string): JsonSchema => ({
  type: ['string', 'integer'], minLength: 1, maxLength: ID_LENGTH_MAX, description: `${description} An integer is taken as its digits, none is lost.`,
});
const optionalId = (description: string): JsonSchema => ({ ...id(description), type: ['string', 'integer', 'null'], minLength: 0 });
const text = (description: string): JsonSchema => ({ type: 'string', minLength: 1, maxLength: TEXT_LENGTH_MAX, description });
const optionalText = (description: string): JsonSchema => ({ type: ['string', 'null'], maxLength: TEXT_LENGTH_MAX, description });
const money = (description: string): JsonSchema => ({
  type: ['string', 'number'], pattern: '^-?\\d{1,13}(\\.\\d{1,20})?$', description: `${description} Exact: a decimal number, or the same as text.`,
});
const optionalMoney = (description: string): JsonSchema => ({ ...money(description), type: ['string', 'number', 'null'] });
const instant = (description: string): JsonSchema => ({
  type: 'string', minLength: 1, maxLength: 64, description: `${description} RFC 3339 with Z or an offset, as 2026-01-09T10:00:00+08:00.`,
});
const optionalInstant = (description: string): JsonSchema => ({ ...instant(description), type: ['string', 'null'], minLength: 0 });
// JSON Schema bounds numbers only; text of digits is held to the range when it is read.
const whole = ([least, most]: Range, description: string): JsonSchema => ({
  type: ['string', 'integer'], minimum: least, maximum: most, pattern: '^-?\\d{1,20}$', description: `${description} A whole number from ${least} to ${most}, or the same as text.`,
});
const optionalWhole = (range: Range, description: string): JsonSchema => ({ ...whole(range, description), type: ['string', 'integer', 'null'] });
const oneOf = (values: readonly string[], description: string): JsonSchema => ({ type: 'string', enum: values, description });
const optionalOneOf = (values: readonly string[], description: string): JsonSchema => ({ type: ['string', 'null'], enum: [...values, null], description });

const object = (required: readonly string[], properties: Record<string, JsonSchema>, description: string): JsonSchema => ({
  type: 'object', required, properties, description,
});
const fact = (required: readonly string[], properties: Record<string, JsonSchema>, description: string): JsonSchema =>
  object(
    required,
    {
      orderNumber: optionalId('Our number of the order; or externalId.'),
      externalId: optionalId("The platform's id of the order; or orderNumber."),
      platform: optionalText('Code of the platform that externalId belongs to; by default the sending system.'),
      ...properties,
    },
    `${description} The order is named by orderNumber, or by externalId with platform.`,
  );

const LINE_QUANTITIES: JsonSchema = {
  type: 'array',
  minItems: 1,
  maxItems: LINES_MAX,
  items: object(
    ['lineId', 'quantity'],
    { lineId: id('Line of the order.'), quantity: whole(MOVED_RANGE, 'Pieces of it.') },
    'So much of one line.',
  ),
  description: 'Lines and quantities that this is about.',
};

export const TOPIC_SCHEMAS: Readonly<Record<Topic, JsonSchema>> = {
  orders: object(
    ['externalId', 'placedAt', 'customer', 'total'],
    {
      externalId: id("The platform's id of the order."),
      shopId: optionalId('Shop on the platform.'),
      placedAt: instant('When the customer placed it.'),
      updatedAt: optionalInstant('When the platform last changed it; an older delivery than the one known changes nothing.'),
      placedBy: optionalId('Who placed it, where that was not the customer.'),
      paymentTerms: optionalOneOf(PAYMENT_TERMS, 'PREPAID by default.'),
      customer: object(
        ['customerId'],
        {
          customerId: id('The customer, by the id of the platform.'),
          name: optionalText('Receiver.'),
          tier: optionalOneOf(CUSTOMER_TIERS, 'REGULAR by default.'),
          phone: optionalId('Phone of the receiver.'),
          email: optionalText('Mail address.'),
        },
        'Who ordered.',
      ),
      shippingAddress: {
        ...object(
          [],
          {
            country: optionalText('Country.'),
            province: optionalText('Province.'),
            city: optionalText('City.'),
            district: optionalText('District.'),
            detail: optionalText('Street, house, door.'),
            postcode: optionalId('Postcode.'),
          },
          'Where it goes.',
        ),
        type: ['object', 'null'],
      },
      lines: {
        type: ['array', 'null'],
        maxItems: LINES_MAX,
        items: object(
          [],
          {
            lineId: optionalId('By default its place, from 1.'),
            sku: optionalId('What is ordered.'),
            title: optionalText('Its name.'),
            category: optionalText('Its category.'),
            quantity: optionalWhole(ORDERED_RANGE, 'Pieces.'),
            unitPrice: optionalMoney('Price of one.'),
          },
          'A line.',
        ),
        description: 'What is ordered.',
      },
      freight: optionalMoney('0 by default.'),
      discount: optionalMoney('0 by default.'),
      total: money('What the customer pays.'),
      currency: { type: ['string', 'null'], description: 'ISO 4217 code; CNY by default.' },
    },
    'An order as the platform has it; delivered again it amends what differs.',
  ),
  payments: fact(
    ['paymentId', 'status', 'amount', 'at'],
    {
      paymentId: id('The payment.'),
      status: oneOf(['PAID', 'FAILED', 'REFUNDED'], 'PAID and FAILED are one per paymentId, the latest counts; each REFUNDED is a further amount.'),
      amount: money("In the order's currency."),
      at: instant('When it happened.'),
      reason: optionalText('Why.'),
    },
    'A payment or refund.',
  ),
  fulfilment: fact(
    ['status', 'at'],
    {
      status: oneOf(['ALLOCATED', 'SHORTAGE', 'DISPATCHED'], 'DISPATCHED needs shipmentId.'),
      warehouse: optionalId('Warehouse.'),
      shipmentId: optionalId('The parcel.'),
      carrier: optionalText('Carrier.'),
      trackingNumber: optionalId("The carrier's number."),
      lines: { ...LINE_QUANTITIES, type: ['array', 'null'], description: 'By default the whole order.' },
      at: instant('When it happened.'),
    },
    'What the warehouse did.',
  ),
  tracking: fact(
    ['shipmentId', 'status', 'at'],
    {
      shipmentId: id('The parcel.'),
      status: oneOf(SHIPMENT_STATUSES.filter((status) => status !== 'DISPATCHED'), 'Where the parcel is.'),
      at: instant('When it happened.'),
      note: optionalText('Remark of the carrier.'),
    },
    'What the carrier reports of a parcel.',
  ),
  settlements: fact(['amount', 'at'], { amount: money("In the order's currency."), at: instant('When it was settled.') }, 'Money settled for an order.'),
  cancellations: fact(['reason', 'at'], { reason: text('Why.'), at: instant('When it was cancelled.') }, 'The order was cancelled there.'),
  returns: fact(['lines', 'reason', 'at'], { lines: LINE_QUANTITIES, reason: text('Why.'), at: instant('When it came back.') }, 'Goods that came back.'),
  statuses: fact(['status', 'at'], { status: text("The system's own word."), at: instant('Since when.') }, 'What the system believes of the order.'),
  skus: object(
    ['sku', 'title', 'category'],
    { sku: id('The article.'), title: text('Its name.'), category: text('Its category.') },
    'An article of the catalogue.',
  ),
  complaints: fact(['text', 'at'], { text: text('What is complained about.'), at: instant('When.') }, 'A complaint of the customer.'),
  surveys: fact(
    ['score', 'at'],
    {
      score: whole(SCORE_RANGE, 'How likely the customer is to recommend us.'),
      comment: optionalText('In their words.'),
      at: instant('When it was answered.'),
    },
    'An answer to a survey.',
  ),
  mixed: object(
    ['topic', 'item'],
    { topic: oneOf(TOPICS.filter((topic) => topic !== 'mixed'), 'Topic of the item.'), item: { type: 'object', description: 'As the topic says.' } },
    'An item of any topic, for streams in which the facts of one order keep their order.',
  ),
};
