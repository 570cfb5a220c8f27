// Whoever reads in bulk gets every event once, in order, with whomever they read; the log is read once while they keep together.
import { categoryOf } from '@app/kernel';
import { CountedLog, follow, FOLLOWED_CATEGORIES, followers, turns } from '@test/dsl';
import fc from 'fast-check';
import { TestClock } from './adapters/test-clock';
import type { ScanBatch, ScanOptions } from './ports/event-store';
import { ReadTogether } from './read-together';

const PATIENCE_MS = 5_000;

/** As EventStoreDB scans. */
class OrderedLog extends CountedLog {
  readonly scansInLogOrder = true;
  scans = 0;

  override async *scan({ upTo, categories, after = this.origin, batchSize = 100 }: ScanOptions): AsyncGenerator<ScanBatch, void> {
    this.scans += 1;
    const events = this.events.filter(({ position, stream }) => position > after && position <= upTo && categories.includes(categoryOf(stream)));
    for (let at = 0; at < events.length; at += batchSize) {
      const piece = events.slice(at, at + batchSize);
      yield { events: piece, token: piece.at(-1)!.position };
    }
  }
}

function logOf(categories: readonly string[]): OrderedLog {
  const log = new OrderedLog();
  for (const category of categories) log.append({ stream: `${category}-1`, type: 'Happened', data: {} });
  return log;
}

function togetherOn(log: OrderedLog, eventsMax?: number): { together: ReadTogether; clock: TestClock } {
  const clock = new TestClock();
  return { together: new ReadTogether({ log, categories: FOLLOWED_CATEGORIES, most: 'a', clock, ...(eventsMax === undefined ? {} : { eventsMax }) }), clock };
}

const inBulk = { categories: ['a'], from: 0, batchSize: 10, slowness: 0, inBulk: true as const };

test('everybody gets all of their events once and in order, and is told that they are live', async () => {
  await fc.assert(
    fc.asyncProperty(followers, fc.array(fc.constantFrom(...FOLLOWED_CATEGORIES), { minLength: 30, maxLength: 90 }), fc.integer({ min: 1, max: 20 }), async (several, streams, eventsMax) => {
      const log = logOf(streams.slice(0, 30));
      const { together, clock } = togetherOn(log, eventsMax);
      const ending = new AbortController();
      const all = Promise.allSettled(several.map((one) => follow(together.log, { ...one, inBulk: true }, ending.signal)));
      for (const [place, category] of streams.slice(30).entries()) {
        log.append({ stream: `${category}-1`, type: 'Happened', data: {} });
        if (place % 3 === 0) await turns(1);
        if (place % 10 === 0) await clock.advance(PATIENCE_MS / 2);
        if (place === 35) log.breakOff();
      }
      for (let i = 0; i < 40; i++) {
        await turns(20);
        await clock.advance(PATIENCE_MS / 2);
      }
      ending.abort();
      await together.close();
      for (const [at, told] of (await all).entries()) {
        // Whoever read alone when the connection broke is told so.
        if (told.status === 'rejected') {
          expect(told.reason).toMatchObject({ message: 'the connection is gone' });
          continue;
        }
        const { seen, positions, live } = told.value;
        const { categories, from } = several[at]!;
        expect(seen).toEqual(log.events.slice(from).filter(({ stream }) => categories.includes(categoryOf(stream))).map(({ position }) => position));
        expect(positions).toEqual([...positions].sort());
        expect([positions.at(-1), live]).toEqual([log.events.at(-1)!.position, true]);
      }
    }),
    { numRuns: 60 },
  );
});

test('a scan gives what the log itself gives, up to its end, from wherever it goes on', async () => {
  const log = logOf(Array.from({ length: 50 }, (_, n) => FOLLOWED_CATEGORIES[n % 2]!));
  const { together } = togetherOn(log, 8);
  const scanned = async (from: OrderedLog | ReadTogether['log'], options: Omit<ScanOptions, 'categories'>) => {
    const seen: string[] = [];
    for await (const { events, token } of from.scan({ categories: ['a'], batchSize: 7, ...options })) {
      seen.push(...events.map(({ position }) => position));
      expect(token >= seen.at(-1)! && token <= options.upTo).toBe(true);
    }
    return seen;
  };
  const at = (place: number): string => log.events[place]!.position;
  for (const options of [{ upTo: at(49) }, { upTo: at(30) }, { upTo: at(30), after: at(11) }, { upTo: at(11), after: at(11) }]) {
    expect(await Promise.all([scanned(together.log, options), scanned(together.log, options)])).toEqual([await scanned(log, options), await scanned(log, options)]);
  }
  await together.close();
});

test('many who begin at one place read the log once, whoever scans with them too', async () => {
  const log = logOf(Array.from({ length: 300 }, () => 'a'));
  const { together } = togetherOn(log, 40);
  const ending = new AbortController();
  const all = Array.from({ length: 20 }, () => follow(together.log, inBulk, ending.signal));
  const scanned: string[] = [];
  for await (const { events } of together.log.scan({ upTo: await log.end(), categories: ['a', 'b'] })) scanned.push(...events.map(({ position }) => position));
  await turns(200);
  ending.abort();
  await together.close();
  expect((await Promise.all(all)).map(({ seen }) => seen.length)).toEqual(Array.from({ length: 20 }, () => 300));
  expect([scanned.length, log.subscriptions, log.scans]).toEqual([300, 1, 0]);
});

test('whoever keeps the others waiting for too long is left behind, and misses nothing', async () => {
  const log = logOf(Array.from({ length: 400 }, () => 'a'));
  const { together, clock } = togetherOn(log, 20);
  const ending = new AbortController();
  const slow = follow(together.log, { ...inBulk, slowness: 400 }, ending.signal);
  const quick = follow(together.log, inBulk, ending.signal);
  let isThere = false;
  void quick.then(() => undefined);
  for (let i = 0; i < 300 && !isThere; i++) {
    await turns(5);
    await clock.advance(PATIENCE_MS);
    isThere = log.subscriptions > 1;
  }
  // The slow one reads by themselves.
  expect(log.subscriptions).toBe(2);
  for (let i = 0; i < 100; i++) await turns(200);
  ending.abort();
  await together.close();
  for (const { seen } of await Promise.all([slow, quick])) expect(seen).toEqual(log.events.map(({ position }) => position));
});

test('who wants none of what makes up most of the log, or does not read in bulk, reads alone; a reading that nobody takes part in ends', async () => {
  const log = logOf(['a', 'b', 'a']);
  const { together } = togetherOn(log);
  const ending = new AbortController();
  const [few, acting, one] = [{ ...inBulk, categories: ['b'] }, { categories: ['a'], from: 0, batchSize: 10, slowness: 0 }, inBulk].map((follower) => follow(together.log, follower, ending.signal));
  await turns(20);
  expect(log.subscriptions).toBe(3);
  ending.abort();
  expect([(await few!).seen.length, (await acting!).seen.length, (await one!).seen.length]).toEqual([1, 2, 2]);
  // Whoever comes now begins another.
  const again = new AbortController();
  const next = follow(together.log, inBulk, again.signal);
  await turns(20);
  expect(log.subscriptions).toBe(4);
  again.abort();
  await next;
  await together.close();
});
