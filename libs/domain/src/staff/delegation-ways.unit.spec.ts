// A delegation that is accepted never makes a circle, nor a way of more than three, at any instant from now on.
import fc from 'fast-check';
import { minute } from '../order/order.fixtures';
import { DELEGATION_DEPTH_MAX, waysWith } from './delegation-ways';
import type { Person } from './person';
import type { Delegation } from './staff.events';
import { aDelegation, aPerson, byId } from './staff.fixtures';

test('delegations that follow one another make no way', () => {
  const people = byId([aPerson('b', { delegation: aDelegation('a', { from: minute(60), until: minute(90) }) })]);
  expect(waysWith('a', aDelegation('b'), people, minute(0))).toEqual({ isCycle: false, depth: 1, others: ['b'] });
  expect(waysWith('a', aDelegation('b', { until: minute(61) }), people, minute(0))).toMatchObject({ isCycle: true });
});

test('what is over matters no more', () => {
  const people = byId([aPerson('b', { delegation: aDelegation('a', { until: minute(10) }) })]);
  expect(waysWith('a', aDelegation('b'), people, minute(10))).toMatchObject({ isCycle: false });
});

describe('however people delegate one after the other', () => {
  const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
  const anInstant = fc.constantFrom(...[0, 20, 40, 60, 80, 100].map(minute));
  const wish = fc.record({ staffId: fc.constantFrom(...IDS), to: fc.constantFrom(...IDS), from: anInstant, until: anInstant, now: anInstant });

  test('no work ever comes back, and it is passed on three times at most', () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 14 }), (wishes) => {
        const accepted = new Map<string, Person>(IDS.map((staffId) => [staffId, aPerson(staffId)]));
        let latest = minute(0);
        for (const { staffId, now, ...dates } of wishes) {
          latest = now > latest ? now : latest;
          if (staffId === dates.to || dates.until <= dates.from || dates.until <= latest) continue;
          const delegation: Delegation = { ...dates, maxAmount: null };
          const others = new Map([...accepted].filter(([id]) => id !== staffId));
          const { isCycle, depth } = waysWith(staffId, delegation, others, latest);
          const made = new Map(others).set(staffId, aPerson(staffId, { delegation }));
          const longest = Math.max(...[...Array(101).keys()].map(minute).filter((at) => at >= latest).map((at) => longestWay(made, at)));
          // What the rest has among themselves was accepted before.
          expect(isCycle || depth > DELEGATION_DEPTH_MAX).toBe(longest > DELEGATION_DEPTH_MAX);
          expect(isCycle).toBe(longest === Infinity);
          if (!isCycle && depth <= DELEGATION_DEPTH_MAX) accepted.set(staffId, made.get(staffId)!);
        }
      }),
      { numRuns: 500 },
    );
  });

  function longestWay(people: ReadonlyMap<string, Person>, at: string): number {
    return Math.max(...[...people.keys()].map((staffId) => hops(people, staffId, at, 0)));
  }

  function hops(people: ReadonlyMap<string, Person>, staffId: string, at: string, passed: number): number {
    if (passed > people.size) return Infinity;
    const { delegation } = people.get(staffId)!;
    return delegation === null || at < delegation.from || delegation.until <= at ? passed : hops(people, delegation.to, at, passed + 1);
  }
});
