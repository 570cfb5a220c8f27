// Work comes to somebody who is here, along delegations first, then backups, then superiors, or to nobody.
import fc from 'fast-check';
import { minute } from '../order/order.fixtures';
import { DELEGATION_DEPTH_MAX } from './delegation-ways';
import type { Person } from './person';
import { aDelegation, aPerson, byId } from './staff.fixtures';
import { whoActsFor } from './who-acts';

const NOW = minute(30);
const acts = (people: readonly Person[], amount = '100', at = NOW): string | undefined => whoActsFor('a', at, amount, byId(people))?.staffId;

test('whoever is here acts themselves', () => {
  expect(whoActsFor('a', NOW, '100', byId([aPerson('a', { backup: 'b' }), aPerson('b')]))).toEqual({ staffId: 'a', way: [] });
});

test('a delegation counts from its first instant until just before its last, up to its amount', () => {
  const people = [aPerson('a', { delegation: aDelegation('b', { maxAmount: '1000' }) }), aPerson('b')];
  expect(whoActsFor('a', NOW, '1000.00', byId(people))).toEqual({ staffId: 'b', way: [{ from: 'a', to: 'b', by: 'DELEGATION' }] });
  expect([acts(people, '1000.01'), acts(people, '1', minute(0)), acts(people, '1', minute(-1)), acts(people, '1', minute(60))]).toEqual(['a', 'b', 'a', 'a']);
});

test('work is passed on three times at most, then the backup or the superior of the last is asked', () => {
  const away = (staffId: string, to: string, facts: Partial<Person> = {}): Person => aPerson(staffId, { delegation: aDelegation(to), ...facts });
  const three = [away('a', 'b'), away('b', 'c'), away('c', 'd'), aPerson('d'), aPerson('e'), aPerson('x')];
  expect(acts(three)).toBe('d');
  const four = [...three.filter(({ staffId }) => staffId !== 'd'), away('d', 'e')];
  expect(acts(four)).toBeUndefined();
  expect(acts([...four.filter(({ staffId }) => staffId !== 'd'), away('d', 'e', { backup: 'x' })])).toBe('x');
});

test('who could pass nothing on any more may still do so as the backup of the first', () => {
  const away = (staffId: string, to: string, backup: string | null = null): Person => aPerson(staffId, { delegation: aDelegation(to), backup });
  const { staffId, way } = whoActsFor('a', NOW, '1', byId([away('a', 'b', 'd'), away('b', 'c'), away('c', 'd'), away('d', 'e'), aPerson('e')]))!;
  expect([staffId, way.map(({ by }) => by)]).toEqual(['e', ['BACKUP', 'DELEGATION']]);
});

test('whoever has departed has a backup, then a superior, and only then these have theirs', () => {
  const gone = { active: false };
  expect(acts([aPerson('a', { ...gone, backup: 'b', supervisor: 's' }), aPerson('b', { ...gone, backup: 'x' }), aPerson('s'), aPerson('x')])).toBe('s');
  expect(acts([aPerson('a', { ...gone, backup: 'b', supervisor: 's' }), aPerson('b', { ...gone, backup: 'x' }), aPerson('s', gone), aPerson('x')])).toBe('x');
  expect(acts([aPerson('a', { ...gone, backup: 'b', supervisor: 's' }), aPerson('b'), aPerson('s')])).toBe('b');
  expect(acts([aPerson('a', { ...gone, backup: 'b', supervisor: 's' }), aPerson('b', gone), aPerson('s')])).toBe('s');
  expect(acts([aPerson('a', { ...gone, supervisor: 's' }), aPerson('s', { delegation: aDelegation('c') }), aPerson('c')])).toBe('c');
  expect(acts([aPerson('a', { ...gone, backup: 'b' }), aPerson('b', { ...gone, backup: 'a' })])).toBeUndefined();
});

test('a delegate who has departed has substitutes before whoever delegated', () => {
  const people = [aPerson('a', { delegation: aDelegation('b'), backup: 'c' }), aPerson('b', { active: false, supervisor: 's' }), aPerson('c'), aPerson('s')];
  expect(acts(people)).toBe('s');
});

test('a delegate who has departed without substitutes leaves the work to the backup of whoever delegated', () => {
  expect(whoActsFor('a', NOW, '1', byId([aPerson('a', { delegation: aDelegation('b'), backup: 'c' }), aPerson('b', { active: false }), aPerson('c')]))).toEqual({ staffId: 'c', way: [{ from: 'a', to: 'c', by: 'BACKUP' }] });
});

test('whoever is passed over acts no more than somebody departed, and passes on what they delegated', () => {
  const over = (people: readonly Person[], ...passedOver: string[]) => whoActsFor('a', NOW, '100', byId(people), new Set(passedOver))?.staffId;
  const people = [aPerson('a', { backup: 'b', supervisor: 's' }), aPerson('b'), aPerson('s')];
  expect([over(people), over(people, 'a'), over(people, 'a', 'b'), over(people, 'a', 'b', 's')]).toEqual(['a', 'b', 's', undefined]);
  expect(over([aPerson('a', { delegation: aDelegation('c') }), aPerson('c')], 'a')).toBe('c');
  expect(over([aPerson('a', { delegation: aDelegation('c'), backup: 'b' }), aPerson('b'), aPerson('c')], 'c')).toBe('b');
});

test('whoever is excluded and here has no stand-in, and leads to their superior alone; departed they are stood in for as ever', () => {
  const over = (people: readonly Person[], ...excluded: string[]) => whoActsFor('a', NOW, '100', byId(people), new Set(), new Set(excluded))?.staffId;
  const away = aPerson('a', { backup: 'b', supervisor: 's', delegation: aDelegation('c') });
  const others = [aPerson('b'), aPerson('c', { backup: 'b', supervisor: 't' }), aPerson('s', { backup: 'b', supervisor: 't' }), aPerson('t')];
  expect([over([away, ...others]), over([away, ...others], 'a'), over([away, ...others], 'a', 's'), over([away, ...others], 'a', 's', 't')]).toEqual(['c', 's', 't', undefined]);
  expect(over([away, ...others], 'c')).toBe('t');
  expect(over([{ ...away, active: false }, ...others], 'a')).toBe('b');
});

describe('in any organisation', () => {
  const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const anInstant = fc.constantFrom(...[0, 20, 40, 60].map(minute));
  /** Up to seven people who name one another, themselves and strangers as they like: worse than the rules allow. */
  const anOrganisation = fc.integer({ min: 1, max: IDS.length }).chain((size) => {
    const staffId = fc.constantFrom(...IDS.slice(0, size), 'a stranger');
    const somebody = fc.option(staffId, { nil: null });
    const delegation = fc.record({ to: staffId, from: anInstant, until: anInstant, maxAmount: fc.option(fc.constantFrom('100', '1000.00', '5000'), { nil: null }) });
    const facts = fc.record({ supervisor: somebody, backup: somebody, active: fc.boolean(), delegation: fc.option(delegation, { nil: null, freq: 3 }) });
    return fc.tuple(...IDS.slice(0, size).map((id) => facts.map((given) => aPerson(id, given))));
  });
  const asked = fc.tuple(anOrganisation, anInstant, fc.constantFrom('0', '100', '1000', '1000.01', '50000'));
  const canAct = ({ active, delegation }: Person, at: string, amount: string): boolean =>
    active && !(delegation !== null && delegation.from <= at && at < delegation.until && (delegation.maxAmount === null || Number(amount) <= Number(delegation.maxAmount)));

  test('nobody acts who is departed or away, nobody is met twice on the way, and work is passed on three times at most', () => {
    fc.assert(
      fc.property(asked, ([people, at, amount]) => {
        for (const person of people) {
          const acting = whoActsFor(person.staffId, at, amount, byId(people));
          if (acting === null) continue;
          const { staffId, way } = acting;
          expect(canAct(byId(people).get(staffId)!, at, amount)).toBe(true);
          way.forEach(({ from }, i) => expect(from).toBe(i === 0 ? person.staffId : way[i - 1]!.to));
          expect(way.filter(({ by }) => by === 'DELEGATION').length).toBeLessThanOrEqual(DELEGATION_DEPTH_MAX);
          const met = [person.staffId, ...way.map(({ to }) => to)];
          expect(met).toEqual([...new Set(met)]);
          expect(met.at(-1)).toBe(staffId);
          if (!canAct(person, at, amount)) expect(staffId).not.toBe(person.staffId);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('nobody acts only where no way leads to anybody who can', () => {
    fc.assert(
      fc.property(asked, ([people, at, amount]) => {
        const known = byId(people);
        for (const { staffId } of people) expect(whoActsFor(staffId, at, amount, known) === null).toBe(!reaches(staffId, 0));

        /** Every way there is, counted by how often work was passed on: one that is long enough has been everywhere. */
        function reaches(id: string, passedOn: number, steps = 0): boolean {
          const person = known.get(id);
          if (person === undefined || steps > people.length + DELEGATION_DEPTH_MAX) return false;
          if (canAct(person, at, amount)) return true;
          const { active, delegation, backup, supervisor } = person;
          const next = [active && delegation !== null && passedOn < DELEGATION_DEPTH_MAX && reaches(delegation.to, passedOn + 1, steps + 1)];
          return next[0] || [backup, supervisor].some((one) => one !== null && reaches(one, passedOn, steps + 1));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
