// Every policy: what is done by itself, when and why.
// One more of them is a folder of its own and a line here.
import type { Policy } from '@app/kernel';
import { approvalAlerts } from './approval-alerts/approval-alerts.policy';
import { approvalTasks } from './approval-tasks/approval-tasks.policy';
import { backlogPeak } from './backlog-peak/backlog-peak.policy';
import { exceptionFollowUp } from './exception-follow-up/exception-follow-up.policy';
import { exemptionFollowUp } from './exemption-follow-up/exemption-follow-up.policy';
import { exemptionNotUpheld } from './exemption-not-upheld/exemption-not-upheld.policy';
import { exemptionQuota } from './exemption-quota/exemption-quota.policy';
import { greenChannel } from './green-channel/green-channel.policy';
import { holdExpiry } from './hold-expiry/hold-expiry.policy';
import { nodeOverdue } from './node-overdue/node-overdue.policy';
import { notificationDelivery } from './notification-delivery/notification-delivery.policy';
import { notification } from './notification/notification.policy';
import { routeWatch } from './route-watch/route-watch.policy';

export { notificationDelivery };
/** Rows of different types: the machinery looks into none of them. */
export const POLICIES: readonly Policy[] = [holdExpiry, exemptionQuota, exemptionFollowUp, exemptionNotUpheld, exceptionFollowUp, greenChannel, approvalTasks, approvalAlerts, routeWatch, notification, notificationDelivery, nodeOverdue, backlogPeak];
