// What the log asks of projections is carried out once, whatever dies when, and every end is on record;
// rows come and go in one step while events keep coming.
import type { Projection, Recorded } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { type CommandExecutor, type EndedOperation, operationsStream, type ProjectionRunner } from '@app/runtime';
import { broken, event, openBench, plainFold, type ProjectionBench, type Tally, tally, totals, until } from '@test/dsl';

describe('operations on projections', () => {
  let bench: ProjectionBench;
  let { store, log, executor, errors, ask, operationsOf, runnerOf, tables, monitor, rowsOf, seen, many, mortalStore, expectRows } = {} as ProjectionBench;
  beforeEach(() => {
    bench = openBench(path => EmbeddedReadModels.open(path));
    ({ store, log, executor, errors, ask, operationsOf, runnerOf, tables, monitor, rowsOf, seen, many, mortalStore, expectRows } = bench);
  });
  afterEach(() => bench.close());

  const reason = 'to see';
  const started = async (projections: readonly Projection[] = [tally, totals]): Promise<ProjectionRunner> => {
    const runner = runnerOf(projections, { executor });
    await runner.start();
    await seen(projections);
    return runner;
  };
  const over = async (projection: string, id: string): Promise<EndedOperation> => {
    let ended: EndedOperation | undefined;
    await until(async () => (ended = (await operationsOf(projection)).ended.find(({ operationId }) => operationId === id)) !== undefined);
    return ended as EndedOperation;
  };
  const done = async (projection: string, id: string): Promise<void> => expect(await over(projection, id)).toMatchObject({ error: null });
  const status = async (projection: string) => (await monitor().statuses()).find(({ name }) => name === projection);
  const typesOf = async (projection: string): Promise<string[]> => (await log.read(operationsStream(projection))).map(({ type }) => type);
  const told = (): object[] => bench.lines.filter(line => (line as { level: string }).level === 'info');
  const withoutEvent = (id: string): Recorded[] => log.events.filter(one => one.id !== id);

  it('leaves rows of a newer release alone among others, until somebody asks for the older ones', async () => {
    many(60);
    const newer: Projection<Tally> = { ...tally, version: 2 };
    const runner = await started([newer]);
    const rows = await tables().tableOf('tally');
    await expect(runnerOf([tally], { executor, amongOthers: true }).start()).rejects.toThrow('ops projections rebuild tally');
    expect(await tables().tableOf('tally')).toBe(rows);
    await runner.stop();
    const asked = await ask('tally', { type: 'RequestRebuild', mode: 'SWITCH', reason });
    await runnerOf([tally], { executor, amongOthers: true }).start();
    await done('tally', asked);
    expect(await tables().tableOf('tally')).toBe('tally@1.1');
    await expectRows([tally]);
  });

  it('builds, keeps, switches, rolls back and undoes that, and every step is on record with who asked and why', async () => {
    many(300, 20);
    await started();
    const first = await tables().tableOf('tally');
    await done('tally', await ask('tally', { type: 'RequestRebuild', mode: 'KEEP', reason }));
    expect(await tables().tableOf('tally')).toBe(first);
    expect(await status('tally')).toMatchObject({ canSwitch: true, canRollBack: false, lastRebuild: { differences: 0, switched: false } });
    many(50);
    await done('tally', await ask('tally', { type: 'RequestSwitch', reason }));
    const second = await tables().tableOf('tally');
    expect(second).not.toBe(first);
    await expectRows();
    expect(await status('tally')).toMatchObject({ canSwitch: false, canRollBack: true });
    for (const table of [first, second]) {
      many(50);
      await done('tally', await ask('tally', { type: 'RequestRollback', reason }));
      expect(await tables().tableOf('tally')).toBe(table);
      many(5);
      await seen();
      await expectRows();
    }
    const events = await log.read(operationsStream('tally'));
    expect(events.map(({ type }) => type)).toEqual([
      'ProjectionRebuildRequested', 'ProjectionRebuilt', 'ProjectionSwitchRequested', 'ProjectionSwitched',
      'ProjectionRollbackRequested', 'ProjectionRolledBack', 'ProjectionRollbackRequested', 'ProjectionRolledBack',
    ]);
    for (const { data } of events) expect(data).toMatchObject({ reason, requestedBy: 'ops-lin' });
    expect(events.map(({ meta }) => meta.actor)).toEqual(Array.from({ length: 4 }, () => ['ops-lin', 'ordertrail']).flat());
    await until(() => told().length === 5);
    expect(told()).toEqual([
      expect.objectContaining({ message: 'rebuild begun', mode: 'KEEP' }),
      expect.objectContaining({ message: 'rebuild ended: kept for a switch', projection: 'tally', processed: 240, differences: 0, by: 'ops-lin' }),
      expect.objectContaining({ message: 'switched', table: second, former: first }),
      expect.objectContaining({ message: 'rolled back', table: first, former: second }),
      expect.objectContaining({ message: 'rolled back', table: second, former: first }),
    ]);
    expect(await store.tables()).toEqual(expect.arrayContaining([first, second]));
    expect((await store.tables()).filter(table => table.startsWith('tally'))).toHaveLength(2);
  });

  it('replaces what was kept, and drops it when a rebuild is put in use', async () => {
    many(50);
    await started();
    const tallies = async (): Promise<number> => (await store.tables()).filter(table => table.startsWith('tally')).length;
    for (let kept = 0; kept < 2; kept++) {
      await done('tally', await ask('tally', { type: 'RequestRebuild', mode: 'KEEP', reason: null }));
      await until(async () => (await tallies()) === 2);
    }
    await done('tally', await ask('tally', { type: 'RequestRebuild', mode: 'SWITCH', reason: null }));
    expect(await tallies()).toBe(2);
    expect(await status('tally')).toMatchObject({ canSwitch: false, canRollBack: true });
    await expectRows();
  });

  it('refuses what cannot be done, names why, and goes on', async () => {
    many(20);
    await started();
    expect(await over('tally', await ask('tally', { type: 'RequestSwitch', reason }))).toMatchObject({ rejection: 'CandidateMissing' });
    expect(await over('tally', await ask('tally', { type: 'RequestRollback', reason }))).toMatchObject({ rejection: 'PreviousMissing' });
    expect(await over('tally', await ask('tally', { type: 'RequestParkedSkip', key: 'order-1', eventId: 'x', reason }))).toMatchObject({ rejection: 'NothingParked' });
    await expect(ask('tally', { type: 'RequestSwitch', reason: ' ' })).rejects.toThrow('ReasonMissing');
    await done('tally', await ask('tally', { type: 'RequestRebuild', mode: 'VERIFY', reason: null }));
  });

  it('rolls back to rows of the same version only', async () => {
    many(20);
    await (await started()).stop();
    const doubled: Projection = { ...totals, version: 2 } as Projection;
    await started([tally, doubled]);
    await until(async () => (await operationsOf('totals')).ended.length === 1);
    expect(await operationsOf('totals')).toMatchObject({ ended: [{ kind: 'REBUILD', requestedBy: 'ordertrail', reason: 'new version', error: null }] });
    expect(await status('totals')).toMatchObject({ canRollBack: true });
    expect((await monitor([tally, doubled]).statuses())[1]).toMatchObject({ canRollBack: false });
    expect(await over('totals', await ask('totals', { type: 'RequestRollback', reason }))).toMatchObject({ rejection: 'RowsOfOtherVersion' });
  });

  it('of several asked for together reads the log once', async () => {
    many(100);
    let scans = 0;
    const { scan } = log;
    log.scan = options => {
      scans += 1;
      return scan.call(log, options);
    };
    await started();
    const batch = { id: 'both', projections: ['tally', 'totals', 'of another runner'] };
    const ids = [await ask('tally', { type: 'RequestRebuild', mode: 'SWITCH', reason, batch }), await ask('totals', { type: 'RequestRebuild', mode: 'SWITCH', reason, batch })];
    await done('tally', ids[0]!);
    await done('totals', ids[1]!);
    expect(scans).toBe(1);
  });

  it('does not wait for ever for the rest of a batch', async () => {
    many(20);
    await started();
    const id = await ask('tally', { type: 'RequestRebuild', mode: 'SWITCH', reason, batch: { id: 'lost', projections: ['tally', 'totals'] } });
    await until(async () => {
      await bench.clock.advance(500);
      return (await operationsOf('tally')).ended.some(({ operationId }) => operationId === id);
    });
  });

  it('takes up parked events beside a rebuild, and skips them in what is being built as well', async () => {
    broken.folds = true;
    many(60);
    log.append(event('order-1', 900, { poison: true }), event('order-1', 901), event('order-2', 902, { poison: true }), event('order-2', 903));
    const skipped = log.events.find(({ data }) => (data as { n: number }).n === 900)!;
    let go: () => void = () => undefined;
    const gate = new Promise<void>(resolve => (go = resolve));
    let isLoaded = false;
    const slow = mortalStore(async (work, name) => {
      if (name === 'finish') {
        isLoaded = true;
        await gate;
      }
      return work();
    });
    await runnerOf([tally], { store: slow, executor }).start();
    await seen([tally]);
    const rebuild = await ask('tally', { type: 'RequestRebuild', mode: 'SWITCH', reason });
    await until(() => isLoaded);
    await expect(ask('tally', { type: 'RequestSwitch', reason })).rejects.toThrow('RebuildUnderWay');
    expect(await over('tally', await ask('tally', { type: 'RequestParkedSkip', key: 'order-1', eventId: 'another', reason }))).toMatchObject({ rejection: 'ParkedEventMoved' });
    await done('tally', await ask('tally', { type: 'RequestParkedSkip', key: 'order-1', eventId: skipped.id, reason }));
    expect((await rowsOf('tally'))['order-1']).toEqual(plainFold(tally, withoutEvent(skipped.id).filter(({ stream }) => stream === 'order-1'))['order-1']);
    broken.folds = false;
    await done('tally', await ask('tally', { type: 'RequestParkedRetry', key: 'order-2' }));
    expect((await operationsOf('tally')).pending).toHaveLength(1);
    go();
    await done('tally', rebuild);
    // The shadow had parked both before that.
    expect(await monitor([tally]).parkedEvents()).toEqual([]);
    expect(await rowsOf('tally')).toEqual(plainFold(tally, withoutEvent(skipped.id)));
    await done('tally', await ask('tally', { type: 'RequestRebuild', mode: 'VERIFY', reason }));
    expect(await status('tally')).toMatchObject({ lastRebuild: { differences: 0 } });
    expect(await rowsOf('tally')).toEqual(plainFold(tally, withoutEvent(skipped.id)));
    expect(await typesOf('tally')).toEqual(expect.arrayContaining(['ParkedEventSkipped', 'ParkedRetried']));
  });

  it('skips in a rebuild what was skipped before, also an event of an unknown type with its whole stream behind it', async () => {
    many(30);
    log.append(event('order-1', 500, { type: 'Invented' }), event('order-1', 501), event('order-2', 502));
    const invented = log.events.find(({ type }) => type === 'Invented')!;
    const first = await started();
    for (const { name } of [tally, totals]) await done(name, await ask(name, { type: 'RequestParkedSkip', key: 'order-1', eventId: invented.id, reason }));
    const expected = plainFold(tally, withoutEvent(invented.id));
    expect(await rowsOf('tally')).toEqual(expected);
    expect(await monitor().parkedEvents()).toEqual([]);
    await done('tally', await ask('tally', { type: 'RequestRebuild', mode: 'SWITCH', reason }));
    expect(await status('tally')).toMatchObject({ lastRebuild: { differences: 0, error: null }, parked: 0 });
    expect(await rowsOf('tally')).toEqual(expected);
    await first.stop();
    await started();
    await done('totals', await ask('totals', { type: 'RequestRebuild', mode: 'SWITCH', reason }));
    expect(await monitor().parkedEvents()).toEqual([]);
    expect(await rowsOf('totals')).toEqual(plainFold(totals, withoutEvent(invented.id)));
  });

  it.each(['before', 'after'] as const)('dies at every step, %s it is done, and the next start carries out the rest, once', async when => {
    broken.folds = true;
    many(60, 10);
    log.append(event('order-1', 900, { poison: true }), event('order-1', 901));
    const skipped = log.events.at(-2)!;
    const first = runnerOf([tally, totals]);
    await first.start();
    await seen();
    await first.stop();
    const script = [
      () => ask('tally', { type: 'RequestRebuild', mode: 'KEEP', reason }),
      () => ask('tally', { type: 'RequestSwitch', reason }),
      () => ask('tally', { type: 'RequestParkedSkip', key: 'order-1', eventId: skipped.id, reason }),
      () => ask('tally', { type: 'RequestRollback', reason }),
      () => ask('tally', { type: 'RequestRebuild', mode: 'SWITCH', reason }),
      () => ask('tally', { type: 'RequestRebuild', mode: 'VERIFY', reason }),
    ];
    let asked = 0;
    let deaths = 0;
    for (const request of script) {
      if (asked === 3) broken.folds = false;
      const id = await request();
      asked += 1;
      for (let at = 1, isOver = false; !isOver; at++) {
        let calls = 0;
        const step = async <T>(work: () => Promise<T>): Promise<T> => {
          calls += 1;
          if (calls > at || (calls === at && when === 'before')) throw new Error('dead');
          const result = await work();
          if (calls >= at) throw new Error('dead');
          return result;
        };
        // Later deaths come further: what is done stays done, so the distance grows until one lives to the end.
        const mortal: Pick<CommandExecutor, 'execute'> = { execute: (stream, command) => step(() => executor.execute(stream, command)) };
        const runner = runnerOf([tally, totals], { store: mortalStore(step), executor: mortal });
        const isEnded = async (): Promise<boolean> => (await operationsOf('tally')).ended.some(({ operationId }) => operationId === id);
        try {
          await runner.start();
          await until(async () => calls >= at || (await isEnded()));
        } catch {
          // Dead before it had begun.
        }
        await Promise.race([runner.stop().catch(() => undefined), new Promise(resolve => setTimeout(resolve, 500))]);
        isOver = await isEnded();
        deaths += 1;
        if (at > 300) throw new Error('never survived');
      }
    }
    expect(deaths).toBeGreaterThan(20);
    const events = await log.read(operationsStream('tally'));
    const ends = events.filter(({ type }) => !type.endsWith('Requested') && type !== 'ParkedEventSkipped').map(({ data }) => (data as { operationId: string }).operationId);
    expect(new Set(ends).size).toBe(ends.length);
    expect(ends).toHaveLength(script.length);
    expect(events.filter(({ type }) => type === 'ParkedEventSkipped')).toHaveLength(1);
    await started();
    many(5);
    await seen();
    expect(await rowsOf('tally')).toEqual(plainFold(tally, withoutEvent(skipped.id)));
    expect(await rowsOf('totals')).toEqual(plainFold(totals, log.events));
    expect(await monitor().parkedEvents()).toEqual([]);
  }, 60_000);

  it('builds by itself what is new, of another version or far behind, and says so', async () => {
    many(300, 20);
    const first = runnerOf([tally], { executor, buildEventsMin: 100 });
    await first.start();
    await until(async () => (await operationsOf('tally')).ended.length === 1);
    await first.stop();
    many(300, 20);
    const versioned = { ...totals, version: 3 };
    const second = runnerOf([tally, versioned], { executor, buildEventsMin: 100, farBehindEventsMin: 200 });
    await second.start();
    await until(async () => (await operationsOf('tally')).ended.length === 2 && (await operationsOf('totals')).ended.length === 1);
    expect((await operationsOf('tally')).ended).toMatchObject([{ reason: 'new projection' }, { reason: 'far behind', requestedBy: 'ordertrail', error: null }]);
    expect((await operationsOf('totals')).ended).toMatchObject([{ reason: 'new projection' }]);
    many(10);
    await seen([tally, versioned]);
    await expectRows([tally, versioned]);
    await second.stop();
    many(200, 20);
    await runnerOf([tally, versioned], { executor, buildEventsMin: 100, farBehindEventsMin: 200 }).start();
    await seen([tally, versioned]);
    await expectRows([tally, versioned]);
    expect((await operationsOf('tally')).ended).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  it('of a runner that runs one projection leaves what belongs to the others alone', async () => {
    many(120, 15);
    await started([tally]);
    let dead = false;
    const dying = mortalStore(async (work, name) => {
      if (dead || name === 'finish') dead = true;
      if (dead) throw new Error('dead');
      return work();
    });
    const other = runnerOf([totals], { store: dying, executor });
    await other.start();
    await seen();
    await ask('totals', { type: 'RequestRebuild', mode: 'SWITCH', reason });
    await until(() => dead);
    const left = (await store.tables()).filter(table => table.startsWith('totals'));
    expect(left).toHaveLength(2);
    await done('tally', await ask('tally', { type: 'RequestRebuild', mode: 'SWITCH', reason }));
    const again = runnerOf([tally], { executor });
    await again.start();
    expect((await store.tables()).filter(table => table.startsWith('totals'))).toEqual(left);
    expect(Object.keys(await store.checkpoints('rebuild/'))).toHaveLength(1);
  });

  it('carries out the same while events come at full speed', async () => {
    many(1_500, 40);
    await started();
    const requests = [
      { type: 'RequestRebuild', mode: 'KEEP', reason }, { type: 'RequestSwitch', reason }, { type: 'RequestRollback', reason },
      { type: 'RequestRebuild', mode: 'VERIFY', reason }, { type: 'RequestRebuild', mode: 'SWITCH', reason },
    ] as const;
    for (const request of requests) {
      const id = await ask('tally', request);
      for (let isOver = false; !isOver; ) {
        many(3);
        await new Promise(resolve => setImmediate(resolve));
        isOver = (await operationsOf('tally')).ended.some(({ operationId, error }) => operationId === id && error === null);
      }
    }
    expect(await status('tally')).toMatchObject({ lastRebuild: { differences: 0, switched: true } });
    await seen();
    await expectRows();
  });

  it('says of a row that differs what happened to it, and the event', async () => {
    many(100, 10);
    const { position } = log.events.at(-1)!;
    const runner = await started();
    const table = await tables().tableOf('tally');
    const own = log.events.filter(({ stream }) => stream === 'order-3');
    const rowOf = (events: readonly Recorded[]): Tally => plainFold(tally, events)['order-3'] as Tally;
    const verify = async (row: unknown): Promise<[string, string | null]> => {
      await store.apply('damage', undefined, undefined, [{ table, key: 'order-3', row, position }]);
      await runner.verify(['tally'], { by: 'tester', reason: null });
      const { firstDifference, firstDifferingEventId } = (await status('tally'))!.lastRebuild!;
      return [firstDifference!.replace(/^.* rebuilt; /, ''), firstDifferingEventId];
    };
    const name = (at: number): string => `Counted (order-3 revision ${own.at(at)!.revision})`;
    expect(await verify(rowOf(own.slice(0, -2)))).toEqual([`the live row is as it was after ${name(-3)}; ${name(-2)} is missing`, own.at(-2)!.id]);
    expect(await verify(undefined)).toEqual([`the live row is as it was before its first event; ${name(0)} is missing`, own[0]!.id]);
    expect(await verify(rowOf([own[0]!, ...own.slice(2)]))).toEqual([`the live row lacks ${name(1)} and holds what came after it`, own[1]!.id]);
    expect(await verify(rowOf([...own.slice(0, 2), own[1]!, ...own.slice(2)]))).toEqual([`the live row holds ${name(1)} twice`, own[1]!.id]);
    expect(await verify({ seen: [], group: 'g9' })).toEqual([`the live row is as it was after none of its ${own.length} events: it was changed from outside; the last event is ${name(-1)}`, own.at(-1)!.id]);
    const made = [{ table, key: 'order-0none', row: { seen: [], group: null } }, { table, key: 'order-3', row: rowOf(own), position }];
    await store.apply('damage', undefined, undefined, made);
    await runner.verify(['tally'], { by: 'tester', reason: null });
    expect((await status('tally'))!.lastRebuild!.firstDifference).toContain('no event touches this row: it was made from outside');
  });
});
