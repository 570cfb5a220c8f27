// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Stream: alert-<alertId>, one for each alert.
import type { DomainEvent } from '@app/kernel';

export const ALERT_KINDS = [
  'VALIDATION_FAILED',
  'TASK_HANDED_OVER',
  'APPROVAL_OVERDUE',
  'ROUTE_BROKEN',
  'BACKLOG_PEAK',
  'EXCEPTION_OVERDUE',
  'NODE_OVERDUE',
  'RECONCILIATION_DIFFERENCE',
  'HEALTH_RED',
  'PLAN_OPENED',
  'PROJECTION_STOPPED',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** `subject`: what it is about (an order number, a task id, a role). `details`: the values that the sentence speaks of. */
export type AlertRaised = DomainEvent<
  'AlertRaised',
  { alertId: string; kind: AlertKind; subject: string; message: string; orderNumber: string | null; details: Record<string, unknown> }
>;
export type AlertAcknowledged = DomainEvent<'AlertAcknowledged', { alertId: string; by: string }>;

export type AlertEvent = AlertRaised | AlertAcknowledged;
export const ALERT_EVENT_TYPES = { AlertRaised: 1, AlertAcknowledged: 1 } as const satisfies Record<AlertEvent['type'], number>;

/** The id says what raised it, so that raising twice for one occasion does nothing: `TASK_HANDED_OVER.TB2026010900123-1-1-1`. */
export function alertStream(alertId: string): string {
  return `alert-${alertId}`;
}
