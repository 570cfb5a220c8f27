// The end of our events in a log that others write to far more.
import { randomUUID } from 'node:crypto';
import type { NewEvent } from '@app/kernel';
import { SystemClock, SystemRandomness } from '@app/runtime';
import { openWithFaults } from '../../../test/servers/eventstoredb/stores-for-tests';
import { EventStoreDbConnection } from './eventstoredb.connection';
import { LogFigures } from './eventstoredb.figures';
import { EventStoreDbReads } from './eventstoredb.reads';

function events(count: number): NewEvent[] {
  const meta = { occurredAt: '2026-01-09T02:00:00.000Z', actor: 'tester', actorRole: 'SYSTEM', commandId: 'c', correlationId: 'k' };
  return Array.from({ length: count }, () => ({ id: randomUUID(), type: 'ThingHappened', version: 1, data: {}, meta }));
}

it.each([0, 3])('is looked for once in what others have written, however many ask, with %i events of ours before it', async count => {
  const { store, server, dispose } = await openWithFaults();
  const connection = EventStoreDbConnection.of(server.url);
  let looked = 0;
  const reads = new EventStoreDbReads({ connection, clock: new SystemClock(), random: new SystemRandomness(), deadlineMs: 5_000 });
  const figures = new LogFigures(reads, stream => {
    looked += 1;
    return stream.startsWith('thing-');
  });
  try {
    const ours = count === 0 ? undefined : await store.append('thing-1', 'none', events(count));
    const last = ours?.outcome === 'appended' ? ours.position : store.origin;
    await store.append('foreign-1', 'none', events(400));
    expect(await Promise.all(Array.from({ length: 5 }, () => figures.end()))).toEqual(Array.from({ length: 5 }, () => last));
    expect(looked).toBeGreaterThan(400);
    expect(looked).toBeLessThan(600);
    for (const more of [0, 3, 30]) {
      if (more > 0) await store.append(`foreign-${more}0`, 'none', events(more));
      looked = 0;
      expect(await figures.end()).toBe(last);
      expect(looked).toBeLessThan(more + 30);
    }
    await store.append('thing-2', 'none', events(1));
    const next = await store.append('thing-2', 0, events(1));
    await store.append('foreign-2', 'none', events(20));
    expect(await figures.end()).toBe((next as { position: string }).position);
  } finally {
    await connection.close();
    await dispose();
  }
});
