// The quota of a day: never more than it says, and what the order refused does not count.
import fc from 'fast-check';
import { given } from '@test/dsl';
import { isRejection } from '@app/kernel';
import { FRONTLINE, minute } from '../order/order.fixtures';
import { type CountExemption, type GiveBackExemptionQuota, type QuotaCommand, quotaDecider, type TakeExemptionQuota } from './quota.decider';

const DAY = '2026-01-09';
const of = (exemptionId: string) => ({ id: `c-${exemptionId}`, actor: FRONTLINE, at: minute(1), staffId: FRONTLINE.id, exemptionId });
const take = (exemptionId: string, day = DAY, perDay = 2): TakeExemptionQuota => ({ ...of(exemptionId), type: 'TakeExemptionQuota', orderNumber: `TB-${exemptionId}`, day, perDay });
const giveBack = (exemptionId: string): GiveBackExemptionQuota => ({ ...of(exemptionId), type: 'GiveBackExemptionQuota' });
const count = (exemptionId: string): CountExemption => ({ ...of(exemptionId), type: 'CountExemption' });
const data = (exemptionId: string) => ({ staffId: FRONTLINE.id, exemptionId, orderNumber: `TB-${exemptionId}`, day: DAY });

test('is taken and given back', () => {
  given(quotaDecider, []).when(take('a')).idempotently().then([{ type: 'ExemptionQuotaTaken', occurredAt: minute(1), data: { ...data('a'), perDay: 2 } }]);
  given(quotaDecider, []).when(take('a'), giveBack('a')).idempotently().then([{ type: 'ExemptionQuotaGivenBack', occurredAt: minute(1), data: data('a') }]);
});

test('is refused beyond what the settings of now allow on a day', () => {
  given(quotaDecider, []).when(take('a'), take('b'), take('c')).idempotently().then({ rejection: 'ExemptionQuotaExceeded', details: { staffId: FRONTLINE.id, day: DAY, taken: 2, perDay: 2 } });
  given(quotaDecider, []).when(take('a'), take('b'), take('c', '2026-01-10')).thenLike({ type: 'ExemptionQuotaTaken' });
  given(quotaDecider, []).when(take('a'), take('b'), take('c', DAY, 3)).thenLike({ type: 'ExemptionQuotaTaken' });
  given(quotaDecider, []).when(take('a', DAY, 0)).then({ rejection: 'ExemptionQuotaExceeded' });
  given(quotaDecider, []).when(take('a'), take('b'), giveBack('a'), take('c')).thenLike({ type: 'ExemptionQuotaTaken' });
});

test('is not taken again under the id that was given back, nor given back untaken', () => {
  given(quotaDecider, []).when(take('a'), giveBack('a'), take('a')).then({ rejection: 'ExemptionQuotaGivenBackBefore' });
  given(quotaDecider, []).when(giveBack('a')).then({ rejection: 'ExemptionQuotaNotTaken' });
});

test('counts an exemption that stands after all, over the quota if need be', () => {
  given(quotaDecider, []).when(take('a'), giveBack('a'), take('b'), take('c'), count('a')).idempotently().then([{ type: 'ExemptionQuotaTaken', occurredAt: minute(1), data: { ...data('a'), perDay: null } }]);
  given(quotaDecider, []).when(take('a'), count('a')).thenNothing();
  given(quotaDecider, []).when(count('a')).then({ rejection: 'ExemptionQuotaNotTaken' });
});

test('whatever is taken and given back in whatever order, no day holds more than its quota', () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const commands = fc.array(fc.oneof(fc.tuple(ids, fc.constantFrom(DAY, '2026-01-10')).map(([id, day]) => take(id, day)), ids.map(giveBack)), { maxLength: 40 });
  fc.assert(fc.property(commands, (all: readonly QuotaCommand[]) => {
    let state = quotaDecider.initial;
    for (const command of all) {
      const decided = quotaDecider.decide(command, state);
      for (const event of isRejection(decided) ? [] : decided) state = quotaDecider.evolve(state, event);
      for (const day of [DAY, '2026-01-10']) expect(state.taken.filter((one) => one.day === day).length).toBeLessThanOrEqual(2);
      expect(new Set(state.taken.map(({ exemptionId }) => exemptionId)).size).toBe(state.taken.length);
    }
  }));
});
