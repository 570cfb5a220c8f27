// What a subscription keeps while nobody pulls it.
import { randomUUID } from 'node:crypto';
import type { NewEvent } from '@app/kernel';
import { openWithFaults } from '../../../test/servers/eventstoredb/stores-for-tests';
import { EventStoreDbConnection } from './eventstoredb.connection';
import { CHECKPOINT_EVENTS, Feed } from './eventstoredb.feed';
import { ORIGIN } from './eventstoredb.position';

const CHECKPOINTS = 12;

function events(count: number): NewEvent[] {
  const meta = { occurredAt: '2026-01-09T02:00:00.000Z', actor: 'tester', actorRole: 'SYSTEM', commandId: 'c', correlationId: 'k' };
  return Array.from({ length: count }, () => ({ id: randomUUID(), type: 'ThingHappened', version: 1, data: {}, meta }));
}

it('keeps the last place that the server has looked at, and how much that was, however much of others passes by', async () => {
  const { store, server, dispose } = await openWithFaults();
  const connection = EventStoreDbConnection.of(server.url);
  const abort = new AbortController();
  try {
    await store.append('thing-1', 'none', events(1));
    for (let i = 0; i < CHECKPOINTS; i++) await store.append(`foreign-${i}`, 'none', events(CHECKPOINT_EVENTS));
    const feed = new Feed(connection, { after: ORIGIN, streams: /^thing-/, batchSize: 10, take: ({ stream }) => stream }, abort.signal);
    // Caught up, and nothing was pulled meanwhile: a second look finds the mark at the end.
    while (!feed['queue'].some(item => 'caughtUp' in item)) await new Promise(resolve => setTimeout(resolve, 5));
    const items = [];
    for (let item = feed.next(); item !== undefined; item = feed.next()) items.push(item);
    feed.stop();
    expect(items[0]).toMatchObject({ taken: 'thing-1' });
    const checkpoints = items.filter(item => 'checkpoint' in item);
    expect(checkpoints).toHaveLength(1);
    expect(checkpoints[0]?.passed).toBeGreaterThanOrEqual((CHECKPOINTS - 1) * CHECKPOINT_EVENTS);
    expect(checkpoints[0]?.checkpoint.localeCompare((await store.read('foreign-10')).at(-1)!.position)).toBeGreaterThanOrEqual(0);
    expect(items.at(-1)).toEqual({ caughtUp: true });
  } finally {
    abort.abort();
    await connection.close();
    await dispose();
  }
});
