export { orderStatus } from './order-status/order-status.projection';
export { NEVER_DUE, type OrderRow, type OrderRowLine, type SourceWord } from './order-status/order-row';
export { sourceReports, type SourceReport } from './order-status/source-reports';
