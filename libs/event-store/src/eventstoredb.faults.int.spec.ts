// What breaks between us and EventStoreDB: every append comes to one true answer, every subscription sees each event once and in order.
import { randomUUID } from 'node:crypto';
import { SeededRandomness } from '@app/runtime';
import type { NewEvent, Recorded } from '@app/kernel';
import { startLoopbackEventStore } from '../../../test/servers/eventstoredb/start-loopback';
import type { EventStoreDbEventStore } from './eventstoredb.event-store';
import { openAt, openWithFaults } from '../../../test/servers/eventstoredb/stores-for-tests';

const at = '2026-01-09T02:00:00.000Z';

function event(text = 'x'): NewEvent {
  return { id: randomUUID(), type: 'ThingHappened', version: 1, data: { text }, meta: { occurredAt: at, actor: 'tester', actorRole: 'SYSTEM', commandId: 'c', correlationId: 'k' } };
}

function events(count: number): NewEvent[] {
  return Array.from({ length: count }, (_, i) => event(String(i)));
}

/** Everything of a category up to now, as a fresh subscription gives it. */
async function log(store: EventStoreDbEventStore, categories = ['thing']): Promise<Recorded[]> {
  const abort = new AbortController();
  const all: Recorded[] = [];
  for await (const batch of store.subscribe({ categories, signal: abort.signal })) {
    all.push(...batch.events);
    if (batch.live) abort.abort();
  }
  return all;
}

/** Collects until told to stop. */
function following(store: EventStoreDbEventStore, until: AbortSignal): { seen: Recorded[]; live: Promise<void>; done: Promise<void> } {
  const seen: Recorded[] = [];
  let isLive = (): void => undefined;
  const live = new Promise<void>(resolve => (isLive = resolve));
  const done = (async () => {
    for await (const batch of store.subscribe({ categories: ['thing'], batchSize: 50, signal: until })) {
      seen.push(...batch.events);
      if (batch.live) isLive();
    }
  })();
  return { seen, live, done };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5));
}

const keyOf = ({ stream, revision }: Recorded): string => `${stream}@${revision}`;

let under: Awaited<ReturnType<typeof openWithFaults>>;
async function begin(...options: Parameters<typeof openWithFaults>): Promise<Awaited<ReturnType<typeof openWithFaults>>> {
  return (under = await openWithFaults(...options));
}
afterEach(() => under.dispose());

describe('An append', () => {
  it.each(['before', 'after'] as const)('that is cut off %s it is written is answered as written, and is there once', async when => {
    const { store, server } = await begin();
    const first = events(3);
    await server.faults.cutAppends({ at: 1, when });
    const result = await store.append('thing-1', 'none', first);
    expect(result).toEqual({ outcome: 'appended', revision: 2, position: expect.any(String) });
    const read = await store.read('thing-1');
    expect(read.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(read[2]?.position).toBe((result as { position: string }).position);
    expect(store.stats().retries).toBe(1);
  });

  it('whose answer is lost is still known as written when another has written behind it', async () => {
    const { store, server } = await begin();
    const other = await openAt(server.url);
    const batch = events(2);
    await server.faults.cutAppends({ at: 1, when: 'after' });
    const appending = store.append('thing-1', 'none', batch);
    await until(() => store.stats().retries > 0);
    await other.append('thing-1', 1, events(2));
    expect(await appending).toMatchObject({ outcome: 'appended', revision: 1 });
    expect(await store.read('thing-1')).toHaveLength(4);
    await other.close();
  });

  it('that loses a race after an attempt that was cut off is a conflict, and nothing of it is there', async () => {
    const { store, server } = await begin();
    await server.faults.cutAppends({ at: 1, when: 'before' });
    await server.faults.race({ at: 2 });
    const batch = events(2);
    expect(await store.append('thing-1', 'none', batch)).toEqual({ outcome: 'conflict', actual: 1 });
    expect((await store.read('thing-1')).map(({ id }) => batch.some(own => own.id === id))).toEqual([false, false]);
  });

  it('that a server repeats is there once', async () => {
    const { store, server } = await begin();
    await server.faults.duplicateAppends();
    for (let i = 0; i < 5; i++) expect(await store.append('thing-1', i === 0 ? 'none' : i - 1, [event()])).toMatchObject({ outcome: 'appended', revision: i });
    expect(await store.read('thing-1')).toHaveLength(5);
  });

  it('goes out again only while it may, and so does what waits behind it: nothing more is sent otherwise', async () => {
    const { store, server } = await begin();
    await server.faults.cutAppends({ at: 1, when: 'before' });
    let asked = 0;
    const once = (): void => {
      if (++asked > 1) throw new RangeError('not any more');
    };
    const failures = await Promise.all(['none' as const, 0].map(expected => store.append('thing-1', expected, [event()], once).catch((thrown: unknown) => thrown)));
    expect(failures).toEqual([expect.any(RangeError), expect.any(RangeError)]);
    expect(Object.values(await server.appendRequests()).map(({ batch, v1 }) => batch + v1)).toEqual([1]);
    expect(await store.read('thing-1')).toEqual([]);
  });

  it('is given up within its deadline against a server that answers nothing, and sending it again tells', async () => {
    const { store, server } = await begin({}, { deadlineMs: 600 });
    await server.faults.pause();
    const batch = events(2);
    const started = Date.now();
    const failure: unknown = await store.append('thing-1', 'none', batch).catch((thrown: unknown) => thrown);
    expect(Date.now() - started).toBeLessThan(3_000);
    expect(failure).toMatchObject({ name: 'AppendUnanswered', unsent: false, message: expect.stringContaining('sending the same again is safe') });
    await server.faults.resume();
    expect(await store.append('thing-1', 'none', batch)).toMatchObject({ outcome: 'appended', revision: 1 });
    expect(await store.read('thing-1')).toHaveLength(2);
  });

  it('is given up within its deadline behind others of its stream too', async () => {
    const { store, server } = await begin({}, { deadlineMs: 600 });
    await server.faults.pause();
    const started = Date.now();
    const failures = await Promise.all(Array.from({ length: 8 }, (_, i) => store.append('thing-1', i === 0 ? 'none' : i - 1, [event()]).catch((thrown: unknown) => thrown)));
    expect(Date.now() - started).toBeLessThan(1_500);
    expect(failures.map(failure => (failure as Error).name)).toEqual(Array.from({ length: 8 }, () => 'AppendUnanswered'));
    expect(failures.at(-1)).toMatchObject({ unsent: true, message: expect.stringContaining('Nothing was sent.') });
    await server.faults.resume();
    expect(await store.append('thing-2', 'none', [event()])).toMatchObject({ outcome: 'appended' });
  });

  it('waits while a server stops and starts, and while it is not ready', async () => {
    const { store, server } = await begin();
    await store.append('thing-0', 'none', [event()]);
    await server.faults.notReady();
    const waiting = store.append('thing-1', 'none', [event()]);
    setTimeout(() => void server.faults.ready(), 300);
    expect(await waiting).toMatchObject({ outcome: 'appended' });
    await server.faults.pause();
    const paused = store.append('thing-2', 'none', [event()]);
    setTimeout(() => void server.faults.resume(), 500);
    expect(await paused).toMatchObject({ outcome: 'appended' });
    expect(await log(store)).toHaveLength(3);
  });

  it.each(['kill', 'resign'] as const)('survives that the leader of a cluster changes (%s)', async old => {
    const { store, server } = await begin({ nodes: 3 });
    const results = Array.from({ length: 60 }, async (_, i) => {
      await new Promise(resolve => setTimeout(resolve, i * 10));
      return store.append(`thing-${i}`, 'none', events(2));
    });
    setTimeout(() => void server.faults.changeLeader({ old }), 150);
    for (const result of await Promise.all(results)) expect(result).toMatchObject({ outcome: 'appended', revision: 1 });
    expect(new Set((await log(store)).map(keyOf)).size).toBe(120);
  });

  it.each(['read', 'append'] as const)('goes where the leader is (%s), though a node that has resigned would answer too', async what => {
    const { store, server } = await begin({ nodes: 3, followers: 'forward' });
    await store.append('thing-1', 'none', events(2));
    await server.faults.changeLeader({ old: 'resign' });
    if (what === 'read') expect(await store.read('thing-1')).toHaveLength(2);
    else expect(await store.append('thing-1', 1, events(1))).toMatchObject({ outcome: 'appended', revision: 2 });
    const channel = await (store['connection'].client as unknown as { getChannel(): Promise<{ getTarget(): string }> }).getChannel();
    const [, second] = server.url.split('://')[1]!.split(/[,?]/);
    expect(channel.getTarget()).toContain(second);
  });
});

describe('A subscription', () => {
  it('goes on without gap or repetition however often it is cut, and though events come twice', async () => {
    const { store, server, notes } = await begin();
    const abort = new AbortController();
    await server.faults.cutReads({ after: 37, every: true });
    await server.faults.duplicateEvents();
    const follower = following(store, abort.signal);
    for (let i = 0; i < 60; i++) await store.append(`thing-${i % 7}`, i < 7 ? 'none' : Math.floor(i / 7) * 5 - 1, events(5));
    await until(() => follower.seen.length >= 300);
    abort.abort();
    await follower.done;
    expect(follower.seen).toHaveLength(300);
    const positions = follower.seen.map(({ position }) => position);
    expect([...new Set(positions)].sort()).toEqual(positions);
    expect(notes.length).toBeGreaterThan(0);
    expect(notes[0]).toContain('is taken up again');
  });

  it('comes back after the leader of its cluster was killed', async () => {
    const { store, server } = await begin({ nodes: 3 });
    const abort = new AbortController();
    const follower = following(store, abort.signal);
    await follower.live;
    await store.append('thing-1', 'none', events(3));
    await server.faults.changeLeader();
    await store.append('thing-1', 2, events(3));
    await until(() => follower.seen.length >= 6);
    abort.abort();
    await follower.done;
    expect(follower.seen.map(keyOf)).toEqual(Array.from({ length: 6 }, (_, i) => `thing-1@${i}`));
  });

  it('ends at once when its signal aborts while there is no server', async () => {
    const { store, server } = await begin({}, { deadlineMs: 2_000 });
    const abort = new AbortController();
    const follower = following(store, abort.signal);
    await follower.live;
    await server.stop();
    await new Promise(resolve => setTimeout(resolve, 200));
    abort.abort();
    const started = Date.now();
    await follower.done;
    expect(Date.now() - started).toBeLessThan(500);
  });

  it('moves over our categories only, and gives what was asked for', async () => {
    const { store, server } = await begin({}, { categories: ['thing', 'other'] });
    await store.append('thing-1', 'none', events(2));
    const { position } = (await store.append('other-1', 'none', [event()])) as { position: string };
    await store.append('foreign-1', 'none', events(30));
    expect(await store.end()).toBe(position);
    const abort = new AbortController();
    const batches = [];
    for await (const batch of store.subscribe({ categories: ['thing'], signal: abort.signal })) {
      batches.push(batch);
      if (batch.live) abort.abort();
    }
    expect(batches.at(-1)?.position).toBe(position);
    expect(batches.flatMap(batch => batch.events)).toHaveLength(2);
    // Another process finds the same end, though all the last events are of others.
    const other = await openAt(server.url, { categories: ['thing', 'other'] });
    expect(await other.end()).toBe(position);
    expect(await other.countUpTo(position, ['thing'])).toBe(2);
    await other.close();
  });

  it('goes on behind a stream of ours that was deleted for good with the tools of the server', async () => {
    const { store, server } = await begin();
    await store.append('thing-1', 'none', events(2));
    const { EventStoreDBClient } = await import('@eventstore/db-client');
    const client = EventStoreDBClient.connectionString(server.url);
    await client.tombstoneStream('thing-1');
    await client.dispose();
    await store.append('thing-2', 'none', [event()]);
    expect((await log(store)).map(keyOf)).toEqual(['thing-1@0', 'thing-1@1', 'thing-2@0']);
    await expect(store.read('thing-1')).rejects.toMatchObject({ name: 'StreamGone' });
  });
});

describe('Under random faults', () => {
  it.each([1, 2, 3])('what was acknowledged is there once, what failed at most once and whole, and a subscription sees all of it in order (seed %i)', async seed => {
    const random = new SeededRandomness(seed);
    const { store, server } = await begin({ nodes: seed === 3 ? 3 : 1 }, { deadlineMs: 1_500 });
    const abort = new AbortController();
    const follower = following(store, abort.signal);
    const acknowledged = new Map<string, string[]>();
    const doubtful: string[][] = [];
    let writing = true;
    const weather = (async () => {
      const { faults } = server;
      while (writing) {
        switch (random.below(7)) {
          case 0: await faults.cut(); break;
          case 1: await faults.cutAppends({ at: 1 + random.below(5), when: 'before' }); break;
          case 2: await faults.cutAppends({ at: 1 + random.below(5), when: 'after' }); break;
          case 3: await faults.race({ at: 1 + random.below(5) }); break;
          case 4: await faults.delay({ appendsMs: 5, jitterMs: 60 }); break;
          case 5: await faults.pause(); await new Promise(resolve => setTimeout(resolve, random.below(700))); await faults.resume(); break;
          default: await faults.clear();
        }
        await faults.cutReads({ after: random.below(100) });
        await new Promise(resolve => setTimeout(resolve, 20 + random.below(60)));
      }
      await faults.clear();
    })();
    await Promise.all(
      Array.from({ length: 16 }, async (_, writer) => {
        const stream = `thing-${writer}`;
        for (let i = 0; i < 15; i++) {
          const batch = events(1 + random.below(4));
          const ids = batch.map(({ id }) => id);
          // Somebody else may have won a race, or an attempt in doubt may have been written late.
          const last = (await store.read(stream).catch(() => undefined))?.at(-1)?.revision;
          const result = await store.append(stream, last ?? 'none', batch).catch((error: unknown) => (expect(error).toMatchObject({ name: 'AppendUnanswered' }), undefined));
          if (result?.outcome === 'appended') acknowledged.set(`${stream}@${result.revision}`, ids);
          else if (result === undefined) doubtful.push(ids);
        }
      }),
    );
    writing = false;
    await weather;
    const all = await log(store);
    await until(() => follower.seen.length >= all.length);
    abort.abort();
    await follower.done;
    expect(follower.seen.map(keyOf)).toEqual(all.map(keyOf));
    const places = new Map<string, string[]>();
    for (const one of all) places.set(one.id, [...(places.get(one.id) ?? []), keyOf(one)]);
    for (const [key, ids] of acknowledged) {
      expect(ids.map(id => places.get(id)?.length)).toEqual(ids.map(() => 1));
      expect(places.get(ids.at(-1)!)).toEqual([key]);
    }
    for (const ids of doubtful) {
      const times = ids.map(id => places.get(id)?.length ?? 0);
      expect([ids.map(() => 0), ids.map(() => 1)]).toContainEqual(times);
    }
    for (let writer = 0; writer < 16; writer++) {
      const own = all.filter(({ stream }) => stream === `thing-${writer}`);
      expect(own.map(({ revision }) => revision)).toEqual(own.map((_, i) => i));
    }
    expect(acknowledged.size).toBeGreaterThan(100);
    expect(store.stats().retries).toBeGreaterThan(20);
  }, 120_000);
});

describe('What an operator reads', () => {
  beforeEach(() => begin());

  it('says which server is not there, and keeps the password to itself', async () => {
    const failure: unknown = await openAt('esdb://admin:changeit@127.0.0.1:1?tls=false', { deadlineMs: 200 }).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ name: 'ServerUnreachable', message: expect.stringContaining('EventStoreDB cannot be reached at 127.0.0.1:1 ') });
    expect((failure as Error).message).not.toContain('changeit');
  });

  it.each([
    ['esdb://admin:changeit@localhost:2113?throwOnAppendFailure=false', 'throwOnAppendFailure'],
    ['esdb://admin:changeit@localhost:2113?thrown=1', 'thrown'],
    ['http://admin:changeit@localhost:2113', 'esdb://HOST:2113'],
    ['esdb://admin:x?changeit@localhost:2113', '%3F'],
    ['esdb://admin:x@changeit@localhost:2113', '%40'],
    ['esdb://admin:x:changeit@localhost:2113', '%3A'],
    ['esdb://admin:changeit/x@localhost:2113', '%2F'],
  ])('refuses %s', async (url, says) => {
    const failure: unknown = await openAt(url).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(TypeError);
    expect((failure as Error).message).toContain(says);
    expect((failure as Error).message).not.toContain('changeit');
  });

  it('keeps the instants of an older log', async () => {
    const { store } = under;
    const recordedAt = '2024-05-06T07:08:09.010Z';
    await store.appendRecorded('thing-1', 'none', events(2).map(one => ({ ...one, recordedAt })));
    await store.append('thing-1', 1, [event()]);
    const read = await store.read('thing-1');
    expect(read.map(one => one.recordedAt === recordedAt)).toEqual([true, true, false]);
    expect(Object.keys(read[0]!).sort()).toEqual(Object.keys(read[2]!).sort());
  });

  it('is told the chains of its events under the names that EventStoreDB knows', async () => {
    const { store, server } = under;
    const { EventStoreDBClient } = await import('@eventstore/db-client');
    await store.append('thing-1', 'none', [{ ...event(), meta: { ...event().meta, causationId: 'why' } }]);
    const client = EventStoreDBClient.connectionString(server.url);
    for await (const { event: raw } of client.readStream('thing-1')) expect(raw?.metadata).toMatchObject({ $correlationId: 'k', $causationId: 'why', version: 1 });
    await client.dispose();
  });
});

it('starts against a server that is not ready yet', async () => {
  await begin();
  const late = await startLoopbackEventStore({ notReadyMs: 400 });
  const store = await openAt(late.url);
  expect(await store.append('thing-1', 'none', [event()])).toMatchObject({ outcome: 'appended' });
  await store.close();
  await late.stop();
});
