// Which orders a green channel takes: those that wait for people, up to an amount compared as a decimal.
// What is before its review, or passed it by itself, is none of them.
import { isRejection } from '@app/kernel';
import type { OrderCommand } from '../order/order.commands';
import { orderDecider } from '../order/order.decider';
import { CONTEXT, makeTakeOrder, minute, OPS } from '../order/order.fixtures';
import type { OrderState } from '../order/order.state';
import { greenOrder } from './green-order';

const STREAM = 'order-TB.4711';

function after(...commands: readonly OrderCommand[]): OrderState {
  let state = orderDecider.initial;
  for (const command of commands) {
    const decided = orderDecider.decide(command, state);
    if (isRejection(decided)) throw new Error(decided.message);
    for (const event of decided) state = orderDecider.evolve(state, event);
  }
  return state;
}
/** 6,000.01 CNY, which a regional manager must see. */
const elevated = { paymentTerms: 'CREDIT' as const, freight: 581_001, total: 600_001 };
const cancel: OrderCommand = { type: 'CancelOrder', id: 'c', actor: OPS, at: minute(5), context: CONTEXT, reason: 'no' };

test('an order whose review waits for people, with that review', () => {
  expect(greenOrder(STREAM, after(makeTakeOrder(elevated)), null)).toEqual({ orderNumber: 'TB2026010900001', stream: STREAM, approvalId: 'TB2026010900001-1' });
});

test.each([['6000.01', true], ['6000.010', true], ['6000', false], ['6000.0099', false], ['0', false]])('up to %s: %s', (maxAmount, isTaken) => {
  expect(greenOrder(STREAM, after(makeTakeOrder(elevated)), maxAmount) !== null).toBe(isTaken);
});

test.each([
  ['nothing known', after()],
  ['not paid yet', after(makeTakeOrder({ ...elevated, paymentTerms: 'PREPAID' }))],
  ['passed by itself', after(makeTakeOrder({ paymentTerms: 'CREDIT' }))],
  ['cancelled', after(makeTakeOrder(elevated), cancel)],
])('%s: none', (_, state) => expect(greenOrder(STREAM, state, null)).toBeNull());
