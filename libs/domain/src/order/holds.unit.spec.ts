// Holds: of failed checks and of people. An order with an open hold does not move forward; what is reported takes effect on release.
import { given } from '@test/dsl';
import { orderDecider } from './order.decider';
import type { ExpireHold, OrderCommand, PlaceHold, ReleaseHold } from './order.commands';
import type { Standing } from './order.events';
import { allocated, cancelled, CONTENT, CONTEXT, dispatched, FRONTLINE, makeReport, makeTakeOrder, minute, OPS, paid, refunded, returned, settled, TAOBAO, tracked } from './order.fixtures';

const placed = makeTakeOrder();
const hold: PlaceHold = {
  type: 'PlaceHold', id: 'hold-1', actor: FRONTLINE, at: minute(3), context: CONTEXT, holdId: 'h-1', reason: 'customer wants to wait', expiresAt: minute(100),
};
const release: ReleaseHold = { type: 'ReleaseHold', id: 'release-1', actor: OPS, at: minute(50), context: CONTEXT, holdId: 'h-1', reason: 'go on' };
const expire: ExpireHold = { type: 'ExpireHold', id: 'expire-1', actor: OPS, at: minute(101), context: CONTEXT, holdId: 'h-1' };
const withoutPhone = { customer: { ...CONTENT.customer, phone: null } };

function standing(...commands: OrderCommand[]): Standing {
  return given(orderDecider, []).when(...commands).idempotently().state.standing!;
}

describe('holds of people', () => {
  test('facts from outside are still recorded and take effect on release; the passage runs to the release', () => {
    expect(standing(placed, hold, makeReport(paid(5)))).toMatchObject({ node: 'PAYMENT', paid: 19990, holds: [{ holdId: 'h-1', placedBy: FRONTLINE.id }] });
    const released = standing(placed, hold, makeReport(paid(5)), makeReport(allocated(6)), release);
    expect(released).toMatchObject({ status: 'AWAITING_SHIPMENT', holds: [] });
    expect(released.passages.map(({ leftAt }) => leftAt)).toEqual([minute(50), minute(50), minute(50), null]);
  });
  test('a fact recorded while the order was held takes effect at the release even when its time is earlier', () => {
    const { passages } = standing(placed, { ...hold, at: minute(30) }, makeReport(paid(5)), release);
    expect(passages[0]).toMatchObject({ node: 'PAYMENT', leftAt: minute(50) });
  });
  test('a release comes again: nothing; by somebody else: refused', () => {
    given(orderDecider, []).when(placed, hold, release, { ...release, actor: FRONTLINE }).then({ rejection: 'HoldAlreadyReleased' });
    given(orderDecider, []).when(placed, { ...release, holdId: 'none' }).then({ rejection: 'HoldNotFound' });
  });
  test('each hold names who may release it', () => {
    given(orderDecider, []).when(placed, hold, { ...release, actor: { id: 'zhao', role: 'frontline' } }).then({ rejection: 'HoldNotReleasableByActor' });
    given(orderDecider, []).when(placed, hold, { ...release, actor: FRONTLINE }).thenLike({ type: 'HoldReleased', data: { how: 'BY_HAND' } });
  });
  test('several holds may be open, all must be gone', () => {
    const second = { ...hold, id: 'hold-2', holdId: 'h-2', actor: OPS, at: minute(4) };
    expect(standing(placed, hold, second, makeReport(paid(5)), release)).toMatchObject({ node: 'PAYMENT', holds: [{ holdId: 'h-2' }] });
    expect(standing(placed, hold, second, makeReport(paid(5)), release, { ...release, holdId: 'h-2', at: minute(60) }).passages[0]).toMatchObject({ leftAt: minute(60) });
  });
  test('a hold may expire, not before its time', () => {
    given(orderDecider, []).when(placed, hold, { ...expire, at: minute(99) }).then({ rejection: 'HoldNotExpired' });
    expect(standing(placed, hold, makeReport(paid(5)), expire).passages[0]).toMatchObject({ leftAt: minute(100) });
    given(orderDecider, []).when(placed, { ...hold, expiresAt: minute(3) }).then({ rejection: 'HoldExpiresInThePast' });
  });
  test('the release checks again: what was settled meanwhile must still be all that is due', () => {
    const delivered = [placed, makeReport(paid(5)), makeReport(dispatched(7)), makeReport(tracked(8, 'DELIVERED'))];
    const held = [...delivered, { ...hold, at: minute(10) }, makeReport(settled(12))];
    expect(standing(...held, release)).toMatchObject({ status: 'SETTLED', settledAt: minute(50) });
    expect(standing(...held, makeReport(refunded(20, '10.00')), release)).toMatchObject({ status: 'AWAITING_SETTLEMENT', settledAt: null });
    expect(standing(...held, makeReport(refunded(20, '10.00')), release, makeReport(settled(60, '-10.00')))).toMatchObject({ status: 'SETTLED', settledAt: minute(60) });
  });
  test('an order that a late fact takes back a step does not move forward under the hold', () => {
    const late = [makeReport(dispatched(9, [{ lineId: '1', quantity: 2 }])), makeReport(dispatched(35, [{ lineId: '2', quantity: 1 }], 's-2'))];
    const held = [placed, makeReport(paid(5)), makeReport(tracked(20, 'DELIVERED')), { ...hold, at: minute(30) }, ...late];
    expect(standing(...held)).toMatchObject({ node: 'OUTBOUND', holds: [{ holdId: 'h-1' }] });
    expect(standing(...held, release)).toMatchObject({ node: 'DELIVERY', holds: [] });
    expect(standing(...held, release).passages[3]).toMatchObject({ node: 'OUTBOUND', leftAt: minute(50) });
  });
  test('a return that comes under the hold closes the order at the release, whenever it happened', () => {
    const held = [placed, makeReport(paid(5)), makeReport(dispatched(7)), makeReport(tracked(8, 'DELIVERED')), { ...hold, at: minute(30) }];
    const back = makeReport(returned(8, [{ lineId: '1', quantity: 2 }, { lineId: '2', quantity: 1 }]));
    expect(standing(...held, back)).toMatchObject({ node: 'SETTLEMENT', holds: [{ holdId: 'h-1' }] });
    expect(standing(...held, back, release)).toMatchObject({ status: 'RETURNED', closedAt: minute(50) });
  });
  test('a hold placed after an amendment that counts no more does not take back what the order had passed', () => {
    const lines = [CONTENT.lines[0]!];
    const held = [placed, makeReport(paid(5)), makeTakeOrder({ lines, total: 8990 }, { updatedAt: minute(10) }), { ...hold, at: minute(20) }, makeReport(dispatched(9))];
    expect(standing(...held)).toMatchObject({ node: 'ALLOCATION', holds: [{ holdId: 'h-1' }] });
    expect(standing(...held, release).passages.map(({ leftAt }) => leftAt)).toEqual([minute(5), minute(5), minute(50), minute(50), null]);
  });
  test('a cancellation takes effect through holds; closing an order ends them', () => {
    expect(standing(placed, hold, makeReport(cancelled(5)))).toMatchObject({ status: 'CANCELLED', holds: [], closedAt: minute(5) });
    given(orderDecider, []).when(placed, makeReport(cancelled(2)), hold).then({ rejection: 'OrderAlreadyClosed' });
  });
});

describe('holds of failed checks', () => {
  test.each([
    ['name', { customer: { ...CONTENT.customer, name: null } }, 'The receiver name is missing.'],
    ['phone', withoutPhone, 'The phone is missing.'],
    ['province', { shippingAddress: { ...CONTENT.shippingAddress, province: '' } }, 'The province is missing.'],
    ['city', { shippingAddress: { ...CONTENT.shippingAddress, city: null } }, 'The city is missing.'],
    ['detail', { shippingAddress: { ...CONTENT.shippingAddress, detail: null } }, 'The address detail is missing.'],
    ['lines', { lines: [] }, 'The order has no lines.'],
    ['sku', { lines: [{ ...CONTENT.lines[0]!, sku: null }, CONTENT.lines[1]!] }, 'Line 1: the SKU is missing.'],
    ['quantity', { lines: [{ ...CONTENT.lines[0]!, quantity: 0 }], total: 990 }, 'Line 1: the quantity is not above zero.'],
    ['price', { lines: [{ ...CONTENT.lines[0]!, unitPrice: null }] }, 'Line 1: the unit price is not zero or more.'],
  ])('an order without %s is held as DATA_INCOMPLETE', (_, content, failure) => {
    given(orderDecider, []).when(makeTakeOrder(content)).idempotently().thenLike(
      { type: 'OrderPlaced', data: { failedChecks: ['DATA_INCOMPLETE'] } },
      { type: 'HoldPlaced', occurredAt: minute(0), data: { failures: [failure], node: 'PAYMENT', hold: { check: 'DATA_INCOMPLETE', releasableBy: ['ops', 'admin'] } } },
    );
  });
  test('a field that the source declares not to deliver is not missed', () => {
    expect(standing(makeTakeOrder(withoutPhone, { omits: ['customer.phone'] }))).toMatchObject({ holds: [] });
  });
  test('lines + freight - discount = total within 0.01', () => {
    expect(standing(makeTakeOrder({ total: 19989 })).holds).toEqual([]);
    expect(standing(makeTakeOrder({ total: 19988 })).holds).toMatchObject([{ check: 'AMOUNT_MISMATCH' }]);
    expect(standing(makeTakeOrder({ total: 19989 }, { currency: 'JPY' })).holds).toMatchObject([{ check: 'AMOUNT_MISMATCH' }]);
  });
  test('a SKU must be in the catalogue once a catalogue exists', () => {
    const context = { ...CONTEXT, catalogue: new Set(['TEA-100']) };
    expect(standing(makeTakeOrder({}, { context })).holds).toMatchObject([{ check: 'SKU_UNKNOWN', reason: 'Line 2: SKU CUP-7 is not in the catalogue.' }]);
  });
  test('again before ALLOCATION: a catalogue that was opened since holds the order at REVIEW', () => {
    const context = { ...CONTEXT, catalogue: new Set(['TEA-100']) };
    const whole = { ...CONTEXT, catalogue: new Set(['TEA-100', 'CUP-7']) };
    const held = given(orderDecider, []).when(placed, makeReport(paid(5), { context }));
    held.idempotently().thenLike({ type: 'PaymentReported' }, { type: 'HoldPlaced', data: { node: 'REVIEW', hold: { holdId: 'SKU_UNKNOWN-review-1', placedAt: minute(5) } } });
    const free: ReleaseHold = { ...release, holdId: 'SKU_UNKNOWN-review-1', context };
    given(orderDecider, []).when(placed, makeReport(paid(5), { context }), free).then({ rejection: 'CheckStillFails' });
    expect(standing(placed, makeReport(paid(5), { context }), { ...free, context: whole })).toMatchObject({ node: 'ALLOCATION', holds: [] });
  });
  test('released by hand while it still fails it is refused', () => {
    given(orderDecider, []).when(makeTakeOrder(withoutPhone), { ...release, holdId: 'DATA_INCOMPLETE-1' }).then({ rejection: 'CheckStillFails' });
  });
  test('the hold goes by itself when an amendment makes the check pass; the passage runs to it', () => {
    const mended = makeTakeOrder({}, { updatedAt: minute(40) });
    given(orderDecider, []).when(makeTakeOrder(withoutPhone), makeReport(paid(5)), mended).idempotently().thenLike(
      { type: 'OrderAmended', data: { moved: { is: { node: 'REVIEW' } } } },
      { type: 'HoldReleased', occurredAt: minute(40), data: { how: 'CHECK_PASSED', moved: { is: { holds: [] } } } },
      { type: 'ReviewDecided', data: { round: 1 } },
    );
    expect(standing(makeTakeOrder(withoutPhone), makeReport(paid(5)), mended).passages[0]).toMatchObject({ leftAt: minute(40) });
  });
  test('an address that is mended here releases the hold as well', () => {
    const shippingAddress = { ...CONTENT.shippingAddress, detail: null };
    const change: OrderCommand = { type: 'ChangeAddress', id: 'c-1', actor: OPS, at: minute(30), context: CONTEXT, address: CONTENT.shippingAddress, reason: 'customer called' };
    given(orderDecider, []).when(makeTakeOrder({ shippingAddress }), change).idempotently().thenLike({ type: 'AddressChanged' }, { type: 'HoldReleased', occurredAt: minute(30) });
    given(orderDecider, []).when(makeTakeOrder({ shippingAddress }), change, makeTakeOrder({ shippingAddress }, { at: minute(60), actor: TAOBAO })).thenNothing();
  });
});
