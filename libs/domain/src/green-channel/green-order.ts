// Which orders a green channel may take: those in review whose approval waits for people, up to an amount.
// Read from the order's own stream, so that what is frozen is what was true then.
import { decimalOf } from '../money';
import type { OrderState } from '../order/order.state';
import { compareAmounts } from '../staff/amounts';
import type { FrozenOrder } from './green-channel.events';

/** `maxAmount`: a decimal of zero or more, of the order's own currency; null for none. */
export function greenOrder(stream: string, { approvals, content, identity, standing }: OrderState, maxAmount: string | null): FrozenOrder | null {
  if (identity === null || content === null || standing?.status !== 'IN_REVIEW') return null;
  const pending = approvals.find(({ status }) => status === 'PENDING');
  if (pending === undefined) return null;
  if (maxAmount !== null && compareAmounts(decimalOf(content.total, identity.currency), maxAmount) > 0) return null;
  return { orderNumber: identity.orderNumber, stream, approvalId: pending.approvalId };
}
