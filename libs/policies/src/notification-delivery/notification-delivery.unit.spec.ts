// What waits is sent when due, attempt by attempt; what has ended waits no more.
import type { Recorded } from '@app/kernel';
import { given, recorded } from '@test/dsl';
import { notificationDelivery } from './notification-delivery.policy';

const ID = 'e-1.li.mail';
const STREAM = `notification-${ID}`;
const AT = '2026-01-09T02:00:00.000Z';
const RETRY_AT = '2026-01-09T02:01:00.000Z';
const occurred = (position: number, type: string, data: object = {}): Recorded => recorded({ stream: STREAM, position, type, occurredAt: AT, data: { notificationId: ID, ...data } });
const queued = occurred(1, 'NotificationQueued', { staffId: 'li', channel: 'MAIL', template: 'TASK_ASSIGNED', orderNumber: null, values: {} });
const failed = occurred(2, 'NotificationFailed', { attempt: 1, error: 'no', retryAt: RETRY_AT });
const attempt = (n: number) => ({ stream: STREAM, command: { type: 'AttemptDelivery', notificationId: ID, attempt: n } });

test('queued, it is due at once', () => {
  given(notificationDelivery, []).when(queued).thenNothing().thenTodo(ID, { notificationId: ID, attempts: 0, dueAt: AT }).at(AT).then(attempt(1));
});

test('failed, it is due when the attempt has said, as the next one', () => {
  given(notificationDelivery, [queued]).when(failed).thenNothing().at(AT).thenNothing();
  given(notificationDelivery, [queued, failed]).thenNextTimer(RETRY_AT).at(RETRY_AT).then(attempt(2));
});

test.each([
  ['sent', occurred(3, 'NotificationSent', { attempt: 2 })],
  ['undeliverable', occurred(3, 'NotificationUndeliverable', { reason: 'no' })],
  ['given up', occurred(3, 'NotificationFailed', { attempt: 2, error: 'no', retryAt: null })],
])('%s, it waits no more', (_, ended) => {
  given(notificationDelivery, [queued, failed]).when(ended).thenTodo(ID, undefined);
  given(notificationDelivery, [queued, failed, ended]).thenNextTimer(undefined);
});
