// order-status from a log in EventStoreDB into MongoDB, by the product's own runner, in a process for itself: built anew, or followed from
// the beginning as a worker does that was away. Reports events a second; `record` writes down every batch of rows for the raw client.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDbEventStore } from '@app/event-store';
import { MongoReadModels } from '@app/read-models';
import type { Position } from '@app/kernel';
import { LocalSignals, ProjectionRunner, SystemClock, SystemRandomness } from '@app/runtime';
import { CATEGORIES, PROJECTIONS } from '@app/wiring';
import { input } from './processes';

interface Input {
  way: 'rebuild' | 'follow';
  url: string;
  mongo: string;
  database: string;
  directory: string;
  end: Position;
  /** File that gets a line of JSON for each batch: the rows by key. */
  record: string | null;
}

const NAME = 'order-status';
const LOOK_MS = 20;

async function main({ way, url, mongo, database, directory, end, record }: Input): Promise<void> {
  const clock = new SystemClock();
  const log = await EventStoreDbEventStore.open({ url, categories: CATEGORIES, clock, random: new SystemRandomness() });
  const store = await MongoReadModels.open({ server: mongo, database, space: 'projections', scratchDirectory: join(directory, 'scratch'), clock });
  const projections = PROJECTIONS.filter(({ name }) => name === NAME);
  const logger = { info: () => undefined, warn: () => undefined, error: (details: unknown, text: string) => void process.stderr.write(`${text} ${JSON.stringify(details)}\n`) };
  if (record !== null) {
    const apply = store.apply.bind(store);
    store.apply = (name, from, to, writes) => {
      if (writes.length > 0) appendFileSync(record, `${JSON.stringify(writes.map(({ key, row, position }) => ({ _id: key, row, position })))}\n`);
      return apply(name, from, to, writes);
    };
  }
  // Followed however far behind: a new projection would else be built. One that is to be built has no rows before.
  const limits = way === 'follow' ? { buildEventsMin: Number.MAX_SAFE_INTEGER, farBehindEventsMin: Number.MAX_SAFE_INTEGER } : { buildEventsMin: 0 };
  const runner = new ProjectionRunner({ log, store, signals: new LocalSignals(), clock, projections, logger, ...limits });
  const started = performance.now();
  if (way === 'rebuild') await runner.rebuild([NAME], { by: 'bench', reason: null });
  else {
    await runner.start();
    for (;;) {
      const checkpoints = Object.values(await store.checkpoints('rows/'));
      if (checkpoints.some(position => position >= end)) break;
      await clock.sleep(LOOK_MS);
    }
  }
  const seconds = (performance.now() - started) / 1000;
  await runner.stop();
  await store.close();
  await log.close();
  process.stdout.write(`${JSON.stringify({ seconds })}\n`);
}

void main(input<Input>());
