// The ways along which work is passed on from delegate to delegate, as a new delegation would make them.
// Only delegations in force at the same instant make a way: two that follow one another in time do not.
import { type Instant, later } from '@app/kernel';
import { delegationAt, type People } from './person';
import type { Delegation } from './staff.events';

/** How often work is passed on, at most. */
export const DELEGATION_DEPTH_MAX = 3;

interface DelegationWays {
  /** Work would come back to where it began. */
  isCycle: boolean;
  /** How often work is passed on along the longest way that the delegation is part of. */
  depth: number;
  /** Everybody on a way with the delegator, without them. */
  others: readonly string[];
}

/** Of a delegation as of `now`: what lies in the past of its dates does not matter. `people`: everybody. */
export function waysWith(staffId: string, delegation: Delegation, people: People, now: Instant): DelegationWays {
  const others = new Set<string>();
  let isCycle = false;
  let depth = 0;
  for (const at of instantsOf(delegation, people, now)) {
    const ahead = wayFrom(delegation.to, people, at);
    const behind = longestTo(staffId, people, at, new Set(ahead));
    isCycle ||= ahead.includes(staffId);
    depth = Math.max(depth, behind.hops + ahead.length);
    for (const one of [...ahead, ...behind.people]) if (one !== staffId) others.add(one);
  }
  return { isCycle, depth, others: [...others] };
}

/** Between these instants no way grows: it can only when a delegation begins. */
function instantsOf({ from, until }: Delegation, people: People, now: Instant): Instant[] {
  const first = later(from, now);
  const starts = [...people.values()].map(({ delegation }) => delegation?.from ?? first).filter((start) => start > first && start < until);
  return [...new Set([first, ...starts])];
}

/** From one on, themselves first, until somebody passes nothing on or has been passed already. */
function wayFrom(staffId: string, people: People, at: Instant): string[] {
  const way: string[] = [];
  for (let next: string | undefined = staffId; next !== undefined && !way.includes(next); ) {
    way.push(next);
    const person = people.get(next);
    next = person === undefined ? undefined : delegationAt(person, at)?.to;
  }
  return way;
}

/** The longest way that ends at one, and everybody from whom one leads there. */
function longestTo(staffId: string, people: People, at: Instant, passed: ReadonlySet<string>): { hops: number; people: string[] } {
  const found: string[] = [];
  let hops = -1;
  for (let ring = [staffId]; ring.length > 0; hops++) {
    found.push(...ring);
    const inner = new Set(ring);
    ring = [...people.values()].filter((one) => !found.includes(one.staffId) && !passed.has(one.staffId) && inner.has(delegationAt(one, at)?.to ?? '')).map((one) => one.staffId);
  }
  return { hops, people: found };
}
