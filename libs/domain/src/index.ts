export {
  CUSTOMER_TIERS, FIELD_CHECKS, ORDER_EVENT_TYPES, ORDER_PERSONAL_DATA, ORDER_STATUSES, PAYMENT_TERMS, SHIPMENT_STATUSES, WORKFLOW_NODES, orderStream,
} from './order/order.events';
export type * from './order/order.events';
export type * from './order/order.commands';
export { SETTINGS_EVENT_TYPES, SETTINGS_STREAM } from './settings/settings.events';
export type * from './settings/settings.events';
export { CATALOGUE_EVENT_TYPES, QUARANTINE_EVENT_TYPES, SERIAL_EVENT_TYPES, SKU_EVENT_TYPES } from './intake/intake.events';
export type * from './intake/intake.events';
