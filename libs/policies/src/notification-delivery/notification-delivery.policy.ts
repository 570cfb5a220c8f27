// A notification that waits is sent when it is due: at once when queued, then whenever the attempt before has said to try again.
// Each attempt is asked for under its number, so that a restart asks for the same one and not for another.
import type { Instant, Policy } from '@app/kernel';
import { NOTIFICATION_EVENT_TYPES, type NotificationFailed, type NotificationQueued, notificationStream } from '@app/domain';

/** A notification that waits; keyed by its id. */
interface WaitingNotification {
  notificationId: string;
  /** Made so far. */
  attempts: number;
  dueAt: Instant;
}

export const notificationDelivery: Policy<WaitingNotification> = {
  name: 'notification-delivery',
  todo: {
    name: 'notification-delivery',
    version: 1,
    reads: { notification: Object.keys(NOTIFICATION_EVENT_TYPES) },
    indexes: [],
    sharding: 'by-key',
    keys: ({ data }) => [(data as NotificationQueued['data']).notificationId],
    fold(_, { type, data, meta }, notificationId) {
      if (type === 'NotificationQueued') return { notificationId, attempts: 0, dueAt: meta.occurredAt };
      if (type !== 'NotificationFailed') return undefined;
      const { attempt, retryAt } = data as NotificationFailed['data'];
      return retryAt === null ? undefined : { notificationId, attempts: attempt, dueAt: retryAt };
    },
  },

  react: () => [],
  dueAt: ({ dueAt }) => dueAt,
  due({ notificationId, attempts, dueAt }, now) {
    if (dueAt > now) return [];
    const attempt = attempts + 1;
    return [{ stream: notificationStream(notificationId), command: { type: 'AttemptDelivery', notificationId, attempt }, occasion: `attempt-${attempt}` }];
  },
};
