// What every event store promises, as tests: the spec of an adapter only calls this.
// Streams carry a prefix of their own per test, so that it can be run beside data that is already there.
import { randomBytes, randomUUID } from 'node:crypto';
import type { NewEvent, Recorded } from '@app/kernel';
import { APPEND_BYTES_MAX, AppendTooLarge, type AppendResult, type EventBatch, type EventStore } from './event-store';

interface EventStoreUnderTest {
  store: EventStore;
  /** Closes the store and opens it again over the same data; left out where there is nothing to reopen. */
  reopen?: () => Promise<EventStore>;
  dispose: () => Promise<void>;
}

type Appended = Extract<AppendResult, { outcome: 'appended' }>;

function event(text = 'x', id: string = randomUUID()): NewEvent {
  const at = '2026-01-09T02:00:00.000Z';
  return {
    id,
    type: 'ThingHappened',
    version: 2,
    data: { text, nested: { empty: {}, list: [1, null, true, 'ü 您 😀 \u0000 "'] } },
    meta: { occurredAt: at, actor: 'tester', actorRole: 'SYSTEM', commandId: 'c', correlationId: 'k', causationId: 'w' },
  };
}

function eventsOf(count: number): NewEvent[] {
  return Array.from({ length: count }, (_, i) => event(String(i)));
}

function appended(result: AppendResult): Appended {
  expect(result.outcome).toBe('appended');
  return result as Appended;
}

function keyOf({ stream, revision }: Recorded): string {
  return `${stream}@${revision}`;
}

export function eventStoreContract(name: string, makeStore: () => Promise<EventStoreUnderTest>): void {
  describe(`${name} keeps the promises of an event store`, () => {
    let under: EventStoreUnderTest;
    let store: EventStore;
    let category: string;
    let stream: string;
    beforeAll(async () => {
      under = await makeStore();
      store = under.store;
    });
    afterAll(() => under.dispose());
    beforeEach(() => {
      category = `t${randomBytes(8).toString('hex')}`;
      stream = `${category}-1`;
    });

    /** Everything of the categories after a position, up to the moment the subscription is live. */
    async function drain(categories: readonly string[], after?: string, batchSize?: number): Promise<{ events: Recorded[]; position: string; batches: EventBatch[] }> {
      const abort = new AbortController();
      const batches: EventBatch[] = [];
      for await (const batch of store.subscribe({ after, categories, batchSize, signal: abort.signal })) {
        batches.push(batch);
        if (batch.live) abort.abort();
      }
      return { events: batches.flatMap(batch => batch.events), position: batches.at(-1)?.position ?? store.origin, batches };
    }

    describe('append', () => {
      it('gives back what it was given, with its place', async () => {
        const batch = eventsOf(3);
        const result = appended(await store.append(stream, 'none', batch));
        const read = await store.read(stream);
        expect(read).toEqual(
          batch.map((given, revision) => ({ ...given, stream, revision, position: expect.any(String), recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) })),
        );
        expect(result).toEqual({ outcome: 'appended', revision: 2, position: read[2]?.position });
        expect(read.map(({ position }) => position)).toEqual(read.map(({ position }) => position).sort());
        expect(new Set(read.map(({ position }) => position.length)).size).toBe(1);
        expect((await store.end()) >= result.position).toBe(true);
      });

      it('reads from a revision, and nothing where there is nothing', async () => {
        await store.append(stream, 'none', eventsOf(3));
        expect((await store.read(stream, 1)).map(({ revision }) => revision)).toEqual([1, 2]);
        expect(await store.read(stream, 3)).toEqual([]);
        expect(await store.read(`${category}-none`)).toEqual([]);
      });

      it('asks at last whether it may: what that throws is thrown, and nothing is written', async () => {
        await expect(store.append(stream, 'none', eventsOf(2), () => { throw new RangeError('not any more'); })).rejects.toThrow(RangeError);
        expect(await store.read(stream)).toEqual([]);
      });

      it('writes nothing on a conflict and says what the stream has', async () => {
        expect(await store.append(stream, 0, [event()])).toEqual({ outcome: 'conflict', actual: 'none' });
        await store.append(stream, 'none', eventsOf(2));
        expect(await store.append(stream, 'none', [event()])).toEqual({ outcome: 'conflict', actual: 1 });
        expect(await store.append(stream, 0, [event()])).toEqual({ outcome: 'conflict', actual: 1 });
        expect(await store.append(stream, 7, [event()])).toEqual({ outcome: 'conflict', actual: 1 });
        expect(await store.read(stream)).toHaveLength(2);
        // A refused append must not raise the revision of the stream.
        expect(appended(await store.append(stream, 1, [event()])).revision).toBe(2);
      });

      it('lets one of racing appends win', async () => {
        await store.append(stream, 'none', [event()]);
        const rivals = Array.from({ length: 32 }, () => eventsOf(3));
        const results = await Promise.all(rivals.map(rival => store.append(stream, 0, rival)));
        const winners = results.flatMap((result, i) => (result.outcome === 'appended' ? [i] : []));
        expect(winners).toHaveLength(1);
        for (const result of results) if (result.outcome === 'conflict') expect(result.actual).toBe(3);
        expect((await store.read(stream, 1)).map(({ id }) => id)).toEqual(rivals[winners[0] ?? 0]?.map(({ id }) => id));
      });

      it('is not disturbed by conflicts beside it', async () => {
        await store.append(stream, 'none', [event()]);
        const results = await Promise.all(Array.from({ length: 50 }, (_, i) => (i % 2 ? store.append(stream, 'none', [event()]) : store.append(`${category}-b${i}`, 'none', eventsOf(2)))));
        expect(results.map(({ outcome }) => outcome)).toEqual(results.map((_, i) => (i % 2 ? 'conflict' : 'appended')));
        expect((await drain([category])).events).toHaveLength(1 + 25 * 2);
      });

      it('sees earlier appends of the same moment and answers in order', async () => {
        const answers: number[] = [];
        const appends = Array.from({ length: 20 }, (_, i) => store.append(stream, i === 0 ? 'none' : i - 1, [event(String(i))]).then(result => answers.push(appended(result).revision)));
        await Promise.all(appends);
        expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => i));
      });

      it('refuses mistakes and writes nothing', async () => {
        await expect(store.append(stream, 'none', [])).rejects.toThrow();
        await expect(store.append('', 'none', [event()])).rejects.toThrow();
        await expect(store.append(stream, -1, [event()])).rejects.toThrow();
        await expect(store.append(stream, 'none', [event(), { ...event(), id: 'not-a-uuid' }])).rejects.toThrow();
        expect(await store.read(stream)).toEqual([]);
      });

      it('refuses more than fits into one append, naming the size', async () => {
        const large = event('您'.repeat(APPEND_BYTES_MAX / 3));
        const error: unknown = await store.append(stream, 'none', [event(), large]).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(AppendTooLarge);
        expect((error as Error).message).toContain(String(APPEND_BYTES_MAX));
        expect(await store.read(stream)).toEqual([]);
        const fitting = event('y'.repeat(APPEND_BYTES_MAX - 2048));
        appended(await store.append(stream, 'none', [fitting]));
        expect((await store.read(stream))[0]?.data).toEqual(fitting.data);
      });

      it('takes 10,000 appends at once', async () => {
        const results = await Promise.all(Array.from({ length: 10_000 }, (_, i) => store.append(`${category}-${i}`, 'none', [event(String(i))])));
        expect(results.every(({ outcome }) => outcome === 'appended')).toBe(true);
        const { events } = await drain([category]);
        expect(new Set(events.map(keyOf)).size).toBe(10_000);
        expect(events).toHaveLength(10_000);
      }, 60_000);
    });

    describe('the same ids again', () => {
      it('answer as the first time, also at once and after later events', async () => {
        const batch = eventsOf(3);
        const [first, second] = await Promise.all([store.append(stream, 'none', batch), store.append(stream, 'none', batch)]);
        expect(second).toEqual(first);
        expect(await store.append(stream, 'none', batch)).toEqual(first);
        const more = eventsOf(2);
        const later = appended(await store.append(stream, 2, more));
        expect(await store.append(stream, 'none', batch)).toEqual(first);
        expect(await store.append(stream, 2, more)).toEqual(later);
        expect(await store.read(stream)).toHaveLength(5);
      });

      it('are recognised for a part of the batch', async () => {
        const batch = eventsOf(3);
        await store.append(stream, 'none', batch);
        appended(await store.append(stream, 'none', batch.slice(0, 2)));
        appended(await store.append(stream, 0, batch.slice(1)));
        appended(await store.append(stream, 1, batch.slice(2)));
        expect(await store.read(stream)).toHaveLength(3);
      });

      it('conflict with a new one among them, in another order or under another revision', async () => {
        const batch = eventsOf(3);
        await store.append(stream, 'none', batch);
        const conflict = { outcome: 'conflict', actual: 2 };
        expect(await store.append(stream, 'none', [...batch, event()])).toEqual(conflict);
        expect(await store.append(stream, 'none', [...batch.slice(0, 2), event()])).toEqual(conflict);
        expect(await store.append(stream, 'none', [...batch].reverse())).toEqual(conflict);
        expect(await store.append(stream, 0, batch)).toEqual(conflict);
        expect(await store.append(stream, 5, batch)).toEqual(conflict);
        expect(await store.read(stream)).toHaveLength(3);
      });

      it('may be used in another stream', async () => {
        const batch = eventsOf(2);
        await store.append(stream, 'none', batch);
        appended(await store.append(`${category}-2`, 'none', batch));
        expect((await drain([category])).events).toHaveLength(4);
      });
    });

    describe('subscribe', () => {
      it('gives every event once and in order, in batches no larger than asked for, after an exclusive position', async () => {
        for (let i = 0; i < 10; i++) await store.append(`${category}-${i % 3}`, i < 3 ? 'none' : Math.floor(i / 3) * 5 - 1, eventsOf(5));
        const all = await drain([category], undefined, 7);
        expect(all.events).toHaveLength(50);
        expect(Math.max(...all.batches.map(batch => batch.events.length))).toBeLessThanOrEqual(7);
        const positions = all.events.map(({ position }) => position);
        expect([...new Set(positions)].sort()).toEqual(positions);
        const rest = await drain([category], positions[19]);
        expect(rest.events).toEqual(all.events.slice(20));
        for (const batch of all.batches) expect(batch.events.every(({ position }) => position <= batch.position)).toBe(true);
      });

      it('moves its position over events of other categories and gives none of them', async () => {
        const start = await store.end();
        const { position } = appended(await store.append(`${category}x-1`, 'none', eventsOf(3)));
        const { events, position: seen } = await drain([category], start);
        expect(events).toEqual([]);
        expect(seen >= position).toBe(true);
        const both = await drain([category, `${category}x`], start);
        expect(both.events).toHaveLength(3);
      });

      it('stays live and ends when its signal aborts, leaving nothing behind', async () => {
        const abort = new AbortController();
        const received: string[] = [];
        let live = (): void => undefined;
        const isLive = new Promise<void>(resolve => (live = resolve));
        const done = (async () => {
          for await (const batch of store.subscribe({ after: await store.end(), categories: [category], signal: abort.signal })) {
            received.push(...batch.events.map(keyOf));
            if (batch.live) live();
            if (received.length === 20) abort.abort();
          }
        })();
        await isLive;
        for (let i = 0; i < 20; i++) await store.append(`${category}-${i}`, 'none', [event()]);
        await done;
        expect(received).toEqual(Array.from({ length: 20 }, (_, i) => `${category}-${i}@0`));
        const waiting = new AbortController();
        const ended = (async () => {
          for await (const batch of store.subscribe({ after: await store.end(), categories: [category], signal: waiting.signal })) if (batch.live) setTimeout(() => waiting.abort(), 20);
        })();
        await ended;
        const never = new AbortController();
        never.abort();
        for await (const batch of store.subscribe({ categories: [category], signal: never.signal })) throw new Error(`A batch after the end: ${batch.position}`);
      });

      it('misses and repeats nothing under concurrent writers', async () => {
        const abort = new AbortController();
        const start = await store.end();
        const follow = async (): Promise<string[]> => {
          const seen: string[] = [];
          let last = start;
          for await (const batch of store.subscribe({ after: start, categories: [category], batchSize: 50, signal: abort.signal })) {
            for (const one of batch.events) {
              expect(one.position > last).toBe(true);
              last = one.position;
              seen.push(keyOf(one));
            }
            if (seen.length >= 1200) break;
          }
          return seen;
        };
        const followers = [follow(), follow()];
        await Promise.all(
          Array.from({ length: 12 }, async (_, writer) => {
            for (let i = 0; i < 50; i++) await store.append(`${category}-${writer}`, i === 0 ? 'none' : i * 2 - 1, eventsOf(2));
          }),
        );
        const [a, b] = await Promise.all(followers);
        expect(b).toEqual(a);
        expect(new Set(a).size).toBe(1200);
        for (let writer = 0; writer < 12; writer++) {
          const own = a?.filter(key => key.startsWith(`${category}-${writer}@`)).map(key => Number(key.split('@')[1]));
          expect(own).toEqual(Array.from({ length: 100 }, (_, i) => i));
        }
      }, 30_000);

      it('reads ahead no more than its consumer takes', async () => {
        for (let i = 0; i < 5; i++) await store.append(`${category}-${i}`, 'none', eventsOf(4));
        const abort = new AbortController();
        const batches = store.subscribe({ categories: [category], batchSize: 4, signal: abort.signal })[Symbol.asyncIterator]();
        let first: EventBatch | undefined;
        do first = (await batches.next()).value as EventBatch | undefined;
        while (first !== undefined && first.events.length === 0);
        const late = appended(await store.append(`${category}-late`, 'none', [event()]));
        const rest: Recorded[] = [];
        while (rest.at(-1)?.position !== late.position) rest.push(...((await batches.next()).value as EventBatch).events);
        expect((first?.events.length ?? 0) + rest.length).toBe(21);
        abort.abort();
        expect((await batches.next()).done).toBe(true);
      });
    });

    describe('scan', () => {
      async function fill(): Promise<string> {
        // Three rounds over the streams: those of one lie far apart in the log.
        for (let round = 0; round < 3; round++) {
          for (let i = 0; i < 30; i++) await store.append(`${category}-${i}`, round === 0 ? 'none' : round * 2 - 1, eventsOf(2));
        }
        await store.append(`${category}other-1`, 'none', eventsOf(2));
        return store.end();
      }

      it('gives every event up to a position once, those of a stream in their order', async () => {
        const upTo = await fill();
        await store.append(`${category}-0`, 5, eventsOf(2));
        const seen: Recorded[] = [];
        for await (const batch of store.scan({ upTo, categories: [category], batchSize: 20 })) seen.push(...batch.events);
        expect(seen).toHaveLength(180);
        for (let i = 0; i < 30; i++) {
          const own = seen.filter(one => one.stream === `${category}-${i}`);
          expect(own.map(keyOf)).toEqual(Array.from({ length: 6 }, (_, revision) => `${category}-${i}@${revision}`));
        }
      });

      it('goes on behind a token', async () => {
        const upTo = await fill();
        const all: string[] = [];
        const tokens: { token: string; seen: number }[] = [];
        for await (const batch of store.scan({ upTo, categories: [category], batchSize: 20 })) {
          all.push(...batch.events.map(keyOf));
          tokens.push({ token: batch.token, seen: all.length });
        }
        for (const { token, seen } of tokens) {
          const rest: string[] = [];
          for await (const batch of store.scan({ upTo, categories: [category], batchSize: 20, after: token })) rest.push(...batch.events.map(keyOf));
          expect(rest).toEqual(all.slice(seen));
        }
      });

      it('cuts even one long stream into pieces and can go on within', async () => {
        await store.append(stream, 'none', eventsOf(400));
        await store.append(`${category}-2`, 'none', eventsOf(3));
        const upTo = await store.end();
        const sizes: number[] = [];
        const all: string[] = [];
        let token: string | undefined;
        for (;;) {
          let taken = false;
          for await (const batch of store.scan({ upTo, categories: [category], batchSize: 5, after: token })) {
            token = batch.token;
            taken = batch.events.length > 0;
            sizes.push(batch.events.length);
            all.push(...batch.events.map(keyOf));
            if (taken) break;
          }
          if (!taken) break;
        }
        expect(all).toHaveLength(403);
        expect(new Set(all).size).toBe(403);
        expect(Math.max(...sizes)).toBeLessThan(400);
      });

      it('ends early when its signal aborts', async () => {
        const upTo = await fill();
        const abort = new AbortController();
        let seen = 0;
        for await (const batch of store.scan({ upTo, categories: [category], batchSize: 10, signal: abort.signal })) {
          seen += batch.events.length;
          abort.abort();
        }
        expect(seen).toBeLessThan(180);
      });

      it('counts about what it will give', async () => {
        const before = await store.end();
        const upTo = await fill();
        const count = await store.countUpTo(upTo, [category]);
        expect(count).toBeGreaterThanOrEqual(0);
        expect(await store.countUpTo(upTo, [])).toBe(0);
        expect(upTo > before).toBe(true);
      });
    });

    it('knows the position before the first event', async () => {
      const { position } = appended(await store.append(stream, 'none', [event()]));
      expect(store.origin < position).toBe(true);
      expect(store.origin.length).toBe(position.length);
      expect((await drain([category], store.origin)).events).toHaveLength(1);
    });

    it('has everything after it was closed and opened again', async () => {
      if (under.reopen === undefined) return;
      const batch = eventsOf(3);
      const first = await store.append(stream, 'none', batch);
      const before = await store.read(stream);
      const end = await store.end();
      const inFlight = Array.from({ length: 100 }, (_, i) => store.append(`${category}-f${i}`, 'none', [event()]));
      const reopened = under.reopen();
      expect((await Promise.all(inFlight)).every(({ outcome }) => outcome === 'appended')).toBe(true);
      store = await reopened;
      expect(await store.read(stream)).toEqual(before);
      expect((await store.end()) > end).toBe(true);
      expect((await drain([category])).events).toHaveLength(103);
      expect(await store.append(stream, 'none', batch)).toEqual(first);
      expect(appended(await store.append(stream, 2, [event()])).revision).toBe(3);
    });
  });
}
