// The embedded log scans stream by stream: a rebuild then folds a row whole and writes it once. The port promises less.
import { randomUUID } from 'node:crypto';
import type { NewEvent } from '@app/kernel';
import { openOwned } from './data-directory.fixtures';

const BATCH_EVENTS = 4;

function event(): NewEvent {
  return { id: randomUUID(), type: 'ThingHappened', version: 1, data: {}, meta: { occurredAt: '2026-01-09T02:00:00.000Z', actor: 'tester', actorRole: 'SYSTEM', commandId: 'c', correlationId: 'k' } };
}

it('gives the events of a stream next to each other, however they were written, and cuts only a long stream', async () => {
  const { store, dispose } = await openOwned();
  try {
    // Many short streams and a long one, all in each other's way.
    for (let revision = 0; revision < 5; revision++) {
      for (let i = 0; i < 9; i++) await store.append(`thing-${i}`, revision === 0 ? 'none' : revision - 1, [event()]);
      await store.append('thing-long', revision === 0 ? 'none' : revision * 100 - 1, Array.from({ length: 100 }, event));
    }
    const batches: string[][] = [];
    for await (const { events } of store.scan({ upTo: await store.end(), categories: ['thing'], batchSize: BATCH_EVENTS })) batches.push(events.map(({ stream, revision }) => `${stream}@${revision}`));
    const streams = [...Array.from({ length: 9 }, (_, i) => `thing-${i}`), 'thing-long'];
    expect(batches.flat()).toEqual(streams.flatMap(stream => Array.from({ length: stream === 'thing-long' ? 500 : 5 }, (_, revision) => `${stream}@${revision}`)));
    for (const stream of streams) expect(batches.filter(batch => batch.some(one => one.startsWith(`${stream}@`))).length > 1).toBe(stream === 'thing-long');
  } finally {
    await dispose();
  }
});
