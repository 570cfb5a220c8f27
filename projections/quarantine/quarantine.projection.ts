// One row per payload that could not be read: what was sent, why it was refused and what became of it.
// The text stands in it as the events have it, sealed.
import type { Instant, Projection } from '@app/kernel';
import { type PayloadQuarantined, QUARANTINE_EVENT_TYPES, type QuarantineEvent } from '@app/domain';
import type { RecordedOf } from '../recorded-of';

type QuarantineStatus = 'WAITING' | 'REPROCESSED' | 'DISCARDED';

export interface QuarantineRow {
  quarantineId: string;
  system: string;
  topic: string;
  externalId: string | null;
  /** Sealed. */
  payload: PayloadQuarantined['data']['payload'];
  /** Of the last attempt to read it. */
  reasons: string[];
  receivedAt: Instant;
  receivedBy: string;
  history: boolean;
  omits: string[];
  status: QuarantineStatus;
  /** Attempts to read it, the first included. */
  attempts: number;
  /** What it was taken as, once it was. */
  outcome: string | null;
  orderNumber: string | null;
  /** Why it was discarded, if it was. */
  discardReason: string | null;
  settledBy: string | null;
  settledAt: Instant | null;
}

export const quarantine: Projection<QuarantineRow> = {
  name: 'quarantine',
  version: 1,
  reads: { quarantine: Object.keys(QUARANTINE_EVENT_TYPES) },
  indexes: [{ fields: ['status', 'receivedAt'] }, { fields: ['system', 'status', 'receivedAt'] }],
  sharding: 'by-key',

  keys: event => [event.stream],

  fold(before, recorded) {
    const event = recorded as RecordedOf<QuarantineEvent>;
    if (event.type === 'PayloadQuarantined') return before ?? received(event);
    if (before === undefined) throw new Error(`${event.type} came before PayloadQuarantined in ${event.stream}.`);
    switch (event.type) {
      case 'ReprocessingFailed':
        before.attempts += 1;
        before.reasons = event.data.reasons;
        return before;
      case 'QuarantinedReprocessed':
        before.status = 'REPROCESSED';
        before.attempts += 1;
        before.outcome = event.data.outcome;
        before.orderNumber = event.data.orderNumber;
        return settled(before, event);
      case 'QuarantinedDiscarded':
        before.status = 'DISCARDED';
        before.discardReason = event.data.reason;
        return settled(before, event);
      default:
        throw new Error(`quarantine does not know ${(event satisfies never as RecordedOf<QuarantineEvent>).type}.`);
    }
  },
};

function received({ data, recordedAt }: RecordedOf<PayloadQuarantined>): QuarantineRow {
  const { quarantineId, system, topic, externalId, payload, reasons, receivedBy, history, omits } = data;
  return {
    quarantineId, system, topic, externalId, payload, reasons, receivedAt: recordedAt, receivedBy, history, omits,
    status: 'WAITING', attempts: 1, outcome: null, orderNumber: null, discardReason: null, settledBy: null, settledAt: null,
  };
}

function settled(row: QuarantineRow, { data, recordedAt }: { data: { by: string }; recordedAt: Instant }): QuarantineRow {
  row.settledBy = data.by;
  row.settledAt = recordedAt;
  return row;
}
