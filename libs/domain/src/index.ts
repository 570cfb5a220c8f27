export {
  CUSTOMER_TIERS, ORDER_EVENT_TYPES, ORDER_PERSONAL_DATA, ORDER_STATUSES, PAYMENT_TERMS, SHIPMENT_STATUSES, WORKFLOW_NODES, externalIdIn, orderStream,
} from './order/order.events';
export type * from './order/order.events';
export type * from './order/order.commands';
export type { OrderState } from './order/order.state';
export { orderDecider } from './order/order.decider';
export { skusToCheck } from './order/skus-to-check';
export { outcomeOf } from './order/outcome';
export { SETTINGS_STREAM } from './settings/settings.events';
export type * from './settings/settings.events';
export { DEFAULT_SETTINGS } from './settings/settings.defaults';
export { publishDefaults, type PublishSettings } from './settings/settings.decider';
export { QUARANTINE_EVENT_TYPES, QUARANTINE_PERSONAL_DATA, SKU_EVENT_TYPES } from './intake/intake.events';
export type * from './intake/intake.events';
export { CATALOGUE_STREAM, type CatalogueSku, type OpenCatalogue, skuStream } from './intake/catalogue.decider';
export type { DiscardQuarantined, QuarantinePayload, QuarantineState, RecordReprocessing } from './intake/quarantine.decider';
export { serialStream, type TakeSerials } from './intake/serial.decider';
export { WAITING_EVENT_TYPES, waitingDecider, waitingStream } from './intake/waiting.decider';
export type { ForwardFacts, SetFactAside, WaitingCommand } from './intake/waiting.decider';
export { ROSTER_STREAM, STAFF_EVENT_TYPES, STAFF_PERSONAL_DATA, staffStream } from './staff/staff.events';
export type * from './staff/staff.events';
export type * from './staff/staff.commands';
export { type People, type Person, personAfter } from './staff/person';
export { peopleToRead } from './staff/staff.decider';
export { whoActsFor } from './staff/who-acts';
export { businessDayOf, dueAfter } from './business-hours';
export { DECIDERS } from './deciders';
export { elapsedDuration, isoDuration, secondsOf } from './iso-duration';
export { lifeCycle, toMermaid } from './life-cycle';
export { currencyExponent, decimalOf, minorUnits } from './money';
export { formatOrderNumber } from './order-number';
export { nodeSetting } from './sla';
export { authorityOn, isPlatform, isSystem, SOURCE_SYSTEMS } from './source-systems';

export { ALERT_EVENT_TYPES, alertStream } from './alert/alert.events';
export type * from './alert/alert.events';
export type * from './alert/alert.decider';
export { APPROVAL_EVENT_TYPES } from './approval/approval.events';
export type * from './approval/approval.events';
export type * from './approval/approval.commands';
export { APPROVAL_POLICY_EVENT_TYPES, APPROVAL_POLICY_STREAM } from './approval-policy/policy.events';
export { DEFAULT_APPROVAL_POLICY } from './approval-policy/policy.defaults';
export type * from './approval-policy/policy.events';
export { CHANNELS, NOTIFICATION_EVENT_TYPES, notificationStream } from './notification/notification.events';
export type * from './notification/notification.events';
export type * from './notification/notification.commands';
export { isNextAttempt, type NotificationState } from './notification/notification.decider';
export { notificationText, peopleNamed } from './notification/notification.texts';
export { businessDate } from './business-date';
export { quotaStream, QUOTA_EVENT_TYPES } from './exemption/quota.events';
export type * from './exemption/quota.events';
export type { CountExemption, GiveBackExemptionQuota, QuotaState, TakeExemptionQuota } from './exemption/quota.decider';
export { GREEN_CHANNEL_EVENT_TYPES, greenChannelStream } from './green-channel/green-channel.events';
export type * from './green-channel/green-channel.events';
export {
  type ConfirmGreenChannel, type ContinueGreenChannel, type FreezeGreenChannelOrders, FROZEN_TOGETHER_MAX, type GreenChannelState, nextOrders, type PreviewGreenChannel,
} from './green-channel/green-channel.decider';
export { greenOrder } from './green-channel/green-order';
