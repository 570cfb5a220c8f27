// Processes that change the records of people at once: whatever the interleaving of their reads and appends, no circle comes of it,
// what is refused leaves nothing behind, and what was broken off is carried out before anything else is allowed.
import fc from 'fast-check';
import { DECIDERS, type Person, personAfter, type StaffEvent, staffStream, ORGANISATION_STREAM } from '@app/domain';
import { type CommandResult, DecidingExecutor, type EventStore, PersonalData } from '@app/runtime';
import { PeopleContext, type StaffChange, StaffChanges } from '@app/wiring';
import { dyingAtAppend, Killed } from '@test/dsl';
import { minute } from '../../libs/domain/src/order/order.fixtures';
import { ADMIN, aDelegation } from '../../libs/domain/src/staff/staff.fixtures';
import { interleaved, ScheduledLog } from './scheduled-log';

const RUNS = 60;
const base = { actor: ADMIN, at: minute(5) };
const register = (staffId: string, more: object = {}): StaffChange => ({ ...base, id: `register-${staffId}`, type: 'RegisterStaff', staffId, name: staffId, roles: ['finance'], ...more });
const delegate = (staffId: string, to: string): StaffChange => ({ ...base, id: `${staffId}-to-${to}`, type: 'SetDelegation', staffId, delegation: aDelegation(to) });
const answerTo = (staffId: string, supervisor: string): StaffChange => ({ ...register(staffId, { supervisor }), id: `${staffId}-under-${supervisor}` });

function processOver(log: EventStore): StaffChanges {
  const people = new PeopleContext(log);
  const executor: DecidingExecutor = new DecidingExecutor({
    store: log, deciders: DECIDERS,
    // Nothing here is sealed, so no key is ever asked for.
    personalData: new PersonalData({}, undefined as never, undefined as never),
    prepare: (category, command, state) => (category === 'organisation' ? people.withEverybody(command) : category === 'staff' ? people.prepare(command, state) : command),
  });
  return new StaffChanges({ executor, people, eventStore: log });
}

async function companyOf(...staffIds: string[]): Promise<{ log: ScheduledLog; store: EventStore }> {
  const log = new ScheduledLog();
  const store = log as unknown as EventStore;
  for (const staffId of staffIds) expect(await processOver(store).give(register(staffId))).toMatchObject({ outcome: 'done' });
  return { log, store };
}

function refusals(results: readonly CommandResult[]): string[] {
  return results.flatMap((result) => (result.outcome === 'refused' ? [result.rejection.rejection] : []));
}

/** Looks after each event whether anybody's work or superiors come back to them. */
function expectNoCircle({ log }: ScheduledLog): Map<string, Person> {
  const people = new Map<string, Person>();
  const comesBack = (staffId: string, next: (person: Person) => string | null): boolean => {
    const met = new Set<string>();
    for (let one: string | null = staffId; one !== null; one = next(people.get(one)!)) {
      if (met.has(one)) return true;
      met.add(one);
    }
    return false;
  };
  for (const { stream, type, data } of log.events) {
    if (!stream.startsWith('staff-')) continue;
    const event = { type, data } as StaffEvent;
    people.set(event.data.staffId, personAfter(people.get(event.data.staffId) ?? null, event));
    for (const staffId of people.keys()) {
      expect(comesBack(staffId, ({ delegation }) => delegation?.to ?? null)).toBe(false);
      expect(comesBack(staffId, ({ supervisor }) => supervisor)).toBe(false);
    }
  }
  return people;
}

const circles: [string, StaffChange[], string][] = [
  ['two delegations', [delegate('x', 'y'), delegate('y', 'x')], 'DelegationCycle'],
  ['three delegations', [delegate('x', 'y'), delegate('y', 'z'), delegate('z', 'x')], 'DelegationCycle'],
  ['two superiors', [answerTo('x', 'y'), answerTo('y', 'x')], 'SupervisorCycle'],
  ['three superiors', [answerTo('x', 'y'), answerTo('y', 'z'), answerTo('z', 'x')], 'SupervisorCycle'],
];

test.each(circles)('%s that would close a circle: the last is refused', async (_, changes, rejection) => {
  const losers = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { log, store } = await companyOf('x', 'y', 'z');
      log.waitFor(scheduler);
      const results = await interleaved(scheduler, Promise.all(changes.map((change) => processOver(store).give(change))));
      expect(refusals(results)).toEqual([rejection]);
      losers.add(results.findIndex(({ outcome }) => outcome === 'refused'));
      expectNoCircle(log);
    }),
    { numRuns: RUNS },
  );
  // The interleavings are tried indeed: each of them loses some time.
  expect(losers.size).toBe(changes.length);
});

test('one process that is asked both at once refuses one', async () => {
  const { log, store } = await companyOf('x', 'y');
  const process = processOver(store);
  expect(refusals(await Promise.all([process.give(delegate('x', 'y')), process.give(delegate('y', 'x'))]))).toEqual(['DelegationCycle']);
  expectNoCircle(log);
});

test('somebody who delegates to two at once, and one of these back: the later takes the place of the earlier, and no circle comes of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { log, store } = await companyOf('x', 'y', 'z');
      log.waitFor(scheduler);
      await interleaved(scheduler, Promise.all([delegate('x', 'y'), delegate('x', 'z'), delegate('y', 'x')].map((change) => processOver(store).give(change))));
      expectNoCircle(log);
    }),
    { numRuns: RUNS },
  );
});

describe.each([[0, false], [0, true], [1, false], [1, true]] as const)('killed at append %i (written: %s)', (place, written) => {
  test.each([['a delegation', delegate('x', 'y'), delegate('y', 'x')], ['another superior', answerTo('x', 'y'), answerTo('y', 'x')]])('%s that was allowed is carried out before the next is, and once', async (_, change, back) => {
    for (const triesAgain of [true, false]) {
      const { log, store } = await companyOf('x', 'y');
      await expect(processOver(dyingAtAppend(store, place, written)).give(change)).rejects.toThrow(Killed);
      const isAllowed = place > 0 || written;
      if (triesAgain) expect(await processOver(store).give(change)).toMatchObject({ outcome: 'done' });
      expect((await processOver(store).give(back)).outcome).toBe(triesAgain || isAllowed ? 'refused' : 'done');
      expectNoCircle(log);
      expect((await store.read(staffStream('x'))).length).toBe(triesAgain || isAllowed ? 2 : 1);
      expect(await processOver(store).give(change)).toMatchObject({ outcome: triesAgain || isAllowed ? 'done' : 'refused' });
      expect((await store.read(staffStream('x'))).length).toBe(triesAgain || isAllowed ? 2 : 1);
    }
  });
});

test('what somebody departed was allowed is told once as carried out, and is in force never again', async () => {
  const { log, store } = await companyOf('x', 'y', 'z');
  const mark = (type: 'MarkDeparted' | 'MarkReturned'): StaffChange => ({ ...base, id: type, type, staffId: 'x' });
  await expect(processOver(dyingAtAppend(store, 1, false)).give(delegate('x', 'y'))).rejects.toThrow(Killed);
  await processOver(store).give(mark('MarkDeparted'));
  await processOver(store).give(delegate('y', 'z'));
  await processOver(store).give(mark('MarkReturned'));
  expect(await processOver(store).give(delegate('x', 'y'))).toMatchObject({ outcome: 'done', repeated: true });
  expect(expectNoCircle(log).get('x')).toMatchObject({ active: true, delegation: null });
});

test('whoever is refused leaves nothing behind', async () => {
  const { log, store } = await companyOf('x');
  const before = [...log.log.events];
  for (const change of [register('ghost', { name: ' ' }), register('ghost', { supervisor: 'nobody' }), register('x', { supervisor: 'nobody' }), delegate('x', 'x'), delegate('ghost', 'x')]) {
    expect(await processOver(store).give({ ...change, id: 'again' })).toMatchObject({ outcome: 'refused' });
  }
  expect(log.log.events).toEqual(before);
});

test('the same again is nothing, and is not put into the stream of the organisation', async () => {
  const { store } = await companyOf('x', 'y');
  await processOver(store).give(delegate('x', 'y'));
  const known = (await store.read(ORGANISATION_STREAM)).length;
  expect(await processOver(store).give({ ...delegate('x', 'y'), id: 'again' })).toMatchObject({ outcome: 'done', events: [], revision: 1, position: await store.end() });
  expect((await store.read(ORGANISATION_STREAM)).length).toBe(known);
});
