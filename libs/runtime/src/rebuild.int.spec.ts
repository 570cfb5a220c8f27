// A rebuild runs beside the live rows, survives deaths at every step, misses nothing and switches in one step;
// a verification names the row that is wrong.
import type { Projection } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { MissingTable } from '@app/runtime';
import { type ProjectionBench, type Tally, type Total, broken, event, openBench, plainFold, tally, totals, until } from '@test/dsl';

describe('rebuild and verify', () => {
  let bench: ProjectionBench;
  let { store, log, runnerOf, tables, monitor, reader, rowsOf, seen, many, mortalStore, expectRows } = {} as ProjectionBench;
  beforeEach(() => {
    bench = openBench(path => EmbeddedReadModels.open(path));
    ({ store, log, runnerOf, tables, monitor, reader, rowsOf, seen, many, mortalStore, expectRows } = bench);
  });
  afterEach(() => bench.close());

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

    it('says that it is busy while it builds or verifies', async () => {
      many(400, 30);
      const runner = runnerOf();
      await runner.start();
      await seen();
      const said: boolean[] = [runner.busy()];
      await runner.rebuild(['tally'], by, () => void said.push(runner.busy()));
      said.push(runner.busy());
      await runner.verify(['totals'], by, () => void said.push(runner.busy()));
      said.push(runner.busy());
      expect(said).toEqual([false, true, false, true, false]);
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

    /** Events between two saves, and some more. */
    const LONG = 26_000;

    it.each(['comes through', 'fails'] as const)('folds on while it saves; a fold that throws meanwhile is folded again behind a save that %s', async how => {
      // The log is scanned from its last stream to its first.
      log.append(event('order-first', 1_000), event('order-first', 1_001, { poison: true }), event('order-first', 1_002));
      many(LONG, 30);
      broken.folds = true;
      let folded = 0;
      let saves = 0;
      const foldedDuring: number[] = [];
      const slow = mortalStore(async (work, name) => {
        if (name !== 'save' || ++saves > 1) return work();
        const before = folded;
        await until(() => folded > before);
        // Time for the fold that throws.
        for (let turns = 0; turns < 50; turns++) await new Promise(resolve => setImmediate(resolve));
        foldedDuring.push(folded - before);
        if (how === 'fails') throw new Error('the store is away');
        return work();
      });
      const counted: Projection<Tally> = {
        ...tally,
        fold: (row, recorded, key) => {
          folded += 1;
          return tally.fold(row, recorded, key);
        },
      };
      const runner = runnerOf([counted, totals], { store: slow });
      const rebuild = (): Promise<unknown> => runner.rebuild(['tally', 'totals'], by);
      if (how === 'fails') await expect(rebuild()).rejects.toThrow('the store is away');
      await rebuild();
      expect(foldedDuring[0]).toBeGreaterThan(1_000);
      expect((await monitor().parkedEvents()).map(({ key, waitingBehind }) => ({ key, waitingBehind }))).toEqual([{ key: 'order-first', waitingBehind: 1 }]);
      broken.folds = false;
      expect(await runner.retry('tally', 'order-first')).toEqual({ resumed: 2 });
      await expectRows();
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
      expect((await runner.verify(['tally'], by)).tally).toEqual({ projection: 'tally', rows: 16, position: await log.end(), differences: 0, first: null });
      expect((await monitor().statuses())[0]).toMatchObject({ state: 'LIVE', rebuild: null, lastRebuild: { differences: 0, firstDifference: null, processed: 160, switched: false, error: null, ...by } });
      const table = await tables().tableOf('tally');
      const { row, position } = (await store.get<Tally>(table, 'order-5'))!;
      await store.apply('damage', undefined, undefined, [
        { table, key: 'order-5', row: { ...row, seen: [...row.seen.slice(0, -1), -1] }, position: position! },
        { table, key: 'order-8', row: undefined },
      ]);
      const found = await runner.verify(['tally', 'totals'], by);
      expect(found.totals).toMatchObject({ differences: 0, first: null });
      expect(found.tally).toMatchObject({ differences: 2, first: { key: 'order-5', path: `seen.${row.seen.length - 1}`, live: -1, rebuilt: row.seen.at(-1), position } });
      const changed = `the live row is as it was after none of its ${row.seen.length} events: it was changed from outside; the last event is Counted (order-5 revision ${row.seen.length - 1})`;
      const firstDifference = `order-5 seen.${row.seen.length - 1}: -1 live, ${row.seen.at(-1)} rebuilt; ${changed}`;
      expect((await monitor().statuses()).map(({ lastRebuild }) => lastRebuild)).toMatchObject([{ differences: 2, firstDifference, switched: false }, { differences: 0, switched: false }]);
      expect(await store.tables()).toEqual(tablesBefore);
      expect(await tables().tableOf('tally')).toBe(table);
      await runner.rebuild(['tally'], by);
      expect((await runner.verify(['tally'], by)).tally).toMatchObject({ differences: 0 });
      await expectRows();
    });

    it('reads the log once for many', async () => {
      many(200, 20);
      const runner = runnerOf();
      await runner.start();
      await seen();
      let scans = 0;
      const { scan } = log;
      log.scan = options => {
        scans += 1;
        return scan.call(log, options);
      };
      await runner.verify(['tally', 'totals'], by);
      await runner.rebuild(['tally', 'totals'], by);
      expect(scans).toBe(2);
    });

    it.each(['rebuild', 'verify'] as const)('shows why a %s has failed, leaves nothing of it and can be asked for again', async what => {
      many(100);
      let failing = true;
      const full = mortalStore(async (work, name) => {
        if (failing && name === 'save') throw new Error('disk full');
        return work();
      });
      const runner = runnerOf([tally, totals], { store: full });
      await runner.start();
      await seen();
      const tablesBefore = await store.tables();
      let begun: unknown;
      const begin = () => void (begun = monitor().statuses());
      await expect(runner[what](['tally', 'totals'], by, begin)).rejects.toThrow('disk full');
      expect(await begun).toMatchObject([{ rebuild: { processed: 0, total: 100 } }, { rebuild: {} }]);
      await until(async () => (await monitor().statuses()).every(({ rebuild }) => rebuild === null));
      const failed = { switched: false, error: 'Error: disk full', ...by };
      expect(await monitor().statuses()).toMatchObject([{ state: 'LIVE', lastRebuild: failed }, { state: 'LIVE', lastRebuild: failed }]);
      expect(await store.tables()).toEqual(tablesBefore);
      expect(Object.keys(await store.checkpoints('rebuild/'))).toEqual([]);
      failing = false;
      await runner[what](['tally', 'totals'], by);
      expect((await monitor().statuses()).map(({ lastRebuild }) => lastRebuild)).toMatchObject([{ error: null, differences: 0 }, { error: null, differences: 0 }]);
      await expectRows();
    });

    it('refuses a second one at once before it has begun, and leaves the first alone', async () => {
      many(100);
      const runner = runnerOf();
      await runner.start();
      await seen();
      const first = runner.verify(['tally'], by);
      let begun = false;
      await expect(runner.rebuild(['totals', 'tally'], by, () => (begun = true))).rejects.toThrow('The projection tally is being rebuilt or verified already.');
      expect([begun, (await first).tally?.differences]).toEqual([false, 0]);
    });

    it('says of a verification that a death has ended that it must be asked for again', async () => {
      many(100);
      let dead = false;
      const mortal = mortalStore(async (work, name) => {
        if (dead || name === 'save') dead = true;
        if (dead) throw new Error('dead');
        return work();
      });
      const runner = runnerOf([tally, totals], { store: mortal });
      await runner.start();
      await seen();
      await expect(runner.verify(['tally'], by)).rejects.toThrow('dead');
      await runnerOf().start();
      expect((await monitor().statuses())[0]).toMatchObject({ rebuild: null, lastRebuild: { switched: false, error: expect.stringContaining('Ask for it again'), ...by } });
      expect(await store.tables()).not.toContain('tally@1.2');
    });
  });
});
