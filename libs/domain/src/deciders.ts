// Every decider of the domain, by the category of the streams that it owns: what the registry lists.
// A stream whose category is not here has no owner, and nothing is written to it.
import type { Decider } from '@app/kernel';
import { alertDecider } from './alert/alert.decider';
import { approvalPolicyDecider } from './approval-policy/policy.decider';
import { exceptionDecider } from './exception/exception.decider';
import { quotaDecider } from './exemption/quota.decider';
import { greenChannelDecider } from './green-channel/green-channel.decider';
import { catalogueDecider, skuDecider } from './intake/catalogue.decider';
import { quarantineDecider } from './intake/quarantine.decider';
import { serialDecider } from './intake/serial.decider';
import { waitingDecider } from './intake/waiting.decider';
import { notificationDecider } from './notification/notification.decider';
import { orderDecider } from './order/order.decider';
import { routesDecider } from './routes/routes.decider';
import { settingsDecider } from './settings/settings.decider';
import { sopDecider } from './sop/sop.decider';
import { rosterDecider } from './staff/roster.decider';
import { staffDecider } from './staff/staff.decider';
import { organisationDecider } from './staff/organisation.decider';

/** A decider whose command, event and state are its own matter. */
type AnyDecider = Decider<never, never, never>;

export const DECIDERS: Readonly<Record<string, AnyDecider>> = byCategory([
  orderDecider, settingsDecider, quarantineDecider, skuDecider, catalogueDecider, serialDecider, waitingDecider, staffDecider, rosterDecider, organisationDecider, alertDecider, approvalPolicyDecider,
  routesDecider, notificationDecider, quotaDecider, greenChannelDecider, exceptionDecider, sopDecider,
]);

function byCategory(deciders: readonly { readonly category: string }[]): Record<string, AnyDecider> {
  return Object.fromEntries(deciders.map((decider) => [decider.category, decider as AnyDecider]));
}
