// However many follow, from wherever and however slowly: each gets every event of its categories once, in the order of the log.
// The log itself is read once while they keep up.
import { categoryOf, type Position } from '@app/kernel';
import { CountedLog, follow, FOLLOWED_CATEGORIES, followers, MemoryLog, turn, turns } from '@test/dsl';
import fc from 'fast-check';
import { TestClock } from './adapters/test-clock';
import type { EventBatch, EventReader } from './ports/event-store';
import { OneFeedForMany } from './one-feed-for-many';
import { overriding } from './overriding';

/** A feed by a clock that stands still, and what it has told the operator. */
function feedOf(log: EventReader, eventsMax?: number): { feed: OneFeedForMany; clock: TestClock; errors: object[] } {
  const clock = new TestClock();
  const errors: object[] = [];
  const logger = { error: (fields: object) => void errors.push(fields) };
  return { feed: new OneFeedForMany({ log, categories: FOLLOWED_CATEGORIES, clock, logger, ...(eventsMax === undefined ? {} : { eventsMax }) }), clock, errors };
}

test('every follower gets all of its events once and in order, and is told that it is live', async () => {
  await fc.assert(
    fc.asyncProperty(followers, fc.array(fc.constantFrom(...FOLLOWED_CATEGORIES), { minLength: 30, maxLength: 90 }), async (several, streams) => {
      const log = new CountedLog();
      const append = (category: string): void => void log.append({ stream: `${category}-1`, type: 'Happened', data: {} });
      for (const category of streams.slice(0, 30)) append(category);
      const { feed } = feedOf(log, 5);
      const ending = new AbortController();
      const all = several.map((one) => follow(feed.log, one, ending.signal));
      for (const [place, category] of streams.slice(30).entries()) {
        append(category);
        if (place % 3 === 0) await turn();
      }
      await turns(800);
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
  const { feed } = feedOf(log);
  const ending = new AbortController();
  const all = Array.from({ length: 20 }, () => follow(feed.log, { categories: ['a'], from: 1, batchSize: 100, slowness: 0 }, ending.signal));
  for (let i = 0; i < 50; i++) {
    log.append({ stream: 'a-1', type: 'Happened', data: {} });
    await turn();
  }
  await turns(20);
  ending.abort();
  await feed.close();
  expect((await Promise.all(all)).map(({ seen }) => seen.length)).toEqual(Array.from({ length: 20 }, () => 50));
  expect(log.subscriptions).toBe(1);
});

test('when what is read for all breaks off, each goes on alone and misses nothing', async () => {
  const log = new CountedLog();
  log.append({ stream: 'a-1', type: 'Happened', data: {} });
  const { feed } = feedOf(log);
  const ending = new AbortController();
  const one = follow(feed.log, { categories: ['a'], from: 0, batchSize: 100, slowness: 0 }, ending.signal);
  await turns(20);
  log.append({ stream: 'a-1', type: 'Happened', data: {} });
  await turns(20);
  log.breakOff();
  await turns(20);
  log.append({ stream: 'a-1', type: 'Happened', data: {} });
  await turns(20);
  ending.abort();
  await feed.close();
  expect((await one).seen).toEqual(log.events.map(({ position }) => position));
});

test('what is read for all is taken up again after a pause, which the log tells, and those who read alone come back to it', async () => {
  const log = new CountedLog();
  const append = (): void => void log.append({ stream: 'a-1', type: 'Happened', data: {} });
  append();
  const { feed, clock, errors } = feedOf(log);
  const ending = new AbortController();
  const all = [1, 2, 3].map(() => follow(feed.log, { categories: ['a'], from: 1, batchSize: 100, slowness: 0 }, ending.signal));
  await turns(20);
  log.breakOff();
  await turns(20);
  expect([log.subscriptions, errors]).toEqual([4, [{ error: 'Error: the connection is gone', pauseMs: 500 }]]);
  await clock.advance(500);
  append();
  await turns(20);
  // Only what is read for all is left: it breaks off, and everybody reads alone once more.
  expect(log.subscriptions).toBe(5);
  log.breakOff();
  await turns(20);
  expect([log.subscriptions, errors.length]).toEqual([8, 2]);
  append();
  await turns(20);
  ending.abort();
  await feed.close();
  for (const { seen } of await Promise.all(all)) expect(seen).toEqual(log.events.slice(1).map(({ position }) => position));
});

test('a log that does not answer at the start is read alone until it does', async () => {
  const log = new CountedLog();
  log.append({ stream: 'a-1', type: 'Happened', data: {} });
  let answers = false;
  const shy = overriding<EventReader>(log, { end: () => (answers ? log.end() : Promise.reject(new Error('not ready'))) });
  const { feed, clock, errors } = feedOf(shy);
  const ending = new AbortController();
  const one = follow(feed.log, { categories: ['a'], from: 0, batchSize: 100, slowness: 0 }, ending.signal);
  await turns(20);
  await clock.advance(500);
  await clock.advance(999);
  expect(errors).toEqual([{ error: 'Error: not ready', pauseMs: 500 }, { error: 'Error: not ready', pauseMs: 1_000 }]);
  answers = true;
  await clock.advance(1);
  await turns(20);
  expect(log.subscriptions).toBe(2);
  ending.abort();
  await feed.close();
  expect((await one).seen).toEqual([log.events[0]!.position]);
});

test('what passes without events is kept as one piece, and moves everybody on', async () => {
  const log = new MemoryLog();
  const batches = 5_000;
  const positionOf = (place: number): Position => String(place).padStart(16, '0');
  let given = 0;
  async function* passing(): AsyncGenerator<EventBatch, void> {
    while (given < batches) yield { events: [], position: positionOf(++given), live: true };
    await new Promise(() => undefined);
  }
  const { feed } = feedOf(overriding<EventReader>(log, { subscribe: () => passing() }));
  const ending = new AbortController();
  const slow = feed.subscribe({ after: log.origin, categories: ['a'], signal: ending.signal });
  const first = await slow.next();
  while (given < batches) await turn();
  expect(await slow.next()).toEqual({ done: false, value: { events: [], position: positionOf(batches), live: true } });
  expect((first.value as EventBatch).events).toEqual([]);
  expect((feed as unknown as { kept: { pieces: readonly unknown[] } }).kept.pieces).toHaveLength(1);
  ending.abort();
});

test('a category that is not read for all is read alone', async () => {
  const log = new CountedLog();
  log.append({ stream: 'z-1', type: 'Happened', data: {} });
  const { feed } = feedOf(log);
  const ending = new AbortController();
  const one = follow(feed.log, { categories: ['z'], from: 0, batchSize: 100, slowness: 0 }, ending.signal);
  await turns(20);
  ending.abort();
  await feed.close();
  expect((await one).seen).toEqual([log.events[0]!.position]);
});
