// An exemption waits for its review, and ends upheld, not upheld or expired.
import { given } from '@test/dsl';
import { minute, ReviewLog } from '../approval-lives.fixtures';
import { exemptions } from './exemptions.projection';

const ROW = {
  exemptionId: 'x1', orderNumber: 'o1', stream: 'order-TB.o1', approvalId: 'o1-1', grantedBy: 'front', reason: 'medicine', grantedAt: minute(1), expiresAt: minute(600), reviewer: 'boss',
  status: 'UNDER_REVIEW' as const, comment: null,
};

function granted(): ReviewLog {
  const log = new ReviewLog();
  log.record('o1', 'ExemptionGranted', 1, { exemptionId: 'x1', grantedBy: 'front', reason: 'medicine', expiresAt: minute(600), reviewer: 'boss' });
  return log;
}

test('granted', () => void given(exemptions, granted().events).thenRows({ x1: ROW }));

test.each([
  [true, 'UPHELD' as const],
  [false, 'NOT_UPHELD' as const],
])('reviewed: upheld %s', (upheld, status) => {
  const log = granted();
  log.record('o1', 'ExemptionReviewed', 9, { exemptionId: 'x1', reviewedBy: 'chief', upheld, comment: 'seen' });
  given(exemptions, log.events).thenRows({ x1: { ...ROW, status, reviewer: 'chief', comment: 'seen' } });
});

test('not reviewed in time', () => {
  const log = granted();
  log.record('o1', 'ExemptionExpired', 600, { exemptionId: 'x1' });
  given(exemptions, log.events).thenRows({ x1: { ...ROW, status: 'EXPIRED' } });
});
