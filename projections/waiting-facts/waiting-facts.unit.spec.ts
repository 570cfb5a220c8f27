// Facts wait visibly, and are gone from the list once their order has them.
import { isRejection } from '@app/kernel';
import { type WaitingCommand, waitingDecider } from '@app/domain';
import { asRecorded, delivery, lived, minute, report, rowsOf } from '../order-lives.fixtures';
import { waitingFacts } from './waiting-facts.projection';

const TB1 = { platform: 'TB', externalId: '1' };
const paid = (amount: string, paymentId = 'p-1') => ({ topic: 'payments' as const, paymentId, status: 'PAID' as const, amount, at: minute(10), reason: null });

test('a fact waits in the stream of its order until that is placed', () => {
  const early = lived(TB1, [report(paid('200.00'), 'WXPAY'), report(paid('1.00', 'p-2'), 'WXPAY')]);
  expect([...rowsOf(waitingFacts, early.events)]).toMatchObject([
    ['order-TB.1#0', { stream: 'order-TB.1', system: 'WXPAY', topic: 'payments', orderNumber: null, occurredAt: minute(10), receivedAt: '2026-03-01T00:00:01.000Z', payload: { amount: '200.00' } }],
    ['order-TB.1#1', { payload: { paymentId: 'p-2' } }],
  ]);
  const placed = lived(TB1, [report(paid('200.00'), 'WXPAY'), report(paid('1.00', 'p-2'), 'WXPAY'), delivery(TB1), report({ ...paid('2.00'), at: minute(11) }, 'WXPAY')]);
  expect(rowsOf(waitingFacts, placed.events).size).toBe(0);
});

test('a fact whose amount the currency cannot hold stays in sight', () => {
  const { events, state } = lived(TB1, [report(paid('1.005'), 'WXPAY'), report(paid('200.00', 'p-2'), 'WXPAY'), delivery(TB1)]);
  expect(state.waiting).toHaveLength(1);
  expect([...rowsOf(waitingFacts, events).keys()]).toEqual(['order-TB.1#0']);
});

test('facts of a number nobody knows wait until they are forwarded', () => {
  const of = { actor: { id: 'WXPAY', role: 'integration' }, at: minute(11) };
  const ref = { platform: null, externalId: null, orderNumber: 'TB2026010900001' };
  const commands: WaitingCommand[] = [
    { ...of, type: 'SetFactAside', id: '1', ref, fact: paid('200.00'), factId: 'f-1', system: 'WXPAY' },
    { ...of, type: 'SetFactAside', id: '2', ref, fact: paid('1.00', 'p-2'), factId: 'f-2', system: 'WXPAY' },
    { ...of, type: 'ForwardFacts', id: '3', orderNumber: 'TB2026010900001', stream: 'order-TB.1', factIds: ['f-1'] },
  ];
  let state = waitingDecider.initial;
  const events = commands.flatMap((command, i) => {
    const decided = waitingDecider.decide(command, state);
    if (isRejection(decided)) throw new Error(decided.message);
    return decided.map(event => {
      state = waitingDecider.evolve(state, event);
      return asRecorded('waiting-TB2026010900001', event, i, i + 1);
    });
  });
  expect([...rowsOf(waitingFacts, events.slice(0, 2)).values()]).toMatchObject([{ factId: 'f-1', orderNumber: 'TB2026010900001' }, { factId: 'f-2' }]);
  expect([...rowsOf(waitingFacts, events).values()]).toMatchObject([{ factId: 'f-2' }]);
});
