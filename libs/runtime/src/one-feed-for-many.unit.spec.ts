// However many follow, from wherever and however slowly: each gets every event of its categories once, in the order of the log.
// The log itself is read once while they keep up.
import { categoryOf, type Position } from '@app/kernel';
import { MemoryLog } from '@test/dsl';
import fc from 'fast-check';
import type { EventReader, SubscribeOptions } from './ports/event-store';
import { OneFeedForMany } from './one-feed-for-many';

const CATEGORIES = ['a', 'b', 'c'];
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class CountedLog extends MemoryLog {
  subscriptions = 0;
  /** Of all subscriptions that are open. */
  failing = new AbortController();

  override async *subscribe(options: SubscribeOptions): ReturnType<MemoryLog['subscribe']> {
    this.subscriptions += 1;
    const { failing } = this;
    for await (const batch of super.subscribe({ ...options, signal: AbortSignal.any([options.signal, failing.signal]) })) yield batch;
    if (failing.signal.aborted && !options.signal.aborted) throw new Error('the connection is gone');
  }
}

interface Follower {
  categories: string[];
  from: number;
  batchSize: number;
  /** Turns that each batch takes. */
  slowness: number;
}

async function follow(log: EventReader, { categories, from, batchSize, slowness }: Follower, signal: AbortSignal): Promise<{ seen: Position[]; positions: Position[]; live: boolean }> {
  const told = { seen: [] as Position[], positions: [] as Position[], live: false };
  for await (const { events, position, live } of log.subscribe({ after: String(from).padStart(16, '0'), categories, batchSize, signal })) {
    expect(events.length).toBeLessThanOrEqual(batchSize);
    told.seen.push(...events.map((event) => event.position));
    told.positions.push(position);
    told.live = live;
    for (let i = 0; i < slowness; i++) await turn();
  }
  return told;
}

const followers = fc.array(
  fc.record({ categories: fc.subarray(CATEGORIES, { minLength: 1 }), from: fc.nat({ max: 30 }), batchSize: fc.integer({ min: 1, max: 7 }), slowness: fc.nat({ max: 6 }) }),
  { minLength: 1, maxLength: 5 },
);

test('every follower gets all of its events once and in order, and is told that it is live', async () => {
  await fc.assert(
    fc.asyncProperty(followers, fc.array(fc.constantFrom(...CATEGORIES), { minLength: 30, maxLength: 90 }), async (several, streams) => {
      const log = new CountedLog();
      const append = (category: string): void => void log.append({ stream: `${category}-1`, type: 'Happened', data: {} });
      for (const category of streams.slice(0, 30)) append(category);
      const feed = new OneFeedForMany({ log, categories: CATEGORIES, eventsMax: 5 });
      const ending = new AbortController();
      const all = several.map((one) => follow(feed.log, one, ending.signal));
      for (const [place, category] of streams.slice(30).entries()) {
        append(category);
        if (place % 3 === 0) await turn();
      }
      for (let i = 0; i < 800; i++) await turn();
      ending.abort();
      await feed.close();
      for (const [at, { seen, positions, live }] of (await Promise.all(all)).entries()) {
        const { categories, from } = several[at]!;
        expect(seen).toEqual(log.events.slice(from).filter(({ stream }) => categories.includes(categoryOf(stream))).map(({ position }) => position));
        expect(positions).toEqual([...positions].sort());
        expect([positions.at(-1), live]).toEqual([log.events.at(-1)!.position, true]);
      }
    }),
    { numRuns: 60 },
  );
});

test('many who keep up read the log once', async () => {
  const log = new CountedLog();
  log.append({ stream: 'a-1', type: 'Happened', data: {} });
  const feed = new OneFeedForMany({ log, categories: CATEGORIES });
  const ending = new AbortController();
  const all = Array.from({ length: 20 }, () => follow(feed.log, { categories: ['a'], from: 1, batchSize: 100, slowness: 0 }, ending.signal));
  for (let i = 0; i < 50; i++) {
    log.append({ stream: 'a-1', type: 'Happened', data: {} });
    await turn();
  }
  for (let i = 0; i < 20; i++) await turn();
  ending.abort();
  await feed.close();
  expect((await Promise.all(all)).map(({ seen }) => seen.length)).toEqual(Array.from({ length: 20 }, () => 50));
  expect(log.subscriptions).toBe(1);
});

test('when what is read for all breaks off, each goes on alone and misses nothing', async () => {
  const log = new CountedLog();
  log.append({ stream: 'a-1', type: 'Happened', data: {} });
  const feed = new OneFeedForMany({ log, categories: CATEGORIES });
  const ending = new AbortController();
  const one = follow(feed.log, { categories: ['a'], from: 0, batchSize: 100, slowness: 0 }, ending.signal);
  for (let i = 0; i < 20; i++) await turn();
  log.append({ stream: 'a-1', type: 'Happened', data: {} });
  for (let i = 0; i < 20; i++) await turn();
  const { failing } = log;
  log.failing = new AbortController();
  failing.abort();
  for (let i = 0; i < 20; i++) await turn();
  log.append({ stream: 'a-1', type: 'Happened', data: {} });
  for (let i = 0; i < 20; i++) await turn();
  ending.abort();
  await feed.close();
  expect((await one).seen).toEqual(log.events.map(({ position }) => position));
});

test('a category that is not read for all is read alone', async () => {
  const log = new CountedLog();
  log.append({ stream: 'z-1', type: 'Happened', data: {} });
  const feed = new OneFeedForMany({ log, categories: CATEGORIES });
  const ending = new AbortController();
  const one = follow(feed.log, { categories: ['z'], from: 0, batchSize: 100, slowness: 0 }, ending.signal);
  for (let i = 0; i < 20; i++) await turn();
  ending.abort();
  await feed.close();
  expect((await one).seen).toEqual([log.events[0]!.position]);
});
