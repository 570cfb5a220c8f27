// An exemption that nobody has reviewed by its time is told to have expired: the order decides what follows.
// Once, also across restarts; one that was reviewed rings no more.
import type { Instant, Intent, Policy } from '@app/kernel';
import { type ExemptionGranted, type ExpireExemption, ORDER_EVENT_TYPES } from '@app/domain';

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

  react: () => [],

  dueAt: ({ expiresAt }) => expiresAt,

  due: ({ stream, exemptionId, expiresAt }) => [{ stream, command: expire(exemptionId), occasion: `${exemptionId}@${expiresAt}` }],
};

function expire(exemptionId: string): Intent['command'] {
  return { type: 'ExpireExemption', exemptionId } satisfies Pick<ExpireExemption, 'type' | 'exemptionId'>;
}
