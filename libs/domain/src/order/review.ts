// The review as it is decided until approval policies are published:
// it passes the moment it starts, by the event that a policy will cause.
import type { Instant } from '@app/kernel';
import type { ReviewDecided } from './order.events';
import type { PlacedOrder } from './order.state';

/** Id of the approval of a round of review. */
function approvalIdOf(orderNumber: string, round: number): string {
  return `${orderNumber}-${round}`;
}

/** An automatic approval ends the review at its own entry. Imported history passes by a rule of its own. */
export function automaticReview({ identity }: PlacedOrder, round: number, enteredAt: Instant): ReviewDecided {
  const { orderNumber, history } = identity;
  return {
    type: 'ReviewDecided',
    occurredAt: enteredAt,
    data: {
      orderNumber,
      approvalId: approvalIdOf(orderNumber, round),
      round,
      outcome: 'AUTO_APPROVED',
      policyVersion: 0,
      matchedRule: history ? 'imported-history' : 'automatic',
    },
  };
}
