// Counts the passages of every node: who is there now, who came, left and completed in each hour and day, and how long it took.
// A corrected passage is taken out as it was and put in as it is, so the figures are those of the passages as they stand.
import type { Projection, Recorded } from '@app/kernel';
import { type Movement, ORDER_EVENT_TYPES, type Passage } from '@app/domain';
import { ALL_PLATFORMS, type BoardRow, type DayRow, type HourRow, type NodeRow, dayKey, dayOf, hourKey, hourOf, nodeKey } from './board-rows';
import { countDuration } from './duration-sketch';

/** One change to one row. */
interface Count {
  key: string;
  what: 'PENDING' | 'ARRIVED' | 'LEFT_ON_DAY' | 'COMPLETED_IN_HOUR';
  passage: Passage;
  /** 1 puts in, -1 takes out; for PENDING the difference, 0 only notes the day. */
  by: number;
}

const NO_KEYS: readonly string[] = [];

export const workflowBoard: Projection<BoardRow> = {
  name: 'workflow-board',
  version: 1,
  reads: { order: Object.keys(ORDER_EVENT_TYPES) },
  // Rows are only ever asked for by key: see boardKeys.
  indexes: [],

  keys(event) {
    const counts = countsOf(event);
    if (counts.length === 0) return NO_KEYS;
    const keys: string[] = [];
    for (const { key } of counts) if (!keys.includes(key)) keys.push(key);
    return keys;
  },

  fold(row, event, key) {
    let after = row;
    for (const count of countsOf(event)) if (count.key === key) after = counted(after, count);
    return after;
  },
};

// The engine asks for the keys of an event and then folds one key after the other: the counts of the event at hand are kept.
let at: { event: Recorded | undefined; counts: readonly Count[] } = { event: undefined, counts: [] };

function countsOf(event: Recorded): readonly Count[] {
  if (at.event !== event) at = { event, counts: countsIn(event) };
  return at.counts;
}

function countsIn(event: Recorded): readonly Count[] {
  const passages = (event.data as { moved?: Movement }).moved?.passages;
  const counts: Count[] = [];
  if (passages === undefined || passages.length === 0) return counts;
  const platform = platformOf(event.stream);
  for (const { was, is } of passages) {
    count(counts, platform, was, is);
    count(counts, ALL_PLATFORMS, was, is);
  }
  return counts;
}

/** `TB` of `order-TB.4711`. */
function platformOf(stream: string): string {
  return stream.slice(stream.indexOf('-') + 1, stream.indexOf('.'));
}

function count(counts: Count[], platform: string, was: Passage | null, is: Passage | null): void {
  const passage = (is ?? was) as Passage;
  const place = nodeKey(platform, passage.node);
  counts.push({ key: place, what: 'PENDING', passage, by: pending(is) - pending(was) });
  if (was?.enteredAt !== is?.enteredAt) {
    if (was !== null) counts.push({ key: dayKey(place, was.enteredAt), what: 'ARRIVED', passage: was, by: -1 });
    if (is !== null) counts.push({ key: dayKey(place, is.enteredAt), what: 'ARRIVED', passage: is, by: 1 });
  }
  if (was !== null && is !== null && endsAlike(was, is)) return;
  if (was !== null) countEnd(counts, place, was, -1);
  if (is !== null) countEnd(counts, place, is, 1);
}

function countEnd(counts: Count[], place: string, passage: Passage, by: number): void {
  if (passage.leftAt === null) return;
  counts.push({ key: dayKey(place, passage.leftAt), what: 'LEFT_ON_DAY', passage, by });
  if (passage.outcome === 'COMPLETED') counts.push({ key: hourKey(place, passage.leftAt), what: 'COMPLETED_IN_HOUR', passage, by });
}

function pending(passage: Passage | null): number {
  return passage !== null && passage.leftAt === null ? 1 : 0;
}

function endsAlike(a: Passage, b: Passage): boolean {
  return a.leftAt === b.leftAt && a.outcome === b.outcome && a.enteredAt === b.enteredAt && a.limitSeconds === b.limitSeconds;
}

function counted(row: BoardRow | undefined, { what, passage, by }: Count): BoardRow | undefined {
  switch (what) {
    case 'PENDING': {
      const node = (row as NodeRow | undefined) ?? { kind: 'NODE', pending: 0, lastDay: '' };
      node.pending += by;
      const day = dayOf(passage.leftAt ?? passage.enteredAt);
      if (day > node.lastDay) node.lastDay = day;
      return node;
    }
    case 'ARRIVED': {
      const day = (row as DayRow | undefined) ?? emptyDay();
      add(day.arrived, hourOf(passage.enteredAt), by);
      return occupied(day);
    }
    case 'LEFT_ON_DAY': {
      const day = (row as DayRow | undefined) ?? emptyDay();
      const hour = hourOf(passage.leftAt as string);
      add(day.left, hour, by);
      if (passage.outcome === 'COMPLETED') {
        add(day.completed, hour, by);
        complete(day, passage, by);
      }
      return occupied(day);
    }
    case 'COMPLETED_IN_HOUR': {
      const hour = (row as HourRow | undefined) ?? { kind: 'HOUR', completed: 0, late: 0, milliseconds: 0, sketch: [] };
      hour.completed += by;
      complete(hour, passage, by);
      return hour.completed === 0 ? undefined : hour;
    }
    default:
      throw new Error(`${what satisfies never} is no count of the board.`);
  }
}

function complete(row: DayRow | HourRow, { enteredAt, leftAt, limitSeconds }: Passage, by: number): void {
  const milliseconds = Date.parse(leftAt as string) - Date.parse(enteredAt);
  row.milliseconds += by * milliseconds;
  if (milliseconds > limitSeconds * 1000) row.late += by;
  countDuration(row.sketch, milliseconds, by);
}

function add(hours: number[], hour: number, by: number): void {
  (hours[hour] as number) += by;
}

function emptyDay(): DayRow {
  const hours = (): number[] => Array.from({ length: 24 }, () => 0);
  return { kind: 'DAY', arrived: hours(), left: hours(), completed: hours(), late: 0, milliseconds: 0, sketch: [] };
}

/** A day on which nothing is left to be counted is no row: so the rows are the same whatever was corrected on the way. */
function occupied(day: DayRow): DayRow | undefined {
  return day.arrived.some(isNotZero) || day.left.some(isNotZero) ? day : undefined;
}

function isNotZero(n: number): boolean {
  return n !== 0;
}
