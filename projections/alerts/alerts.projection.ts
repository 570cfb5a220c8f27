// One row per alert: what was found when, and who has acknowledged it.
// `acknowledged` stands beside the instant so that the open ones are found along an index.
import type { Instant, Projection, Recorded } from '@app/kernel';
import { ALERT_EVENT_TYPES, type AlertEvent, type AlertKind } from '@app/domain';
import type { RecordedOf } from '../recorded-of';

export interface AlertRow {
  alertId: string;
  kind: AlertKind;
  subject: string;
  message: string;
  orderNumber: string | null;
  raisedAt: Instant;
  acknowledged: boolean;
  acknowledgedBy: string | null;
  acknowledgedAt: Instant | null;
}

export const alerts: Projection<AlertRow> = {
  name: 'alerts',
  version: 1,
  reads: { alert: Object.keys(ALERT_EVENT_TYPES) },
  indexes: [{ fields: ['acknowledged', 'raisedAt'] }, { fields: ['kind', 'acknowledged', 'raisedAt'] }, { fields: ['kind', 'raisedAt'] }, { fields: ['raisedAt'] }],
  sharding: 'by-key',

  keys: event => [(event.data as AlertEvent['data']).alertId],

  fold(row, recorded: Recorded) {
    const event = recorded as RecordedOf<AlertEvent>;
    if (event.type === 'AlertRaised') {
      const { alertId, kind, subject, message, orderNumber } = event.data;
      return { alertId, kind, subject, message, orderNumber, raisedAt: event.meta.occurredAt, acknowledged: false, acknowledgedBy: null, acknowledgedAt: null };
    }
    if (row === undefined) throw new Error(`${event.type} came before AlertRaised in ${event.stream}.`);
    return { ...row, acknowledged: true, acknowledgedBy: event.data.by, acknowledgedAt: event.meta.occurredAt };
  },
};
