// One row per fact whose order is not known yet; it goes when the order is placed or the fact is given to it. A fact whose
// amount the order's currency cannot hold stays, for people to see.
// In a stream everything before OrderPlaced is facts set aside, so their rows are found by revision, without reading what came later.
import { type Instant, type Projection, isRejection } from '@app/kernel';
import { type FactSetAside, type FactTopic, type FactsForwarded, ORDER_EVENT_TYPES, type OrderPlaced, WAITING_EVENT_TYPES, minorUnits } from '@app/domain';

export interface WaitingFactRow {
  factId: string;
  /** Where it waits: the order's own stream, or one that collects the facts of a number nobody knows. */
  stream: string;
  system: string;
  topic: FactTopic;
  platform: string | null;
  externalId: string | null;
  orderNumber: string | null;
  /** When it happened, by the source's clock. */
  occurredAt: Instant;
  receivedAt: Instant;
  payload: unknown;
}

const NO_KEYS: readonly string[] = [];

export const waitingFacts: Projection<WaitingFactRow> = {
  name: 'waiting-facts',
  version: 1,
  reads: { order: Object.keys(ORDER_EVENT_TYPES), waiting: Object.keys(WAITING_EVENT_TYPES) },
  indexes: [{ fields: ['receivedAt'] }, { fields: ['system', 'receivedAt'] }, { fields: ['orderNumber'] }],
  sharding: 'by-key',

  keys({ type, stream, revision }) {
    if (type === 'FactSetAside') return [keyOf(stream, revision)];
    if (revision === 0 || (type !== 'OrderPlaced' && type !== 'FactsForwarded')) return NO_KEYS;
    return Array.from({ length: revision }, (_, before) => keyOf(stream, before));
  },

  fold(row, { type, stream, data, meta, recordedAt }) {
    if (type === 'OrderPlaced') return row !== undefined && staysAside(row, (data as OrderPlaced['data']).currency) ? row : undefined;
    if (type === 'FactsForwarded') return row !== undefined && (data as FactsForwarded['data']).factIds.includes(row.factId) ? undefined : row;
    const { factId, system, topic, platform, externalId, orderNumber, payload } = data as FactSetAside['data'];
    return { factId, stream, system, topic, platform, externalId, orderNumber, occurredAt: meta.occurredAt, receivedAt: recordedAt, payload };
  },
};

function staysAside({ payload }: WaitingFactRow, currency: string): boolean {
  const { amount } = payload as { amount?: string };
  return amount !== undefined && isRejection(minorUnits(amount, currency));
}

function keyOf(stream: string, revision: number): string {
  return `${stream}#${revision}`;
}
