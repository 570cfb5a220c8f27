// Many appends share few transactions, a flood waits outside instead of piling up, keys and events keep one order,
// and a reader never meets an event before it is on disk.
import type { NewEvent } from '@app/kernel';
import { SystemRandomness } from '@app/runtime';
import { openOwned } from './data-directory.fixtures';

const random = new SystemRandomness();

function event(text = 'x'): NewEvent {
  const meta = { occurredAt: '2026-01-09T02:00:00.000Z', actor: 'a', actorRole: 'SYSTEM', commandId: 'c', correlationId: 'c' };
  return { id: random.uuid(), type: 'ThingHappened', version: 1, data: { text }, meta };
}

describe('group commit', () => {
  it('takes what arrives together into one transaction', async () => {
    const owned = await openOwned();
    await Promise.all(Array.from({ length: 500 }, (_, i) => owned.store.append(`a-${i}`, 'none', [event()])));
    expect(owned.store.stats()).toMatchObject({ appends: 500, conflicts: 0, events: 500, groups: 1, held: 0, lastPosition: '0000000000000500' });
    await owned.store.append('a-1', 'none', [event()]);
    expect(owned.store.stats()).toMatchObject({ appends: 500, conflicts: 1, events: 500 });
    await owned.dispose();
  });

  it('holds a flood outside, by number and by size', async () => {
    const owned = await openOwned();
    let heldMax = 0;
    const watch = setInterval(() => (heldMax = Math.max(heldMax, owned.store.stats().held)), 0);
    const many = Array.from({ length: 10_000 }, (_, i) => owned.store.append(`a-${i}`, 'none', [event()]));
    heldMax = owned.store.stats().held;
    await Promise.all(many);
    expect(heldMax).toBeLessThanOrEqual(4_000);
    heldMax = 0;
    const large = Array.from({ length: 60 }, (_, i) => owned.store.append(`b-${i}`, 'none', [event('y'.repeat(1_000_000))]));
    heldMax = owned.store.stats().held;
    await Promise.all(large);
    clearInterval(watch);
    expect(heldMax).toBeLessThanOrEqual(9);
    await owned.dispose();
  }, 30_000);

  it('has a key on disk with the first event that it sealed', async () => {
    const owned = await openOwned();
    const vault = owned.store.openKeyVault(new Uint8Array(32).fill(1), random);
    await vault.adopt('customer', new Uint8Array(32).fill(2));
    await owned.store.append('a-1', 'none', [event()]);
    expect(owned.store.stats().groups).toBe(1);
    await owned.dispose();
  });

  it('takes nothing after its close, and answers everything before', async () => {
    const owned = await openOwned();
    const before = owned.store.append('a-1', 'none', [event()]);
    const following = (async () => {
      for await (const batch of owned.store.subscribe({ categories: ['a'], signal: new AbortController().signal })) if (batch.live) continue;
    })();
    const closing = owned.store.close();
    await expect(owned.store.append('a-2', 'none', [event()])).rejects.toThrow('closed');
    expect((await before).outcome).toBe('appended');
    await Promise.all([closing, following]);
    await owned.dispose();
  });
});
