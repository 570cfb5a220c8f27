// A hold with an expiry is released when its time has come, once, also across restarts.
// Its timers follow the open holds as the order announces them: released or closed they are gone, reopened they are back.
import type { Instant, Intent, Policy, Recorded } from '@app/kernel';
import { type ExpireHold, type Movement, type OpenHold, ORDER_EVENT_TYPES } from '@app/domain';

/** An order with open holds that expire; keyed by its stream. */
export interface ExpiringHolds {
  stream: string;
  holds: { holdId: string; expiresAt: Instant }[];
}

const NO_KEYS: readonly string[] = [];

export const holdExpiry: Policy<ExpiringHolds> = {
  name: 'hold-expiry',
  todo: {
    name: 'hold-expiry',
    version: 1,
    reads: { order: Object.keys(ORDER_EVENT_TYPES) },
    indexes: [],
    sharding: 'by-key',
    keys(event) {
      const moved = movementOf(event);
      return moved !== undefined && (expire(moved.was.holds) || expire(moved.is.holds)) ? [event.stream] : NO_KEYS;
    },
    fold(row, event) {
      const open = movementOf(event)?.is.holds;
      if (open === undefined) return row;
      const holds = open.flatMap(({ holdId, expiresAt }) => (expiresAt === null ? [] : [{ holdId, expiresAt }]));
      return holds.length === 0 ? undefined : { stream: event.stream, holds };
    },
  },

  react: () => [],

  dueAt: ({ holds }) => holds.map(({ expiresAt }) => expiresAt).sort()[0],

  due({ stream, holds }, now) {
    return holds
      .filter(({ expiresAt }) => expiresAt <= now)
      .map(({ holdId, expiresAt }) => ({ stream, command: expireHold(holdId), occasion: `${holdId}@${expiresAt}` }));
  },
};

function expireHold(holdId: string): Intent['command'] {
  return { type: 'ExpireHold', holdId } satisfies Pick<ExpireHold, 'type' | 'holdId'>;
}

function movementOf(event: Recorded): Movement | undefined {
  return (event.data as { moved?: Movement }).moved;
}

function expire(holds: readonly OpenHold[] | undefined): boolean {
  return holds !== undefined && holds.some(({ expiresAt }) => expiresAt !== null);
}
