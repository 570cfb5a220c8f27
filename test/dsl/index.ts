export { given } from './given';
export { MemoryLog } from './memory-log';
export { recorded, recordedAll } from './recorded';
export { broken, type Data, event, openBench, plainFold, type ProjectionBench, settle, tally, type Tally, type Total, totals, until } from './projection-bench';
