// Later deliveries of a platform order: nothing new, an amendment, or changes that come too late.
import { given } from '@test/dsl';
import { orderDecider } from './order.decider';
import type { ChangeAddress, OrderCommand } from './order.commands';
import type { OrderLine, Standing } from './order.events';
import { allocated, cancelled, CONTENT, CONTEXT, dispatched, makeReport, makeTakeOrder, minute, OPS, paid, TWO_LINES } from './order.fixtures';
import { outcomeOf } from './outcome';

const placed = makeTakeOrder({}, { updatedAt: minute(0) });
const CHEAPER: OrderLine[] = [TWO_LINES[0]!];
const cheaper = (minutes: number): OrderCommand => makeTakeOrder({ lines: CHEAPER, total: 8990 }, { updatedAt: minute(minutes) });
const dearer = (minutes: number): OrderCommand => makeTakeOrder({ lines: [{ ...TWO_LINES[0]!, quantity: 10 }], total: 40990 }, { updatedAt: minute(minutes) });

function standing(...commands: OrderCommand[]): Standing {
  return given(orderDecider, []).when(...commands).idempotently().state.standing!;
}

test('an identical delivery does nothing, one older than the one known is a duplicate', () => {
  given(orderDecider, []).when(placed, placed).thenNothing();
  given(orderDecider, []).when(placed, { ...placed, id: 'again', factId: 'other', updatedAt: minute(9) } as OrderCommand).thenNothing();
  const { decision } = given(orderDecider, []).when(placed, cheaper(20), dearer(10));
  expect(outcomeOf(decision as never)).toEqual({ outcome: 'DUPLICATE', errors: [] });
});

test('a later one with changes amends, and says only what differs', () => {
  const amended = given(orderDecider, []).when(placed, cheaper(10)).idempotently();
  amended.thenLike({ type: 'OrderAmended', occurredAt: minute(10), data: { was: { lines: TWO_LINES, total: 19990 }, is: { lines: CHEAPER, total: 8990 } } });
  amended.thenState(({ content }) => expect(content).toEqual({ ...CONTENT, lines: CHEAPER, total: 8990 }));
  expect(outcomeOf(amended.decision as never).outcome).toBe('UPDATED');
});

test('another currency is refused', () => {
  given(orderDecider, []).when(placed, makeTakeOrder({}, { currency: 'USD', updatedAt: minute(9) })).then({ rejection: 'CurrencyChanged' });
});

test('amended at PAYMENT the passage goes on with the new total', () => {
  const cheap = standing(placed, makeReport(paid(5, '89.90')), cheaper(10));
  expect(cheap).toMatchObject({ node: 'ALLOCATION' });
  expect(cheap.passages[0]).toMatchObject({ node: 'PAYMENT', visit: 1, leftAt: minute(10) });
});

test('amended in or after REVIEW it goes back to REVIEW', () => {
  const { node, passages } = standing(placed, makeReport(paid(5)), cheaper(10), makeReport(allocated(30)));
  expect(node).toBe('OUTBOUND');
  expect(passages.map(({ node: at, outcome, visit }) => [at, visit, outcome])).toEqual([
    ['PAYMENT', 1, 'COMPLETED'], ['REVIEW', 1, 'COMPLETED'], ['ALLOCATION', 1, 'LEFT'], ['REVIEW', 2, 'COMPLETED'], ['ALLOCATION', 2, 'COMPLETED'], ['OUTBOUND', 1, null],
  ]);
});

test('or to PAYMENT if it now costs more than was paid', () => {
  expect(standing(placed, makeReport(paid(5)), dearer(10))).toMatchObject({ status: 'AWAITING_PAYMENT', node: 'PAYMENT' });
  const paidMore = standing(placed, makeReport(paid(5)), dearer(10), makeReport(paid(20, '210.00', 'p-2')));
  expect(paidMore).toMatchObject({ node: 'ALLOCATION', paidAt: minute(20) });
  expect(paidMore.passages.map(({ node, visit }) => `${node} ${visit}`)).toEqual(['PAYMENT 1', 'REVIEW 1', 'ALLOCATION 1', 'PAYMENT 2', 'REVIEW 2', 'ALLOCATION 2']);
});

test('a change of customer or address leaves the walk as it is', () => {
  const moved = makeTakeOrder({ customer: { ...CONTENT.customer, phone: '13900000000' } }, { updatedAt: minute(10) });
  expect(standing(placed, makeReport(paid(5)), moved)).toEqual(standing(placed, makeReport(paid(5))));
});

test('other terms of payment count from when they were changed, and rewrite no passage before', () => {
  const later = standing(placed, makeTakeOrder({ paymentTerms: 'CASH_ON_DELIVERY' }, { updatedAt: minute(10) }));
  expect(later.passages).toMatchObject([{ node: 'PAYMENT', leftAt: minute(10) }, { node: 'REVIEW', leftAt: minute(10) }, { node: 'ALLOCATION', leftAt: null }]);
  const credit = makeTakeOrder({ paymentTerms: 'CREDIT' }, { updatedAt: minute(0) });
  expect(standing(credit, makeReport(allocated(5)), makeTakeOrder({}, { updatedAt: minute(10) }))).toMatchObject({ node: 'OUTBOUND', passages: [{ node: 'REVIEW' }, {}, {}] });
  expect(standing(credit, makeReport(allocated(5)), dearer(10))).toMatchObject({ node: 'PAYMENT' });
});

test('after dispatch an amendment is refused, kept, and named', () => {
  const late = given(orderDecider, []).when(placed, makeReport(paid(5)), makeReport(dispatched(9)), cheaper(10)).idempotently();
  late.thenLike({ type: 'AmendmentRefused', data: { moved: { is: { refused: [{ topic: 'orders', rejection: 'OrderAlreadyShipped' }] } } } });
  late.thenState(({ content }) => expect(content!.total).toBe(19990));
  expect(outcomeOf(late.decision as never)).toMatchObject({ outcome: 'REFUSED', errors: [expect.stringContaining('OrderAlreadyShipped')] });
});

test('a late fact may make an amendment count no more, or count after all', () => {
  given(orderDecider, []).when(placed, makeReport(paid(5)), cheaper(10), makeReport(dispatched(9))).idempotently().thenLike(
    { type: 'ShipmentDispatched', data: { moved: { is: { refused: [{ topic: 'orders' }] } } } },
    { type: 'ContentRevised', data: { was: { total: 8990 }, is: { total: 19990, lines: TWO_LINES } } },
  );
  given(orderDecider, []).when(placed, makeReport(paid(5)), makeReport(dispatched(9)), cheaper(10), makeReport(dispatched(15))).idempotently().thenLike(
    { type: 'ShipmentDispatched', data: { moved: { is: { refused: [] } } } }, { type: 'ContentRevised', data: { is: { total: 8990 } } }, { type: 'ReviewDecided', data: { round: 2 } },
  );
});

test('an amendment after closing is refused', () => {
  given(orderDecider, []).when(placed, makeReport(cancelled(8)), cheaper(10)).thenLike({ type: 'AmendmentRefused', data: { moved: { is: { refused: [{ rejection: 'OrderAlreadyClosed' }] } } } });
});

test('a delivery without a time of its own counts from when it came, unless the order was dispatched before it came', () => {
  const untimed = makeTakeOrder({ lines: CHEAPER, total: 8990 }, { at: minute(500) });
  const before = given(orderDecider, []).when(makeTakeOrder(), makeReport(paid(5)), untimed, makeReport(dispatched(60))).idempotently();
  before.thenState(({ content, standing: stands }) => {
    expect(content!.total).toBe(8990);
    expect(stands).toMatchObject({ status: 'IN_TRANSIT', refused: [] });
  });
  given(orderDecider, []).when(makeTakeOrder(), makeReport(dispatched(60)), untimed).thenLike({ type: 'AmendmentRefused' });
});

describe('a change of address', () => {
  const address = { ...CONTENT.shippingAddress, detail: '文三路 2 号' };
  const change: ChangeAddress = { type: 'ChangeAddress', id: 'c-1', actor: OPS, at: minute(30), context: CONTEXT, address, reason: 'moved' };
  test('is done once, before dispatch, and survives the platform saying the old one again', () => {
    const changed = given(orderDecider, []).when(placed, change).idempotently().thenLike({ type: 'AddressChanged', data: { is: { shippingAddress: address } } });
    changed.thenState(({ content }) => expect(content!.shippingAddress).toEqual(address));
    given(orderDecider, []).when(placed, change, cheaper(40)).thenState(({ content }) => expect(content).toMatchObject({ shippingAddress: address, total: 8990 }));
  });
  test('is refused after dispatch and when closed', () => {
    given(orderDecider, []).when(placed, makeReport(dispatched(9)), change).then({ rejection: 'OrderAlreadyShipped' });
    given(orderDecider, []).when(placed, makeReport(cancelled(9)), change).then({ rejection: 'OrderAlreadyClosed' });
  });
});
