// Whoever took a quota and died, or was late, leaves it right.
// Between quota and order nothing is lost, doubled or forgotten.
import { plusSeconds } from '@app/kernel';
import { given, recorded, recordedAll } from '@test/dsl';
import { exemptionQuota } from './exemption-quota.policy';

const AT = '2026-01-09T02:00:00.000Z';
const QUOTA = 'quota-li.front';
const data = { staffId: 'li.front', exemptionId: 'x-1', orderNumber: 'TB2026010900001', day: '2026-01-09' };
const taken = (occurredAt = AT) => ({ type: 'ExemptionQuotaTaken', occurredAt, data: { ...data, perDay: 5 } });
const givenBack = { type: 'ExemptionQuotaGivenBack', occurredAt: AT, data };
const granted = { type: 'ExemptionGranted', occurredAt: AT, data: { exemptionId: 'x-1', grantedBy: 'li.front', orderNumber: data.orderNumber, approvalId: 'a-1', reason: 'r', expiresAt: AT, reviewer: null } };
const giveBack = { stream: QUOTA, command: { type: 'GiveBackExemptionQuota', staffId: 'li.front', exemptionId: 'x-1' } };
const count = { stream: QUOTA, command: { type: 'CountExemption', staffId: 'li.front', exemptionId: 'x-1' } };
const ofQuota = (...events: Parameters<typeof recordedAll>[1]) => recordedAll(QUOTA, events);
const [grantedEvent] = recordedAll('order-TB.1', [granted]);

test('given back once the order has said nothing for five minutes', () => {
  given(exemptionQuota, ofQuota(taken())).thenNextTimer(plusSeconds(AT, 300)).at(plusSeconds(AT, 299)).thenNothing();
  given(exemptionQuota, ofQuota(taken())).at(plusSeconds(AT, 300)).then(giveBack);
});

test('granted or given back there is nothing left to do', () => {
  given(exemptionQuota, ofQuota(taken())).when(grantedEvent!).thenNothing().thenTodo('x-1', undefined);
  given(exemptionQuota, ofQuota(taken(), givenBack)).thenNextTimer(undefined);
});

test('granted after it was given back, or given back after it was granted, it counts again', () => {
  given(exemptionQuota, ofQuota(taken(), givenBack)).when(grantedEvent!).then(count);
  const [first, second] = ofQuota(taken(), givenBack);
  given(exemptionQuota, [first!, grantedEvent!]).when(second!).then(count);
  const again = ofQuota(taken(), givenBack, taken(plusSeconds(AT, 60)));
  given(exemptionQuota, [...again.slice(0, 2), grantedEvent!]).when(again[2]!).thenNothing().thenTodo('x-1', undefined);
});

test('what order streams tell besides leaves no row', () => {
  given(exemptionQuota, []).when(recorded({ stream: 'order-TB.1', type: 'ReviewStarted', data: {} })).thenNothing();
});
