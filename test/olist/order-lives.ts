// The log as far as it must be the same however an import went: every event of every order and SKU, without serials, nonces and recording times.
import type { OrderTrail } from '@app/wiring';

export interface LifeEvent {
  revision: number;
  type: string;
  version: number;
  occurredAt: string;
  data: unknown;
}
export type OrderLife = readonly LifeEvent[];

/** By stream. */
export async function logOf({ eventStore }: OrderTrail): Promise<Map<string, OrderLife>> {
  const lives = new Map<string, LifeEvent[]>();
  const numbers = new Map<string, string>();
  for await (const { events } of eventStore.scan({ upTo: await eventStore.end(), categories: ['order', 'sku', 'catalogue', 'quarantine', 'waiting'] })) {
    for (const { stream, revision, type, version, data, meta } of events) {
      const number = (data as { orderNumber?: unknown }).orderNumber;
      if (typeof number === 'string' && !numbers.has(stream)) numbers.set(stream, number);
      const life = lives.get(stream) ?? [];
      lives.set(stream, life);
      life.push({ revision, type, version, occurredAt: meta.occurredAt, data: comparable(data, numbers.get(stream) ?? ' ') });
    }
  }
  return lives;
}

function comparable(data: unknown, number: string): unknown {
  const text = JSON.stringify(data, (key, value: unknown) => (key === 'sealed' && typeof value === 'string' ? 'sealed' : key === 'receivedAt' ? undefined : value));
  return JSON.parse(text.replaceAll(number, `${number.slice(0, 10)}-serial`)) as unknown;
}
