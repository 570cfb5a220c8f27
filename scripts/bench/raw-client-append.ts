// The limit of intake on EventStoreDB: appends of the plain client to streams of their own, so many at once, nothing else.
// Events are as many and as large as the product's; they are made before the clock starts.
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { input } from './processes';

interface Input {
  url: string;
  prefix: string;
  appends: number;
  eventsPerAppend: number;
  dataBytes: number;
  concurrency: number;
}

async function main({ url, prefix, appends, eventsPerAppend, dataBytes, concurrency }: Input): Promise<void> {
  const client = EventStoreDBClient.connectionString(url);
  const metadata = { version: 1, occurredAt: '2026-01-09T00:00:00.000Z', actor: 'bench', actorRole: 'integration', commandId: `take-${'0'.repeat(32)}`, $correlationId: randomUUID() };
  const text = '.'.repeat(Math.max(0, Math.round(dataBytes) - 2));
  let made = 0;
  const batches = Array.from({ length: appends }, (_, index) => {
    const count = Math.max(1, Math.round((index + 1) * eventsPerAppend) - made);
    made += count;
    return Array.from({ length: count }, () => jsonEvent({ type: 'OrderPlaced', data: text, metadata }));
  });
  await client.appendToStream(`${prefix}-first`, [jsonEvent({ type: 'OrderPlaced', data: text })]);
  const queue = batches.entries();
  const started = performance.now();
  const sender = async (): Promise<void> => {
    for (const [index, events] of queue) await client.appendToStream(`${prefix}-${index}`, events, { expectedRevision: NO_STREAM });
  };
  await Promise.all(Array.from({ length: concurrency }, sender));
  const seconds = (performance.now() - started) / 1000;
  await client.dispose();
  process.stdout.write(`${JSON.stringify({ perSecond: appends / seconds })}\n`);
  process.exit(0);
}

void main(input<Input>());
