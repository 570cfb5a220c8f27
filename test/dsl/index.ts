export type { ExpectedRejection } from './given-decider';
export { given } from './given';
export { MemoryLog } from './memory-log';
export { recorded, recordedAll, type RecordedParts } from './recorded';
