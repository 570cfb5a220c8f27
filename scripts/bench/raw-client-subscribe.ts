// The limit of a rebuild from EventStoreDB: the plain client's filtered subscription up to a position, every event parsed.
// Nothing is done with it.
import { EventStoreDBClient, START, streamNameFilter } from '@eventstore/db-client';
import { input } from './processes';

interface Input {
  url: string;
  /** Position of the product. */
  end: string;
}

async function main({ url, end }: Input): Promise<void> {
  const client = EventStoreDBClient.connectionString(url);
  const lastCommit = BigInt(end.split('.')[0]!);
  let events = 0;
  const started = performance.now();
  const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['order-'] }), fromPosition: START });
  for await (const { event } of subscription) {
    if (event?.data === undefined || event.position === undefined) continue;
    events += 1;
    if (event.position.commit >= lastCommit) break;
  }
  process.stdout.write(`${JSON.stringify({ events, perSecond: (events * 1000) / (performance.now() - started) })}\n`);
  process.exit(0);
}

void main(input<Input>());
