// The faults of the loopback server, each through the real client: what a test asks for is what the client meets.
// A real server cannot be asked for these, so EVENTSTOREDB_URL changes nothing here.
import { EventStoreDBClient, streamNameFilter, UnavailableError } from '@eventstore/db-client';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appended, collected, countOf, event, events, live, refusalOf, until, type Position } from './client-steps';
import { remoteControl, serveControl } from './control-channel';
import { serversOfASpec } from './servers-of-a-spec';
import { startLoopbackEventStore } from './start-loopback';

const UNAVAILABLE = 14;
/** Soon noticed, where a real deployment takes 10 s each. */
const QUICK_KEEP_ALIVE = '&keepAliveInterval=400&keepAliveTimeout=400';

const { started, spawned, connected, newDirectory } = serversOfASpec();

describe('Connections that are cut', () => {
  it('before an append is written: it failed and nothing is there', async () => {
    const { client, faults } = await started();
    await client.appendToStream('a', event());
    await faults.cutAppends({ at: 2, when: 'before' });
    await client.appendToStream('a', event());
    expect(await refusalOf(client.appendToStream('a', event()))).toMatchObject({ code: UNAVAILABLE });
    expect(await countOf(client, 'a')).toBe(2);
    await appended(client, 'a');
  });

  it('after it is written: the answer is lost, and the same ids again get it', async () => {
    const { client, faults } = await started();
    const batch = events(2);
    await faults.cutAppends({ at: 1, when: 'after' });
    expect(await refusalOf(client.appendToStream('a', batch, { expectedRevision: 'no_stream' }))).toMatchObject({ code: UNAVAILABLE });
    await expect(client.appendToStream('a', batch, { expectedRevision: 'no_stream' })).resolves.toMatchObject({ nextExpectedRevision: 1n });
    expect(await countOf(client, 'a')).toBe(2);
  });

  it('at each k-th append until it is taken back', async () => {
    const { client, faults } = await started();
    await faults.cutAppends({ at: 3, every: true, when: 'after' });
    const refused: number[] = [];
    for (let append = 1; append <= 9; append += 1) await client.appendToStream('a', event()).catch(() => refused.push(append));
    expect(refused).toEqual([3, 6, 9]);
    await faults.clear();
    for (let append = 1; append <= 5; append += 1) await client.appendToStream('a', event());
    expect(await countOf(client, 'a')).toBe(14);
  });

  it('under a subscription: it errs once and is dead, and a new one goes on from the saved position', async () => {
    const { client, faults } = await started();
    await client.appendToStream('ours-1', events(10));
    await faults.cutReads({ after: 4 });
    const first = live(client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['ours-'] }) }));
    await until(() => first.errors.length > 0);
    await client.appendToStream('ours-1', event()).catch(async () => appended(client, 'ours-1'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(first.errors).toHaveLength(1);
    expect(first.errors[0]).toMatchObject({ code: UNAVAILABLE });
    expect(first.events.length).toBeLessThanOrEqual(4);
    const position: Position | 'start' = first.events.at(-1)?.position ?? 'start';
    const second = live(client.subscribeToAll({ fromPosition: position, filter: streamNameFilter({ prefixes: ['ours-'] }) }));
    await second.until(() => first.events.length + second.events.length === 11);
    expect([...first.events, ...second.events].map(({ revision }) => Number(revision))).toEqual(Array.from({ length: 11 }, (_, revision) => revision));
  });

  it('all at once, now', async () => {
    const { client, faults } = await started();
    const seen = live(client.subscribeToAll());
    await seen.until(() => seen.caughtUp);
    await faults.cut();
    await until(() => seen.errors.length === 1);
    await appended(client, 'a');
  });
});

describe('Answers that are late, doubled or in another order', () => {
  it('are delayed, and change places', async () => {
    const { client, faults } = await started();
    await client.appendToStream('warm', event());
    await faults.delay({ appendsMs: 100 });
    const begun = performance.now();
    await client.appendToStream('a', event());
    expect(performance.now() - begun).toBeGreaterThan(95);
    await faults.delay({ jitterMs: 100 });
    const order: number[] = [];
    await Promise.all(Array.from({ length: 20 }, async (_, at) => client.appendToStream('b', event()).then(() => order.push(at))));
    expect(order).not.toEqual([...order].sort((left, right) => left - right));
  });

  it('an append that comes twice is written once', async () => {
    const { client, faults } = await started();
    await faults.duplicateAppends();
    await expect(client.appendToStream('a', events(3), { expectedRevision: 'no_stream' })).resolves.toMatchObject({ nextExpectedRevision: 2n });
    expect(await countOf(client, 'a')).toBe(3);
  });

  it('an event of a subscription comes twice', async () => {
    const { client, faults } = await started();
    await client.appendToStream('ours-1', events(3));
    await faults.duplicateEvents();
    const seen = live(client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['ours-'] }) }));
    await seen.until(() => seen.caughtUp);
    expect(seen.events.map(({ revision }) => Number(revision))).toEqual([0, 0, 1, 1, 2, 2]);
  });
});

describe('Another writer that gets in between', () => {
  it('makes an append a conflict, with events like ours or with given ones', async () => {
    const { client, faults } = await started();
    await faults.race({ at: 1 });
    expect(await refusalOf(client.appendToStream('a', events(2), { expectedRevision: 'no_stream' }))).toMatchObject({ type: 'wrong-expected-version', actualVersion: 1n });
    await faults.race({ at: 2, events: [{ type: 'SomebodyElse', data: { was: 'here' } }] });
    await client.appendToStream('a', event(), { expectedRevision: 1n });
    expect(await refusalOf(client.appendToStream('a', event(), { expectedRevision: 2n }))).toMatchObject({ actualVersion: 3n });
    expect((await collected(client.readStream('a'))).at(-1)).toMatchObject({ type: 'SomebodyElse', data: { was: 'here' } });
  });
});

describe('A server that does not answer', () => {
  it('is not ready at first, then is', async () => {
    const { client } = await started({ notReadyMs: 300 });
    const refusal = await refusalOf(client.appendToStream('a', event()));
    expect(refusal).toMatchObject({ code: UNAVAILABLE });
    expect(refusal.message).toContain('Server Is Not Ready');
    await appended(client, 'a');
  });

  it('pauses: v1 gives up at its deadline, batch does not, and what was asked for is written late', async () => {
    const { client, faults } = await started();
    await client.appendToStream('warm', event());
    await faults.pause();
    let settled = false;
    const late = client.appendToStream('a', event(), { deadline: 200 }).finally(() => (settled = true));
    expect(await refusalOf(client.appendToStream('b', event(), { deadline: 200, credentials: { username: 'a', password: 'b' } }))).toMatchObject({ type: 'deadline-exceeded' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(settled).toBe(false);
    await faults.resume();
    await late;
    expect(await countOf(client, 'a')).toBe(1);
    expect(await countOf(client, 'b')).toBe(1);
  });

  it('is stopped as a process: only the keep-alive ends a batch append, deadline or not', async () => {
    const server = await spawned();
    const client = connected(`${server.url}${QUICK_KEEP_ALIVE}`);
    await client.appendToStream('a', event());
    process.kill(server.pid, 'SIGSTOP');
    const begun = performance.now();
    expect(await refusalOf(client.appendToStream('a', event(), { deadline: 50 }))).toMatchObject({ code: UNAVAILABLE });
    expect(performance.now() - begun).toBeGreaterThan(300);
    process.kill(server.pid, 'SIGCONT');
    await appended(client, 'b');
    // What reached it after its deadline was not written.
    expect(await countOf(client, 'a')).toBe(1);
  });

  it('is killed: what was in flight fails as unavailable, what comes then as a plain error of the same code', async () => {
    const server = await spawned();
    const client = connected(server.url);
    await client.appendToStream('a', event());
    await server.faults.pause();
    const inFlight = [1, 2, 3].map(async () => refusalOf(client.appendToStream('a', event())));
    const asked = async (): Promise<number> => Object.values(await server.appendRequests()).reduce((sum, { batch }) => sum + batch, 0);
    while ((await asked()) < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    await server.kill();
    for (const refusal of await Promise.all(inFlight)) expect([refusal.constructor, refusal.code]).toEqual([UnavailableError, UNAVAILABLE]);
    const later = await refusalOf(client.appendToStream('a', event()));
    expect([later.constructor, later.code]).toEqual([Error, UNAVAILABLE]);
  });

  it('is killed under load: code 14, the client itself connects again, everything acknowledged is there', async () => {
    const directory = newDirectory();
    const first = await spawned({ directory });
    const port = Number(/:(\d+)\?/.exec(first.url)![1]);
    const client = connected(first.url);
    const acknowledged: string[] = [];
    const refusals: { code?: number }[] = [];
    let writing = true;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let append = 0; writing; append += 1) {
        const stream = `w${writer}-${append}`;
        await client.appendToStream(stream, events(2), { expectedRevision: 'no_stream' }).then(
          () => acknowledged.push(stream),
          (error: unknown) => refusals.push(error as { code?: number }),
        );
        if (refusals.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    await until(() => acknowledged.length > 100);
    await first.kill();
    await spawned({ directory, port });
    const before = acknowledged.length;
    await until(() => acknowledged.length > before + 20);
    writing = false;
    await Promise.all(writers);
    expect(refusals.length).toBeGreaterThan(0);
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set([UNAVAILABLE]));
    const there = new Map<string, number>();
    for (const { streamId } of await collected(client.readAll())) there.set(streamId, (there.get(streamId) ?? 0) + 1);
    expect(acknowledged.filter((stream) => there.get(stream) !== 2)).toEqual([]);
  });
});

describe('The log', () => {
  it('is kept in a directory with streams, deletions and ids; what lies behind the checkpoint was never acknowledged', async () => {
    const directory = newDirectory();
    const first = await startLoopbackEventStore({ directory });
    const writer = EventStoreDBClient.connectionString(first.url);
    const batch = events(2);
    const answer = await writer.appendToStream('kept', batch, { expectedRevision: 'no_stream' });
    await writer.appendToStream('deleted', events(2));
    await writer.deleteStream('deleted');
    await writer.appendToStream('ended', event());
    await writer.tombstoneStream('ended');
    const checkpoint = readFileSync(join(directory, 'writer.chk'));
    await writer.appendToStream('torn', events(3));
    await writer.dispose();
    await first.stop();
    writeFileSync(join(directory, 'writer.chk'), checkpoint);
    const { client } = await started({ directory });
    await expect(client.appendToStream('kept', batch, { expectedRevision: 'no_stream' })).resolves.toEqual(answer);
    expect(await refusalOf(collected(client.readStream('deleted')))).toMatchObject({ type: 'stream-not-found' });
    await expect(client.appendToStream('deleted', event(), { expectedRevision: 'no_stream' })).resolves.toMatchObject({ nextExpectedRevision: 2n });
    expect(await refusalOf(collected(client.readStream('ended')))).toMatchObject({ type: 'stream-deleted' });
    expect(await refusalOf(collected(client.readStream('torn')))).toMatchObject({ type: 'stream-not-found' });
  });

  it('is on disk, chunk and both checkpoints, before an append is answered or a reader sees it; many are flushed together', async () => {
    const directory = newDirectory();
    const { client } = await started({ directory, systemEventEvery: 0 });
    const seen = live(client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['ours-'] }) }));
    await seen.until(() => seen.caughtUp);
    const checkpoints = (): string[] => ['writer.chk', 'chaser.chk'].map((name) => String(readFileSync(join(directory, name)).readBigUInt64LE()));
    const sizes = new Set<number>();
    await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        await client.appendToStream(`ours-${at}`, event(), { expectedRevision: 'no_stream' });
        const ends = checkpoints();
        const { size } = statSync(join(directory, 'chunk-000000.000000'));
        const lies = readFileSync(join(directory, 'chunk-000000.000000')).indexOf(`ours-${at}`);
        expect(lies).toBeGreaterThan(0);
        expect(ends.every((end) => Number(end) > lies && Number(end) <= size)).toBe(true);
        sizes.add(size);
      }),
    );
    expect(sizes.size).toBeLessThan(50);
    await seen.until(() => seen.events.length === 200);
    expect(await collected(client.readStream('ours-7'))).toHaveLength(1);
  });

  it('gives positions whose halves differ, as other versions do, in an order that needs both', async () => {
    const { client } = await started({ positions: 'split' });
    await client.appendToStream('ours-1', events(3));
    await client.appendToStream('ours-2', events(3));
    const positions = (await collected(client.readAll())).filter(({ streamId }) => streamId.startsWith('ours-')).map(({ position }) => position);
    expect(new Set(positions.map(({ commit }) => commit)).size).toBe(2);
    expect(new Set(positions.map(({ prepare }) => prepare)).size).toBe(6);
    const seen = live(client.subscribeToAll({ fromPosition: positions[1]!, filter: streamNameFilter({ prefixes: ['ours-'] }) }));
    await seen.until(() => seen.caughtUp);
    expect(seen.events.map(({ streamId, revision }) => `${streamId}@${revision}`)).toEqual(['ours-1@2', 'ours-2@0', 'ours-2@1', 'ours-2@2']);
  });
});

describe('What a server was asked for', () => {
  it('is told by connection name, refused or not; credentials make it v1', async () => {
    const server = await spawned();
    const [one, other] = ['one', 'other'].map((name) => connected(`${server.url}&connectionName=${name}`)) as [EventStoreDBClient, EventStoreDBClient];
    await one.appendToStream('a', events(3), { expectedRevision: 'no_stream' });
    await refusalOf(one.appendToStream('a', event(), { expectedRevision: 7n }));
    await other.appendToStream('b', event(), { credentials: { username: 'a', password: 'b' } });
    await collected(other.readStream('b'));
    expect(await server.appendRequests()).toEqual({ one: { batch: 2, v1: 0 }, other: { batch: 0, v1: 1 } });
    await server.faults.cutAppends({ at: 1, when: 'before' });
    await refusalOf(one.appendToStream('a', event()));
    expect(await server.appendRequests()).toMatchObject({ one: { batch: 3, v1: 0 } });
  });
});

describe('The control channel', () => {
  it('asks for the same faults from another process', async () => {
    const server = await spawned();
    const client = connected(server.url);
    await server.faults.cutAppends({ at: 1, when: 'before' });
    expect(await refusalOf(client.appendToStream('a', event()))).toMatchObject({ code: UNAVAILABLE });
    await server.faults.clear();
    await appended(client, 'a');
  });

  it('says what it cannot do', async () => {
    const server = await started();
    const channel = await serveControl(server);
    await expect(remoteControl(channel.url).faults.changeLeader()).rejects.toThrow('no other node that could lead');
    expect((await fetch(`${channel.url}/burn`, { method: 'POST' })).status).toBe(404);
    channel.stop();
  });
});
