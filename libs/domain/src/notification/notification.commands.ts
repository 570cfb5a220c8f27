// What may be asked of a notification: to be queued, and to be sent. Both are given by policies.
// Sending is done before the decision: the command brings what came of it.
import type { Command } from '@app/kernel';
import type { Channel, Template } from './notification.events';

/** What came of sending. Neither text names an address. `undeliverable` will not change by trying again. */
export type DeliveryOutcome = { outcome: 'sent' } | { outcome: 'failed'; error: string } | { outcome: 'undeliverable'; reason: string };

/** Queued again under the same id: nothing. `values` hold no personal data: people stand there by their staff ids. */
export interface QueueNotification extends Command<'QueueNotification'> {
  notificationId: string;
  staffId: string;
  channel: Channel;
  template: Template;
  orderNumber: string | null;
  values: Record<string, string>;
}
/** `attempt`: which one this is, from 1. One that was made already, or is not the next, comes to nothing and is not carried out. */
export interface AttemptDelivery extends Command<'AttemptDelivery'> {
  notificationId: string;
  attempt: number;
  context: { delivery: DeliveryOutcome };
}
export type NotificationCommand = QueueNotification | AttemptDelivery;
