// Whoever gave a hold an expiry need not come back to release it.
import { type Instant, type Intent, type Recorded, isRejection, plusSeconds } from '@app/kernel';
import { DEFAULT_SETTINGS, type OrderCommand, orderDecider } from '@app/domain';
import { recordedAll } from '@test/dsl';
import { type ExpiringHolds, holdExpiry } from './hold-expiry.policy';

const STREAM = 'order-TB.1';
const PLACED_AT = '2026-01-09T02:00:00.000Z';
const minute = (minutes: number): Instant => plusSeconds(PLACED_AT, minutes * 60);
const take = {
  type: 'TakeOrder', at: minute(0), platform: 'TB', externalId: '1', orderNumber: 'TB2026010900001', currency: 'CNY', updatedAt: null, system: 'TB', factId: 'f', history: false, omits: [],
  content: {
    shopId: null, placedAt: PLACED_AT, placedBy: null, paymentTerms: 'PREPAID', customer: { customerId: 'c-1', tier: 'REGULAR', name: 'Li', phone: '1', email: null },
    shippingAddress: { country: 'CN', province: 'Zhejiang', city: 'Hangzhou', district: null, detail: '1 Wensan Road', postcode: null },
    lines: [{ lineId: '1', sku: 'TEA', title: null, category: null, quantity: 1, unitPrice: 100 }], freight: 0, discount: 0, total: 100,
  },
};
const hold = (holdId: string, expiresAt: Instant | null) => ({ type: 'PlaceHold', holdId, reason: 'look', expiresAt, at: minute(1) });
const release = (holdId: string) => ({ type: 'ReleaseHold', holdId, reason: 'fine', at: minute(2) });
const cancel = { type: 'CancelOrder', reason: 'no', at: minute(3) };
const dispatch = { type: 'ReportFact', at: minute(4), ref: { platform: 'TB', externalId: '1', orderNumber: null }, factId: 'd', system: 'WMS', fact: { topic: 'fulfilment', status: 'DISPATCHED', shipmentId: 's-1', warehouse: null, carrier: null, trackingNumber: null, lines: null, at: minute(2) } };

const dueAt = (row: ExpiringHolds, now: Instant): Intent['command'][] => holdExpiry.due(row, now).flatMap((one) => ('command' in one ? [one.command] : []));

function after(...commands: object[]): { row: ExpiringHolds | undefined; events: Recorded[] } {
  let state = orderDecider.initial;
  const events = commands.flatMap((rest, i) => {
    const context = { settings: [{ ...DEFAULT_SETTINGS, version: 1, publishedAt: PLACED_AT, publishedBy: 'system' }], catalogue: null };
    const decided = orderDecider.decide({ id: `c-${i}`, actor: { id: 'wang.ops', role: 'ops' }, context, ...rest } as unknown as OrderCommand, state);
    if (isRejection(decided)) throw new Error(decided.message);
    for (const event of decided) state = orderDecider.evolve(state, event);
    return [...decided];
  });
  let row: ExpiringHolds | undefined;
  for (const event of recordedAll(STREAM, events)) for (const key of holdExpiry.todo.keys(event)) row = holdExpiry.todo.fold(row, event, key);
  return { row, events: recordedAll(STREAM, events) };
}

test('a hold without expiry sets no timer', () => {
  const { row, events } = after(take, hold('h-1', null), release('h-1'));
  expect(row).toBeUndefined();
  expect(events.flatMap(event => holdExpiry.todo.keys(event))).toEqual([]);
});

test('the earliest of several rings first, and only what has expired is released', () => {
  const row = after(take, hold('h-1', minute(20)), hold('h-2', minute(10)), hold('h-3', null)).row!;
  expect(holdExpiry.dueAt(row)).toBe(minute(10));
  expect(holdExpiry.due(row, minute(9))).toEqual([]);
  expect(holdExpiry.due(row, minute(10))).toEqual([{ stream: STREAM, command: { type: 'ExpireHold', holdId: 'h-2' }, occasion: `h-2@${minute(10)}` }]);
  expect(dueAt(row, minute(99)).map((command) => command['holdId'])).toEqual(['h-1', 'h-2']);
});

test('released before, it rings no more', () => {
  expect(after(take, hold('h-1', minute(20)), release('h-1')).row).toBeUndefined();
});

test('a closed order rings no more, one that a late fact reopens does again', () => {
  expect(after(take, hold('h-1', minute(20)), cancel).row).toBeUndefined();
  expect(after(take, hold('h-1', minute(20)), cancel, dispatch).row?.holds).toEqual([{ holdId: 'h-1', expiresAt: minute(20) }]);
});

test('the command given is taken by the order, and ends the timer', () => {
  const row = after(take, hold('h-1', minute(20))).row!;
  const commands = dueAt(row, minute(20)).map((command) => ({ ...command, at: minute(20) }));
  expect(after(take, hold('h-1', minute(20)), ...commands).row).toBeUndefined();
});
