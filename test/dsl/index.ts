export { given } from './given';
export { MemoryLog } from './memory-log';
export { recorded, recordedAll } from './recorded';
