// Rows that an event or a timer matters to are visited, however many they are: each once, page by page, whatever dies when.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, type Instant, plusSeconds, type Policy } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { type CommandResult, LocalSignals, PolicyRunner, type ReadModelStore, TestClock } from '@app/runtime';
import { dyingAtCall, gated, MemoryLog, settle } from '@test/dsl';

/** A task with its owner, or a person who will be gone at an instant. */
type Row = { stream: string; owner: string } | { person: string; goneAt: Instant };

const reassign: Policy<Row> = {
  name: 'reassign',
  todo: {
    name: 'reassign',
    version: 1,
    reads: { task: ['Given', 'Told'], person: ['Left', 'WillLeave'] },
    indexes: [{ fields: ['owner'] }],
    sharding: 'by-key',
    keys: event => (event.type === 'WillLeave' || event.stream.startsWith('task-') ? [event.stream] : []),
    fold: (row, event) => {
      const { owner, at } = event.data as { owner?: string; at?: Instant };
      if (at !== undefined) return { person: event.stream, goneAt: at };
      return owner === undefined ? row : { stream: event.stream, owner };
    },
  },
  react: () => [],
  visits: event => (event.type === 'Left' ? [{ field: 'owner', value: event.stream, purpose: 'gone' }] : []),
  dueAt: row => ('person' in row ? row.goneAt : undefined),
  due: row => ('person' in row ? [{ field: 'owner', value: row.person, purpose: 'gone by now', occasion: row.goneAt }] : []),
  visited: (row, purpose) => ('stream' in row ? [{ stream: row.stream, command: { type: 'Reassign', from: row.owner, purpose } }, { stream: 'notes-1', command: { type: 'Note', about: row.stream } }] : []),
};

describe('visits of a policy', () => {
  let directory: string;
  let store: ReadModelStore;
  let log: MemoryLog;
  let clock: TestClock;
  let runners: PolicyRunner[];
  let commands: { stream: string; command: Command }[];
  /** Of the tests that need it: what a command comes to, once for each id. */
  let outcome: (stream: string, command: Command) => void;
  let lines: string[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'policy-visits-'));
    store = EmbeddedReadModels.open(join(directory, 'policies.db'));
    log = new MemoryLog();
    clock = new TestClock();
    runners = [];
    commands = [];
    outcome = () => undefined;
    lines = [];
  });
  afterEach(async () => {
    for (const runner of runners) await runner.stop();
    await store.close();
    rmSync(directory, { recursive: true });
  });

  const execute = async (stream: string, command: Command): Promise<CommandResult> => {
    const isKnown = commands.some(({ command: { id } }) => id === command.id);
    commands.push({ stream, command });
    if (!isKnown) outcome(stream, command);
    return { outcome: 'done', events: [], revision: 0, position: await log.end(), repeated: isKnown };
  };
  type Execute = typeof execute;
  const start = async (over: { policy?: Policy<Row>; store?: ReadModelStore; execute?: Execute } = {}): Promise<PolicyRunner> => {
    const logger = { info: () => undefined, warn: () => undefined, error: (fields: object) => void lines.push(JSON.stringify(fields)) };
    const runner = new PolicyRunner({ log, store: over.store ?? store, signals: new LocalSignals(), clock, executor: { execute: over.execute ?? execute }, policies: [(over.policy ?? reassign) as Policy], logger });
    runners.push(runner);
    await runner.start();
    await settle();
    return runner;
  };
  /** Each command once, in the order of the first times. */
  const reassigned = (): string[] => [...new Map(commands.filter(({ command }) => command.type === 'Reassign').map(({ stream, command }) => [command.id, `${stream} ${'purpose' in command ? String(command.purpose) : ''}`])).values()];
  const gives = (...tasks: [string, string][]) => tasks.map(([stream, owner]) => ({ stream: `task-${stream}`, type: 'Given', data: { owner: `person-${owner}` } }));
  const leaves = (who: string) => ({ stream: `person-${who}`, type: 'Left' });

  it('go to the rows as they were before the event, also within one batch', async () => {
    await start();
    log.append(...gives(['1', 'li'], ['2', 'wu'], ['3', 'li']), leaves('li'), ...gives(['4', 'li']), leaves('wu'), ...gives(['2', 'li']), leaves('li'));
    await settle();
    expect(reassigned()).toEqual(['task-1 gone', 'task-3 gone', 'task-2 gone', 'task-1 gone', 'task-2 gone', 'task-3 gone', 'task-4 gone']);
    expect(commands).toHaveLength(14);
    expect(commands[0]?.command).toMatchObject({ actor: { id: 'policy:reassign' }, causationId: log.events[3]?.id, correlationId: log.events[3]?.meta.correlationId });
  });

  it('wait for a timer, and are not made again for it', async () => {
    const first = await start();
    log.append(...gives(['1', 'li']), { stream: 'person-li', type: 'WillLeave', data: { at: plusSeconds(clock.now(), 60) } }, ...gives(['2', 'li']));
    await settle();
    expect(commands).toEqual([]);
    await clock.advance(60_000);
    await settle();
    expect(reassigned()).toEqual(['task-1 gone by now', 'task-2 gone by now']);
    await first.stop();
    await start();
    await clock.advance(1_000_000);
    await settle();
    expect(commands).toHaveLength(4);
  });

  it('are not made for what happened before the policy was there', async () => {
    log.append(...gives(['1', 'li']), leaves('li'));
    await start();
    log.append(...gives(['2', 'wu']), leaves('wu'));
    await settle();
    expect(reassigned()).toEqual(['task-2 gone']);
  });

  it('give one command at a time where the policy asks for it', async () => {
    let [atOnce, most] = [0, 0];
    const slowly: Execute = async (stream, command) => {
      most = Math.max(most, ++atOnce);
      await new Promise(resolve => setImmediate(resolve));
      atOnce -= 1;
      return execute(stream, command);
    };
    await start({ policy: { ...reassign, oneByOne: true }, execute: slowly });
    log.append(...gives(['1', 'li'], ['2', 'li'], ['3', 'li']), leaves('li'));
    await settle();
    expect(most).toBe(1);
    expect(commands.map(({ stream }) => stream)).toEqual(['task-1', 'notes-1', 'task-2', 'notes-1', 'task-3', 'notes-1']);
  });

  it('are broken off when the policy is stopped, and taken up again', async () => {
    const runner = await start();
    log.append(...gives(...Array.from({ length: 450 }, (_, n): [string, string] => [String(n).padStart(3, '0'), 'li'])));
    await settle();
    let stopped: Promise<void> | undefined;
    outcome = () => void (stopped ??= runner.stop());
    log.append(leaves('li'));
    await settle();
    await stopped;
    expect(reassigned()).toHaveLength(200);
    await start();
    expect(reassigned()).toHaveLength(450);
    expect(lines).toEqual([]);
  });

  it.each(['before', 'after'] as const)('die at every step, %s it is done, and end with every command given once', async when => {
    const marked = await start();
    await marked.stop();
    const names = Array.from({ length: 6 }, (_, n) => String(n));
    log.append(
      ...gives(...names.map((n): [string, string] => [n, 'li'])),
      leaves('li'),
      ...gives(...names.map((n): [string, string] => [`later-${n}`, 'wu'])),
      { stream: 'person-wu', type: 'WillLeave', data: { at: plusSeconds(clock.now(), 60) } },
    );
    await clock.advance(120_000);
    // What is reassigned belongs to somebody else from then on: a visit that is made again finds fewer rows.
    outcome = (stream, command) => {
      if (command.type === 'Reassign') log.append({ stream, type: 'Given', data: { owner: 'person-chen' } });
    };
    for (let at = 1; at <= 60; at++) {
      const gate = dyingAtCall(at, when);
      const runner = await start({ store: gated(store, gate), execute: (stream, command) => gate(() => execute(stream, command)) }).catch(() => undefined);
      await settle();
      await runner?.stop();
    }
    await start();
    expect(reassigned().sort()).toEqual([...names.map(n => `task-${n} gone`), ...names.map(n => `task-later-${n} gone by now`)].sort());
    const before = commands.length;
    await clock.advance(1_000_000);
    await settle();
    expect(commands).toHaveLength(before);
  });

  it('visit 100,000 rows a page at a time', async () => {
    await start();
    const tasks = 100_000;
    for (let n = 0; n < tasks; n += 10_000) log.append(...gives(...Array.from({ length: 10_000 }, (_, i): [string, string] => [String(n + i), 'li'])));
    const visited = new Set<string>();
    let [waiting, most] = [0, 0];
    let finish: () => void = () => undefined;
    const done = new Promise<void>(resolve => (finish = resolve));
    await runners[0]!.stop();
    await start({
      execute: async (stream, command) => {
        most = Math.max(most, ++waiting);
        if (command.type === 'Reassign') visited.add(stream);
        if (visited.size === tasks) finish();
        await Promise.resolve();
        waiting -= 1;
        return { outcome: 'done', events: [], revision: 0, position: log.origin, repeated: false };
      },
    });
    log.append(leaves('li'));
    await done;
    expect(visited.size).toBe(tasks);
    expect(most).toBeLessThanOrEqual(2 * 200);
  }, 60_000);
});
