// The superior who does not review an exemption in time need not be asked again: it has expired.
// A timer each, until the review.
import { given, recorded, recordedAll } from '@test/dsl';
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

describe('an exception is raised', () => {
  const given0 = () => given(exemptionFollowUp, recordedAll(STREAM, [granted('x-1')]));
  const event = (type: string, more: object = {}) => recorded({ stream: STREAM, revision: 1, position: 2, type, occurredAt: UNTIL, data: { exemptionId: 'x-1', orderNumber: 'TB1', approvalId: 'TB1-1', ...more } });
  const raise = (evidence: object) => ({
    stream: 'exception-EXEMPTION_NOT_UPHELD-x-1',
    command: { type: 'RaiseException', exceptionId: 'EXEMPTION_NOT_UPHELD-x-1', exceptionType: 'EXEMPTION_NOT_UPHELD', orderNumber: 'TB1', order: STREAM, evidence: { exemptionId: 'x-1', approvalId: 'TB1-1', ...evidence } },
  });

  it('by one that was not upheld', () => void given0().when(event('ExemptionReviewed', { reviewedBy: 'chief', upheld: false, comment: 'no' })).then(raise({ reviewed: true, reviewedBy: 'chief', comment: 'no' })));
  it('by one that nobody reviewed in time', () => void given0().when(event('ExemptionExpired')).then(raise({ reviewed: false })));
  it('by no other', () => {
    given0().when(event('ExemptionReviewed', { reviewedBy: 'chief', upheld: true, comment: 'fine' })).thenNothing();
    given0().when(event('HoldPlaced', { holdId: 'h' })).thenNothing();
  });
});
