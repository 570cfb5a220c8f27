// An exemption that nobody has reviewed by its time is told to have expired: the order decides what follows. Once, also across restarts;
// one that was reviewed rings no more. Expired or not upheld it raises an exception, one for each.
import type { Instant, Intent, Policy, Recorded } from '@app/kernel';
import {
  exceptionOfExemption, exceptionStream, type ExemptionExpired, type ExemptionGranted, type ExemptionReviewed, type ExpireExemption, ORDER_EVENT_TYPES, type RaiseException,
} from '@app/domain';

/** An exemption under review; keyed by its id. */
interface UnderReview {
  stream: string;
  exemptionId: string;
  expiresAt: Instant;
}

const NO_KEYS: readonly string[] = [];
const OF_EXEMPTION: readonly string[] = ['ExemptionGranted', 'ExemptionReviewed', 'ExemptionExpired'];

export const exemptionFollowUp: Policy<UnderReview> = {
  name: 'exemption-follow-up',
  todo: {
    name: 'exemption-follow-up',
    version: 1,
    reads: { order: Object.keys(ORDER_EVENT_TYPES) },
    indexes: [],
    sharding: 'by-key',
    keys: ({ type, data }) => (OF_EXEMPTION.includes(type) ? [(data as { exemptionId: string }).exemptionId] : NO_KEYS),
    fold(_, { type, data, stream }) {
      if (type !== 'ExemptionGranted') return undefined;
      const { exemptionId, expiresAt } = data as ExemptionGranted['data'];
      return { stream, exemptionId, expiresAt };
    },
  },

  react(event) {
    const evidence = notUpheld(event);
    return evidence === null ? [] : [raise(event, evidence)];
  },

  dueAt: ({ expiresAt }) => expiresAt,

  due: ({ stream, exemptionId, expiresAt }) => [{ stream, command: expire(exemptionId), occasion: `${exemptionId}@${expiresAt}` }],
};

function expire(exemptionId: string): Intent['command'] {
  return { type: 'ExpireExemption', exemptionId } satisfies Pick<ExpireExemption, 'type' | 'exemptionId'>;
}

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
