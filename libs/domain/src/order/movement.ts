// The difference of two standings and its application: what an event says it moved, and the standing after it.
// Whatever is not named by a movement is unchanged; applying the difference of a and b to a gives b.
import { WORKFLOW_NODES, type Movement, type Passage, type Standing } from './order.events';

type Part = keyof Omit<Standing, 'passages'>;

const PARTS: readonly Part[] = [
  'status', 'node', 'holds', 'shipments', 'shipped', 'returned', 'paid', 'refunded', 'settled',
  'paidAt', 'shippedAt', 'deliveredAt', 'settledAt', 'closedAt', 'refused',
];

/** What differs, null when nothing does. Before the order was placed (`was` null) everything does. */
export function movementBetween(was: Standing | null, is: Standing): Movement | null {
  const movement: Movement = { was: {}, is: {}, passages: [] };
  if (was === null) {
    const { passages, ...parts } = is;
    movement.is = parts;
    for (const passage of passages) movement.passages.push({ was: null, is: passage });
    return movement;
  }
  let moved = false;
  for (const part of PARTS) {
    if (sameValue(was[part], is[part])) continue;
    moved = true;
    (movement.was as Record<Part, unknown>)[part] = was[part];
    (movement.is as Record<Part, unknown>)[part] = is[part];
  }
  for (const passage of was.passages) {
    const now = passageLike(is.passages, passage);
    if (now === undefined || !samePassage(passage, now)) movement.passages.push({ was: passage, is: now ?? null });
  }
  for (const passage of is.passages) {
    if (passageLike(was.passages, passage) === undefined) movement.passages.push({ was: null, is: passage });
  }
  return moved || movement.passages.length > 0 ? movement : null;
}

/** The standing after a movement. */
export function afterMovement(standing: Standing | null, movement: Movement): Standing {
  const passages = standing === null ? [] : [...standing.passages];
  for (const { was, is } of movement.passages) {
    const place = was === null ? -1 : passages.findIndex((passage) => samePlace(passage, was));
    if (is === null) passages.splice(place, 1);
    else if (place < 0) passages.push(is);
    else passages[place] = is;
  }
  sortPassages(passages);
  const { is } = movement;
  if (standing === null) return { ...is, passages } as Standing;
  return {
    passages,
    status: is.status === undefined ? standing.status : is.status,
    node: is.node === undefined ? standing.node : is.node,
    holds: is.holds === undefined ? standing.holds : is.holds,
    shipments: is.shipments === undefined ? standing.shipments : is.shipments,
    shipped: is.shipped === undefined ? standing.shipped : is.shipped,
    returned: is.returned === undefined ? standing.returned : is.returned,
    paid: is.paid === undefined ? standing.paid : is.paid,
    refunded: is.refunded === undefined ? standing.refunded : is.refunded,
    settled: is.settled === undefined ? standing.settled : is.settled,
    paidAt: is.paidAt === undefined ? standing.paidAt : is.paidAt,
    shippedAt: is.shippedAt === undefined ? standing.shippedAt : is.shippedAt,
    deliveredAt: is.deliveredAt === undefined ? standing.deliveredAt : is.deliveredAt,
    settledAt: is.settledAt === undefined ? standing.settledAt : is.settledAt,
    closedAt: is.closedAt === undefined ? standing.closedAt : is.closedAt,
    refused: is.refused === undefined ? standing.refused : is.refused,
  };
}

/** Brings passages into the order in which they are always kept: as they were walked, those of one instant by visit and node. */
export function sortPassages(passages: Passage[]): void {
  for (let i = 1; i < passages.length; i += 1) {
    const passage = passages[i]!;
    let place = i;
    while (place > 0 && comesBefore(passage, passages[place - 1]!)) {
      passages[place] = passages[place - 1]!;
      place -= 1;
    }
    passages[place] = passage;
  }
}

function comesBefore(a: Passage, b: Passage): boolean {
  if (a.enteredAt !== b.enteredAt) return a.enteredAt < b.enteredAt;
  if (a.leftAt !== b.leftAt) return b.leftAt === null || (a.leftAt !== null && a.leftAt < b.leftAt);
  if (a.visit !== b.visit) return a.visit < b.visit;
  return WORKFLOW_NODES.indexOf(a.node) < WORKFLOW_NODES.indexOf(b.node);
}

function passageLike(passages: readonly Passage[], like: Passage): Passage | undefined {
  for (const passage of passages) if (samePlace(passage, like)) return passage;
  return undefined;
}

function samePassage(a: Passage, b: Passage): boolean {
  return (
    a.enteredAt === b.enteredAt && a.leftAt === b.leftAt && a.outcome === b.outcome &&
    a.implied === b.implied && a.limitSeconds === b.limitSeconds && a.ownerRole === b.ownerRole
  );
}

function samePlace(a: Passage, b: Passage): boolean {
  return a.node === b.node && a.visit === b.visit;
}

/** Equality of plain data by value. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i += 1) if (!sameValue(a[i], b[i])) return false;
    return true;
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  let count = 0;
  for (const key in left) {
    if (!(key in right) || !sameValue(left[key], right[key])) return false;
    count += 1;
  }
  for (const _ in right) count -= 1;
  return count === 0;
}
