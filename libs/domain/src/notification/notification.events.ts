// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Stream: notification-<notificationId>, one for each message to one person by one channel. No address stands here: it is looked up when sent.
import type { DomainEvent, Instant } from '@app/kernel';

export const CHANNELS = ['MAIL', 'SMS'] as const;
export type Channel = (typeof CHANNELS)[number];
/** Each has a text in Chinese and in English. */
export const TEMPLATES = ['TASK_ASSIGNED', 'TASK_TAKEN_OVER', 'TASK_HANDED_AWAY', 'APPROVAL_OVERDUE', 'EXEMPTION_TO_REVIEW'] as const;
export type Template = (typeof TEMPLATES)[number];

interface OfNotification {
  notificationId: string;
}
export type NotificationQueued = DomainEvent<
  'NotificationQueued',
  OfNotification & { staffId: string; channel: Channel; template: Template; orderNumber: string | null; values: Record<string, string> }
>;
export type NotificationSent = DomainEvent<'NotificationSent', OfNotification & { attempt: number }>;
/** The next attempt is at `retryAt`; null: given up. `error` names no address. */
export type NotificationFailed = DomainEvent<'NotificationFailed', OfNotification & { attempt: number; error: string; retryAt: Instant | null }>;
/** Nothing to send it to: the person has no such address, or is not registered. */
export type NotificationUndeliverable = DomainEvent<'NotificationUndeliverable', OfNotification & { reason: string }>;

export type NotificationEvent = NotificationQueued | NotificationSent | NotificationFailed | NotificationUndeliverable;
export const NOTIFICATION_EVENT_TYPES = {
  NotificationQueued: 1,
  NotificationSent: 1,
  NotificationFailed: 1,
  NotificationUndeliverable: 1,
} as const satisfies Record<NotificationEvent['type'], number>;

export function notificationStream(notificationId: string): string {
  return `notification-${notificationId}`;
}
