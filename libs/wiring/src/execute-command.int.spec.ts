// Commands against the embedded log: racing, repeated, refused, sealed.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import { type Command, type Decider, type DomainEvent, reject } from '@app/kernel';
import { type AnyDecider, DecidingExecutor, LocalSignals, PersonalData, SystemClock, SystemRandomness } from '@app/runtime';

type Noted = DomainEvent<'Noted', { person: { id: string; name: string | null }; text: string }>;
type Note = Command<'Note'> & { text: string; name?: string };

/** Takes three notes, then refuses. */
const notebook: Decider<Note, Noted, { notes: string[]; names: (string | null)[] }> = {
  category: 'notebook',
  eventTypes: { Noted: 1 },
  initial: { notes: [], names: [] },
  decide(command, state) {
    if (state.notes.includes(command.text)) return [];
    if (state.notes.length === 3) return reject('NotebookFull', 'The notebook holds three notes and is full.');
    return [{ type: 'Noted', occurredAt: command.at, data: { person: { id: 'P1', name: command.name ?? null }, text: command.text } }];
  },
  evolve: (state, event) => ({ notes: [...state.notes, event.data.text], names: [...state.names, event.data.person.name] }),
};
type Prepare = ConstructorParameters<typeof DecidingExecutor>[0]['prepare'];
const MASTER_KEY = new Uint8Array(32).fill(7);

async function setUp(path = mkdtempSync(join(tmpdir(), 'ordertrail-'))) {
  const clock = new SystemClock();
  const random = new SystemRandomness();
  const directory = DataDirectory.own(path, { startedAt: clock.now() });
  const store = await EmbeddedEventStore.open({ directory, clock, signals: new LocalSignals() });
  const vault = store.openKeyVault(MASTER_KEY, random);
  const personalData = new PersonalData({ Noted: { subject: 'person.id', groups: { person: ['name'] } } }, vault, random);
  const executor = (prepare?: Prepare) => new DecidingExecutor({ store, deciders: { notebook: notebook as unknown as AnyDecider }, personalData, ...(prepare && { prepare }) });
  const close = async (): Promise<void> => {
    await store.close();
    directory.release();
  };
  return { path, store, vault, executor, close };
}

function note(id: string, text: string, name?: string): Note {
  return { type: 'Note', id, actor: { id: 'tester', role: 'ops' }, at: '2026-01-09T02:00:00.000Z', text, ...(name === undefined ? {} : { name }) };
}

describe('DecidingExecutor', () => {
  let setup: Awaited<ReturnType<typeof setUp>>;
  beforeEach(async () => {
    setup = await setUp();
  });
  afterEach(async () => {
    await setup.close();
    rmSync(setup.path, { recursive: true });
  });

  it('answers a repeated command as before and writes nothing, also from another executor', async () => {
    const first = await setup.executor().execute('notebook-1', note('c1', 'milk'));
    await setup.executor().execute('notebook-1', note('c2', 'bread'));
    const again = await setup.executor().execute('notebook-1', note('c1', 'milk'));
    expect(first).toMatchObject({ outcome: 'done', revision: 0, repeated: false });
    expect(again).toEqual({ ...first, repeated: true });
    expect(await setup.store.read('notebook-1')).toHaveLength(2);
  });

  it('answers what is in the log when another process decided the same command otherwise, and not what it would have made of it', async () => {
    const [here, there] = [setup.executor(), setup.executor()];
    await here.load('notebook-1');
    expect((await here.execute('notebook-1', note('c0', 'zero'))).outcome).toBe('done');
    await there.load('notebook-1');
    const first = await here.execute('notebook-1', note('c1', 'decided here'));
    const again = await there.execute('notebook-1', note('c1', 'decided there'));
    expect(again).toEqual({ ...first, repeated: true });
    expect(again).toMatchObject({ events: [{ data: { text: 'decided here' } }] });
  });

  it('lets one of two racing commands win and decides the other again', async () => {
    const [a, b] = [setup.executor(), setup.executor()];
    await a.execute('notebook-1', note('c0', 'first'));
    await b.load('notebook-1');
    const results = await Promise.all(Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? a : b).execute('notebook-1', note(`r${index}`, `text ${index}`))));
    expect(results.filter(({ outcome }) => outcome === 'done')).toHaveLength(2);
    expect(results.filter((result) => result.outcome === 'refused' && result.rejection.rejection === 'NotebookFull')).toHaveLength(4);
    expect((await setup.store.read('notebook-1')).map(({ revision }) => revision)).toEqual([0, 1, 2]);
  });

  it('says which commands are decided together, and of one alone that it is: tried again, it is prepared by what is looked up then', async () => {
    const seen: [string, object | undefined][] = [];
    const [here, there] = [setup.executor(), setup.executor((_, command, __, together) => (seen.push([command.id, together]), command))];
    await there.load('notebook-1');
    await here.execute('notebook-1', note('c0', 'first'));
    await there.execute('notebook-1', note('c1', 'alone'));
    expect(seen).toEqual([['c1', undefined], ['c1', undefined]]);
    await Promise.all([there.execute('notebook-1', note('c2', 'second')), there.execute('notebook-1', note('c3', 'third'))]);
    const [, , [, second], [, third]] = seen as [unknown, unknown, [string, object], [string, object]];
    expect(second).toBeDefined();
    expect(third).toBe(second);
  });

  it('does not refuse by a state that another process has moved on from', async () => {
    const [a, b] = [setup.executor(), setup.executor()];
    await a.execute('notebook-1', note('c1', 'milk'));
    await b.execute('notebook-1', note('c2', 'bread'));
    expect(await a.execute('notebook-1', note('c3', 'bread'))).toMatchObject({ outcome: 'done', events: [], revision: 1 });
  });

  it('seals personal data in every file of the directory and opens it for the decider', async () => {
    await setup.executor().execute('notebook-1', note('c1', 'milk', 'Li Na, Chaoyang Road 7'));
    expect((await setup.executor().load<{ names: string[] }>('notebook-1')).state.names).toEqual(['Li Na, Chaoyang Road 7']);
    expect((await setup.store.read('notebook-1'))[0]!.data).toMatchObject({ person: { id: 'P1', sealed: expect.any(String) }, text: 'milk' });
    for (const file of readdirSync(setup.path)) expect(readFileSync(join(setup.path, file)).includes('Chaoyang')).toBe(false);
  });

  it('shows nothing any more of a person whose key was destroyed, whatever is delivered again', async () => {
    await setup.executor().execute('notebook-1', note('c1', 'milk', 'Li Na'));
    await setup.vault.destroy('P1');
    await setup.executor().execute('notebook-1', note('c2', 'bread', 'Li Na'));
    expect((await setup.executor().load<{ names: unknown[] }>('notebook-1')).state.names).toEqual([null, null]);
  });
});
