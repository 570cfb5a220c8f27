// Whether a rule can be signed to its end is what trying every choice of people comes to.
import fc from 'fast-check';
import { aPerson } from '../staff/staff.fixtures';
import { RuleSignatures } from './signatures';

type Signers = Readonly<Record<string, readonly string[]>>;
interface Asked {
  holders: readonly string[];
  needed: number;
}

const given = (signers: Signers, steps: readonly Asked[]): (string | null)[] => {
  const signatures = new RuleSignatures(({ staffId }) => signers[staffId] ?? []);
  return steps.map(({ holders, needed }) => signatures.give(holders.map((staffId) => aPerson(staffId)), needed)?.staffId ?? null);
};

/** By trying them all. */
function canBeSigned(signers: Signers, steps: readonly Asked[], taken: readonly string[] = []): boolean {
  const [first, ...further] = steps;
  if (first === undefined) return true;
  const { holders, needed } = first;
  if (needed === 0) return canBeSigned(signers, further, taken);
  return holders.some((holder, at) =>
    (signers[holder] ?? []).some((signer) => !taken.includes(signer) && canBeSigned(signers, [{ holders: holders.slice(at + 1), needed: needed - 1 }, ...further], [...taken, signer])),
  );
}

test('whoever signed before does not sign again; somebody else in their place does', () => {
  const both = [{ holders: ['a'], needed: 1 }, { holders: ['a'], needed: 1 }];
  expect(given({ a: ['a'] }, both)).toEqual([null, 'a']);
  expect(given({ a: ['a', 'z'] }, both)).toEqual([null, null]);
});

test('an earlier step is signed by those whom a later one does not need', () => {
  expect(given({ a: ['a'], b: ['b'] }, [{ holders: ['a', 'b'], needed: 1 }, { holders: ['a'], needed: 1 }])).toEqual([null, null]);
  expect(given({ a: ['a'], b: ['b'], c: ['c'] }, [{ holders: ['a', 'b', 'c'], needed: 2 }, { holders: ['a'], needed: 1 }, { holders: ['b'], needed: 1 }])).toEqual([null, null, 'b']);
});

test('it is what trying every choice comes to', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const signers = fc.record(Object.fromEntries(names.map((name) => [name, fc.shuffledSubarray(names, { maxLength: 3 })])));
  const asked = fc.subarray(names, { minLength: 1, maxLength: 4 }).chain((holders) => fc.integer({ min: 1, max: holders.length }).map((needed) => ({ holders, needed })));
  fc.assert(
    fc.property(signers, fc.array(asked, { minLength: 1, maxLength: 4 }), (who, steps) => {
      const found = given(who, steps);
      const stopped = found.findIndex((holder) => holder !== null);
      const until = stopped < 0 ? steps.length : stopped;
      expect(canBeSigned(who, steps.slice(0, until))).toBe(true);
      if (stopped >= 0) expect(canBeSigned(who, steps.slice(0, stopped + 1))).toBe(false);
    }),
    { numRuns: 1000 },
  );
});
