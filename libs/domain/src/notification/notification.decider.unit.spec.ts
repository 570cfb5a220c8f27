// A notification is tried until it is sent, ten times within a day, and never twice for one attempt.
import { type Instant, plusSeconds } from '@app/kernel';
import { given } from '@test/dsl';
import type { AttemptDelivery, DeliveryOutcome, QueueNotification } from './notification.commands';
import { notificationDecider } from './notification.decider';
import type { NotificationEvent, NotificationQueued } from './notification.events';

const START: Instant = '2026-01-09T02:00:00.000Z';
const minute = (minutes: number): Instant => plusSeconds(START, minutes * 60);
const notificationId = 'e-1.li.mail';
const actor = { id: 'policy:notification', role: 'system' };
const DATA: NotificationQueued['data'] = { notificationId, staffId: 'li', channel: 'MAIL', template: 'TASK_ASSIGNED', orderNumber: 'TB2026010900001', values: { role: 'finance' } };
const queue: QueueNotification = { type: 'QueueNotification', id: 'q-1', actor, at: minute(0), ...DATA };
const QUEUED: NotificationEvent = { type: 'NotificationQueued', occurredAt: minute(0), data: DATA };
const failure: DeliveryOutcome = { outcome: 'failed', error: 'The mail server could not be used (ESOCKET).' };
const attempt = (at: Instant, delivery: DeliveryOutcome, n = 1): AttemptDelivery => ({ type: 'AttemptDelivery', id: `a-${n}`, actor, at, notificationId, attempt: n, context: { delivery } });

test('it is queued once under its id, whatever else is said the second time', () => {
  given(notificationDecider, []).when(queue).then([QUEUED]).idempotently();
  given(notificationDecider, [QUEUED]).when({ ...queue, id: 'q-2', staffId: 'wang' }).thenNothing();
});

test('sent, it is over', () => {
  given(notificationDecider, [QUEUED])
    .when(attempt(minute(1), { outcome: 'sent' }))
    .then([{ type: 'NotificationSent', occurredAt: minute(1), data: { notificationId, attempt: 1 } }])
    .idempotently();
  given(notificationDecider, [QUEUED]).when(attempt(minute(1), { outcome: 'sent' }), attempt(minute(2), failure, 2)).thenNothing();
});

test('undeliverable, it is over', () => {
  given(notificationDecider, [QUEUED])
    .when(attempt(minute(1), { outcome: 'undeliverable', reason: 'li has no mail address.' }))
    .then([{ type: 'NotificationUndeliverable', occurredAt: minute(1), data: { notificationId, reason: 'li has no mail address.' } }])
    .idempotently();
});

test('failing, it is tried ten times, ever more rarely, the last time within a day', () => {
  const events: NotificationEvent[] = [QUEUED];
  const tried: number[] = [];
  for (let at: Instant | null = minute(0); at !== null; ) {
    const [failed] = given(notificationDecider, events).when(attempt(at, failure, tried.length + 1)).decision as NotificationEvent[];
    if (failed?.type !== 'NotificationFailed') throw new Error('not recorded');
    tried.push((Date.parse(at) - Date.parse(START)) / 60_000);
    events.push(failed);
    at = failed.data.retryAt;
  }
  expect(tried).toEqual([0, 1, 6, 21, 81, 321, 561, 801, 1041, 1281]);
  given(notificationDecider, events).when(attempt(minute(1300), { outcome: 'sent' }, 11)).thenNothing();
});

test('an attempt that comes late is the last when a day has gone', () => {
  given(notificationDecider, [QUEUED]).when(attempt(minute(3_000), failure)).thenLike({ type: 'NotificationFailed', data: { attempt: 1, retryAt: null } });
});

test('an attempt out of turn is nothing, one on nothing is refused', () => {
  given(notificationDecider, [QUEUED]).when(attempt(minute(1), { outcome: 'sent' }, 2)).thenNothing();
  given(notificationDecider, []).when(attempt(minute(1), { outcome: 'sent' })).then({ rejection: 'NotificationNotFound' });
});
