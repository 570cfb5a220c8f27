export {
  CUSTOMER_TIERS, FIELD_CHECKS, ORDER_EVENT_TYPES, ORDER_PERSONAL_DATA, ORDER_STATUSES, PAYMENT_TERMS, SHIPMENT_STATUSES, WORKFLOW_NODES, orderStream,
} from './order/order.events';
export type * from './order/order.events';
export type * from './order/order.commands';
export type { OrderState } from './order/order.state';
export { orderDecider } from './order/order.decider';
export { skusToCheck } from './order/skus-to-check';
export { outcomeOf, type TakenAs, type TakenItem } from './order/outcome';
export type { OrderRejection, OrderRejectionName } from './order/order.rejections';
export { SETTINGS_EVENT_TYPES, SETTINGS_STREAM } from './settings/settings.events';
export type * from './settings/settings.events';
export { DEFAULT_SETTINGS } from './settings/settings.defaults';
export { publishDefaults, settingsDecider } from './settings/settings.decider';
export type { PublishSettings, SettingsRejection, SettingsRejectionName, SettingsState } from './settings/settings.decider';
export { CATALOGUE_EVENT_TYPES, QUARANTINE_EVENT_TYPES, QUARANTINE_PERSONAL_DATA, SERIAL_EVENT_TYPES, SKU_EVENT_TYPES } from './intake/intake.events';
export type * from './intake/intake.events';
export { CATALOGUE_STREAM, catalogueDecider, skuDecider, skuStream } from './intake/catalogue.decider';
export type { CatalogueSku, CatalogueState, OpenCatalogue, SkuState } from './intake/catalogue.decider';
export { quarantineDecider } from './intake/quarantine.decider';
export type {
  DiscardQuarantined, QuarantineCommand, QuarantinePayload, QuarantineRejection, QuarantineRejectionName, QuarantineState, RecordReprocessing,
} from './intake/quarantine.decider';
export { serialDecider, serialStream } from './intake/serial.decider';
export type { SerialRejection, SerialState, TakeSerials } from './intake/serial.decider';
export { WAITING_EVENT_TYPES, waitingDecider, waitingStream } from './intake/waiting.decider';
export type { FactAside, ForwardFacts, SetFactAside, WaitingCommand, WaitingEvent, WaitingState } from './intake/waiting.decider';
export { DECIDERS, type AnyDecider } from './deciders';
export { currencyExponent, decimalOf, minorUnits, type MoneyRejection } from './money';
export { formatOrderNumber, isPlatformCode, parseOrderNumber, PLATFORM_NAMES, type OrderNumberParts } from './order-number';
export { lifeCycle, toMermaid, type LifeCycle, type LifeCycleNode, type LifeCycleStep } from './life-cycle';
export { nodeSetting } from './sla';
