// Counts the passages of every node: who is there now, who came, left and completed in each hour and day, and how long it took.
// A corrected passage is taken out as it was and put in as it is, so the figures are those of the passages as they stand.
import type { Projection, Recorded } from '@app/kernel';
import { type Movement, ORDER_EVENT_TYPES, type Passage } from '@app/domain';
import { ALL_PLATFORMS, type BoardRow, type DayRow, type HourRow, type NodeRow, dayKey, dayOf, hourKey, hourOf, nodeKey } from './board-rows';
import { countDuration } from '../duration-sketch';

/** One change to one row. */
interface Count {
  key: string;
  what: 'PENDING' | 'ARRIVED' | 'LEFT_ON_DAY' | 'COMPLETED_IN_HOUR';
  /** 1 puts in, -1 takes out; for PENDING the difference, 0 only notes the day. */
  by: number;
  /** Of the arrival or the end, 0 to 23. */
  hour: number;
  /** Of a passage completed; -1 for every other. */
  milliseconds: number;
  late: boolean;
  /** For PENDING: the latest day of the passage. */
  day: string;
}

export const workflowBoard: Projection<BoardRow> = {
  name: 'workflow-board',
  version: 1,
  reads: { order: Object.keys(ORDER_EVENT_TYPES) },
  // Rows are only ever asked for by key: see boardKeys.
  indexes: [],
  sharding: 'whole',

  keys: event => countsOf(event).keys,

  fold(row, event, key) {
    const { keys, counts } = countsOf(event);
    let after = row;
    for (const count of counts[keys.indexOf(key)] ?? []) after = counted(after, count);
    return after;
  },
};

interface Counts {
  keys: readonly string[];
  /** At the place of each key what is counted in its row. */
  counts: readonly (readonly Count[])[];
}
const NONE: Counts = { keys: [], counts: [] };

// The engine asks for the keys of an event and then folds one key after the other: what is to be counted is worked out once.
const known = new WeakMap<Recorded, Counts>();

function countsOf(event: Recorded): Counts {
  const passages = (event.data as { moved?: Movement }).moved?.passages;
  if (passages === undefined || passages.length === 0) return NONE;
  let counts = known.get(event);
  if (counts === undefined) {
    counts = countsIn(platformOf(event.stream), passages);
    known.set(event, counts);
  }
  return counts;
}

function countsIn(platform: string, passages: Movement['passages']): Counts {
  const all: Count[] = [];
  for (const { was, is } of passages) {
    count(all, platform, was, is);
    count(all, ALL_PLATFORMS, was, is);
  }
  const keys: string[] = [];
  const counts: Count[][] = [];
  for (const one of all) {
    const at = keys.indexOf(one.key);
    if (at >= 0) (counts[at] as Count[]).push(one);
    else counts[keys.push(one.key) - 1] = [one];
  }
  return { keys, counts };
}

/** `TB` of `order-TB.4711`. */
function platformOf(stream: string): string {
  return stream.slice(stream.indexOf('-') + 1, stream.indexOf('.'));
}

function count(counts: Count[], platform: string, was: Passage | null, is: Passage | null): void {
  const { node, enteredAt, leftAt } = (is ?? was) as Passage;
  const place = nodeKey(platform, node);
  counts.push({ key: place, what: 'PENDING', by: pending(is) - pending(was), hour: 0, milliseconds: -1, late: false, day: dayOf(leftAt ?? enteredAt) });
  if (was?.enteredAt !== is?.enteredAt) {
    if (was !== null) countArrival(counts, place, was, -1);
    if (is !== null) countArrival(counts, place, is, 1);
  }
  if (was !== null && is !== null && endsAlike(was, is)) return;
  if (was !== null) countEnd(counts, place, was, -1);
  if (is !== null) countEnd(counts, place, is, 1);
}

function countArrival(counts: Count[], place: string, { enteredAt }: Passage, by: number): void {
  counts.push({ key: dayKey(place, enteredAt), what: 'ARRIVED', by, hour: hourOf(enteredAt), milliseconds: -1, late: false, day: '' });
}

function countEnd(counts: Count[], place: string, { enteredAt, leftAt, outcome, limitSeconds }: Passage, by: number): void {
  if (leftAt === null) return;
  const milliseconds = outcome === 'COMPLETED' ? Date.parse(leftAt) - Date.parse(enteredAt) : -1;
  const end = { by, hour: hourOf(leftAt), milliseconds, late: milliseconds > limitSeconds * 1000, day: '' };
  counts.push({ key: dayKey(place, leftAt), what: 'LEFT_ON_DAY', ...end });
  if (milliseconds >= 0) counts.push({ key: hourKey(place, leftAt), what: 'COMPLETED_IN_HOUR', ...end });
}

function pending(passage: Passage | null): number {
  return passage !== null && passage.leftAt === null ? 1 : 0;
}

function endsAlike(a: Passage, b: Passage): boolean {
  return a.leftAt === b.leftAt && a.outcome === b.outcome && a.enteredAt === b.enteredAt && a.limitSeconds === b.limitSeconds;
}

function counted(row: BoardRow | undefined, count: Count): BoardRow | undefined {
  const { by, hour, milliseconds } = count;
  switch (count.what) {
    case 'PENDING': {
      const node = (row as NodeRow | undefined) ?? { kind: 'NODE', pending: 0, lastDay: '' };
      node.pending += by;
      if (count.day > node.lastDay) node.lastDay = count.day;
      return node;
    }
    case 'ARRIVED': {
      const day = (row as DayRow | undefined) ?? emptyDay();
      (day.arrived[hour] as number) += by;
      return by < 0 ? occupied(day) : day;
    }
    case 'LEFT_ON_DAY': {
      const day = (row as DayRow | undefined) ?? emptyDay();
      (day.left[hour] as number) += by;
      if (milliseconds >= 0) {
        (day.completed[hour] as number) += by;
        complete(day, count);
      }
      return by < 0 ? occupied(day) : day;
    }
    case 'COMPLETED_IN_HOUR': {
      const completions = (row as HourRow | undefined) ?? { kind: 'HOUR', completed: 0, late: 0, milliseconds: 0, sketch: [] };
      completions.completed += by;
      complete(completions, count);
      return completions.completed === 0 ? undefined : completions;
    }
    default:
      throw new Error(`${count.what satisfies never} is no count of the board.`);
  }
}

function complete(row: DayRow | HourRow, { milliseconds, late, by }: Count): void {
  row.milliseconds += by * milliseconds;
  if (late) row.late += by;
  countDuration(row.sketch, milliseconds, by);
}

const HOURS: readonly number[] = Array.from({ length: 24 }, () => 0);

function emptyDay(): DayRow {
  return { kind: 'DAY', arrived: HOURS.slice(), left: HOURS.slice(), completed: HOURS.slice(), late: 0, milliseconds: 0, sketch: [] };
}

/** A day on which nothing is left to be counted is no row: so the rows are the same whatever was corrected on the way. */
function occupied(day: DayRow): DayRow | undefined {
  return day.arrived.some(isNotZero) || day.left.some(isNotZero) ? day : undefined;
}

function isNotZero(n: number): boolean {
  return n !== 0;
}
