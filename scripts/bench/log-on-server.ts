// What intake wrote behind a position of a log in EventStoreDB: how many appends, of how many events and bytes each.
// An append is what one command wrote to one stream.
import { EventStoreDbEventStore } from '@app/event-store';
import { SystemClock, SystemRandomness } from '@app/runtime';
import { CATEGORIES } from '@app/wiring';
import { input } from './processes';

export interface LogShape {
  /** Where the log ends. */
  end: string;
  appends: number;
  events: number;
  /** Of data, on average. */
  dataBytes: number;
}

async function main({ url, after }: { url: string; after: string | null }): Promise<void> {
  const store = await EventStoreDbEventStore.open({ url, categories: CATEGORIES, clock: new SystemClock(), random: new SystemRandomness() });
  const end = await store.end();
  const shape = { end, appends: 0, events: 0, dataBytes: 0 };
  let last = '';
  if (after !== null) {
    for await (const { events } of store.scan({ upTo: end, after, categories: CATEGORIES })) {
      for (const { stream, meta, data } of events) {
        const append = `${stream} ${meta.commandId}`;
        if (append !== last) shape.appends += 1;
        last = append;
        shape.events += 1;
        shape.dataBytes += Buffer.byteLength(JSON.stringify(data));
      }
    }
    shape.dataBytes /= Math.max(1, shape.events);
  }
  await store.close();
  process.stdout.write(`${JSON.stringify(shape satisfies LogShape)}\n`);
}

void main(input());
