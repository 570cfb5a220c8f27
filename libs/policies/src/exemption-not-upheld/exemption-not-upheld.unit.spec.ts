// An exception for each exemption that does not stand, with the reason as its evidence.
// Nothing of what an order tells besides.
import { given, recorded, recordedAll } from '@test/dsl';
import { exemptionNotUpheld } from './exemption-not-upheld.policy';

const STREAM = 'order-TB.1';
const event = (type: string, more: object = {}) =>
  recorded({ stream: STREAM, revision: 1, position: 2, type, occurredAt: '2026-01-09T04:00:00.000Z', data: { exemptionId: 'x-1', orderNumber: 'TB1', approvalId: 'TB1-1', ...more } });
const told = (...one: Parameters<typeof event>) => given(exemptionNotUpheld, recordedAll(STREAM, [])).when(event(...one));
const raise = (evidence: object) => ({
  stream: 'exception-EXEMPTION_NOT_UPHELD-x-1',
  command: { type: 'RaiseException', exceptionId: 'EXEMPTION_NOT_UPHELD-x-1', exceptionType: 'EXEMPTION_NOT_UPHELD', orderNumber: 'TB1', order: STREAM, evidence: { exemptionId: 'x-1', approvalId: 'TB1-1', ...evidence } },
});

test('not upheld', () => void told('ExemptionReviewed', { reviewedBy: 'chief', upheld: false, comment: 'no' }).then(raise({ reviewed: true, reviewedBy: 'chief', comment: 'no' })));
test('not reviewed in time', () => void told('ExemptionExpired').then(raise({ reviewed: false })));
test('no other', () => {
  told('ExemptionReviewed', { reviewedBy: 'chief', upheld: true, comment: 'fine' }).thenNothing();
  told('ExemptionGranted', { expiresAt: '2026-01-09T04:00:00.000Z' }).thenNothing();
  told('HoldPlaced', { holdId: 'h' }).thenNothing();
});
