// A quota that was taken counts exactly as long as its exemption stands, whoever died between the quota and the order:
// taken for nothing it is given back after a while, and an exemption that is granted after that counts all the same.
import { type Instant, type Intent, later, plusSeconds, type Policy, type Recorded } from '@app/kernel';
import {
  type CountExemption, type ExemptionGranted, type GiveBackExemptionQuota, ORDER_EVENT_TYPES, QUOTA_EVENT_TYPES, type QuotaEvent, quotaStream,
} from '@app/domain';

/** Quota and exemption that do not agree; keyed by the exemption. */
interface OpenQuota {
  staffId: string;
  exemptionId: string;
  /** Quotas taken, less those given back, less exemptions granted: 1 waits for the order, -1 was granted uncounted. At 0 the row is gone. */
  balance: number;
  takenAt: Instant | null;
}

/** Longer than any request takes. */
const ORDER_ANSWERS_WITHIN_SECONDS = 5 * 60;
const NO_KEYS: readonly string[] = [];

export const exemptionQuota: Policy<OpenQuota> = {
  name: 'exemption-quota',
  todo: {
    name: 'exemption-quota',
    version: 1,
    reads: { quota: Object.keys(QUOTA_EVENT_TYPES), order: Object.keys(ORDER_EVENT_TYPES) },
    indexes: [],
    sharding: 'by-key',
    keys(event) {
      const change = changeBy(event);
      return change === undefined ? NO_KEYS : [change.exemptionId];
    },
    fold(row, event) {
      const { staffId, exemptionId, by, takenAt } = changeBy(event)!;
      const balance = (row?.balance ?? 0) + by;
      if (balance === 0) return undefined;
      const before = row?.takenAt ?? null;
      return { staffId, exemptionId, balance, takenAt: before === null || takenAt === null ? (before ?? takenAt) : later(before, takenAt) };
    },
  },

  react: (_, row) => (row !== undefined && row.balance < 0 ? [toQuota(row, 'CountExemption')] : []),

  dueAt: ({ balance, takenAt }) => (balance > 0 && takenAt !== null ? plusSeconds(takenAt, ORDER_ANSWERS_WITHIN_SECONDS) : undefined),

  due: (row) => [{ ...toQuota(row, 'GiveBackExemptionQuota'), occasion: `${row.exemptionId}@${row.takenAt}` }],
};

function toQuota({ staffId, exemptionId }: OpenQuota, type: (CountExemption | GiveBackExemptionQuota)['type']): Intent {
  return { stream: quotaStream(staffId), command: { type, staffId, exemptionId } satisfies Pick<CountExemption | GiveBackExemptionQuota, 'type' | 'staffId' | 'exemptionId'> };
}

function changeBy(event: Recorded): { staffId: string; exemptionId: string; by: 1 | -1; takenAt: Instant | null } | undefined {
  switch (event.type as QuotaEvent['type'] | ExemptionGranted['type']) {
    case 'ExemptionQuotaTaken': {
      const { staffId, exemptionId } = event.data as QuotaEvent['data'];
      return { staffId, exemptionId, by: 1, takenAt: event.meta.occurredAt };
    }
    case 'ExemptionQuotaGivenBack': {
      const { staffId, exemptionId } = event.data as QuotaEvent['data'];
      return { staffId, exemptionId, by: -1, takenAt: null };
    }
    case 'ExemptionGranted': {
      const { grantedBy, exemptionId } = event.data as ExemptionGranted['data'];
      return { staffId: grantedBy, exemptionId, by: -1, takenAt: null };
    }
    default:
      return undefined;
  }
}
