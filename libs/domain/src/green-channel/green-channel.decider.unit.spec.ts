// The green channel from the preview to the answer of the last order.
// A set is confirmed once, in time, with a reason; nothing is released that was not in it.
import { isRejection } from '@app/kernel';
import { given } from '@test/dsl';
import { minute, OPS } from '../order/order.fixtures';
import { type ConfirmGreenChannel, type ContinueGreenChannel, type FreezeGreenChannelOrders, greenChannelDecider, nextOrders, type PreviewGreenChannel, RELEASED_TOGETHER_MAX } from './green-channel.decider';
import type { FrozenOrder, GreenChannelOutcome } from './green-channel.events';

const token = 't-1';
const base = { id: 'c-1', actor: OPS, token };
const order = (n: number): FrozenOrder => ({ orderNumber: `TB${n}`, stream: `order-TB.${n}`, approvalId: `TB${n}-1` });
const released = (n: number): GreenChannelOutcome => ({ orderNumber: `TB${n}`, rejection: null });
const refused = (n: number): GreenChannelOutcome => ({ orderNumber: `TB${n}`, rejection: { code: 'ApprovalNotPending', message: 'No.' } });
const freeze = (...numbers: number[]): FreezeGreenChannelOrders => ({ ...base, type: 'FreezeGreenChannelOrders', at: minute(0), orders: numbers.map(order) });
const preview: PreviewGreenChannel = { ...base, type: 'PreviewGreenChannel', at: minute(0), filter: { platform: 'TB' }, maxAmount: '100.00', expiresAt: minute(15) };
const confirm = (minutes = 5, reason = 'the finance group points nowhere'): ConfirmGreenChannel => ({ ...base, type: 'ConfirmGreenChannel', at: minute(minutes), reason });
const go = (...outcomes: GreenChannelOutcome[]): ContinueGreenChannel => ({ ...base, type: 'ContinueGreenChannel', at: minute(6), outcomes });

test('freezes its set in parts, and no more once it is previewed', () => {
  given(greenChannelDecider, []).when(freeze(1, 2), freeze(3), preview).then([
    { type: 'GreenChannelPreviewed', occurredAt: minute(0), data: { token, count: 3, filter: { platform: 'TB' }, maxAmount: '100.00', expiresAt: minute(15), by: OPS.id } },
  ]).thenState(({ orders }) => expect(orders).toEqual([order(1), order(2), order(3)]));
  given(greenChannelDecider, []).when(freeze(1), preview, freeze(2)).then({ rejection: 'GreenChannelFrozen' });
  given(greenChannelDecider, []).when(freeze(1), preview, preview).then({ rejection: 'GreenChannelFrozen' });
});

test('is confirmed once, in time, with a reason', () => {
  given(greenChannelDecider, []).when(freeze(1), preview, confirm()).then([
    { type: 'GreenChannelConfirmed', occurredAt: minute(5), data: { token, count: 1, reason: 'the finance group points nowhere', by: OPS.id, role: 'ops' } },
  ]);
  given(greenChannelDecider, []).when(freeze(1), confirm()).then({ rejection: 'GreenChannelNotFound' });
  given(greenChannelDecider, []).when(freeze(1), preview, confirm(15)).then({ rejection: 'GreenChannelExpired' });
  given(greenChannelDecider, []).when(freeze(1), preview, confirm(5, ' \n')).then({ rejection: 'ReasonMissing' });
  given(greenChannelDecider, []).when(freeze(1), preview, confirm(), confirm(20)).then({ rejection: 'GreenChannelConfirmedBefore' });
});

test('without any order it is complete at once', () => {
  given(greenChannelDecider, []).when(preview, confirm()).thenLike({ type: 'GreenChannelConfirmed' }, { type: 'GreenChannelCompleted', data: { succeeded: 0, failed: 0 } });
});

test('records what each order answered, and that all have', () => {
  given(greenChannelDecider, []).when(freeze(1, 2), preview, confirm(), go(released(1), refused(2))).idempotently().then([
    { type: 'GreenChannelAdvanced', occurredAt: minute(6), data: { token, outcomes: [released(1), refused(2)] } },
    { type: 'GreenChannelCompleted', occurredAt: minute(6), data: { token, succeeded: 1, failed: 1 } },
  ]);
  given(greenChannelDecider, []).when(freeze(1), preview, go()).then({ rejection: 'GreenChannelNotConfirmed' });
});

test('takes the orders in turn, so many at once', () => {
  const numbers = Array.from({ length: RELEASED_TOGETHER_MAX + 3 }, (_, n) => n);
  const first = numbers.slice(0, RELEASED_TOGETHER_MAX).map(released);
  given(greenChannelDecider, []).when(freeze(...numbers), preview).thenState((state) => expect(nextOrders(state)).toEqual([]));
  given(greenChannelDecider, []).when(freeze(...numbers), preview, confirm(), go(...first))
    .thenLike({ type: 'GreenChannelAdvanced' })
    .thenState((state) => {
      expect(nextOrders(state).map(({ orderNumber }) => orderNumber)).toEqual(['TB200', 'TB201', 'TB202']);
      expect(() => greenChannelDecider.decide(go(...first), state)).toThrow('not brought along');
      expect(isRejection(greenChannelDecider.decide(go(released(200), released(201), released(202)), state))).toBe(false);
    });
});
