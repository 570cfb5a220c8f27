// One row per exemption: who released which order and why, and what its review came to.
// An exemption that nobody reviewed in time is EXPIRED by an event, never by the clock here.
import type { Instant, Projection, Recorded } from '@app/kernel';
import { type ExemptionExpired, type ExemptionGranted, type ExemptionReviewed, ORDER_EVENT_TYPES } from '@app/domain';
import type { RecordedOf } from '../recorded-of';

export type ExemptionStatus = 'UNDER_REVIEW' | 'UPHELD' | 'NOT_UPHELD' | 'EXPIRED';

export interface ExemptionRow {
  exemptionId: string;
  orderNumber: string;
  /** Of the order. */
  stream: string;
  approvalId: string;
  grantedBy: string;
  reason: string;
  grantedAt: Instant;
  expiresAt: Instant;
  /** Who is to review it; once reviewed, who did. Null: nobody above the grantor could be named. */
  reviewer: string | null;
  status: ExemptionStatus;
  comment: string | null;
}

type ExemptionEvent = RecordedOf<ExemptionGranted | ExemptionReviewed | ExemptionExpired>;

const NO_KEYS: readonly string[] = [];

export const exemptions: Projection<ExemptionRow> = {
  name: 'exemptions',
  version: 2,
  reads: { order: Object.keys(ORDER_EVENT_TYPES) },
  indexes: [{ fields: ['status', 'grantedAt'] }, { fields: ['reviewer', 'status', 'grantedAt'] }, { fields: ['grantedBy', 'status', 'grantedAt'] }, { fields: ['grantedAt'] }],
  sharding: 'by-key',

  keys: ({ type, data }) => (type === 'ExemptionGranted' || type === 'ExemptionReviewed' || type === 'ExemptionExpired' ? [(data as ExemptionEvent['data']).exemptionId] : NO_KEYS),

  fold(row, recorded: Recorded) {
    const event = recorded as ExemptionEvent;
    if (event.type === 'ExemptionGranted') {
      const { exemptionId, orderNumber, approvalId, grantedBy, reason, expiresAt, reviewer } = event.data;
      return { exemptionId, orderNumber, stream: event.stream, approvalId, grantedBy, reason, grantedAt: event.meta.occurredAt, expiresAt, reviewer, status: 'UNDER_REVIEW', comment: null };
    }
    if (row === undefined) throw new Error(`${event.type} came before ExemptionGranted in ${event.stream}.`);
    if (event.type === 'ExemptionExpired') return { ...row, status: 'EXPIRED' };
    const { reviewedBy, upheld, comment } = event.data;
    return { ...row, reviewer: reviewedBy, status: upheld ? 'UPHELD' : 'NOT_UPHELD', comment };
  },
};
