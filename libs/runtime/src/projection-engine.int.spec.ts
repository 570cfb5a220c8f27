// The promises of the projection engine, over the real store:
// nothing is skipped, doubled or half done, whatever dies when.
import type { Projection } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { NoLiveTable } from '@app/runtime';
import { type Data, type ProjectionBench, type Tally, broken, event, openBench, plainFold, settle, tally, totals, until } from '@test/dsl';

describe('projection engine', () => {
  let bench: ProjectionBench;
  let { log, clock, signals, errors, runnerOf, monitor, reader, rowsOf, seen, many, mortalStore, expectRows } = {} as ProjectionBench;
  beforeEach(() => {
    bench = openBench(path => EmbeddedReadModels.open(path));
    ({ log, clock, signals, errors, runnerOf, monitor, reader, rowsOf, seen, many, mortalStore, expectRows } = bench);
  });
  afterEach(() => bench.close());

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

    it('says that rows are left out where a batch changes more than it tells', async () => {
      const wide: Projection<{ n: number }> = {
        name: 'wide', version: 1, reads: { order: ['Counted'] }, indexes: [], sharding: 'by-key',
        keys: ({ data }) => Array.from({ length: (data as Data).n }, (_, at) => `row-${at}`),
        fold: (_, { data }) => ({ n: (data as Data).n }),
      };
      const heard: object[] = [];
      signals.subscribe('projected', ({ keys, keysLeftOut }) => heard.push({ keys: keys.length, keysLeftOut }));
      await runnerOf([wide]).start();
      log.append(event('order-1', 3));
      await seen([wide]);
      log.append(event('order-1', 5_001));
      await seen([wide]);
      expect(heard.filter(hint => JSON.stringify(hint) !== '{"keys":0}')).toEqual([{ keys: 3 }, { keys: 0, keysLeftOut: true }]);
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
      const statuses = async () => (await monitor().statuses()).map(({ name, state, lag, parked }) => ({ name, state, lag, parked }));
      // The notes of the states are written behind the rows.
      for (let tries = 0; tries < 100 && (await statuses()).some(({ state }) => state !== 'LIVE'); tries++) await new Promise(setImmediate);
      expect(await statuses()).toEqual([
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

  describe('a first build', () => {
    it('gives no list and no count before its rows have seen what the log held, but what is asked for by key', async () => {
      many(60);
      let held = true;
      const late = mortalStore(async (work, name, args) => {
        if (held && name === 'apply' && (args[0] as string).startsWith('rows/tally')) throw new Error('not yet');
        return work();
      });
      await runnerOf([tally], { store: late }).start();
      const rows = reader();
      for (const list of [() => rows.find('tally', { limit: 1 }), () => rows.count('tally', {}), () => rows.assertBuilt('tally')]) await expect(list()).rejects.toThrow(NoLiveTable);
      expect(await rows.get('tally', 'order-1')).toBeUndefined();
      expect((await rows.findSoFar('tally', { limit: 1 })).rows).toEqual([]);
      held = false;
      await clock.advance(1_000);
      await seen([tally]);
      expect(await rows.count('tally', {})).toBe(Object.keys(plainFold(tally, log.events)).length);
    });

    it('is over at once where the log holds nothing for it', async () => {
      log.append({ ...event('stranger-1', 1), type: 'Unrelated' });
      const stuck = mortalStore(async (work, name, args) => {
        if (name === 'apply' && (args[0] as string).startsWith('rows/')) throw new Error('not yet');
        return work();
      });
      await runnerOf([tally], { store: stuck }).start();
      expect(await reader().count('tally', {})).toBe(0);
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
      const warnings = bench.lines.filter(line => (line as { level: string }).level === 'warn');
      expect(warnings).toEqual([expect.objectContaining({ projection: 'tally', table: 'tally@1.1', key: 'order-1', eventId: parked.eventId, error: parked.error })]);
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
      Object.assign(broken, { folds: true, keys: true });
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
});
