// Any interleaving of batches, deaths, faulty releases and retries ends in the rows of a plain fold of the log.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Projection } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { MemoryLog } from '@test/dsl';
import { FoldedTable, ReadAgain } from './folded-table';
import { PARKED_EVENTS, PARKED_LANES, type ParkedLane } from './parking';
import { BatchTooLarge, type ReadModelStore } from './ports/read-model-store';

interface Data {
  n: number;
  also: string;
  /** What a release with that fault cannot do with the event. */
  trouble: 'none' | 'fold' | 'keys' | 'type';
}

let faulty = true;
const trace: Projection<{ seen: number[]; sum: number }> = {
  name: 'trace',
  version: 1,
  reads: { order: ['Known'] },
  indexes: [],
  sharding: 'by-key',
  keys: event => {
    const { also, trouble } = event.data as Data;
    if (faulty && trouble === 'keys') throw new Error('no keys');
    return [event.stream, also];
  },
  fold: (row, event, key) => {
    const { n, trouble } = event.data as Data;
    const next = row ?? { seen: [], sum: 0 };
    next.sum += n;
    if (faulty && trouble === 'fold') throw new Error('no fold');
    if (key !== event.stream) return next;
    // Only a row of one stream may show an order, and go: what several streams touch must not depend on theirs.
    next.seen.push(n);
    return next.sum % 13 === 0 ? undefined : next;
  },
};

/** A release that knows the type reads it as the known one. */
function releases(repaired: boolean): typeof trace {
  return repaired ? { ...trace, reads: { order: ['Known', 'Later'] } } : trace;
}

const troubles = fc.constantFrom('none', 'none', 'none', 'fold', 'keys', 'type');
const rarely = fc.oneof({ weight: 20, arbitrary: fc.constant('none' as const) }, { weight: 1, arbitrary: troubles });
/** Where events are parked nothing is folded while rows are on their way, so that some logs have no trouble at all, or late. */
const steps = (trouble: fc.Arbitrary<Data['trouble']>) => fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), stream: fc.integer({ min: 0, max: 3 }), also: fc.integer({ min: 0, max: 1 }), n: fc.integer({ min: 1, max: 9 }), trouble }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), size: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), calls: fc.integer({ min: 1, max: 8 }), written: fc.boolean(), size: fc.integer({ min: 1, max: 6 }), retrying: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('press' as const), rows: fc.integer({ min: 0, max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('retry' as const) }) },
  ),
  { maxLength: 60 },
);

it('ends as if never killed and never parked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(steps(troubles), steps(rarely), steps(fc.constant('none'))), fc.constantFrom(0, 2, 100), fc.constantFrom(undefined, { events: 7, rows: 3 }, { events: 40, rows: 40 }), async (script, rowsMax, batchMax) => {
      const directory = mkdtempSync(join(tmpdir(), 'folded-'));
      const store = EmbeddedReadModels.open(join(directory, 'read-models.db'));
      try {
        faulty = true;
        const log = new MemoryLog();
        let deadly = Infinity;
        let written = false;
        /** The next transaction of more rows is too large. */
        let heldMax = Infinity;
        const mortal = new Proxy(store as ReadModelStore, {
          get: (target, name: keyof ReadModelStore) =>
            name === 'batchMax'
              ? batchMax
              : async (...args: unknown[]) => {
                  if (deadly-- <= 1 && !written) throw new Error('dead');
                  // Rows are on their way for a while: what is folded meanwhile must not be in them.
                  if (name === 'apply' && (args[3] as unknown[]).length > heldMax) {
                    heldMax = Infinity;
                    throw new BatchTooLarge((args[3] as unknown[]).length);
                  }
                  if (name === 'apply') for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
                  const result = await (target[name] as (...given: unknown[]) => Promise<unknown>).apply(target, args);
                  if (deadly < 1) throw new Error('dead');
                  return result;
                },
        });
        const open = (repaired = false): Promise<FoldedTable<{ seen: number[]; sum: number }>> => FoldedTable.open(mortal, releases(repaired), 'trace@1.1', log.origin, { rowsMax });
        let table = await open();
        let read = 0;
        /** What this process has sent arrives or not; then another one begins with what is stored. */
        const openAnew = async (repaired = false): Promise<void> => {
          await table.land().catch(() => undefined);
          table = await open(repaired);
          read = 0;
        };
        const take = async (size: number, mayWait = true): Promise<void> => {
          read = Math.max(read, Number(table.position));
          const events = log.events.slice(read, read + size);
          if (events.length === 0) return;
          try {
            await table.take(events, events.at(-1)!.position, mayWait);
            read += events.length;
          } catch (error) {
            read = 0;
            if (!(error instanceof ReadAgain)) throw error;
          }
        };
        const retryAll = async (): Promise<void> => {
          const { rows } = await store.find<ParkedLane>(PARKED_LANES.name, { limit: 100 });
          heldMax = Infinity;
          await table.recover();
          read = 0;
          for (const { row } of rows) while ((await table.retry(row.key)).more);
        };
        for (const step of script) {
          if (step.do === 'append') {
            const data: Data = { n: step.n, also: `both-${step.also}`, trouble: step.trouble };
            log.append({ stream: `order-${step.stream}`, type: step.trouble === 'type' ? 'Later' : 'Known', data });
          } else if (step.do === 'take') await take(step.size);
          else if (step.do === 'retry') await retryAll();
          else if (step.do === 'restart') await openAnew();
          else if (step.do === 'press') heldMax = step.rows;
          else {
            deadly = step.calls;
            written = step.written;
            await (step.retrying ? retryAll() : take(step.size)).catch(() => undefined);
            deadly = Infinity;
            await openAnew();
          }
          const lanes = await store.find<ParkedLane>(PARKED_LANES.name, { limit: 100 });
          for (const { key, row } of lanes.rows) expect(await store.count(PARKED_EVENTS.name, { where: { lane: key } })).toBe(row.count);
        }
        faulty = false;
        await openAnew(true);
        while (table.position < (await log.end())) await take(10, false);
        for (let rounds = 0; (await store.count(PARKED_LANES.name, {})) > 0 && rounds < 5; rounds++) await retryAll();
        expect(await store.count(PARKED_EVENTS.name, {})).toBe(0);
        const plain = new Map<string, { seen: number[]; sum: number }>();
        for (const event of log.events) {
          for (const key of trace.keys(event)) {
            const row = trace.fold(plain.get(key), event, key);
            if (row === undefined) plain.delete(key);
            else plain.set(key, row);
          }
        }
        const stored = await store.scan<object>('trace@1.1', undefined, 1_000);
        expect(stored.filter(({ staleSince }) => staleSince !== undefined)).toEqual([]);
        expect(Object.fromEntries(stored.map(({ key, row }) => [key, row]))).toEqual(Object.fromEntries(plain));
      } finally {
        await store.close();
        rmSync(directory, { recursive: true });
      }
    }),
    { numRuns: 300 },
  );
}, 60_000);

describe('while rows are on their way', () => {
  let directory: string;
  let store: ReadModelStore & { close(): Promise<void> };
  let log: MemoryLog;
  let table: FoldedTable<{ seen: number[]; sum: number }>;
  /** Ends the writing that is under way, with an error if there is one. */
  let arrive: (error?: Error) => void;
  const position = (n: number) => log.events[n - 1]!.position;
  const append = (stream: string, n: number, type = 'Known') => log.append({ stream, type, data: { n, also: 'both', trouble: 'none' } satisfies Data });
  const rowOf = async (key: string) => (await store.get<{ sum: number }>('trace@1.1', key))?.row;

  beforeEach(async () => {
    faulty = true;
    directory = mkdtempSync(join(tmpdir(), 'folded-'));
    store = EmbeddedReadModels.open(join(directory, 'read-models.db'));
    log = new MemoryLog();
    const slow = new Proxy(store as ReadModelStore, {
      get(target, name: keyof ReadModelStore) {
        if (name === 'batchMax') return { events: 100, rows: 3 };
        const call = (target[name] as (...given: unknown[]) => Promise<unknown>).bind(target);
        if (name !== 'apply') return call;
        return async (...args: unknown[]) => {
          await new Promise<void>((resolve, reject) => (arrive = error => (error === undefined ? resolve() : reject(error))));
          return call(...args);
        };
      },
    });
    table = await FoldedTable.open(slow, trace, 'trace@1.1', log.origin, { rowsMax: 100 });
    append('order-1', 1);
    append('order-2', 2);
    // Three rows are a whole transaction: it is begun and not waited for.
    expect(await table.take(log.events, position(2), true)).toEqual({ keys: [], events: 0, waits: true });
  });

  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  it('others are folded, and nothing of that is in them', async () => {
    append('order-1', 40);
    await table.take(log.events.slice(2), position(3), true);
    expect(table.position).toBe(log.origin);
    arrive();
    expect(await table.land()).toEqual({ keys: expect.arrayContaining(['order-1', 'order-2', 'both']), events: 2 });
    expect(table.position).toBe(position(2));
    expect(await Promise.all([rowOf('order-1'), rowOf('both')])).toMatchObject([{ sum: 1 }, { sum: 3 }]);
    const rest = table.take([], position(3));
    setImmediate(() => arrive());
    expect(await rest).toEqual({ keys: ['order-1', 'both'], events: 1, waits: false });
    expect(await Promise.all([rowOf('order-1'), rowOf('both')])).toMatchObject([{ sum: 41 }, { sum: 43 }]);
  });

  it('an event that is parked stays parked', async () => {
    append('order-1', 40, 'Later');
    await table.take(log.events.slice(2), position(3), true);
    const arriving = setInterval(() => arrive(), 5);
    expect(await table.take([], position(3))).toMatchObject({ events: 3, waits: false });
    clearInterval(arriving);
    expect(await store.count(PARKED_EVENTS.name, {})).toBe(1);
    expect(await store.get('trace@1.1', 'order-1')).toMatchObject({ staleSince: expect.any(String), row: { sum: 1 } });
  });

  it('what comes of that is told by the next take, and nothing folded since is kept', async () => {
    append('order-1', 40);
    await table.take(log.events.slice(2), position(3), true);
    arrive(new Error('the server is away'));
    await expect(table.take([], position(3))).rejects.toThrow('the server is away');
    await table.recover();
    expect(table.position).toBe(log.origin);
    const again = table.take(log.events, position(3));
    setImmediate(() => arrive());
    expect(await again).toMatchObject({ events: 3, waits: false });
    expect(await rowOf('both')).toMatchObject({ sum: 43 });
  });
});
