// The limit of a rebuild: every event of the log is read and parsed, in log order, and nothing is done with it.
// Reports events a second and the peak of the process's memory.
import { EmbeddedEventReader } from '@app/event-store';
import { LocalSignals, SystemClock } from '@app/runtime';
import { input } from './processes';

async function main({ directory, categories }: { directory: string; categories: string[] }): Promise<void> {
  const reader = EmbeddedEventReader.open(directory, { signals: new LocalSignals(), clock: new SystemClock() });
  const stop = new AbortController();
  let events = 0;
  const started = performance.now();
  for await (const batch of reader.subscribe({ categories, signal: stop.signal })) {
    events += batch.events.length;
    if (batch.live) break;
  }
  const seconds = (performance.now() - started) / 1000;
  await reader.close();
  process.stdout.write(`${JSON.stringify({ events, perSecond: events / seconds, peakMb: process.resourceUsage().maxRSS / 1024 })}\n`);
}

void main(input());
