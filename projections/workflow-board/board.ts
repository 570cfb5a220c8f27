// The board of a period from the rows of workflow-board: first the rows of the nodes, then those that `boardKeys` names.
// Whole days are read as days, only the hours at both ends as hours: a year costs a few thousand small rows.
import { type Instant, instantOf } from '@app/kernel';
import { WORKFLOW_NODES, type WorkflowNode } from '@app/domain';
import { ALL_PLATFORMS, type BoardRow, type DayRow, type HourRow, type NodeRow, dayKey, dayOf, hourKey, nodeKey } from './board-rows';
import { SketchSum } from '../duration-sketch';

/** `from` inclusive, `to` exclusive, both full hours. */
interface BoardPeriod {
  from: Instant;
  to: Instant;
}

interface BoardHour {
  /** Its beginning. */
  hour: Instant;
  /** Orders that entered the node. */
  arrived: number;
  /** Passages completed. */
  decided: number;
  /** Orders at the node at its end. */
  pending: number;
}

/** Overdue orders and those on hold are counted on the rows of order-status. */
export interface NodeFigures {
  node: WorkflowNode;
  /** Orders at the node now. */
  pending: number;
  completed: number;
  completedLate: number;
  /** Rounded to the second; null when nothing was completed. */
  meanSeconds: number | null;
  /** Within 1 %: whole seconds from 100 s on, below with milliseconds. */
  p50Seconds: number | null;
  p90Seconds: number | null;
  /** One for each hour of the period, oldest first. */
  trend: BoardHour[];
}

/** Rows by key, those that there are. */
type BoardRows = ReadonlyMap<string, BoardRow>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Rounded out to full hours. */
export function boardPeriod(from: Instant, to: Instant): BoardPeriod {
  return { from: instantOf(Math.floor(Date.parse(from) / HOUR) * HOUR), to: instantOf(Math.ceil(Date.parse(to) / HOUR) * HOUR) };
}

/** The rows of the nodes; null: of all platforms together. They tell which others are needed. */
export function boardNodeKeys(platform: string | null): string[] {
  return WORKFLOW_NODES.map(node => nodeKey(platform ?? ALL_PLATFORMS, node));
}

/** Every other row that the board needs: of the period, and of the days behind it, as what is pending is known only now. */
export function boardKeys(platform: string | null, period: BoardPeriod, nodeRows: BoardRows): string[] {
  const keys: string[] = [];
  for (const place of boardNodeKeys(platform)) {
    const node = nodeRows.get(place) as NodeRow | undefined;
    if (node === undefined) continue;
    for (const day of daysOf(period.from, node.lastDay)) keys.push(dayKey(place, day));
    for (const hour of edgeHours(period)) keys.push(hourKey(place, hour));
  }
  return keys;
}

/** In the order of the life cycle. `rows` holds the rows of the nodes and those that boardKeys named; `trend` is left empty where nobody asks for it. */
export function boardOf(platform: string | null, period: BoardPeriod, rows: BoardRows, withTrend = true): NodeFigures[] {
  return WORKFLOW_NODES.map(node => nodeFigures(node, nodeKey(platform ?? ALL_PLATFORMS, node), period, rows, withTrend));
}

function nodeFigures(node: WorkflowNode, place: string, period: BoardPeriod, rows: BoardRows, withTrend: boolean): NodeFigures {
  const { pending, lastDay } = (rows.get(place) as NodeRow | undefined) ?? { pending: 0, lastDay: '' };
  const sum = { completed: 0, late: 0, milliseconds: 0, sketch: new SketchSum() };
  for (const day of wholeDays(period)) {
    const row = rows.get(dayKey(place, day)) as DayRow | undefined;
    if (row !== undefined) addUp(sum, row, total(row.completed));
  }
  for (const hour of edgeHours(period)) {
    const row = rows.get(hourKey(place, hour)) as HourRow | undefined;
    if (row !== undefined) addUp(sum, row, row.completed);
  }
  return {
    node,
    pending,
    completed: sum.completed,
    completedLate: sum.late,
    meanSeconds: sum.completed === 0 ? null : Math.round(sum.milliseconds / sum.completed / 1000),
    p50Seconds: secondsOf(sum.sketch.quantile(0.5)),
    p90Seconds: secondsOf(sum.sketch.quantile(0.9)),
    trend: withTrend ? trendOf(place, period, rows, pending, lastDay) : [],
  };
}

function addUp(sum: { completed: number; late: number; milliseconds: number; sketch: SketchSum }, row: DayRow | HourRow, completed: number): void {
  sum.completed += completed;
  sum.late += row.late;
  sum.milliseconds += row.milliseconds;
  sum.sketch.add(row.sketch);
}

/** Rounding to the second adds less than half a per cent from 100 s on. */
function secondsOf(milliseconds: number | null): number | null {
  if (milliseconds === null) return null;
  return milliseconds >= 100_000 ? Math.round(milliseconds / 1000) : Math.round(milliseconds) / 1000;
}

/** Walks back from now: before an hour were pending those at its end, less those who came in it, with those who left. */
function trendOf(place: string, { from, to }: BoardPeriod, rows: BoardRows, pendingNow: number, lastDay: string): BoardHour[] {
  const trend: BoardHour[] = [];
  let pending = pendingNow;
  for (let at = Date.parse(lastDay > to ? lastDay : dayOf(to)); at >= Date.parse(dayOf(from)); at -= DAY) {
    const day = instantOf(at);
    const row = rows.get(dayKey(place, day)) as DayRow | undefined;
    for (let index = 23; index >= 0; index--) {
      const arrived = row?.arrived[index] ?? 0;
      const hour = day.slice(0, 11) + HOUR_TEXTS[index];
      if (hour >= from && hour < to) trend.push({ hour, arrived, decided: row?.completed[index] ?? 0, pending });
      pending += (row?.left[index] ?? 0) - arrived;
    }
  }
  return trend.reverse();
}

const HOUR_TEXTS = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00:00.000Z`);

/** The first instant of each day from the one of `from` to `lastDay`, both included. */
function daysOf(from: Instant, lastDay: string): Instant[] {
  const days: Instant[] = [];
  if (lastDay === '') return days;
  for (let at = Date.parse(dayOf(from)); at <= Date.parse(lastDay); at += DAY) days.push(instantOf(at));
  return days;
}

function wholeDays({ from, to }: BoardPeriod): Instant[] {
  const days: Instant[] = [];
  for (let at = Math.ceil(Date.parse(from) / DAY) * DAY; at + DAY <= Date.parse(to); at += DAY) days.push(instantOf(at));
  return days;
}

/** Hours of the period that lie in no whole day of it. */
function edgeHours({ from, to }: BoardPeriod): Instant[] {
  const [first, last] = [Date.parse(from), Date.parse(to)];
  const wholeFrom = Math.ceil(first / DAY) * DAY;
  const wholeTo = Math.floor(last / DAY) * DAY;
  const hours: Instant[] = [];
  if (wholeFrom >= wholeTo) {
    for (let at = first; at < last; at += HOUR) hours.push(instantOf(at));
    return hours;
  }
  for (let at = first; at < wholeFrom; at += HOUR) hours.push(instantOf(at));
  for (let at = wholeTo; at < last; at += HOUR) hours.push(instantOf(at));
  return hours;
}

function total(numbers: readonly number[]): number {
  let sum = 0;
  for (const n of numbers) sum += n;
  return sum;
}
