// A notification is queued once, tried until it is sent, and given up in the end; whatever came of each attempt is on record.
// Nothing is sent here: the command tells what came of it.
import { type Decider, type Instant, plusSeconds, reject, type Rejection } from '@app/kernel';
import type { AttemptDelivery, NotificationCommand } from './notification.commands';
import { NOTIFICATION_EVENT_TYPES, type NotificationEvent, type NotificationQueued } from './notification.events';

export interface NotificationState {
  queued: NotificationQueued['data'] | null;
  queuedAt: Instant | null;
  attempts: number;
  /** Sent, undeliverable or given up. */
  ended: boolean;
}

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 60 * MINUTE_SECONDS;
/** After the first failure, the second, ...; then as after the last of them. */
const BACK_OFF_SECONDS = [MINUTE_SECONDS, 5 * MINUTE_SECONDS, 15 * MINUTE_SECONDS, HOUR_SECONDS, 4 * HOUR_SECONDS];
const GIVEN_UP_AFTER_SECONDS = 24 * HOUR_SECONDS;

/**
 * What fails is tried again after 1 minute, then after 5, 15 and 60 minutes, then every 4 hours while the next attempt lies within
 * 24 hours of the queueing: ten attempts, the last after 21 h 21 min, where nothing delays them. Then it is given up (`retryAt` null).
 */
export const notificationDecider: Decider<NotificationCommand, NotificationEvent, NotificationState> = {
  category: 'notification',
  eventTypes: NOTIFICATION_EVENT_TYPES,
  initial: { queued: null, queuedAt: null, attempts: 0, ended: false },
  decide(command, state): readonly NotificationEvent[] | Rejection {
    const { at, notificationId } = command;
    if (command.type === 'QueueNotification') {
      if (state.queued !== null) return [];
      const { staffId, channel, template, orderNumber, values } = command;
      return [{ type: 'NotificationQueued', occurredAt: at, data: { notificationId, staffId, channel, template, orderNumber, values } }];
    }
    if (state.queued === null) return reject('NotificationNotFound', `There is no notification ${notificationId}.`, { notificationId });
    return isNextAttempt(state, command) ? attempted(command, state) : [];
  },
  evolve(state, event) {
    switch (event.type) {
      case 'NotificationQueued':
        return { ...state, queued: event.data, queuedAt: event.occurredAt };
      case 'NotificationFailed':
        return { ...state, attempts: event.data.attempt, ended: event.data.retryAt === null };
      case 'NotificationSent':
        return { ...state, attempts: event.data.attempt, ended: true };
      case 'NotificationUndeliverable':
        return { ...state, ended: true };
      default:
        return event satisfies never;
    }
  },
};

/** Whoever carries an attempt out asks this first, so that nothing is sent that would not be recorded. */
export function isNextAttempt({ queued, attempts, ended }: NotificationState, { attempt }: Pick<AttemptDelivery, 'attempt'>): boolean {
  return queued !== null && !ended && attempt === attempts + 1;
}

function attempted({ at, notificationId, attempt, context: { delivery } }: AttemptDelivery, { queuedAt }: NotificationState): readonly NotificationEvent[] {
  switch (delivery.outcome) {
    case 'sent':
      return [{ type: 'NotificationSent', occurredAt: at, data: { notificationId, attempt } }];
    case 'undeliverable':
      return [{ type: 'NotificationUndeliverable', occurredAt: at, data: { notificationId, reason: delivery.reason } }];
    case 'failed': {
      const next = plusSeconds(at, BACK_OFF_SECONDS[attempt - 1] ?? BACK_OFF_SECONDS.at(-1)!);
      const retryAt = next <= plusSeconds(queuedAt!, GIVEN_UP_AFTER_SECONDS) ? next : null;
      return [{ type: 'NotificationFailed', occurredAt: at, data: { notificationId, attempt, error: delivery.error, retryAt } }];
    }
    default:
      return delivery satisfies never;
  }
}
