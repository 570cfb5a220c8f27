export { MemoryLog } from './memory-log';
export { recorded, recordedAll, type RecordedParts } from './recorded';
