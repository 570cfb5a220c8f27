// Serials of order numbers, one stream per platform and business day: taken in blocks, so that intake does not contend for them.
// No serial is ever in two blocks; gaps are allowed.
import { reject, type Command, type Decider } from '@app/kernel';
import { SERIAL_EVENT_TYPES, type SerialsTaken } from './intake.events';

export interface TakeSerials extends Command<'TakeSerials'> {
  platform: string;
  /** yyyymmdd */
  day: string;
  count: number;
}

interface SerialState {
  /** Highest serial taken; 0 before any. */
  taken: number;
}

export function serialStream(platform: string, day: string): string {
  return `serial-${platform}${day}`;
}

export const serialDecider: Decider<TakeSerials, SerialsTaken, SerialState> = {
  category: 'serial',
  eventTypes: SERIAL_EVENT_TYPES,
  initial: { taken: 0 },
  decide({ at, count, day, platform }, { taken }) {
    if (!Number.isSafeInteger(count) || count < 1) return reject('SerialCountNotPositive', `A block holds at least one serial, not ${count}.`, { count });
    return [{ type: 'SerialsTaken', occurredAt: at, data: { platform, day, from: taken + 1, to: taken + count } }];
  },
  evolve: (_, { data: { to } }) => ({ taken: to }),
};
