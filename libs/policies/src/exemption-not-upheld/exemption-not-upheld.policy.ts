// An exemption that was not upheld, or that nobody reviewed in time, raises an exception: one for each.
// A policy of its own, beside the one that rings for exemptions: of a log that is older than exceptions it never takes up what lies behind.
import type { Intent, Recorded } from '@app/kernel';
import { exceptionOfExemption, exceptionStream, type ExemptionExpired, type ExemptionReviewed, ORDER_EVENT_TYPES, type RaiseException } from '@app/domain';
import { withoutRows } from '../without-rows';

const NOTHING: readonly Intent[] = [];

export const exemptionNotUpheld = withoutRows('exemption-not-upheld', { order: Object.keys(ORDER_EVENT_TYPES) }, (event) => {
  const evidence = notUpheld(event);
  return evidence === null ? NOTHING : [raise(event, evidence)];
});

/** Why the exemption does not stand; null where it does, or where nothing is said about it. */
function notUpheld({ type, data }: Recorded): Record<string, unknown> | null {
  if (type === 'ExemptionExpired') return { reviewed: false };
  if (type !== 'ExemptionReviewed') return null;
  const { comment, reviewedBy, upheld } = data as ExemptionReviewed['data'];
  return upheld ? null : { reviewed: true, reviewedBy, comment };
}

function raise({ data, stream }: Recorded, evidence: Record<string, unknown>): Intent {
  const { approvalId, exemptionId, orderNumber } = data as (ExemptionExpired | ExemptionReviewed)['data'];
  const exceptionId = exceptionOfExemption(exemptionId);
  const command: Omit<RaiseException, 'id' | 'actor' | 'at' | 'context'> = {
    type: 'RaiseException', exceptionId, exceptionType: 'EXEMPTION_NOT_UPHELD', orderNumber, order: stream, evidence: { exemptionId, approvalId, ...evidence },
  };
  return { stream: exceptionStream(exceptionId), command: { ...command } };
}
