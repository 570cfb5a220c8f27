// The engine over the real store and a log in memory, with two projections that can be made to fail:
// one of single streams, whose rows show the order of events, and one across streams, which only sums.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Projection, Recorded } from '@app/kernel';
import {
  type AnyDecider, type BulkLoad, type CommandExecutor, LiveTables, LocalSignals, type OperationsState, operationsStream, type ProjectionCommand, projectionDecider, ProjectionMonitor, ProjectionRunner,
  type ReadModelStore, RowReader, TestClock,
} from '@app/runtime';
import { LogExecutor } from './log-executor';
import { MemoryLog } from './memory-log';

export interface Tally {
  seen: number[];
  group: string | null;
}
export interface Total {
  sum: number;
  events: number;
}
export type Data = { n: number; group: string; poison?: boolean };

/** What a release cannot take: a test mends it. */
export const broken = { folds: false, keys: false };

export const tally: Projection<Tally> = {
  name: 'tally',
  version: 1,
  reads: { order: ['Counted', 'Closed'] },
  indexes: [{ fields: ['group'] }],
  sharding: 'by-key',
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
export const totals: Projection<Total> = {
  name: 'totals',
  version: 1,
  reads: { order: ['Counted', 'Closed'], other: ['Counted'] },
  indexes: [],
  sharding: 'whole',
  keys: event => [(event.data as Data).group],
  fold: (row, event) => ({ sum: (row?.sum ?? 0) + (event.data as Data).n, events: (row?.events ?? 0) + 1 }),
};

export function plainFold<Row>(projection: Projection<Row>, events: readonly Recorded[]): Record<string, Row> {
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

export function event(stream: string, n: number, more: Partial<Data> & { type?: string } = {}): { stream: string; type: string; data: Data } {
  const { type = 'Counted', ...data } = more;
  return { stream, type, data: { n, group: `g${n % 3}`, ...data } };
}

export interface ProjectionBench {
  directory: string;
  store: ReadModelStore;
  log: MemoryLog;
  clock: TestClock;
  signals: LocalSignals;
  /** Fields of the errors that runners have logged. */
  errors: object[];
  /** Fields of everything else that they have logged, with level and message. */
  lines: object[];
  /** Decides operations on projections over the log. */
  executor: LogExecutor;
  /** Asks for an operation and answers its id; refused ones throw. */
  ask(projection: string, command: Asked): Promise<string>;
  operationsOf(projection: string): Promise<OperationsState>;
  runnerOf(projections?: readonly Projection[], over?: RunnerOptions): ProjectionRunner;
  tables(): LiveTables;
  monitor(projections?: readonly Projection[]): ProjectionMonitor;
  reader(): RowReader;
  rowsOf(projection: string): Promise<Record<string, unknown>>;
  seen(projections?: readonly Projection[]): Promise<void>;
  many(count: number, streams?: number): void;
  mortalStore(gate: Gate): ReadModelStore;
  expectRows(projections?: readonly Projection[]): Promise<void>;
  close(): Promise<void>;
}
type Asked = ProjectionCommand extends infer C ? (C extends { type: `Request${string}` } ? Omit<C, 'id' | 'actor' | 'at' | 'batch'> & { batch?: unknown } : never) : never;
type RunnerOptions = Partial<{ store: ReadModelStore; buildEventsMin: number; farBehindEventsMin: number; rowsMax: number; executor: Pick<CommandExecutor, 'execute'>; amongOthers: boolean }>;
/** What every call of a store has to pass. */
type Gate = <T>(work: () => Promise<T>, name: string, args: unknown[]) => Promise<T>;

/** `openStore` makes the store under test in a file of its own. */
export function openBench(openStore: (path: string) => ReadModelStore): ProjectionBench {
  const directory = mkdtempSync(join(tmpdir(), 'engine-'));
  const store = openStore(join(directory, 'read-models.db'));
  const log = new MemoryLog();
  const clock = new TestClock();
  const signals = new LocalSignals();
  const runners: ProjectionRunner[] = [];
  const errors: object[] = [];
  const lines: object[] = [];
  Object.assign(broken, { folds: false, keys: false });
  const close = async (): Promise<void> => {
    for (const runner of runners) await runner.stop();
    await store.close();
    rmSync(directory, { recursive: true });
  };

  const runnerOf = (projections: readonly Projection[] = [tally, totals], over: RunnerOptions = {}): ProjectionRunner => {
    const line = (level: string) => (fields: object, message: string) => void lines.push({ level, message, ...fields });
    const logger = { info: line('info'), warn: line('warn'), error: (fields: object) => void errors.push(fields) };
    const runner = new ProjectionRunner({ log, store, signals, clock, projections, logger, ...over });
    runners.push(runner);
    return runner;
  };
  const executor = new LogExecutor(log, projectionDecider as unknown as AnyDecider);
  let asked = 0;
  const ask = async (projection: string, command: Asked): Promise<string> => {
    const id = `operation-${++asked}`;
    const batch = { id: `batch-${asked}`, projections: [projection] };
    const result = await executor.execute(operationsStream(projection), { batch, ...command, id, actor: { id: 'ops-lin', role: 'ops' }, at: clock.now() } as ProjectionCommand);
    if (result.outcome === 'refused') throw new Error(result.rejection.rejection);
    return id;
  };
  const operationsOf = async (projection: string): Promise<OperationsState> => (await executor.load<OperationsState>(operationsStream(projection))).state;
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
  const many = (count: number, streams = 7): void => {
    for (let n = 0; n < count; n++) log.append(event(n % 5 === 4 ? `other-${n % 2}` : `order-${n % streams}`, n));
  };
  /** The real store behind a gate that every call, also those of a load, has to pass. */
  const mortalStore = (gate: Gate): ReadModelStore =>
    new Proxy(store, {
      get: (target, name: keyof ReadModelStore) => typeof target[name] !== 'function' ? target[name] : (...args: unknown[]) =>
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
  return { directory, store, log, clock, signals, errors, lines, executor, ask, operationsOf, runnerOf, tables, monitor, reader, rowsOf, seen, many, mortalStore, expectRows, close };
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (await condition()) return;
    await new Promise(resolve => setTimeout(resolve, 2));
  }
  throw new Error('it never came about');
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve));
}
