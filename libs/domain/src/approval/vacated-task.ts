// A task whose assignee became one who may not decide, because they released a hold of the order or are named as who placed it:
// it goes to nobody at once, to be routed again. Who can take it is looked up then.
import type { Instant } from '@app/kernel';
import type { PlacedOrder } from '../order/order.state';
import type { ReviewTask, TaskHandedOver } from './approval.events';
import { excludedFrom } from './separation';

const SYSTEM = 'system';

/** The first there is; null when there is none. */
export function vacatedTask(order: PlacedOrder, at: Instant): TaskHandedOver | null {
  const { orderNumber } = order.identity;
  for (const { approvalId, status, tasks } of order.approvals) {
    if (status !== 'PENDING') continue;
    const excluded = excludedFrom(order);
    const was = tasks.find((task) => task.status === 'PENDING' && task.assignee !== null && excluded.has(task.assignee));
    if (was === undefined) continue;
    const place = tasks.filter(({ stepId }) => stepId === was.stepId).length + 1;
    const is: ReviewTask = {
      ...was, taskId: `${was.stepId}-${place}`, assignee: null, actingFor: null, status: 'UNROUTED', assignedAt: at,
      handovers: [...was.handovers, { from: was.assignee, to: null, reason: 'TRANSFER', at }],
    };
    return {
      type: 'TaskHandedOver',
      occurredAt: at,
      data: {
        orderNumber, approvalId, taskId: was.taskId, reason: 'TRANSFER', by: SYSTEM, note: `${was.assignee} may not decide on an order that they placed or released.`,
        tasks: [{ was, is: { ...was, status: 'HANDED_OVER' } }, { was: null, is }], seen: [], loads: {},
      },
    };
  }
  return null;
}
