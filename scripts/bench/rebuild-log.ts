// Builds all projections anew from a log whose rows were removed, as the product's own runner does, in a process for itself.
// Reports events a second and the peak of the process's memory.
import { EmbeddedEventReader } from '@app/event-store';
import { EmbeddedReadModels } from '@app/read-models';
import { LocalSignals, ProjectionRunner, SystemClock } from '@app/runtime';
import { PROJECTIONS } from '@app/wiring';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { input } from './processes';

async function main({ directory }: { directory: string }): Promise<void> {
  const path = join(directory, 'read-models.db');
  for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
  const clock = new SystemClock();
  const signals = new LocalSignals();
  const log = EmbeddedEventReader.open(directory, { signals, clock });
  const store = EmbeddedReadModels.open(path);
  const logger = { info: () => undefined, warn: () => undefined, error: (details: unknown, text: string) => void process.stderr.write(`${text} ${JSON.stringify(details)}\n`) };
  const runner = new ProjectionRunner({ log, store, signals, clock, projections: PROJECTIONS, logger });
  const started = performance.now();
  const outcomes = await runner.rebuild(
    PROJECTIONS.map(({ name }) => name),
    { by: 'bench', reason: null },
  );
  const seconds = (performance.now() - started) / 1000;
  const events = Number(await log.end());
  await runner.stop();
  await store.close();
  await log.close();
  const isComplete = Object.values(outcomes).every(({ switched }) => switched);
  if (!isComplete) throw new Error(`not every projection was built: ${JSON.stringify(outcomes)}`);
  process.stdout.write(`${JSON.stringify({ events, perSecond: events / seconds, peakMb: process.resourceUsage().maxRSS / 1024 })}\n`);
}

void main(input());
