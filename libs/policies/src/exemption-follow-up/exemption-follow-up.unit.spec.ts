// The superior who does not review an exemption in time need not be asked again: it has expired.
// A timer each, until the review.
import { given, recordedAll } from '@test/dsl';
import { exemptionFollowUp } from './exemption-follow-up.policy';

const STREAM = 'order-TB.1';
const AT = '2026-01-09T02:00:00.000Z';
const UNTIL = '2026-01-10T02:00:00.000Z';
const granted = (exemptionId: string, expiresAt = UNTIL) => ({ type: 'ExemptionGranted', occurredAt: AT, data: { exemptionId, orderNumber: 'TB1', approvalId: 'TB1-1', grantedBy: 'li', reason: 'r', expiresAt, reviewer: 'chief' } });
const ended = (type: string, exemptionId: string) => ({ type, occurredAt: AT, data: { exemptionId, orderNumber: 'TB1', approvalId: 'TB1-1' } });
const expire = (exemptionId: string) => ({ stream: STREAM, command: { type: 'ExpireExemption', exemptionId } });
const after = (...events: Parameters<typeof recordedAll>[1]) => given(exemptionFollowUp, recordedAll(STREAM, events));

test('expires at its time', () => {
  after(granted('x-1')).thenNextTimer(UNTIL).at('2026-01-10T01:59:59.999Z').thenNothing();
  after(granted('x-1')).at(UNTIL).then(expire('x-1'));
});

test('each by itself', () => {
  after(granted('x-1'), granted('x-2', '2026-01-11T02:00:00.000Z')).at('2026-01-12T00:00:00.000Z').then(expire('x-1'), expire('x-2'));
});

test.each(['ExemptionReviewed', 'ExemptionExpired'])('%s ends it', (type) => {
  after(granted('x-1'), ended(type, 'x-1')).thenNextTimer(undefined).at('2026-02-01T00:00:00.000Z').thenNothing();
});
