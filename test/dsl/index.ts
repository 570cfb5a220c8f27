export { CountedLog, follow, FOLLOWED_CATEGORIES, followers, turn, turns } from './followers';
export { given } from './given';
export { dyingAtAppend, dyingAtCall, gated, Killed } from './killed';
export { MemoryLog } from './memory-log';
export { recorded, recordedAll } from './recorded';
export { broken, type Data, event, openBench, plainFold, type ProjectionBench, settle, tally, type Tally, type Total, totals, until } from './projection-bench';
