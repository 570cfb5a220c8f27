// One row per system: when it was last heard, and how much of what it sent is recorded. What was a duplicate left no event and does not count.
// A fact counts when it is recorded with its order; while it is set aside the system has been heard, no more.
import type { Instant, Projection, Recorded } from '@app/kernel';
import { ORDER_EVENT_TYPES, QUARANTINE_EVENT_TYPES, SKU_EVENT_TYPES, WAITING_EVENT_TYPES } from '@app/domain';
import { OWN_SYSTEM } from '../own-system';

export interface SourceSystemRow {
  system: string;
  lastHeardAt: Instant;
  received: number;
  /** By canonical topic. */
  receivedByTopic: Record<string, number>;
  /** Payloads that could not be read, whatever became of them since. */
  quarantined: number;
}

/** Topic of what a system sent, by the type of the event that it became. */
const TOPICS: Readonly<Record<string, string>> = {
  OrderPlaced: 'orders',
  OrderAmended: 'orders',
  AmendmentRefused: 'orders',
  PaymentReported: 'payments',
  AllocationReported: 'fulfilment',
  ShipmentDispatched: 'fulfilment',
  ParcelTracked: 'tracking',
  SettlementReported: 'settlements',
  CancellationRequested: 'cancellations',
  GoodsReturned: 'returns',
  StatusReported: 'statuses',
  ComplaintFiled: 'complaints',
  SurveyAnswered: 'surveys',
  SkuCatalogued: 'skus',
};

const NO_KEYS: readonly string[] = [];

export const sourceSystems: Projection<SourceSystemRow> = {
  name: 'source-systems',
  version: 1,
  reads: {
    order: Object.keys(ORDER_EVENT_TYPES),
    waiting: Object.keys(WAITING_EVENT_TYPES),
    quarantine: Object.keys(QUARANTINE_EVENT_TYPES),
    sku: Object.keys(SKU_EVENT_TYPES),
  },
  indexes: [],
  sharding: 'whole',

  keys(event) {
    const system = systemOf(event);
    return system === undefined || system === OWN_SYSTEM ? NO_KEYS : [system];
  },

  fold(before, { type, recordedAt }, system) {
    const row = before ?? { system, lastHeardAt: recordedAt, received: 0, receivedByTopic: {}, quarantined: 0 };
    if (recordedAt > row.lastHeardAt) row.lastHeardAt = recordedAt;
    const topic = TOPICS[type];
    if (topic !== undefined) {
      row.received += 1;
      row.receivedByTopic[topic] = (row.receivedByTopic[topic] ?? 0) + 1;
    } else if (type === 'PayloadQuarantined') {
      row.received += 1;
      row.quarantined += 1;
    }
    return row;
  },
};

/** Of what came from outside; undefined for what was decided here. */
function systemOf({ type, data }: Recorded): string | undefined {
  return type in TOPICS || type === 'FactSetAside' || type === 'PayloadQuarantined' ? (data as { system: string }).system : undefined;
}
