// Flipped bits and cut files at many places of copies of a data directory: either opening refuses with the place and leaves
// every byte as it was, or every acknowledged event and key is there, equal. Nothing else may happen.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NewEvent, type Recorded } from '@app/kernel';
import { LocalSignals, SeededRandomness, SystemClock } from '@app/runtime';
import { openDatabase } from '@app/sqlite';
import { DataDirectory } from './data-directory';
import { openOwned, temporaryDirectory } from './data-directory.fixtures';
import { EmbeddedEventStore } from './embedded.event-store';
import { DataDamaged } from './errors';

const SEED = Number(process.env['DAMAGE_SEED'] ?? 20_260_109);
const ROUNDS = Number(process.env['DAMAGE_ROUNDS'] ?? 120);
const FILES = ['events.db', 'events.db-wal', 'acknowledged'];
const masterKey = new Uint8Array(32).fill(7);

interface Original {
  path: string;
  events: readonly Recorded[];
}

type Damage = { file: string; what: 'flip' | 'zero' | 'cut' | 'remove'; at: number };

const random = new SeededRandomness(SEED);
const roots: string[] = [];

function temporary(): string {
  const path = temporaryDirectory();
  roots.push(path);
  return path;
}

function copyFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) if (FILES.includes(name)) copyFileSync(join(from, name), join(to, name));
}

function newEvent(i: number): NewEvent {
  const meta = { occurredAt: '2026-01-09T02:00:00.000Z', actor: 'a', actorRole: 'SYSTEM', commandId: `c${i}`, correlationId: `c${i}` };
  return { id: random.uuid(), type: i % 3 ? 'ThingHappened' : 'OtherThingHappened', version: 1, data: { i, text: 'abcdefghij'.repeat(i % 97 === 0 ? 2000 : random.below(30)) }, meta };
}

async function everything(store: EmbeddedEventStore): Promise<Recorded[]> {
  const abort = new AbortController();
  const events: Recorded[] = [];
  for await (const batch of store.subscribe({ categories: ['a', 'b'], signal: abort.signal })) {
    events.push(...batch.events);
    if (batch.live) abort.abort();
  }
  return events;
}

/** A copy of a directory taken while its store is open, as a kill -9 leaves it; `settled` ones were closed and opened once in between. */
async function makeOriginal(settledEvents: number, openEvents: number): Promise<Original> {
  const owned = await openOwned();
  const heads = new Map<string, number>();
  const fill = async (count: number): Promise<void> => {
    const vault = owned.store.openKeyVault(masterKey, random);
    await vault.destroy('customer-0');
    for (let i = 0; i < count; i++) {
      const stream = `${i % 2 ? 'a' : 'b'}-${random.below(60)}`;
      const head = heads.get(stream) ?? -1;
      const batch = Array.from({ length: 1 + random.below(8) }, (_, k) => newEvent(i * 8 + k));
      if (i % 10 === 0) await vault.adopt(`customer-${i}`, new Uint8Array(32).fill(i));
      await owned.store.append(stream, head < 0 ? 'none' : head, batch);
      heads.set(stream, head + batch.length);
    }
    // The last acknowledged change is one of a key alone; a conflict is answered after it and writes nothing.
    await vault.adopt('customer-last', new Uint8Array(32).fill(1));
    await owned.store.append('a-never', 0, [newEvent(0)]);
  };
  if (settledEvents > 0) {
    await fill(settledEvents);
    await owned.reopen();
  }
  if (openEvents > 0) await fill(openEvents);
  const path = temporary();
  const events = await everything(owned.store);
  if (openEvents === 0) await owned.reopen();
  copyFiles(owned.path, path);
  await owned.dispose();
  return { path, events };
}

function inflict(path: string, { file, what, at }: Damage): void {
  const target = join(path, file);
  if (what === 'remove') return rmSync(target);
  if (what === 'cut') return truncateSync(target, at);
  const bytes = readFileSync(target);
  if (what === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  else bytes.fill(0, at, Math.min(at + 512, bytes.length));
  writeFileSync(target, bytes);
}

/** Where and how `found` differs from the promise; undefined when it holds. */
async function broken(original: Original, damage: Damage): Promise<{ refused: boolean; fault: string | undefined }> {
  const path = temporary();
  copyFiles(original.path, path);
  inflict(path, damage);
  const before = FILES.map(name => readFile(path, name));
  const directory = DataDirectory.own(path, { startedAt: new SystemClock().now() });
  let store: EmbeddedEventStore | undefined;
  try {
    const opened = await EmbeddedEventStore.open({ directory, clock: new SystemClock(), signals: new LocalSignals() });
    store = opened;
    const found = await everything(opened);
    const vault = opened.openKeyVault(masterKey, random);
    const keys = [await vault.find('customer-0'), await vault.find('customer-last')].map(({ state }) => state).join();
    const streams = await Promise.all([0, 1, 2].map(i => opened.read(`a-${i}`)));
    const equal = JSON.stringify(found) === JSON.stringify(original.events) && streams.every((events, i) => JSON.stringify(events) === JSON.stringify(original.events.filter(({ stream }) => stream === `a-${i}`)));
    return { refused: false, fault: equal && keys === 'destroyed,present' ? undefined : `opened with ${found.length} of ${original.events.length} events, equal: ${equal}, keys ${keys}` };
  } catch (error) {
    if (!(error instanceof DataDamaged)) return { refused: true, fault: `threw ${String(error)}` };
    const after = FILES.map(name => readFile(path, name));
    const kept = before.every((bytes, i) => bytes === after[i] || (bytes !== undefined && after[i]?.equals(bytes)));
    const named = error.message.includes(path) && error.place.length > 0 && error.message.includes('backup');
    return { refused: true, fault: kept && named ? undefined : `refused, but files kept: ${kept}; ${error.message}` };
  } finally {
    await store?.close();
    directory.release();
    rmSync(path, { recursive: true, force: true });
  }
}

function readFile(path: string, name: string): Buffer | undefined {
  try {
    return readFileSync(join(path, name));
  } catch {
    return undefined;
  }
}

function damagesOf(original: Original, rounds: number): Damage[] {
  const files = FILES.filter(name => readFile(original.path, name)?.length);
  return Array.from({ length: rounds }, (_, i): Damage => {
    const file = files[i % files.length] ?? 'events.db';
    const size = statSync(join(original.path, file)).size;
    const what = (['flip', 'flip', 'flip', 'cut', 'zero'] as const)[random.below(5)] ?? 'flip';
    // Half of the places lie in the heads of files and pages, where little bytes mean much.
    const at = random.below(2) ? random.below(size) : Math.min(size - 1, Math.floor(random.below(size) / 8192) * 8192 + random.below(120));
    return { file, what, at };
  });
}

describe('damage', () => {
  afterAll(() => roots.forEach(path => rmSync(path, { recursive: true, force: true })));

  const cases: readonly [string, number, number][] = [
    ['with everything in the write-ahead log', 0, 70],
    ['with an un-checkpointed write-ahead log over a settled file', 70, 50],
    ['closed cleanly', 120, 0],
  ];

  it.each(cases)('of a directory %s is refused or harmless', async (_, settled, open) => {
    const original = await makeOriginal(settled, open);
    const outcomes = { refused: 0, harmless: 0 };
    const faults: string[] = [];
    for (const damage of damagesOf(original, ROUNDS)) {
      const { refused, fault } = await broken(original, damage);
      outcomes[refused ? 'refused' : 'harmless'] += 1;
      if (fault !== undefined) faults.push(`seed ${SEED}, ${JSON.stringify(damage)}: ${fault}`);
    }
    expect(faults).toEqual([]);
    expect(outcomes.refused).toBeGreaterThan(ROUNDS / 5);
  }, 300_000);

  it('refuses when one of the files is missing', async () => {
    const original = await makeOriginal(50, 50);
    for (const file of FILES) {
      const { refused, fault } = await broken(original, { file, what: 'remove', at: 0 });
      expect({ file, refused, fault }).toEqual({ file, refused: true, fault: undefined });
    }
  });

  it('names the position of a changed event and the offset of a bad frame', async () => {
    const original = await makeOriginal(40, 0);
    const path = join(original.path, 'events.db');
    const bytes = readFileSync(path);
    const third = original.events[2];
    const at = bytes.indexOf(third?.id ?? '');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(openOwned(original.path)).rejects.toThrow(`${path} is damaged at position 3: the checksum of the event is wrong`);
    const open = await makeOriginal(0, 40);
    truncateSync(join(open.path, 'events.db-wal'), 32 + 3 * (24 + 8192) + 100);
    await expect(openOwned(open.path)).rejects.toThrow(`events.db-wal is damaged at byte ${32 + 3 * (24 + 8192)}`);
  });

  it('refuses an index that no longer agrees with its table', async () => {
    const original = await makeOriginal(40, 0);
    const path = join(original.path, 'events.db');
    const database = openDatabase(path, { readOnly: true });
    const roots = database.prepare("SELECT rootpage FROM sqlite_schema WHERE type = 'index'").asArrays().all<[number]>();
    database.close();
    for (const [root] of roots) {
      // The last byte of a page of this size and fill belongs to the first entry made: its row number, or the end of its key.
      const { refused, fault } = await broken(original, { file: 'events.db', what: 'flip', at: root * 8192 - 1 });
      expect({ root, refused, fault }).toEqual({ root, refused: true, fault: undefined });
    }
  });

  it('refuses a log that is another one', async () => {
    const [one, other] = [await makeOriginal(40, 0), await makeOriginal(40, 0)];
    copyFileSync(join(other.path, 'events.db'), join(one.path, 'events.db'));
    await expect(openOwned(one.path)).rejects.toThrow(DataDamaged);
  });

  it('cuts a torn tail that was never acknowledged, and says so', async () => {
    const original = await makeOriginal(0, 40);
    const wal = join(original.path, 'events.db-wal');
    const bytes = readFileSync(wal);
    // The head of a next frame with this round's salts, and half of its page.
    const torn = Buffer.alloc(24 + 4096, 1);
    bytes.copy(torn, 8, 16, 24);
    writeFileSync(wal, Buffer.concat([bytes, torn]));
    const owned = await openOwned(original.path);
    expect(await everything(owned.store)).toEqual(original.events);
    expect(owned.notes.join()).toContain(`Cutting ${torn.length} bytes`);
    await owned.dispose();
  });
});
