// Policies act once on what happens and on their timers, over the real store, whatever dies when; a rebuild of their rows sends nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, plusSeconds, type Policy } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { type CommandResult, LocalSignals, overriding, type PolicyAdoptions, PolicyRunner, type ReadModelStore, TestClock } from '@app/runtime';
import { dyingAtCall, gated, MemoryLog } from '@test/dsl';

interface Pledge {
  stream: string;
  dueAt: string | null;
  asked: number;
}
type Data = { due?: string; n?: number };

const reminder: Policy<Pledge> = {
  name: 'reminder',
  todo: {
    name: 'reminder',
    version: 1,
    reads: { order: ['Promised', 'Kept', 'Asked'] },
    indexes: [],
    sharding: 'by-key',
    keys: event => [event.stream],
    fold: (row, event) => {
      if (event.type === 'Kept') return undefined;
      const { due } = event.data as Data;
      return { stream: event.stream, dueAt: due ?? row?.dueAt ?? null, asked: (row?.asked ?? 0) + (event.type === 'Asked' ? 1 : 0) };
    },
  },
  react: (event, row) => (event.type === 'Asked' && row !== undefined ? [{ stream: `answer-${event.stream}`, command: { type: 'Answer', times: row.asked } }] : []),
  dueAt: row => row.dueAt ?? undefined,
  due: row => [{ stream: row.stream, command: { type: 'Remind' }, occasion: row.dueAt ?? '' }],
};

describe('policies', () => {
  let directory: string;
  let store: ReadModelStore;
  let log: MemoryLog;
  let clock: TestClock;
  let signals: LocalSignals;
  let runners: PolicyRunner[];
  let commands: { stream: string; command: Command }[];
  let refuse: (command: Command) => boolean;
  let lines: string[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'policies-'));
    store = EmbeddedReadModels.open(join(directory, 'policies.db'));
    log = new MemoryLog();
    clock = new TestClock();
    signals = new LocalSignals();
    runners = [];
    commands = [];
    lines = [];
    refuse = () => false;
  });
  afterEach(async () => {
    for (const runner of runners) await runner.stop();
    await store.close();
    rmSync(directory, { recursive: true });
  });

  const execute = async (stream: string, command: Command): Promise<CommandResult> => {
    commands.push({ stream, command });
    if (refuse(command)) return { outcome: 'refused', rejection: { rejection: 'TooLate', message: 'It is too late.' } };
    return { outcome: 'done', events: [], revision: 0, position: await log.end(), repeated: false };
  };
  const start = async (over: { policy?: Policy; store?: ReadModelStore; executor?: { execute: typeof execute }; adoptions?: PolicyAdoptions } = {}): Promise<PolicyRunner> => {
    const logger = { info: (_: object, message: string) => void lines.push(message), warn: (fields: object) => void lines.push(JSON.stringify(fields)), error: (fields: object) => void lines.push(JSON.stringify(fields)) };
    const runner = new PolicyRunner({ log, store: over.store ?? store, signals, clock, executor: over.executor ?? { execute }, policies: [over.policy ?? (reminder as Policy)], logger, ...(over.adoptions && { adoptions: over.adoptions }) });
    runners.push(runner);
    await runner.start();
    await settle();
    return runner;
  };
  /** What was given, each once, in order. */
  const given = (): string[] => {
    const distinct = new Map(commands.map(({ stream, command }) => [command.id, `${command.type} ${stream}${'times' in command ? ` ${String(command.times)}` : ''}`]));
    return [...distinct.values()];
  };
  const due = (seconds: number): string => plusSeconds(clock.now(), seconds);
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 30; i++) await new Promise(resolve => setImmediate(resolve));
  };
  const turn = async (seconds: number): Promise<void> => {
    await clock.advance(seconds * 1_000);
    await settle();
  };

  it('answers an event with commands that name it as their cause', async () => {
    await start();
    log.append({ stream: 'order-1', type: 'Asked' }, { stream: 'order-1', type: 'Asked' });
    await settle();
    expect(given()).toEqual(['Answer answer-order-1 1', 'Answer answer-order-1 2']);
    expect(commands[0]?.command).toMatchObject({ actor: { id: 'policy:reminder', role: 'system' }, causationId: log.events[0]?.id, correlationId: log.events[0]?.meta.correlationId, at: clock.now() });
  });

  it('rings once at the due instant, also for another instant, and not for what was kept', async () => {
    await start();
    log.append({ stream: 'order-1', type: 'Promised', data: { due: due(3_600) } }, { stream: 'order-2', type: 'Promised', data: { due: due(60) } }, { stream: 'order-3', type: 'Promised', data: { due: due(30) } });
    await settle();
    log.append({ stream: 'order-2', type: 'Kept' });
    await turn(29);
    expect(given()).toEqual([]);
    await turn(1);
    expect(given()).toEqual(['Remind order-3']);
    await turn(10_000);
    expect(given()).toEqual(['Remind order-3', 'Remind order-1']);
    log.append({ stream: 'order-3', type: 'Promised', data: { due: due(5) } });
    await turn(5);
    await turn(100);
    expect(given()).toEqual(['Remind order-3', 'Remind order-1', 'Remind order-3']);
    expect(commands).toHaveLength(3);
  });

  it('rings after a restart for what came due meanwhile, unless the log says otherwise', async () => {
    const first = await start();
    log.append({ stream: 'order-1', type: 'Promised', data: { due: due(60) } }, { stream: 'order-2', type: 'Promised', data: { due: due(60) } });
    await settle();
    await first.stop();
    await turn(120);
    log.append({ stream: 'order-2', type: 'Kept' });
    await start();
    expect(given()).toEqual(['Remind order-1']);
    await turn(100_000);
    expect(commands).toHaveLength(1);
  });

  it('does not ask again when a command is refused', async () => {
    refuse = () => true;
    await start();
    log.append({ stream: 'order-1', type: 'Promised', data: { due: due(60) } }, { stream: 'order-1', type: 'Asked' });
    await settle();
    await turn(1_000);
    await turn(100_000);
    expect(commands.map(({ command }) => command.type)).toEqual(['Answer', 'Remind']);
    expect(lines).toEqual(['A command of a policy was refused.', 'A command of a policy was refused.']);
  });

  it('acts on what came since it was put down in the log, though nobody has followed it until now', async () => {
    log.append({ stream: 'order-1', type: 'Asked' }, { stream: 'adoption-main', type: 'PoliciesAdopted' }, { stream: 'order-2', type: 'Asked' });
    const adoptions = { positionOf: async () => log.events[1]!.position, categories: ['order', 'adoption'] };
    await start({ adoptions });
    expect(given()).toEqual(['Answer answer-order-2 1']);
  });

  it('is silent about history before it was there, but keeps its timers', async () => {
    log.append({ stream: 'order-1', type: 'Asked' }, { stream: 'order-1', type: 'Promised', data: { due: due(60) } });
    await start();
    expect(given()).toEqual([]);
    await turn(60);
    expect(given()).toEqual(['Remind order-1']);
  });

  describe('a long history, over an engine whose transactions weigh', () => {
    const ORDERS = 60;
    const HISTORY = 9_000;
    const promised = (n: number, data: Data = {}) => ({ stream: `order-${n % ORDERS}`, type: 'Promised', data: { due: due(60 + (n % ORDERS)), n, ...data } });
    /** A rest would last until the clock moves, which nobody does here. */
    const weighty = (counted: { applies: number }): ReadModelStore =>
      overriding(store, {
        transactionsWeigh: true,
        batchMax: { events: 4_000, rows: 4_000 },
        apply: (...args) => {
          counted.applies += 1;
          return store.apply(...args);
        },
      });
    const rowsOf = async (of: ReadModelStore) => (await of.scan('reminder@1.1', undefined, 1_000)).map(({ key, row }) => [key, row]);
    const reached = async (position: string): Promise<void> => {
      for (let i = 0; i < 500 && (await store.checkpoint('rows/reminder@1.1')) !== position; i++) await settle();
      expect(await store.checkpoint('rows/reminder@1.1')).toBe(position);
    };

    it('is written in few transactions without a rest, up to where it ends; what comes behind is acted on', async () => {
      for (let n = 0; n < HISTORY; n++) log.append(promised(n));
      const adopted = log.append({ stream: 'adoption-main', type: 'PoliciesAdopted' });
      const end = log.append({ stream: 'order-1', type: 'Asked' }, { stream: 'order-2', type: 'Asked' });
      const counted = { applies: 0 };
      await start({ store: weighty(counted), adoptions: { positionOf: async () => adopted, categories: ['order', 'adoption'] } });
      await reached(end);
      expect(counted.applies).toBeLessThanOrEqual(4);
      expect(given()).toEqual(['Answer answer-order-1 1', 'Answer answer-order-2 1']);
      expect(await rowsOf(store)).toHaveLength(ORDERS);
      await turn(60);
      expect(given().slice(2)).toEqual(['Remind order-0']);
    });

    it('parks what cannot be folded as it does event by event', async () => {
      for (let n = 0; n < HISTORY; n++) log.append(promised(n, n === 5_007 ? { due: 'broken' } : {}));
      const { todo } = reminder;
      const picky: Policy<Pledge> = {
        ...reminder,
        todo: {
          ...todo,
          fold(row, event, key) {
            const folded = todo.fold(row, event, key);
            if (folded?.dueAt === 'broken') throw new Error('cannot be read');
            return folded;
          },
        },
      };
      await start({ policy: picky as Policy, store: weighty({ applies: 0 }) });
      await reached(await log.end());
      expect(lines).toEqual([expect.stringContaining('cannot be read')]);
      const rows = await rowsOf(store);
      const plain = EmbeddedReadModels.open(join(directory, 'plain.db'));
      await start({ policy: picky as Policy, store: plain });
      for (let i = 0; i < 500 && (await plain.checkpoint('rows/reminder@1.1')) !== (await log.end()); i++) await settle();
      expect(rows).toHaveLength(ORDERS);
      expect(rows).toEqual(await rowsOf(plain));
      for (const runner of runners.splice(0)) await runner.stop();
      await plain.close();
    });
  });

  it('sends nothing when its rows are made anew for another version, and goes on where it was', async () => {
    const first = await start();
    log.append({ stream: 'order-1', type: 'Asked' }, { stream: 'order-1', type: 'Promised', data: { due: due(60) } }, { stream: 'order-2', type: 'Promised', data: { due: due(600) } });
    await turn(60);
    expect(given()).toEqual(['Answer answer-order-1 1', 'Remind order-1']);
    await first.stop();
    log.append({ stream: 'order-1', type: 'Asked' });
    commands = [];
    await start({ policy: { ...reminder, todo: { ...reminder.todo, version: 2 } } as Policy });
    await turn(60);
    expect(given()).toEqual(['Answer answer-order-1 2']);
    await turn(600);
    expect(given()).toEqual(['Answer answer-order-1 2', 'Remind order-2']);
  });

  it('keeps its timers when the version before comes back', async () => {
    const first = await start();
    log.append({ stream: 'order-1', type: 'Promised', data: { due: due(60) } }, { stream: 'order-2', type: 'Promised', data: { due: due(600) } });
    await turn(60);
    await first.stop();
    const second = await start({ policy: { ...reminder, todo: { ...reminder.todo, version: 2 } } as Policy });
    await turn(1);
    await second.stop();
    commands = [];
    await start();
    await turn(600);
    expect(given()).toEqual(['Remind order-2']);
  });

  it('tries again with the same ids after a fault', async () => {
    let failing = true;
    await start({ executor: { execute: async (stream, command) => {
      const result = await execute(stream, command);
      if (failing) throw new Error('disk full');
      return result;
    } } });
    log.append({ stream: 'order-1', type: 'Asked' });
    await settle();
    await turn(1);
    failing = false;
    await turn(60);
    expect(commands.length).toBeGreaterThan(1);
    expect(given()).toEqual(['Answer answer-order-1 1']);
    expect(lines[0]).toContain('disk full');
  });

  it('commits nothing that a fault has left half-done, though more comes before it is tried again', async () => {
    let failing = true;
    await start({ executor: { execute: async (stream, command) => {
      if (failing) {
        log.append({ stream: 'order-2', type: 'Promised', data: { due: due(600) } });
        throw new Error('out of reach');
      }
      return execute(stream, command);
    } } });
    log.append({ stream: 'order-1', type: 'Promised', data: { due: due(60) } });
    await settle();
    await turn(60);
    failing = false;
    await turn(60);
    expect(given()).toEqual(['Remind order-1']);
    failing = true;
    log.append({ stream: 'order-1', type: 'Asked' });
    await settle();
    failing = false;
    await turn(60);
    expect(given()).toEqual(['Remind order-1', 'Answer answer-order-1 1']);
  });

  it.each(['before', 'after'] as const)('dies at every step, %s it is done, and ends with every command given once', async when => {
    const marked = await start();
    await marked.stop();
    const atStart = due(0);
    const parts = [0, 1, 2, 3].flatMap(n => [{ stream: `order-${n}`, type: 'Asked' }, { stream: `order-${n}`, type: 'Promised', data: { due: plusSeconds(atStart, 60 + n) } }]);
    log.append(...parts);
    await turn(120);
    for (let at = 1; at <= 40; at++) {
      const gate = dyingAtCall(at, when);
      const runner = await start({ store: gated(store, gate), executor: { execute: (stream, command) => gate(() => execute(stream, command)) } }).catch(() => undefined);
      await settle();
      await runner?.stop();
    }
    await start();
    const expected = [0, 1, 2, 3].flatMap(n => [`Answer answer-order-${n} 1`, `Remind order-${n}`]);
    expect(given().sort()).toEqual(expected.sort());
    const before = commands.length;
    await turn(100_000);
    expect(commands).toHaveLength(before);
  });
});
