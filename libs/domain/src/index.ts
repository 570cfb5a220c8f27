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
export { DECIDERS } from './deciders';
export { elapsedDuration, isoDuration, secondsOf } from './iso-duration';
export { lifeCycle, toMermaid } from './life-cycle';
export { currencyExponent, decimalOf, minorUnits } from './money';
export { formatOrderNumber } from './order-number';
export { nodeSetting } from './sla';
export { authorityOn, isPlatform, isSystem, SOURCE_SYSTEMS } from './source-systems';
