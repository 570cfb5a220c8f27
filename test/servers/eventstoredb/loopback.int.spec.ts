// What a real EventStoreDB 24.6 did, line by line, through the real client. Without EVENTSTOREDB_URL the loopback server has to do the same.
import { EventStoreDBClient, eventTypeFilter, streamNameFilter, type AllStreamRecordedEvent } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import { collected, event, events, live, type Position, refusalOf } from './client-steps';
import { startLoopbackEventStore, type LoopbackEventStore } from './start-loopback';

let loopback: LoopbackEventStore | undefined;
let url: string;
let client: EventStoreDBClient;
const ways = [
  ['batch', {}],
  ['v1', { credentials: { username: 'admin', password: 'changeit' } }],
] as const;

beforeAll(async () => {
  if (process.env['EVENTSTOREDB_URL'] === undefined) loopback = await startLoopbackEventStore();
  url = process.env['EVENTSTOREDB_URL'] ?? loopback!.url;
  client = EventStoreDBClient.connectionString(url);
});

afterAll(async () => {
  await client.dispose();
  await loopback?.stop();
});

function newStream(category = 'loopback'): string {
  return `${category}-${randomUUID()}`;
}

describe.each(ways)('Append (%s)', (_, way) => {
  it('takes events of a new stream and says where the last one lies', async () => {
    const stream = newStream();
    const answer = await client.appendToStream(stream, events(3), { expectedRevision: 'no_stream', ...way });
    const read = await collected(client.readStream(stream));
    expect(answer).toEqual({ success: true, nextExpectedRevision: 2n, position: read.at(-1)!.position });
    await expect(client.appendToStream(stream, event(), { expectedRevision: 2n, ...way })).resolves.toMatchObject({ nextExpectedRevision: 3n });
    await expect(client.appendToStream(stream, event(), { expectedRevision: 'stream_exists', ...way })).resolves.toMatchObject({ nextExpectedRevision: 4n });
    await expect(client.appendToStream(stream, event(), way)).resolves.toMatchObject({ nextExpectedRevision: 5n });
  });

  it('answers the same ids under the same expected revision as the first time', async () => {
    const stream = newStream();
    const batch = events(3);
    const first = await client.appendToStream(stream, batch, { expectedRevision: 'no_stream', ...way });
    await expect(client.appendToStream(stream, batch, { expectedRevision: 'no_stream', ...way })).resolves.toEqual(first);
    await client.appendToStream(stream, events(2), { expectedRevision: 2n, ...way });
    await expect(client.appendToStream(stream, batch, { expectedRevision: 'no_stream', ...way })).resolves.toEqual(first);
    expect(await collected(client.readStream(stream))).toHaveLength(5);
  });

  it('recognises a prefix, ids right behind the expected revision, and ids under ANY', async () => {
    const stream = newStream();
    const batch = events(3);
    const first = await client.appendToStream(stream, batch, { expectedRevision: 'no_stream', ...way });
    const [one, two] = await collected(client.readStream(stream));
    await client.appendToStream(stream, event(), { expectedRevision: 2n, ...way });
    await expect(client.appendToStream(stream, batch.slice(0, 2), { expectedRevision: 'no_stream', ...way })).resolves.toMatchObject({ success: true, nextExpectedRevision: 1n, position: two!.position });
    await expect(client.appendToStream(stream, batch.slice(1), { expectedRevision: one!.revision, ...way })).resolves.toEqual(first);
    await expect(client.appendToStream(stream, batch, { expectedRevision: 'any', ...way })).resolves.toEqual(first);
    expect(await collected(client.readStream(stream))).toHaveLength(4);
  });

  it.each([['no_stream' as const], ['any' as const]])('refuses old ids mixed with a new one under %s', async (expectedRevision) => {
    const stream = newStream();
    const batch = events(2);
    await client.appendToStream(stream, batch, { expectedRevision: 'no_stream', ...way });
    const refusal = await refusalOf(client.appendToStream(stream, [...batch, event()], { expectedRevision, ...way }));
    expect(refusal).toMatchObject({ type: 'wrong-expected-version', actualVersion: 1n });
    expect(await collected(client.readStream(stream))).toHaveLength(2);
  });

  it('says of a conflict what was expected and what is there, in an empty message', async () => {
    const stream = newStream();
    expect(await refusalOf(client.appendToStream(stream, event(), { expectedRevision: 4n, ...way }))).toMatchObject({ type: 'wrong-expected-version', expectedVersion: 4n, actualVersion: 'no_stream', message: '' });
    await client.appendToStream(stream, events(2), way);
    expect(await refusalOf(client.appendToStream(stream, event(), { expectedRevision: 'no_stream', ...way }))).toMatchObject({ expectedVersion: 'no_stream', actualVersion: 1n, message: '' });
    expect(await refusalOf(client.appendToStream(stream, event(), { expectedRevision: 7n, ...way }))).toMatchObject({ expectedVersion: 7n, actualVersion: 1n });
  });

  it('lets one of two racing appends win', async () => {
    const stream = newStream();
    const outcomes = await Promise.allSettled([1, 2].map(async () => client.appendToStream(stream, event(), { expectedRevision: 'no_stream', ...way })));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('takes an empty append', async () => {
    await expect(client.appendToStream(newStream(), [], way)).resolves.toMatchObject({ success: true });
  });

  it('refuses more than 1 MiB and writes nothing of it', async () => {
    const stream = newStream();
    const large = [event(), event({ text: 'x'.repeat(1024 * 1024) })];
    expect(await refusalOf(client.appendToStream(stream, large, way))).toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: 1024 * 1024 });
    expect(await refusalOf(collected(client.readStream(stream)))).toMatchObject({ type: 'stream-not-found' });
    await expect(client.appendToStream(stream, event({ text: 'x'.repeat(1024 * 1024 - 200) }), way)).resolves.toMatchObject({ success: true });
  });

  it('lets a deleted stream begin again, at its old revision', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events(3), way);
    await client.deleteStream(stream);
    expect(await refusalOf(collected(client.readStream(stream)))).toMatchObject({ type: 'stream-not-found' });
    expect(await refusalOf(client.appendToStream(stream, event(), { expectedRevision: 'stream_exists', ...way }))).toMatchObject({ type: 'stream-deleted' });
    await expect(client.appendToStream(stream, events(2), { expectedRevision: 'no_stream', ...way })).resolves.toMatchObject({ nextExpectedRevision: 4n });
    expect((await collected(client.readStream(stream))).map(({ revision }) => revision)).toEqual([3n, 4n]);
  });

  it('ends a tombstoned stream for ever', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events(2), way);
    await client.tombstoneStream(stream);
    expect(await refusalOf(client.appendToStream(stream, event(), { expectedRevision: 'any', ...way }))).toMatchObject({ type: 'stream-deleted', streamName: stream });
    expect(await refusalOf(collected(client.readStream(stream)))).toMatchObject({ type: 'stream-deleted', streamName: stream });
  });
});

describe('A conflict that does not throw', () => {
  it('answers 1n whatever the revision is, and only by the connection string', async () => {
    const silent = EventStoreDBClient.connectionString(`${url}${url.includes('?') ? '&' : '?'}throwOnAppendFailure=false`);
    const stream = newStream();
    await client.appendToStream(stream, events(5));
    await expect(silent.appendToStream(stream, event(), { expectedRevision: 'no_stream' })).resolves.toEqual({ success: false, nextExpectedRevision: 1n, position: undefined });
    expect(await refusalOf(client.appendToStream(stream, event(), { expectedRevision: 'no_stream', throwOnAppendFailure: false } as object))).toMatchObject({ type: 'wrong-expected-version' });
    await silent.dispose();
  });
});

describe('Read', () => {
  it('throws StreamNotFound at the first read of a stream that is not there', async () => {
    const stream = newStream();
    expect(await refusalOf(collected(client.readStream(stream)))).toMatchObject({ type: 'stream-not-found', streamName: stream });
  });

  it('reads a stream from a revision inclusive, both ways', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events(5));
    const read = async (options: object): Promise<number[]> => (await collected(client.readStream(stream, options))).map(({ revision }) => Number(revision));
    expect(await read({ fromRevision: 3n })).toEqual([3, 4]);
    expect(await read({ fromRevision: 2n, direction: 'backwards' })).toEqual([2, 1, 0]);
    expect(await read({ fromRevision: 'end', direction: 'backwards', maxCount: 1 })).toEqual([4]);
    expect(await read({ fromRevision: 1n, maxCount: 2 })).toEqual([1, 2]);
    expect(await read({ fromRevision: 9n })).toEqual([]);
  });

  it('reads $all from a position inclusive, and backwards what lies before it', async () => {
    const stream = newStream();
    const answer = await client.appendToStream(stream, events(3));
    const [one] = await collected(client.readStream(stream));
    expect((await collected(client.readAll({ fromPosition: one!.position! }))).slice(0, 3).map(({ id }) => id)).toEqual((await collected(client.readStream(stream))).map(({ id }) => id));
    expect((await collected(client.readAll({ fromPosition: answer.position!, maxCount: 1 })))[0]).toMatchObject({ streamId: stream, revision: 2n });
    expect((await collected(client.readAll({ fromPosition: answer.position!, direction: 'backwards', maxCount: 2 }))).map(({ id }) => id)).toEqual((await collected(client.readStream(stream, { direction: 'backwards', fromRevision: 1n }))).map(({ id }) => id));
    expect(await collected(client.readAll({ fromPosition: 'end' }))).toEqual([]);
    expect(await collected(client.readAll({ fromPosition: 'end', direction: 'backwards', maxCount: 2 }))).toHaveLength(2);
  });

  it('gives each event of a batch a position of its own, with both halves', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events(4));
    const positions = (await collected(client.readStream(stream))).map(({ position }) => position!);
    for (const [at, { commit, prepare }] of positions.entries()) {
      expect(commit).toBe(prepare);
      if (at > 0) expect(commit - positions[at - 1]!.commit).toBeGreaterThan(1n);
    }
  });

  it('gives back type, data, metadata and when it was written', async () => {
    const stream = newStream();
    const before = Date.now();
    const written = event({ grüße: 'Ünïcødé 訂單', bytes: 3 }, { $correlationId: 'c', $causationId: 'a' });
    await client.appendToStream(stream, written);
    const [read] = await collected(client.readStream(stream));
    expect(read).toMatchObject({ id: written.id, type: written.type, data: written.data, metadata: written.metadata, isJson: true, streamId: stream });
    expect(read!.created.getTime()).toBeGreaterThan(before - 60_000);
    expect(read!.created.getTime()).toBeLessThan(Date.now() + 60_000);
  });

  it('has events of the system beside ours in $all', async () => {
    const stream = newStream();
    await client.appendToStream(stream, event());
    await client.setStreamMetadata(stream, { maxCount: 100 });
    const all: AllStreamRecordedEvent[] = await collected(client.readAll({ fromPosition: 'end', direction: 'backwards', maxCount: 1000 }));
    expect(all.some(({ streamId, type }) => streamId === `$$${stream}` && type === '$metadata')).toBe(true);
    expect(all.some(({ streamId }) => streamId.startsWith('$') && !streamId.startsWith('$$'))).toBe(true);
  });
});

describe('Subscribe', () => {
  it('begins behind a position, in order, says confirmation and caughtUp, then goes on live', async () => {
    const category = newStream('sub').replaceAll('-', '');
    await client.appendToStream(`${category}-1`, events(3));
    const [, second] = await collected(client.readStream(`${category}-1`));
    const seen = live(client.subscribeToAll({ fromPosition: second!.position!, filter: streamNameFilter({ prefixes: [`${category}-`] }) }));
    await seen.until(() => seen.confirmed && seen.caughtUp);
    expect(seen.events.map(({ revision }) => revision)).toEqual([2n]);
    await client.appendToStream(`${category}-2`, events(2));
    await seen.until(() => seen.events.length === 3);
    expect(seen.events.slice(1).map(({ streamId }) => streamId)).toEqual([`${category}-2`, `${category}-2`]);
    await seen.stop();
  });

  it.each([
    ['prefixes of stream names', (mark: string) => streamNameFilter({ prefixes: [`${mark}A-`, `${mark}B-`] }), ['A', 'B']],
    ['a pattern of stream names', (mark: string) => streamNameFilter({ regex: `^${mark}[BC]-` }), ['B', 'C']],
    ['prefixes of event types', (mark: string) => eventTypeFilter({ prefixes: [`${mark}Type0`] }), ['A', 'B', 'C']],
    ['a pattern of event types', (mark: string) => eventTypeFilter({ regex: `^${mark}Type[12]$` }), []],
  ])('filters by %s', async (_, filter, expected) => {
    const mark = newStream('f').replaceAll('-', '');
    for (const category of ['A', 'B', 'C']) await client.appendToStream(`${mark}${category}-1`, event({}, undefined, `${mark}Type0`));
    const seen = live(client.subscribeToAll({ filter: filter(mark) }));
    await seen.until(() => seen.caughtUp);
    expect(seen.events.map(({ streamId }) => streamId.slice(mark.length, mark.length + 1))).toEqual(expected);
    await seen.stop();
  });

  it('tells checkpoints while nothing matches, and none while matching events go by', async () => {
    const category = newStream('cp').replaceAll('-', '');
    const checkpointsOf = async (prefix: string, fromPosition: Position): Promise<{ told: Position[]; events: number }> => {
      const told: Position[] = [];
      const filter = streamNameFilter({ prefixes: [prefix], maxSearchWindow: 32, checkpointInterval: 1, checkpointReached: async (_, position) => void told.push(position) });
      const seen = live(client.subscribeToAll({ fromPosition, filter }));
      await seen.until(() => seen.caughtUp);
      await seen.stop();
      return { told, events: seen.events.length };
    };
    const { position: start } = await client.appendToStream(`${category}-0`, event());
    for (let written = 0; written < 1000; written += 500) await client.appendToStream(`${category}-1`, events(500));
    const nothing = await checkpointsOf('no-such-stream-', start!);
    expect(nothing.events).toBe(0);
    expect(nothing.told.length).toBeGreaterThanOrEqual(25);
    expect(nothing.told.every(({ commit }, at) => commit > (nothing.told[at - 1]?.commit ?? start!.commit))).toBe(true);
    const all = await checkpointsOf(`${category}-`, start!);
    expect(all.events).toBe(1000);
    expect(all.told.length).toBeLessThanOrEqual(process.env['EVENTSTOREDB_URL'] === undefined ? 0 : 2);
  });

  it('follows one stream, from a revision exclusive', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events(3));
    const seen = live(client.subscribeToStream(stream, { fromRevision: 0n }));
    await seen.until(() => seen.caughtUp);
    await client.appendToStream(stream, event());
    await seen.until(() => seen.events.length === 3);
    expect(seen.events.map(({ revision }) => revision)).toEqual([1n, 2n, 3n]);
    await seen.stop();
  });

  it('waits for a reader that takes its time, and loses nothing', async () => {
    const category = newStream('slow').replaceAll('-', '');
    for (let stream = 0; stream < 10; stream += 1) await client.appendToStream(`${category}-${stream}`, events(100));
    const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: [`${category}-`] }) });
    const taken: string[] = [];
    for await (const { event } of subscription) {
      taken.push(`${event!.streamId} ${event!.revision}`);
      if (taken.length % 250 === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      if (taken.length === 1000) break;
    }
    expect(new Set(taken).size).toBe(1000);
  });
});
