// The promises of the projection engine, over the real store: nothing is skipped, doubled or half done, whatever dies when.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Projection, Recorded } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { type BulkLoad, LiveTables, LocalSignals, MissingTable, NoLiveTable, ProjectionMonitor, ProjectionRunner, type ReadModelStore, RowReader, TestClock } from '@app/runtime';
import { MemoryLog } from '@test/dsl';

interface Tally {
  seen: number[];
  group: string | null;
}
interface Total {
  sum: number;
  events: number;
}
type Data = { n: number; group: string; poison?: boolean };

/** What a release cannot take: a test mends it. */
let broken = { folds: false, keys: false };

const tally: Projection<Tally> = {
  name: 'tally',
  version: 1,
  reads: { order: ['Counted', 'Closed'] },
  indexes: [{ fields: ['group'] }],
  keys: event => {
    if (broken.keys && (event.data as Data).poison) throw new Error('no key');
    return [event.stream];
  },
  fold: (row, event) => {
    const { n, group, poison } = event.data as Data;
    const next = row ?? { seen: [], group: null };
    next.seen.push(n);
    if (broken.folds && poison) throw new Error(`cannot take ${n}`);
    next.group = group;
    return event.type === 'Closed' ? undefined : next;
  },
};
const totals: Projection<Total> = {
  name: 'totals',
  version: 1,
  reads: { order: ['Counted', 'Closed'], other: ['Counted'] },
  indexes: [],
  keys: event => [(event.data as Data).group],
  fold: (row, event) => ({ sum: (row?.sum ?? 0) + (event.data as Data).n, events: (row?.events ?? 0) + 1 }),
};

function plainFold<Row>(projection: Projection<Row>, events: readonly Recorded[]): Record<string, Row> {
  const rows = new Map<string, Row>();
  for (const event of events) {
    if (projection.reads[event.stream.split('-')[0] as string] === undefined) continue;
    for (const key of projection.keys(event)) {
      const row = projection.fold(rows.get(key), event, key);
      if (row === undefined) rows.delete(key);
      else rows.set(key, row);
    }
  }
  return Object.fromEntries(rows);
}

describe('projection engine', () => {
  let directory: string;
  let store: ReadModelStore;
  let log: MemoryLog;
  let clock: TestClock;
  let signals: LocalSignals;
  let runners: ProjectionRunner[];
  let errors: object[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'engine-'));
    store = EmbeddedReadModels.open(join(directory, 'read-models.db'));
    log = new MemoryLog();
    clock = new TestClock();
    signals = new LocalSignals();
    runners = [];
    errors = [];
    broken = { folds: false, keys: false };
  });
  afterEach(async () => {
    for (const runner of runners) await runner.stop();
    await store.close();
    rmSync(directory, { recursive: true });
  });

  const runnerOf = (projections: readonly Projection[] = [tally, totals], over: Partial<{ store: ReadModelStore; buildEventsMin: number; rowsMax: number }> = {}): ProjectionRunner => {
    const logger = { info: () => undefined, error: (fields: object) => void errors.push(fields) };
    const runner = new ProjectionRunner({ log, store, signals, clock, projections, logger, ...over });
    runners.push(runner);
    return runner;
  };
  const tables = (): LiveTables => new LiveTables({ store, signals, clock });
  const monitor = (projections: readonly Projection[] = [tally, totals]): ProjectionMonitor => new ProjectionMonitor({ log, store, tables: tables(), signals, clock, projections });
  const reader = (): RowReader => new RowReader(store, tables());
  const rowsOf = async (projection: string): Promise<Record<string, unknown>> => {
    const table = await tables().tableOf(projection);
    return Object.fromEntries((await store.scan(table, undefined, 100_000)).map(({ key, row }) => [key, row]));
  };
  const seen = async (projections: readonly Projection[] = [tally, totals]): Promise<void> => {
    expect(await monitor(projections).waitFor(projections.map(({ name }) => name), await log.end(), 5_000)).toBe(true);
  };
  const event = (stream: string, n: number, more: Partial<Data> & { type?: string } = {}): { stream: string; type: string; data: Data } => {
    const { type = 'Counted', ...data } = more;
    return { stream, type, data: { n, group: `g${n % 3}`, ...data } };
  };
  const many = (count: number, streams = 7): void => {
    for (let n = 0; n < count; n++) log.append(event(n % 5 === 4 ? `other-${n % 2}` : `order-${n % streams}`, n));
  };
  /** The real store behind a gate that every call, also those of a load, has to pass. */
  const mortalStore = (gate: <T>(work: () => Promise<T>, name: string, args: unknown[]) => Promise<T>): ReadModelStore =>
    new Proxy(store, {
      get: (target, name: keyof ReadModelStore) => (...args: unknown[]) =>
        gate(
          async () => {
            const result = await (target[name] as (...args: unknown[]) => Promise<unknown>).apply(target, args);
            if (name !== 'bulk') return result;
            const load = result as BulkLoad;
            return { resumedAt: load.resumedAt, save: (...given: Parameters<BulkLoad['save']>) => gate(() => load.save(...given), 'save', given), finish: () => gate(() => load.finish(), 'finish', []) };
          },
          name,
          args,
        ),
    });
  const expectRows = async (projections: readonly Projection[] = [tally, totals]): Promise<void> => {
    for (const projection of projections) expect(await rowsOf(projection.name)).toEqual(plainFold(projection, log.events));
  };

  describe('following the log', () => {
    it('folds what is there and what comes, and tells which rows changed', async () => {
      many(20);
      const heard: { projection: string; keys: readonly string[]; live: boolean }[] = [];
      signals.subscribe('projected', ({ projection, keys, live }) => heard.push({ projection, keys, live }));
      await runnerOf().start();
      await seen();
      await expectRows();
      log.append(event('order-1', 100), event('order-1', 101, { group: 'g9' }));
      await seen();
      await expectRows();
      expect(heard.at(-2)).toEqual({ projection: 'tally', keys: ['order-1'], live: true });
      expect(heard.at(-1)).toEqual({ projection: 'totals', keys: ['g1', 'g9'], live: true });
      expect((await reader().find<Tally>('tally', { where: { group: 'g9' }, limit: 2 })).rows.map(({ key }) => key)).toEqual(['order-1']);
      expect(await reader().position('tally')).toBe(await log.end());
    });

    it('moves on over what it does not read, so that a waiter is answered', async () => {
      await runnerOf([tally]).start();
      log.append(event('order-1', 1), event('other-1', 2), event('unread-1', 3));
      await seen([tally]);
      await expectRows([tally]);
    });

    it('deletes rows, and begins them anew', async () => {
      await runnerOf([tally]).start();
      log.append(event('order-1', 1));
      await seen([tally]);
      log.append(event('order-1', 2, { type: 'Closed' }));
      await seen([tally]);
      expect(await rowsOf('tally')).toEqual({});
      log.append(event('order-1', 3));
      await seen([tally]);
      expect(await rowsOf('tally')).toEqual({ 'order-1': { seen: [3], group: 'g0' } });
    });

    it('lets a projection that is behind catch up by itself and join', async () => {
      many(3_000, 50);
      const first = runnerOf([tally]);
      await first.start();
      await seen([tally]);
      await first.stop();
      many(10);
      await runnerOf([tally, totals]).start();
      await seen();
      many(10);
      await seen();
      await expectRows();
      expect((await monitor().statuses()).map(({ name, state, lag, parked }) => ({ name, state, lag, parked }))).toEqual([
        { name: 'tally', state: 'LIVE', lag: 0, parked: 0 },
        { name: 'totals', state: 'LIVE', lag: 0, parked: 0 },
      ]);
    });

    it('waits no longer than asked', async () => {
      log.append(event('order-1', 1));
      const waiting = monitor().waitFor(['tally'], await log.end(), 300);
      for (let i = 0; i < 10; i++) await clock.advance(50);
      expect(await waiting).toBe(false);
      await expect(reader().get('tally', 'order-1')).rejects.toThrow(NoLiveTable);
    });
  });

  describe('faults of the machinery', () => {
    it.each(['before', 'after'] as const)('dies at every step, %s it is done, and ends as if never killed', async when => {
      many(60);
      broken.folds = true;
      log.append(event('order-2', 900, { poison: true }));
      for (let survived = false, at = 1; !survived; at++) {
        let calls = 0;
        const mortal = mortalStore(async work => {
          calls += 1;
          if (calls >= at && when === 'before') throw new Error('dead');
          const result = await work();
          if (calls >= at) throw new Error('dead');
          return result;
        });
        const runner = runnerOf([tally, totals], { store: mortal, rowsMax: 2 });
        try {
          await runner.start();
          let ended = false;
          const lived = seen().then(() => true, () => false).finally(() => (ended = true));
          survived = await Promise.race([lived, until(() => ended || calls >= at).then(() => (calls >= at ? false : lived))]);
        } catch {
          survived = false;
        }
        await runner.stop().catch(() => undefined);
        if (at > 200) throw new Error('never survived');
      }
      const mended = runnerOf();
      await mended.start();
      many(5);
      await seen();
      broken.folds = false;
      await mended.retry('tally', 'order-2');
      await expectRows();
    });

    it('shows a projection that has stopped, tries it again, and lets the others go on', async () => {
      let failing = true;
      const flaky = mortalStore((work, name, args) => (failing && name === 'apply' && String(args[0]).startsWith('rows/tally') ? Promise.reject(new Error('disk full')) : work()));
      await runnerOf([tally, totals], { store: flaky }).start();
      many(9);
      await seen([totals]);
      await until(() => errors.length > 0);
      await settle();
      const [stopped, running] = await monitor().statuses();
      expect([stopped?.state, stopped?.error, running?.state]).toEqual(['STOPPED', 'Error: disk full', 'LIVE']);
      failing = false;
      await clock.advance(60_000);
      await seen();
      await expectRows();
      await settle();
      expect((await monitor().statuses())[0]?.state).toBe('LIVE');
    });
  });

  describe('parking', () => {
    it('parks a key with everything after it, marks its row and resumes in order', async () => {
      broken.folds = true;
      const runner = runnerOf();
      await runner.start();
      log.append(event('order-1', 1), event('order-1', 2, { poison: true }), event('order-2', 3), event('order-1', 4));
      await seen();
      log.append(event('order-1', 5, { poison: true }));
      await seen();
      expect(await rowsOf('tally')).toEqual({ 'order-1': { seen: [1], group: 'g1' }, 'order-2': { seen: [3], group: 'g0' } });
      expect((await reader().get('tally', 'order-1'))?.staleSince).toBe(log.events[1]?.recordedAt);
      expect((await reader().get('tally', 'order-2'))?.staleSince).toBeUndefined();
      const parked = { projection: 'tally', key: 'order-1', eventId: log.events[1]?.id, position: log.events[1]?.position, error: 'Error: cannot take 2' };
      expect(await monitor().parkedEvents()).toEqual([{ ...parked, attempts: 1, waitingBehind: 2 }]);
      expect(await runner.retry('tally', 'order-1')).toEqual({ resumed: 0 });
      expect(await monitor().parkedEvents()).toEqual([{ ...parked, attempts: 2, waitingBehind: 2 }]);
      expect((await monitor().statuses())[0]?.parked).toBe(3);
      broken.folds = false;
      expect(await runner.retry('tally', 'order-1')).toEqual({ resumed: 3 });
      expect(await monitor().parkedEvents()).toEqual([]);
      expect((await reader().get('tally', 'order-1'))?.staleSince).toBeUndefined();
      await expectRows();
    });

    it('resumes up to the next event that fails', async () => {
      const twice: Projection<Tally> = { ...tally, fold: (row, recorded, key) => {
        if (broken.keys && (recorded.data as Data).n === 3) throw new Error('cannot take 3');
        return tally.fold(row, recorded, key);
      } };
      broken = { folds: true, keys: true };
      const runner = runnerOf([{ ...twice, keys: recorded => [recorded.stream] }]);
      await runner.start();
      log.append(...[1, 2, 3, 4].map(n => event('order-1', n, { poison: n === 1 })));
      await seen([tally]);
      expect(await rowsOf('tally')).toEqual({});
      broken.folds = false;
      expect(await runner.retry('tally', 'order-1')).toEqual({ resumed: 2 });
      expect(await monitor([tally]).parkedEvents()).toMatchObject([{ error: 'Error: cannot take 3', attempts: 1, waitingBehind: 1, position: log.events[2]?.position }]);
      broken.keys = false;
      expect(await runner.retry('tally', 'order-1')).toEqual({ resumed: 2 });
      await expectRows([tally]);
    });

    it('parks the stream of an unknown type, or of keys that cannot be told, until a release knows it', async () => {
      broken.keys = true;
      const first = runnerOf();
      await first.start();
      log.append(event('order-1', 1), event('order-2', 2));
      await seen();
      log.append(event('order-1', 3, { type: 'Invented' }), event('order-1', 4), event('order-2', 5, { poison: true }), event('order-2', 6), event('order-3', 7));
      await seen();
      expect(await rowsOf('tally')).toEqual({ 'order-1': { seen: [1], group: 'g1' }, 'order-2': { seen: [2], group: 'g2' }, 'order-3': { seen: [7], group: 'g1' } });
      expect((await reader().get('tally', 'order-1'))?.staleSince).toBe(log.events[2]?.recordedAt);
      expect((await monitor().parkedEvents('tally')).map(({ key, waitingBehind, error }) => ({ key, waitingBehind, error }))).toEqual([
        { key: 'order-1', waitingBehind: 1, error: 'Error: The type Invented is not known to the projection tally.' },
        { key: 'order-2', waitingBehind: 1, error: 'Error: no key' },
      ]);
      await first.stop();
      broken.keys = false;
      const knowing = [tally, totals].map(projection => ({ ...projection, reads: { ...projection.reads, order: ['Counted', 'Closed', 'Invented'] } })) as Projection[];
      const second = runnerOf(knowing);
      await second.start();
      for (const name of ['tally', 'totals']) for (const key of ['order-1', 'order-2']) await second.retry(name, key);
      await expectRows(knowing);
      expect(await monitor().parkedEvents()).toEqual([]);
      expect((await reader().get('tally', 'order-1'))?.staleSince).toBeUndefined();
    });

    it('keeps thousands that wait behind one key in order', async () => {
      broken.folds = true;
      const runner = runnerOf([tally]);
      await runner.start();
      log.append(event('order-1', 0, { poison: true }));
      for (let n = 1; n < 1_700; n++) log.append(event('order-1', n));
      await seen([tally]);
      broken.folds = false;
      expect(await runner.retry('tally', 'order-1')).toEqual({ resumed: 1_700 });
      await expectRows([tally]);
    });
  });

  describe('rebuild and verify', () => {
    const by = { by: 'tester', reason: 'to see' };

    it('builds beside the live rows, compares and switches, and keeps the rows before', async () => {
      many(400, 30);
      const runner = runnerOf();
      await runner.start();
      await seen();
      const rows = reader();
      const page = await rows.find('tally', { limit: 3 });
      const before = await tables().tableOf('tally');
      // A row as an error may have left it.
      await store.apply('damage', undefined, undefined, [{ table: before, key: 'order-3', row: { seen: [], group: 'g1' } }]);
      const outcome = await runner.rebuild(['tally', 'totals'], by);
      expect(outcome.tally).toMatchObject({ differences: 1, switched: true, by: 'tester', reason: 'to see' });
      expect(outcome.tally?.firstDifference).toMatch(/^order-3 seen\.0: null live, \d+ rebuilt$/);
      expect(outcome.totals).toMatchObject({ differences: 0, firstDifference: null });
      expect(await tables().tableOf('tally')).toBe('tally@1.2');
      await expectRows();
      many(20);
      await seen();
      await expectRows();
      expect((await rows.find('tally', { limit: 3, after: page.rows[2]!.cursor })).rows).toHaveLength(3);
      expect(await store.tables()).toContain(before);
      await runner.rebuild(['tally'], by);
      expect(await store.tables()).not.toContain(before);
      await expectRows();
      await expect(store.count(before, {})).rejects.toThrow(MissingTable);
      expect((await monitor().statuses())[0]?.lastRebuild).toMatchObject({ differences: 0, switched: true });
    });

    it('misses nothing that is written while it builds', async () => {
      many(2_000, 40);
      const runner = runnerOf();
      await runner.start();
      await seen();
      let over = false;
      const rebuilding = runner.rebuild(['tally', 'totals'], by).finally(() => (over = true));
      while (!over) {
        many(3);
        await new Promise(resolve => setImmediate(resolve));
      }
      const outcome = await rebuilding;
      expect([outcome.tally?.differences, outcome.totals?.differences]).toEqual([0, 0]);
      await seen();
      await expectRows();
    });

    it('builds a new version beside the old rows, which serve until the switch', async () => {
      many(100);
      const old = runnerOf();
      await old.start();
      await seen();
      await old.stop();
      many(100);
      const doubled: Projection<Total> = { ...totals, version: 2, fold: (row, recorded, key) => ({ ...(totals.fold(row, recorded, key) as Total), doubled: true }) };
      await runnerOf([tally, doubled]).start();
      expect((await reader().get('totals', 'g1'))?.row).not.toHaveProperty('doubled');
      await until(async () => (await tables().tableOf('totals')) === 'totals@2.1');
      await seen();
      await expectRows([tally, doubled]);
    });

    it('builds a new projection of a long log at once', async () => {
      many(300, 20);
      await runnerOf([tally, totals], { buildEventsMin: 100 }).start();
      await until(async () => (await monitor().statuses()).every(({ state }) => state === 'LIVE'));
      many(30);
      await seen();
      await expectRows();
    });

    it('parks while it builds, and takes up after the switch', async () => {
      many(50);
      log.append(event('order-1', 1_000, { poison: true }), event('order-1', 1_001), event('order-2', 1_002, { type: 'Invented' }));
      broken.folds = true;
      const runner = runnerOf([tally]);
      await runner.rebuild(['tally'], by);
      const parked = (await monitor([tally]).parkedEvents()).map(({ key, waitingBehind }) => ({ key, waitingBehind }));
      expect(parked).toEqual([{ key: 'order-1', waitingBehind: 1 }, { key: 'order-2', waitingBehind: 0 }]);
      broken.folds = false;
      expect(await runner.retry('tally', 'order-1')).toEqual({ resumed: 2 });
      expect((await rowsOf('tally'))['order-1']).toEqual(plainFold(tally, log.events)['order-1']);
      expect((await monitor([tally]).parkedEvents()).map(({ key }) => key)).toEqual(['order-2']);
    });

    it.each(['before', 'after'] as const)('dies at every step, %s it is done, and goes on from its last save', async when => {
      many(120, 15);
      const first = runnerOf();
      await first.start();
      await seen();
      await first.stop();
      for (let at = 1, over = false; !over; at++) {
        let calls = 0;
        const step = async <T>(work: () => Promise<T>): Promise<T> => {
          calls += 1;
          if (calls >= at && when === 'before') throw new Error('dead');
          const result = await work();
          if (calls >= at) throw new Error('dead');
          return result;
        };
        const mortal = mortalStore(step);
        const runner = runnerOf([tally, totals], { store: mortal });
        try {
          await runner.rebuild(['tally', 'totals'], by);
          over = true;
        } catch {
          // Dead. What starts next goes on or clears away; it must not hurt.
        }
        if (at % 3 === 0) {
          const next = runnerOf();
          await next.start();
          many(1);
          await seen();
          await next.stop();
          await expectRows();
        }
        if (at > 300) throw new Error('never survived');
      }
      const last = runnerOf();
      await last.start();
      await until(async () => Object.keys(await store.checkpoints('rebuild/')).length === 0);
      await seen();
      await expectRows();
    });

    it('verifies: equal rows are equal, a wrong row is named with the event that touched it last', async () => {
      many(200, 20);
      const runner = runnerOf();
      await runner.start();
      await seen();
      const tablesBefore = await store.tables();
      expect(await runner.verify('tally')).toEqual({ projection: 'tally', rows: 16, position: await log.end(), differences: 0, first: null });
      const table = await tables().tableOf('tally');
      const { row, position } = (await store.get<Tally>(table, 'order-5'))!;
      await store.apply('damage', undefined, undefined, [
        { table, key: 'order-5', row: { ...row, seen: [...row.seen.slice(0, -1), -1] }, position: position! },
        { table, key: 'order-8', row: undefined },
      ]);
      const found = await runner.verify('tally');
      expect(found).toMatchObject({ differences: 2, first: { key: 'order-5', path: `seen.${row.seen.length - 1}`, live: -1, rebuilt: row.seen.at(-1), position } });
      expect(await store.tables()).toEqual(tablesBefore);
      expect(await tables().tableOf('tally')).toBe(table);
    });
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (await condition()) return;
    await new Promise(resolve => setTimeout(resolve, 2));
  }
  throw new Error('it never came about');
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve));
}
