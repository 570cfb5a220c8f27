// A copy is equal to what it was made of, in whatever order it was written and however often it was ended in between;
// a target with other data in it is refused as it was.
import { randomBytes, randomUUID } from 'node:crypto';
import { EmbeddedEventReader, EmbeddedKeyReader } from '@app/event-store';
import type { NewEvent } from '@app/kernel';
import { type CopyProgress, type CopyProof, type CopySource, copyStores, type CopyTarget, LocalSignals, SystemClock, SystemRandomness } from '@app/runtime';
import { openOwned } from '../../../event-store/src/data-directory.fixtures';

type Owned = Awaited<ReturnType<typeof openOwned>>;

const CATEGORIES = ['order', 'sku', 'zone'];
const masterKeys = { source: new Uint8Array(32).fill(1), target: new Uint8Array(32).fill(2) };
const digestKey = new Uint8Array(32).fill(3);
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function directory(): Promise<Owned> {
  const owned = await openOwned();
  opened.push(owned.dispose);
  return owned;
}

function sourceOf({ path }: Owned, masterKey: Uint8Array, live = false): CopySource {
  const log = EmbeddedEventReader.open(path, { signals: new LocalSignals(), clock: new SystemClock() });
  const keys = EmbeddedKeyReader.open(path, masterKey);
  opened.push(async () => {
    await log.close();
    await keys.close();
  });
  return { name: path, log, keys, live };
}

function targetOf(owned: Owned, order: CopyTarget['order'] = 'log', masterKey = masterKeys.target): CopyTarget {
  const { store } = owned;
  return {
    ...sourceOf(owned, masterKey),
    append: (stream, expected, events) => store.appendRecorded(stream, expected, events),
    vault: store.openKeyVault(masterKey, new SystemRandomness()),
    order,
    appendsMax: 8,
    settled: () => store.settled(),
  };
}

function event(text: string): NewEvent {
  const at = '2026-01-09T02:00:00.000Z';
  return { id: randomUUID(), type: 'ThingHappened', version: 3, data: { text, nested: { z: 1, 'ü 您 😀 \u0000 "': [null, true, 0.1, { b: {}, a: [] }] } }, meta: { occurredAt: at, actor: 'tester', actorRole: 'SYSTEM', commandId: text, correlationId: 'k' } };
}

/** Events of many streams in each other's way, and three customers of whom one was erased. */
async function written(events = 600): Promise<Owned> {
  const owned = await directory();
  await append(owned, 0, events);
  const vault = owned.store.openKeyVault(masterKeys.source, new SystemRandomness());
  for (const customer of ['c-1', 'c-2', 'c-3']) await vault.adopt(customer, randomBytes(32));
  await vault.destroy('c-2');
  return owned;
}

async function append({ store }: Owned, from: number, events: number): Promise<void> {
  const at = new Map<string, number>();
  for (let i = from; i < from + events; ) {
    const stream = `${CATEGORIES[i % 3]}-${(i * 7) % 31}`;
    const last = at.get(stream) ?? (await store.read(stream)).length - 1;
    const batch = Array.from({ length: 1 + (i % 3) }, (_, n) => event(`${i + n}`));
    await store.append(stream, last < 0 ? 'none' : last, batch);
    at.set(stream, last + batch.length);
    i += batch.length;
  }
}

function copy(source: CopySource, target: CopyTarget, more: Partial<Parameters<typeof copyStores>[0]> = {}): Promise<CopyProof> {
  return copyStores({ source, target, categories: CATEGORIES, digestKey, compareOnly: false, signal: new AbortController().signal, progress: () => undefined, ...more });
}

async function everything({ store }: Owned): Promise<unknown[]> {
  const abort = new AbortController();
  const all: unknown[] = [];
  for await (const { events, live } of store.subscribe({ categories: CATEGORIES, signal: abort.signal })) {
    all.push(...events);
    if (live) abort.abort();
  }
  return all;
}

const HELD = { source: { present: 2, destroyed: 1 }, target: { present: 2, destroyed: 1 }, equal: true, difference: null };

describe('A copy', () => {
  it('in the order of the log is the log itself, positions and instants of recording too', async () => {
    const [source, target] = [await written(), await directory()];
    const proof = await copy(sourceOf(source, masterKeys.source), targetOf(target));
    expect(proof.log).toMatchObject({ equal: true, difference: null, copied: proof.log.source.events });
    expect(proof.log.target).toEqual(proof.log.source);
    expect(proof.log.source.events).toBeGreaterThanOrEqual(600);
    expect(proof.keys).toMatchObject({ ...HELD, copied: 3 });
    expect(await everything(target)).toEqual(await everything(source));
    await target.reopen();
  });

  it('stream by stream has every stream as it was', async () => {
    const [source, target] = [await written(), await directory()];
    const proof = await copy(sourceOf(source, masterKeys.source), targetOf(target, 'stream'));
    expect(proof.log).toMatchObject({ equal: true, copied: proof.log.source.events });
    const streams = new Set((await everything(source)).map((one) => (one as { stream: string }).stream));
    for (const stream of streams) {
      const plain = async ({ store }: Owned): Promise<unknown[]> => (await store.read(stream)).map(({ position, ...rest }) => [position.length, rest]);
      expect(await plain(target)).toEqual(await plain(source));
    }
  });

  it('of nothing is nothing', async () => {
    const [source, target] = [await directory(), await directory()];
    const proof = await copy(sourceOf(source, masterKeys.source), targetOf(target));
    expect(proof).toMatchObject({ log: { equal: true, copied: 0, source: { events: 0, streams: 0 } }, keys: { equal: true, copied: 0 } });
  });

  it('opens with the master key of the target, and with no other', async () => {
    const [source, target] = [await written(9), await directory()];
    await copy(sourceOf(source, masterKeys.source), targetOf(target));
    const [before, after] = [sourceOf(source, masterKeys.source).keys, sourceOf(target, masterKeys.target).keys];
    for (const customer of ['c-1', 'c-2', 'c-3', 'c-4']) expect(await after.find(customer)).toEqual(await before.find(customer));
    await expect(sourceOf(target, masterKeys.source).keys.find('c-1')).rejects.toThrow('master key');
  });

  it.each(['log', 'stream'] as const)('that is ended at any place goes on there (%s)', async (order) => {
    const [source, target] = [await written(3_000), await directory()];
    const to = targetOf(target, order);
    let before = -1;
    for (let run = 1; ; run++) {
      const abort = new AbortController();
      const progress = ({ step, done }: CopyProgress): void => {
        if (step === 'copying' && done > run * 500) abort.abort(new Error('ended'));
      };
      const proof = await copy(sourceOf(source, masterKeys.source), to, { signal: abort.signal, progress }).catch((error: unknown) => (error as Error).message);
      const held = (await everything(target)).length;
      expect(held).toBeGreaterThanOrEqual(before);
      before = held;
      if (typeof proof === 'string') expect(proof).toBe('ended');
      else {
        expect(proof).toMatchObject({ log: { equal: true }, keys: HELD });
        expect(run).toBeGreaterThan(1);
        break;
      }
    }
  });

  it('takes what came since and nothing twice', async () => {
    const [source, target] = [await written(), await directory()];
    const [from, to] = [sourceOf(source, masterKeys.source), targetOf(target)];
    const first = await copy(from, to);
    const again = await copy(from, to);
    expect(again).toMatchObject({ log: { copied: 0, equal: true, target: first.log.target }, keys: { copied: 0, equal: true } });
    await append(source, 600, 50);
    await source.store.openKeyVault(masterKeys.source, new SystemRandomness()).destroy('c-3');
    const third = await copy(from, to);
    expect(third.log.copied).toBe(third.log.source.events - first.log.source.events);
    expect(third).toMatchObject({ log: { equal: true }, keys: { copied: 1, equal: true, target: { present: 1, destroyed: 2 } } });
    expect(await everything(target)).toEqual(await everything(source));
  });

  it('goes on beside another copy of the same log', async () => {
    const [source, target] = [await written(2_000), await directory()];
    const proofs = await Promise.all([1, 2].map(() => copy(sourceOf(source, masterKeys.source), targetOf(target, 'stream'))));
    for (const proof of proofs) expect(proof).toMatchObject({ log: { equal: true }, keys: HELD });
  });

  it('of a log that is written to meanwhile holds what was there when it began', async () => {
    const [source, target] = [await written(), await directory()];
    const held = (await everything(source)).length;
    let writing: Promise<void> | undefined;
    const late = async (): Promise<void> => {
      await append(source, 600, 300);
      await source.store.openKeyVault(masterKeys.source, new SystemRandomness()).adopt('late', randomBytes(32));
    };
    const progress = ({ step }: CopyProgress): void => {
      if (step === 'copying') writing ??= late();
    };
    const proof = await copy(sourceOf(source, masterKeys.source, true), targetOf(target), { progress });
    await writing;
    expect(proof).toMatchObject({ log: { equal: true, source: { events: held }, target: { events: held } }, keys: { equal: true } });
    expect(await copy(sourceOf(source, masterKeys.source, true), targetOf(target))).toMatchObject({ log: { equal: true }, keys: { equal: true, target: { present: 3 } } });
  });

  it('of keys of which one is destroyed meanwhile does not hold it either', async () => {
    const [source, target] = [await written(), await directory()];
    const to = targetOf(target);
    const { settled } = to;
    // Between the copy of the keys and their comparison.
    to.settled = async () => {
      await settled();
      if ((await to.keys.find('c-3')).state === 'present') await source.store.openKeyVault(masterKeys.source, new SystemRandomness()).destroy('c-3');
    };
    const proof = await copy(sourceOf(source, masterKeys.source, true), to);
    expect(proof.keys).toMatchObject({ equal: true, source: { present: 1, destroyed: 2 }, target: { present: 1, destroyed: 2 } });
    expect(await to.keys.find('c-3')).toEqual({ state: 'destroyed' });
  });

  it('takes streams whose events are too large for one append', async () => {
    const [source, target] = [await directory(), await directory()];
    for (let i = 0; i < 8; i++) await source.store.append('order-large', i === 0 ? 'none' : i - 1, [event('x'.repeat(400_000))]);
    expect(await copy(sourceOf(source, masterKeys.source), targetOf(target, 'stream'))).toMatchObject({ log: { equal: true, copied: 8 } });
  });
});

describe('A target', () => {
  async function refusal(source: Owned, target: Owned): Promise<string> {
    await target.store.settled();
    const before = await everything(target);
    const refused = await copy(sourceOf(source, masterKeys.source), targetOf(target)).then(() => 'copied', (error: unknown) => String(error));
    expect(await everything(target)).toEqual(before);
    return refused;
  }

  it('with a stream of its own is refused, and nothing is written', async () => {
    const [source, target] = [await written(), await directory()];
    await target.store.append('zone-of its own', 'none', [event('other')]);
    expect(await refusal(source, target)).toMatch(/^TargetHoldsOther: .*zone-of its own has 1 events there and 0 in the source/);
  });

  it('with another event in a stream is refused, and nothing is written', async () => {
    const [source, target] = [await written(), await directory()];
    const [first] = await source.store.read('order-0');
    await target.store.append('order-0', 'none', [{ ...first!, data: { text: 'other' } }]);
    expect(await refusal(source, target)).toMatch(/revision 0 of order-0 is not the event of the source/);
  });

  it('that went on by itself is refused', async () => {
    const [source, target] = [await written(), await directory()];
    await copy(sourceOf(source, masterKeys.source), targetOf(target));
    const last = (await target.store.read('order-0')).length - 1;
    await target.store.append('order-0', last, [event('later')]);
    await append(source, 600, 50);
    expect(await refusal(source, target)).toContain('TargetHoldsOther');
  });

  it('with a key of its own is refused before an event is written', async () => {
    const [source, target] = [await written(), await directory()];
    await target.store.openKeyVault(masterKeys.target, new SystemRandomness()).adopt('c-1', randomBytes(32));
    expect(await refusal(source, target)).toMatch(/the key of c-1 is not the one of the source/);
  });

  it('that has destroyed a key is refused: it does not come back', async () => {
    const [source, target] = [await written(), await directory()];
    const to = targetOf(target);
    await to.vault.destroy('c-1');
    expect(await refusal(source, target)).toMatch(/the key of c-1 was destroyed there/);
    expect(await to.keys.find('c-1')).toEqual({ state: 'destroyed' });
  });
});

describe('A comparison', () => {
  async function compared(source: Owned, target: Owned): Promise<CopyProof> {
    const before = await everything(target);
    const proof = await copy(sourceOf(source, masterKeys.source), targetOf(target), { compareOnly: true });
    expect(await everything(target)).toEqual(before);
    return proof;
  }

  it('names the first event that is missing, and the first key', async () => {
    const [source, target] = [await written(), await directory()];
    const proof = await compared(source, target);
    expect(proof.log).toMatchObject({ equal: false, target: { events: 0 }, difference: { stream: 'order-0', revision: 0 } });
    expect(proof.keys).toMatchObject({ equal: false, difference: { subject: 'c-1', what: 'is missing' } });
    await copy(sourceOf(source, masterKeys.source), targetOf(target));
    await append(source, 600, 50);
    const [first] = (await compared(source, target)).log.difference === null ? [] : ['found'];
    expect(first).toBe('found');
  });

  it('names the event whose content differs, although its id is the same', async () => {
    const [source, target] = [await directory(), await directory()];
    const events = [event('a'), event('b'), event('c')];
    await source.store.append('order-1', 'none', events);
    const recordedAt = (await source.store.read('order-1'))[0]!.recordedAt;
    await target.store.appendRecorded('order-1', 'none', events.map((one, i) => ({ ...one, recordedAt, ...(i === 1 ? { data: { text: 'B' } } : {}) })));
    expect((await compared(source, target)).log).toMatchObject({ equal: false, difference: { stream: 'order-1', revision: 1 } });
  });

  it('minds the instant of recording, and not the order of names in an object', async () => {
    const [source, target] = [await directory(), await directory()];
    const one = event('a');
    await source.store.append('order-1', 'none', [one]);
    const recordedAt = (await source.store.read('order-1'))[0]!.recordedAt;
    const turned = { ...one, data: Object.fromEntries(Object.entries(one.data as object).reverse()) };
    await target.store.appendRecorded('order-1', 'none', [{ ...turned, recordedAt }]);
    expect((await compared(source, target)).log.equal).toBe(true);
    const other = await directory();
    await other.store.appendRecorded('order-1', 'none', [{ ...turned, recordedAt: '2020-01-01T00:00:00.000Z' }]);
    expect((await compared(source, other)).log.difference).toMatchObject({ stream: 'order-1', revision: 0 });
  });
});
