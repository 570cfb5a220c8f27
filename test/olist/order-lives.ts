// The log as far as it must be the same however an import went:
// every event of every order and SKU, without serials, nonces and recording times.
import type { OrderTrail } from '@app/wiring';

/** Events of a stream as JSON, in their order. */
export type OrderLife = readonly string[];

/** By stream. */
export async function logOf({ eventStore }: OrderTrail): Promise<Map<string, OrderLife>> {
  const lives = new Map<string, string[]>();
  const numbers = new Map<string, string>();
  for await (const { events } of eventStore.scan({ upTo: await eventStore.end(), categories: ['order', 'sku', 'catalogue', 'quarantine', 'waiting'] })) {
    for (const { stream, revision, type, version, data, meta } of events) {
      const number = (data as { orderNumber?: unknown }).orderNumber;
      if (typeof number === 'string' && !numbers.has(stream)) numbers.set(stream, number);
      const life = lives.get(stream) ?? [];
      lives.set(stream, life);
      // SKUs have no time of their own: theirs is that of the recording.
      const occurredAt = stream.startsWith('order-') ? meta.occurredAt : null;
      life.push(comparable({ revision, type, version, occurredAt, actor: meta.actor, data }, numbers.get(stream) ?? ' '));
    }
  }
  return lives;
}

/** The first few streams that are not the same in both, with what each has; comparing thousands of lives at once would take a test runner for ever. */
export function unlike(a: ReadonlyMap<string, OrderLife>, b: ReadonlyMap<string, OrderLife>): { stream: string; a: OrderLife | undefined; b: OrderLife | undefined }[] {
  const streams = [...new Set([...a.keys(), ...b.keys()])].filter(stream => a.get(stream)?.join('\n') !== b.get(stream)?.join('\n'));
  return streams.slice(0, 3).map(stream => ({ stream, a: a.get(stream), b: b.get(stream) }));
}

function comparable(event: object, number: string): string {
  const text = JSON.stringify(event, (key, value: unknown) => (key === 'sealed' && typeof value === 'string' ? 'sealed' : key === 'receivedAt' ? undefined : value));
  return text.replaceAll(number, `${number.slice(0, 10)}-serial`);
}
