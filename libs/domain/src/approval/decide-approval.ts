// Commands about an order's reviews, each to the one that decides it.
// All of them are refused for an order that is not known.
import type { OrderEvent } from '../order/order.events';
import type { OrderRejection } from '../order/order.rejections';
import type { PlacedOrder } from '../order/order.state';
import type { ApprovalCommand } from './approval.commands';
import { decideTask } from './decide-task';
import { exemptReview, expireExemption, grantExemption, reviewExemption } from './exemption';
import { handOverTask, reassignTask, transferTask } from './hand-over';
import { routeStep } from './route-step';

export function decideApproval(command: ApprovalCommand, order: PlacedOrder): readonly OrderEvent[] | OrderRejection {
  switch (command.type) {
    case 'RouteStep':
      return routeStep(command, order);
    case 'HandOverTask':
      return handOverTask(command, order);
    case 'ReassignTask':
      return reassignTask(command, order);
    case 'TransferTask':
      return transferTask(command, order);
    case 'DecideTask':
      return decideTask(command, order);
    case 'GrantExemption':
      return grantExemption(command, order);
    case 'ReviewExemption':
      return reviewExemption(command, order);
    case 'ExpireExemption':
      return expireExemption(command, order);
    case 'ExemptReview':
      return exemptReview(command, order);
    default:
      return command satisfies never;
  }
}
