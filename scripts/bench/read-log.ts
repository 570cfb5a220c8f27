// The limit of a rebuild: every event of the log is read and parsed, in log order, and nothing is done with it.
// Reports events a second and the peak of the process's memory.
import { EmbeddedEventReader } from '@app/event-store';
import { LocalSignals, SystemClock } from '@app/runtime';
import { PROJECTIONS } from '@app/wiring';
import { input } from './processes';

/** What the projections read. */
const CATEGORIES = [...new Set(PROJECTIONS.flatMap(({ reads }) => Object.keys(reads)))];

async function main({ directory }: { directory: string }): Promise<void> {
  const reader = EmbeddedEventReader.open(directory, { signals: new LocalSignals(), clock: new SystemClock() });
  const stop = new AbortController();
  let events = 0;
  const started = performance.now();
  for await (const batch of reader.subscribe({ categories: CATEGORIES, signal: stop.signal })) {
    events += batch.events.length;
    if (batch.live) break;
  }
  const seconds = (performance.now() - started) / 1000;
  await reader.close();
  process.stdout.write(`${JSON.stringify({ events, perSecond: events / seconds, peakMb: process.resourceUsage().maxRSS / 1024 })}\n`);
}

void main(input());
