// Who acts in somebody's place: never anybody who is departed or away, never in a circle, and nobody rather than the wrong one.
// Pure: everybody is given, and the same people lead to the same answer.
import type { Instant } from '@app/kernel';
import { compareAmounts } from './amounts';
import { DELEGATION_DEPTH_MAX } from './delegation-ways';
import { delegationAt, type People, type Person } from './person';
import type { SubstitutionStep } from './staff.events';

export interface Acting {
  staffId: string;
  /** Empty when the person asked for acts. */
  way: readonly SubstitutionStep[];
}

const NOBODY: ReadonlySet<string> = new Set();

/** Somebody whom the work may come to, and how often it was passed on by delegation before. */
interface Stop extends Acting {
  passedOn: number;
}

/**
 * Whoever is here and has passed nothing on acts themselves. Whoever is away (a delegation is in force that covers the amount) is
 * acted for by the delegate, who may be away in turn, three times at most. Where that ends with somebody departed, their backup is
 * asked, then their superior, then those of the ones before on the way; only when none of these can act, theirs in turn.
 * An amount above a delegation's limit stays with the delegator.
 *
 * Whoever is to be passed over acts no more than somebody departed, but passes on what a delegation of theirs covers. Whoever is
 * excluded and here passes nothing on to anybody whom they chose: neither their delegate nor their backup is asked, but their superior.
 *
 * `amount`: decimal of zero or more in major units. Null: nobody on any of these ways can act.
 */
export function whoActsFor(
  staffId: string, at: Instant, amount: string, people: Pick<People, 'get'>, passOver: ReadonlySet<string> = NOBODY, excluded: ReadonlySet<string> = NOBODY,
): Acting | null {
  // Whoever was asked leads nowhere else with as many or fewer times left to pass work on.
  const asked = new Map<string, number>();
  const waiting: Stop[] = [{ staffId, way: [], passedOn: 0 }];
  for (const first of waiting) {
    const behind: Stop[] = [];
    for (let stop: Stop | null = first; stop !== null; ) {
      const person = people.get(stop.staffId);
      if (person === undefined || (asked.get(stop.staffId) ?? Infinity) <= stop.passedOn) break;
      asked.set(stop.staffId, stop.passedOn);
      const isExcluded: boolean = person.active && excluded.has(stop.staffId);
      const delegate: string | null = isExcluded ? null : delegateOf(person, at, amount);
      if (person.active && delegate === null && !isExcluded && !passOver.has(stop.staffId)) return { staffId: stop.staffId, way: stop.way };
      behind.unshift(...next(stop, isExcluded ? null : person.backup, 'BACKUP'), ...next(stop, person.supervisor, 'SUPERVISOR'));
      stop = stop.passedOn < DELEGATION_DEPTH_MAX ? (next(stop, delegate, 'DELEGATION')[0] ?? null) : null;
    }
    waiting.push(...behind);
  }
  return null;
}

/** Nowhere, when there is nobody. */
function next({ staffId, way, passedOn }: Stop, to: string | null, by: SubstitutionStep['by']): Stop[] {
  return to === null ? [] : [{ staffId: to, way: [...way, { from: staffId, to, by }], passedOn: by === 'DELEGATION' ? passedOn + 1 : passedOn }];
}

/** Whom the work is passed on to, by a delegation that is in force and covers the amount. */
export function delegateOf(person: Person, at: Instant, amount: string): string | null {
  const delegation = delegationAt(person, at);
  if (delegation === null) return null;
  return delegation.maxAmount === null || compareAmounts(amount, delegation.maxAmount) <= 0 ? delegation.to : null;
}
