// What somebody else writes into a stream of ours stops that stream and nobody who reads the log.
import { randomUUID } from 'node:crypto';
import { binaryEvent, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { Command, Decider, DomainEvent, Recorded } from '@app/kernel';
import { type AnyDecider, copyStores, DecidingExecutor, type KeyVault, PersonalData, SystemRandomness } from '@app/runtime';
import { openWithFaults } from '../../../test/servers/eventstoredb/stores-for-tests';
import { openOwned } from './data-directory.fixtures';

const at = '2026-01-09T02:00:00.000Z';
type Happened = DomainEvent<'ThingHappened', { text: string }>;
const thing: Decider<Command<'Do'>, Happened, number> = {
  category: 'thing',
  eventTypes: { ThingHappened: 1 },
  initial: 0,
  decide: () => [{ type: 'ThingHappened', occurredAt: at, data: { text: 'done' } }],
  evolve: count => count + 1,
};

let under: Awaited<ReturnType<typeof openWithFaults>>;
let client: EventStoreDBClient;
let beside: Awaited<ReturnType<typeof openOwned>>;
let keys: KeyVault;
let executor: DecidingExecutor;
beforeEach(async () => {
  [under, beside] = await Promise.all([openWithFaults(), openOwned()]);
  client = EventStoreDBClient.connectionString(under.server.url);
  const random = new SystemRandomness();
  keys = beside.store.openKeyVault(new Uint8Array(32).fill(1), random);
  executor = new DecidingExecutor({ store: under.store, deciders: { thing: thing as unknown as AnyDecider }, personalData: new PersonalData({}, keys, random) });
});
afterEach(async () => {
  await client.dispose();
  await beside.dispose();
  await under.dispose();
});

function command(id: string): Command<'Do'> {
  return { type: 'Do', id, actor: { id: 'tester', role: 'ops' }, at };
}

async function gathered(batches: AsyncIterable<{ events: readonly Recorded[]; live?: boolean }>): Promise<string[]> {
  const all: string[] = [];
  for await (const { events, live } of batches) {
    all.push(...events.map(({ stream, revision, type }) => `${stream}@${revision} ${type}`));
    if (live === true) break;
  }
  return all;
}

it('comes by its place, with its type to be seen, its data as far as it is readable and plain marks', async () => {
  await executor.execute('thing-1', command('c1'));
  const ours = { version: 1, occurredAt: at, commandId: 'c' };
  await client.appendToStream('thing-1', [
    jsonEvent({ type: 'ThingHappened', data: { by: 'hand' } }),
    jsonEvent({ type: 'ThingHappened', data: 'text', metadata: { version: '1', $correlationId: 'k' } }),
    binaryEvent({ type: 'Picture', data: Uint8Array.of(0xff, 0), metadata: Buffer.from(JSON.stringify(ours)) }),
    binaryEvent({ type: 'Letter', data: Buffer.from('grüße') }),
  ]);
  const foreign = { version: 0, meta: { actor: 'unknown', actorRole: 'unknown', commandId: 'unknown', correlationId: 'unknown', occurredAt: expect.stringMatching(/Z$/) }, stream: 'thing-1' };
  const read = await under.store.read('thing-1');
  expect(read.slice(1)).toEqual([
    ['ThingHappened', { by: 'hand' }], ['ThingHappened', 'text'], ['Picture', { base64: '/wA=' }], ['Letter', 'grüße'],
  ].map(([type, data], i) => ({ ...foreign, type: `Foreign:${String(type)}`, data, revision: i + 1, id: expect.any(String), position: expect.any(String), recordedAt: read[i + 1]?.meta.occurredAt })));
});

it('is passed on to whoever follows or scans the log, with what comes behind it', async () => {
  await executor.execute('thing-1', command('c1'));
  await client.appendToStream('thing-1', jsonEvent({ type: 'Alien', data: {} }));
  await executor.execute('thing-2', command('c2'));
  const all = ['thing-1@0 ThingHappened', 'thing-1@1 Foreign:Alien', 'thing-2@0 ThingHappened'];
  const { signal } = new AbortController();
  expect(await gathered(under.store.subscribe({ categories: ['thing'], signal }))).toEqual(all);
  expect(await gathered(under.store.scan({ categories: ['thing'], upTo: await under.store.end() }))).toEqual(all);
});

it('has its stream take no more commands, in a sentence', async () => {
  await executor.execute('thing-1', command('c1'));
  await client.appendToStream('thing-1', jsonEvent({ type: 'ThingHappened', data: { text: 'x' } }));
  await expect(executor.execute('thing-1', command('c2'))).rejects.toThrow('thing-1@1 (ThingHappened) was not written by this product, and nothing else may write to its streams. What its stream stands for is no longer known, so it takes no commands.');
  expect(await executor.execute('thing-2', command('c3'))).toMatchObject({ outcome: 'done' });
});

describe('A copy', () => {
  const options = { categories: ['thing'], digestKey: new Uint8Array(32), signal: new AbortController().signal, progress: () => undefined };

  it.each([false, true])('of a log with it is none, and says so (compare only: %s)', async compareOnly => {
    await client.appendToStream('thing-1', jsonEvent({ type: 'Alien', data: {} }));
    const { store } = beside;
    const target = { name: 'there', log: store, keys, live: false, append: store.appendRecorded.bind(store), vault: keys, order: 'log' as const, appendsMax: 1, settled: () => store.settled() };
    const copy = copyStores({ ...options, source: { name: 'here', log: under.store, keys, live: true }, target, compareOnly });
    await expect(copy).rejects.toThrow('thing-1@0 (Alien) was not written by this product, and nothing else may write to its streams: the log cannot be copied whole.');
    expect(await store.read('thing-1')).toEqual([]);
  });

  it('to a log with it is refused, and a comparison finds it', async () => {
    await client.appendToStream('thing-1', jsonEvent({ type: 'Alien', data: {} }));
    await beside.store.append('thing-2', 'none', [{ id: randomUUID(), type: 'ThingHappened', version: 1, data: {}, meta: { occurredAt: at, actor: 'a', actorRole: 'r', commandId: 'c', correlationId: 'k' } }]);
    const { store } = under;
    const target = { name: 'there', log: store, keys, live: false, append: store.appendRecorded.bind(store), vault: keys, order: 'stream' as const, appendsMax: 4, settled: () => Promise.resolve() };
    const source = { name: 'here', log: beside.store, keys, live: true };
    await expect(copyStores({ ...options, source, target, compareOnly: false })).rejects.toMatchObject({ name: 'TargetHoldsOther', message: expect.stringContaining('there holds other data: thing-1@0 (Alien) was not written by this product') });
    expect(await store.read('thing-2')).toEqual([]);
    const { log } = await copyStores({ ...options, source, target, compareOnly: true });
    expect(log).toMatchObject({ equal: false, copied: 0, difference: { stream: 'thing-1', what: 'thing-1 has 1 events there and 0 in the source' } });
  });
});
