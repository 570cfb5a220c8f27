// The life cycle of an order, sentence by sentence: what is taken, reported and done, and where the order stands after it.
import { isRejection } from '@app/kernel';
import { orderDecider } from './order.decider';
import type { OrderCommand } from './order.commands';
import type { OrderEvent } from './order.events';
import type { OrderState } from './order.state';
import { allocated, dispatched, makeReport, makeTakeOrder, minute, paid, settled, tracked } from './order.fixtures';

function after(...commands: OrderCommand[]): { state: OrderState; events: OrderEvent[] } {
  let state = orderDecider.initial;
  const events: OrderEvent[] = [];
  for (const command of commands) {
    const decided = orderDecider.decide(command, state);
    if (isRejection(decided)) throw new Error(JSON.stringify(decided));
    for (const event of decided) {
      state = orderDecider.evolve(state, event);
      events.push(event);
    }
    expect(orderDecider.decide(command, state)).toEqual([]);
  }
  return { state, events };
}

test('an order goes from payment to settlement', () => {
  const { state, events } = after(
    makeTakeOrder(), makeReport(paid(5)), makeReport(allocated(20)), makeReport(dispatched(60)), makeReport(tracked(600, 'DELIVERED')), makeReport(settled(700)),
  );
  expect(events.map(({ type }) => type)).toEqual([
    'OrderPlaced', 'PaymentReported', 'ReviewDecided', 'AllocationReported', 'ShipmentDispatched', 'ParcelTracked', 'SettlementReported',
  ]);
  expect(state.standing).toMatchObject({ status: 'SETTLED', node: null, paid: 19990, settled: 19990, closedAt: minute(700), deliveredAt: minute(600) });
  expect(state.standing!.passages.map(({ node, enteredAt, leftAt }) => [node, enteredAt, leftAt])).toEqual([
    ['PAYMENT', minute(0), minute(5)], ['REVIEW', minute(5), minute(5)], ['ALLOCATION', minute(5), minute(20)],
    ['OUTBOUND', minute(20), minute(60)], ['DELIVERY', minute(60), minute(600)], ['SETTLEMENT', minute(600), minute(700)],
  ]);
});
