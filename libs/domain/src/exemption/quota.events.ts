// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Stream: quota-<staffId>, the exemptions that somebody has granted, by business day.
import type { DomainEvent } from '@app/kernel';

interface OfQuota {
  staffId: string;
  exemptionId: string;
  orderNumber: string;
  /** Business day on which it was taken by our clock, yyyy-mm-dd. */
  day: string;
}

/** `perDay`: of the settings in force; null where the exemption stood already and is only counted. */
export type ExemptionQuotaTaken = DomainEvent<'ExemptionQuotaTaken', OfQuota & { perDay: number | null }>;
/** The order refused the exemption, or never heard of it: it counts no more. */
export type ExemptionQuotaGivenBack = DomainEvent<'ExemptionQuotaGivenBack', OfQuota>;

export type QuotaEvent = ExemptionQuotaTaken | ExemptionQuotaGivenBack;
export const QUOTA_EVENT_TYPES = { ExemptionQuotaTaken: 1, ExemptionQuotaGivenBack: 1 } as const satisfies Record<QuotaEvent['type'], number>;

export function quotaStream(staffId: string): string {
  return `quota-${staffId}`;
}
