// The life cycle of an order, sentence by sentence: what is reported, in and out of step, and where the order stands after it.
import { given } from '@test/dsl';
import { orderDecider } from './order.decider';
import type { OrderCommand } from './order.commands';
import type { Passage, Standing } from './order.events';
import {
  allocated, cancelled, CONTENT, CONTEXT, dispatched, makeReport, makeTakeOrder, minute, OPS, paid, paymentFailed, refunded, returned, settled, SETTINGS_V1, tracked,
} from './order.fixtures';
import { outcomeOf } from './outcome';

const FIRST = [{ lineId: '1', quantity: 2 }];
const SECOND = [{ lineId: '2', quantity: 1 }];
const placed = makeTakeOrder();
const cancel: OrderCommand = { type: 'CancelOrder', id: 'cancel-1', actor: OPS, at: minute(30), context: CONTEXT, reason: 'customer called' };

function standing(...commands: OrderCommand[]): Standing {
  return given(orderDecider, []).when(...commands).idempotently().state.standing!;
}
function after(...facts: Parameters<typeof makeReport>[0][]): Standing {
  return standing(placed, ...facts.map((fact) => makeReport(fact)));
}
/** `PAYMENT 0-5`: node, entry and end in minutes, `!` when left, `*` when implied. */
function walked({ passages }: Standing): string[] {
  const minutes = (at: string): number => (Date.parse(at) - Date.parse(minute(0))) / 60_000;
  const end = ({ implied, leftAt, outcome }: Passage): string => (leftAt === null ? '' : `${minutes(leftAt)}${outcome === 'LEFT' ? '!' : ''}${implied ? '*' : ''}`);
  return passages.map((passage) => `${passage.node} ${minutes(passage.enteredAt)}-${end(passage)}`);
}

describe('the life cycle', () => {
  test('an order goes from payment to settlement, each passage from the end of the one before', () => {
    const done = after(paid(5), allocated(20), dispatched(60), tracked(600, 'DELIVERED'), settled(700));
    expect(walked(done)).toEqual(['PAYMENT 0-5', 'REVIEW 5-5', 'ALLOCATION 5-20', 'OUTBOUND 20-60', 'DELIVERY 60-600', 'SETTLEMENT 600-700']);
    expect(done).toMatchObject({
      status: 'SETTLED', node: null, paidAt: minute(5), shippedAt: minute(60), deliveredAt: minute(600), settledAt: minute(700), closedAt: minute(700),
    });
  });

  test.each([
    ['AWAITING_PAYMENT', 'PAYMENT', []],
    ['AWAITING_ALLOCATION', 'ALLOCATION', [paid(5)]],
    ['AWAITING_SHIPMENT', 'OUTBOUND', [paid(5), allocated(6)]],
    ['PARTIALLY_SHIPPED', 'OUTBOUND', [paid(5), allocated(6), dispatched(7, FIRST)]],
    ['IN_TRANSIT', 'DELIVERY', [paid(5), allocated(6), dispatched(7)]],
    ['AWAITING_SETTLEMENT', 'SETTLEMENT', [paid(5), allocated(6), dispatched(7), tracked(8, 'DELIVERED')]],
  ])('%s is the status at %s', (status, node, facts) => {
    expect(after(...facts)).toMatchObject({ status, node });
  });

  test('a review passes as AUTO_APPROVED the moment it starts, imported history by a rule of its own', () => {
    given(orderDecider, []).when(placed, makeReport(paid(5))).thenLike(
      { type: 'PaymentReported', data: { moved: { was: { node: 'PAYMENT' }, is: { node: 'REVIEW', paid: 19990 } } } },
      { type: 'ReviewDecided', occurredAt: minute(5), data: { approvalId: 'TB2026010900001-1', outcome: 'AUTO_APPROVED', matchedRule: 'small', moved: { is: { node: 'ALLOCATION' } } } },
    );
    given(orderDecider, []).when(makeTakeOrder({}, { history: true }), makeReport(paid(5))).thenLike(
      { type: 'PaymentReported' }, { type: 'ReviewDecided', data: { matchedRule: 'imported-history' } },
    );
  });

  test.each(['CASH_ON_DELIVERY', 'CREDIT'] as const)('%s skips the payment', (paymentTerms) => {
    expect(walked(standing(makeTakeOrder({ paymentTerms })))).toEqual(['REVIEW 0-0', 'ALLOCATION 0-']);
  });

  test('a total of zero is paid', () => {
    const free = makeTakeOrder({ total: 0, discount: 19990 });
    expect(walked(standing(free))).toEqual(['PAYMENT 0-0', 'REVIEW 0-0', 'ALLOCATION 0-']);
  });

  test('the limit of a passage is the one in force when the node was entered', () => {
    const v2 = { ...SETTINGS_V1, version: 2, publishedAt: minute(10), nodes: SETTINGS_V1.nodes.map((node) => ({ ...node, limitSeconds: 7 })) };
    const context = { ...CONTEXT, settings: [SETTINGS_V1, v2] };
    const { passages } = standing({ ...placed, context }, makeReport(paid(5), { context }), makeReport(allocated(20), { context }));
    expect(passages.map(({ limitSeconds }) => limitSeconds)).toEqual([1800, 28800, 14400, 7]);
  });
});

describe('payments', () => {
  test('several payments come to the total', () => {
    expect(after(paid(9, '99.90', 'p-2'), paid(4, '100.00'))).toMatchObject({ node: 'ALLOCATION', paid: 19990, paidAt: minute(9) });
  });
  test('PAID and FAILED are one per paymentId, the latest counts', () => {
    expect(after(paid(5), paymentFailed(6))).toMatchObject({ node: 'PAYMENT', paid: 0, paidAt: null });
    expect(after(paymentFailed(6), paid(5), paid(7))).toMatchObject({ node: 'ALLOCATION', paidAt: minute(7) });
  });
  test('refunds are increments and do not undo the payment', () => {
    expect(after(paid(5), refunded(6, '10.00'), refunded(7, '10.00'))).toMatchObject({ node: 'ALLOCATION', paid: 19990, refunded: 2000 });
  });
  test('the order is settled once the settled amount is the total less refunds', () => {
    const delivered = [paid(5), dispatched(7), tracked(8, 'DELIVERED')];
    expect(after(...delivered, settled(9, '150.00'))).toMatchObject({ node: 'SETTLEMENT' });
    expect(after(...delivered, settled(9, '150.00'), refunded(12, '49.90'))).toMatchObject({ status: 'SETTLED', settledAt: minute(12) });
  });
  test('an amount with more decimals than the currency has is refused', () => {
    given(orderDecider, []).when(placed, makeReport(paid(5, '199.905'))).then({ rejection: 'AmountNotRepresentable' });
  });
});

describe('facts out of step', () => {
  test('a fact that comes early waits and takes effect when the order reaches its node', () => {
    expect(walked(after(dispatched(3), allocated(2), paid(5)))).toEqual(['PAYMENT 0-5', 'REVIEW 5-5', 'ALLOCATION 5-5', 'OUTBOUND 5-5', 'DELIVERY 5-']);
    expect(after(dispatched(3))).toMatchObject({ status: 'AWAITING_PAYMENT', shipped: { 1: 2, 2: 1 }, shippedAt: minute(3) });
  });
  test('dispatch implies allocation at its own instant', () => {
    expect(walked(after(paid(5), dispatched(9)))).toEqual(['PAYMENT 0-5', 'REVIEW 5-5', 'ALLOCATION 5-9*', 'OUTBOUND 9-9', 'DELIVERY 9-']);
  });
  test('delivery of a parcel never dispatched implies its dispatch, with every line not yet dispatched', () => {
    const delivered = after(paid(5), dispatched(9, FIRST), tracked(20, 'DELIVERED', 's-2'));
    expect(walked(delivered)).toEqual(['PAYMENT 0-5', 'REVIEW 5-5', 'ALLOCATION 5-9*', 'OUTBOUND 9-20*', 'DELIVERY 20-']);
    expect(delivered.shipments[1]).toMatchObject({ shipmentId: 's-2', implied: true, lines: SECOND, dispatchedAt: minute(20), deliveredAt: minute(20) });
  });
  test('until its own dispatch comes and replaces that: a status may so step back', () => {
    expect(after(paid(5), tracked(20, 'DELIVERED'))).toMatchObject({ status: 'AWAITING_SETTLEMENT' });
    const back = given(orderDecider, []).when(placed, makeReport(paid(5)), makeReport(tracked(20, 'DELIVERED')), makeReport(dispatched(9, FIRST)));
    back.thenLike({ type: 'ShipmentDispatched', data: { moved: { was: { status: 'AWAITING_SETTLEMENT' }, is: { status: 'PARTIALLY_SHIPPED' } } } });
  });
  test('a dispatch is never later than the delivery', () => {
    expect(after(paid(5), dispatched(30), tracked(20, 'DELIVERED')).shipments[0]).toMatchObject({ dispatchedAt: minute(20), deliveredAt: minute(20), implied: false });
  });
  test('the same content twice is one', () => {
    given(orderDecider, []).when(placed, makeReport(settled(5)), makeReport(settled(5))).thenNothing();
  });
  test('facts that come before their order wait and are recorded again right after it, by their time', () => {
    given(orderDecider, []).when(makeReport(dispatched(9))).thenLike({ type: 'FactSetAside', data: { topic: 'fulfilment', platform: 'TB', externalId: '4711' } }).idempotently();
    const early = given(orderDecider, []).when(makeReport(dispatched(9)), makeReport(paid(5)), placed);
    early.thenLike({ type: 'OrderPlaced' }, { type: 'PaymentReported' }, { type: 'ReviewDecided' }, { type: 'ShipmentDispatched' });
    early.thenState(({ standing: stands, waiting }) => {
      expect(waiting).toEqual([]);
      expect(stands).toEqual(after(paid(5), dispatched(9)));
    });
  });
});

describe('partial shipments and returns', () => {
  test('a parcel ends DELIVERED, LOST or RETURNED, a refused one does not', () => {
    const sent = [paid(5), dispatched(9, FIRST, 's-1'), dispatched(10, SECOND, 's-2'), tracked(20, 'DELIVERED', 's-1')];
    expect(after(...sent, tracked(30, 'REFUSED', 's-2'))).toMatchObject({ node: 'DELIVERY', deliveredAt: null });
    expect(after(...sent, tracked(30, 'LOST', 's-2'))).toMatchObject({ node: 'SETTLEMENT', deliveredAt: minute(30) });
  });
  test('a dispatch without lines takes what was not sent by then', () => {
    const ways = [[dispatched(9, SECOND, 's-2'), dispatched(10, null, 's-1')], [dispatched(10, SECOND, 's-2'), dispatched(10, null, 's-1')]];
    for (const way of ways) expect(after(paid(5), ...way)).toMatchObject({ shipped: { 1: 2, 2: 1 }, shippedAt: minute(10) });
    expect(after(paid(5), dispatched(9, SECOND, 's-2'), dispatched(10, null, 's-1')).shipments.map(({ lines }) => lines)).toEqual([SECOND, FIRST]);
  });
  test('what is sent after a whole dispatch comes on top of it and takes nothing back', () => {
    const sent = [paid(5), dispatched(9, null, 's-1'), dispatched(30, FIRST, 's-2')];
    expect(after(...sent)).toMatchObject({ status: 'IN_TRANSIT', shipped: { 1: 4, 2: 1 }, shippedAt: minute(9), deliveredAt: null });
    expect(after(...sent, tracked(20, 'DELIVERED', 's-1'))).toMatchObject({ status: 'AWAITING_SETTLEMENT', deliveredAt: minute(20) });
    expect(after(...sent, tracked(20, 'DELIVERED', 's-1'), settled(25))).toMatchObject({ status: 'SETTLED', closedAt: minute(25) });
    expect(after(...sent, tracked(20, 'LOST', 's-1'), tracked(40, 'DELIVERED', 's-2'))).toMatchObject({ node: 'SETTLEMENT', deliveredAt: minute(40) });
    expect(after(...sent, tracked(35, 'DELIVERED', 's-1')).status).toBe('IN_TRANSIT');
  });
  test('an order whose whole shipped quantity came back is RETURNED', () => {
    const back = after(paid(5), dispatched(9), tracked(20, 'DELIVERED'), returned(40, FIRST), returned(50, SECOND));
    expect(back).toMatchObject({ status: 'RETURNED', node: null, closedAt: minute(50), returned: { 1: 2, 2: 1 } });
    expect(walked(back).at(-1)).toBe('SETTLEMENT 20-50!');
    expect(after(paid(5), dispatched(9), tracked(20, 'RETURNED'))).toMatchObject({ status: 'RETURNED', closedAt: minute(20) });
  });
  test('even after SETTLED', () => {
    const back = after(paid(5), dispatched(9), tracked(20, 'DELIVERED'), settled(30), returned(40, [...FIRST, ...SECOND]));
    expect(back).toMatchObject({ status: 'RETURNED', settledAt: minute(30), closedAt: minute(40) });
  });
  test('a part that came back changes no status', () => {
    expect(after(paid(5), dispatched(9), tracked(20, 'DELIVERED'), returned(40, SECOND))).toMatchObject({ node: 'SETTLEMENT', returned: { 2: 1 } });
  });
});

describe('cancellation', () => {
  test('a passage that ends by cancelling is left, not completed', () => {
    const gone = after(paid(5), cancelled(8));
    expect(gone).toMatchObject({ status: 'CANCELLED', node: null, closedAt: minute(8) });
    expect(walked(gone)).toEqual(['PAYMENT 0-5', 'REVIEW 5-5', 'ALLOCATION 5-8!']);
  });
  test('of a cancellation and a dispatch the one with the earlier instant counts, at a tie the dispatch', () => {
    expect(after(cancelled(9), dispatched(10))).toMatchObject({ status: 'CANCELLED', refused: [] });
    expect(after(dispatched(9), cancelled(9))).toMatchObject({ status: 'AWAITING_PAYMENT', refused: [{ topic: 'cancellations', rejection: 'OrderAlreadyShipped' }] });
  });
  test('something recorded that changes by a late fact is said: what it was and what it is', () => {
    given(orderDecider, []).when(placed, makeReport(paid(5)), makeReport(cancelled(20)), makeReport(dispatched(10))).thenLike({
      type: 'ShipmentDispatched', data: { moved: { was: { status: 'CANCELLED', refused: [] }, is: { status: 'IN_TRANSIT', refused: [{ rejection: 'OrderAlreadyShipped' }], closedAt: null } } },
    });
  });
  test('a refused fact is kept, and intake answers REFUSED', () => {
    const { decision } = given(orderDecider, []).when(placed, makeReport(paid(5)), makeReport(dispatched(9)), makeReport(cancelled(10)));
    expect(outcomeOf(decision as never)).toMatchObject({ outcome: 'REFUSED', errors: [expect.stringContaining('OrderAlreadyShipped')] });
  });
  test('cancelling after dispatch is refused, and leaves nothing behind', () => {
    given(orderDecider, []).when(placed, makeReport(dispatched(9)), cancel).then({ rejection: 'OrderAlreadyShipped' });
    given(orderDecider, []).when(placed, cancel).idempotently().thenLike({ type: 'CancellationRequested', data: { requestedBy: OPS.id, moved: { is: { status: 'CANCELLED' } } } });
    given(orderDecider, []).when(placed, cancel, { ...cancel, id: 'cancel-2' }).then({ rejection: 'OrderAlreadyClosed' });
    given(orderDecider, []).when(cancel).then({ rejection: 'OrderNotFound' });
    given(orderDecider, []).when(placed, { ...cancel, reason: ' ' }).then({ rejection: 'ReasonMissing' });
  });
});

describe('what people report', () => {
  const base = { id: 'x-1', actor: OPS, at: minute(50), context: CONTEXT };
  test('a complaint and a survey are recorded once, an empty or impossible one is refused', () => {
    given(orderDecider, []).when(placed, { ...base, type: 'FileComplaint', text: 'late' }).idempotently().thenLike({ type: 'ComplaintFiled' });
    given(orderDecider, []).when(placed, { ...base, type: 'FileComplaint', text: '' }).then({ rejection: 'TextMissing' });
    given(orderDecider, []).when(placed, { ...base, type: 'AnswerSurvey', score: 10, comment: null }).idempotently().thenLike({ type: 'SurveyAnswered' });
    given(orderDecider, []).when(placed, { ...base, type: 'AnswerSurvey', score: 11, comment: null }).then({ rejection: 'ScoreOutOfRange' });
  });
});

describe('imported history of a marketplace', () => {
  const history = { history: true, omits: ['customer.name', 'customer.phone', 'shippingAddress.detail'] };
  const bare = { customer: { ...CONTENT.customer, name: null, phone: null }, shippingAddress: { ...CONTENT.shippingAddress, detail: null } };
  const deliveredFacts = [paid(5), dispatched(60), tracked(900, 'DELIVERED')].map((fact) => makeReport(fact));

  test('a delivered order waits at SETTLEMENT', () => {
    expect(standing(makeTakeOrder(bare, history), ...deliveredFacts)).toMatchObject({ status: 'AWAITING_SETTLEMENT', holds: [] });
  });
  test('an order without lines stays on hold at PAYMENT', () => {
    expect(standing(makeTakeOrder({ ...bare, lines: [], freight: 0 }, history), ...deliveredFacts)).toMatchObject({
      status: 'AWAITING_PAYMENT', holds: [{ check: 'DATA_INCOMPLETE', placedAt: minute(0) }], paid: 19990,
    });
  });
  test('an order whose lines and freight do not come to the total stays on hold at PAYMENT', () => {
    expect(standing(makeTakeOrder({ ...bare, freight: 992 }, history), ...deliveredFacts)).toMatchObject({ node: 'PAYMENT', holds: [{ check: 'AMOUNT_MISMATCH' }] });
    expect(standing(makeTakeOrder({ ...bare, freight: 991 }, history), ...deliveredFacts)).toMatchObject({ node: 'SETTLEMENT', holds: [] });
  });
  test('a cancellation counts unless the order was dispatched or delivered', () => {
    expect(standing(makeTakeOrder(bare, history), makeReport(paid(5)), makeReport(cancelled(5)))).toMatchObject({ status: 'CANCELLED' });
    expect(standing(makeTakeOrder(bare, history), ...deliveredFacts, makeReport(cancelled(900)))).toMatchObject({ status: 'AWAITING_SETTLEMENT' });
  });
});
