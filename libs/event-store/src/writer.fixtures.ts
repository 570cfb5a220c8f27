// The small process that only writes, and its faults:
// specs kill it or let strace break its disk.
import { resolve } from 'node:path';

export const FAULTS = resolve(__dirname, '../../../scripts/fault-injection/run.cjs');
