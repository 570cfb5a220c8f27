// Copies the log of a data directory into EventStoreDB, in its order as far as many appends at once keep it: what lies far apart stays so.
// Personal data stays sealed and is not looked at by what is measured here.
import { EmbeddedEventReader, EventStoreDbEventStore } from '@app/event-store';
import { LocalSignals, SystemClock, SystemRandomness } from '@app/runtime';
import { CATEGORIES } from '@app/wiring';
import { input } from './processes';

interface Input {
  directory: string;
  url: string;
  /** Four digits that take the place of the year in order numbers: no order of another measurement has them. */
  year: string;
}

const NUMBERED = /"(WS)\d{4}(\d{9,})"/g;

async function main({ directory, url, year }: Input): Promise<void> {
  const clock = new SystemClock();
  const from = EmbeddedEventReader.open(directory, { signals: new LocalSignals(), clock });
  const to = await EventStoreDbEventStore.open({ url, categories: CATEGORIES, clock, random: new SystemRandomness() });
  const stop = new AbortController();
  for await (const batch of from.subscribe({ categories: ['order'], signal: stop.signal })) {
    const results = await Promise.all(batch.events.map(event => to.append(event.stream, event.revision === 0 ? 'none' : event.revision - 1, [{ ...event, data: JSON.parse(JSON.stringify(event.data).replace(NUMBERED, `"$1${year}$2"`)) as unknown }])));
    if (results.some(({ outcome }) => outcome !== 'appended')) throw new Error('the server holds these orders already');
    if (batch.live) break;
  }
  const end = await to.end();
  await from.close();
  await to.close();
  process.stdout.write(`${JSON.stringify({ end })}\n`);
}

void main(input<Input>());
