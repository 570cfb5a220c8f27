// The edges of periods, corrections and what a year costs; that the figures are right in general is shown by order-lives.
import { instantOf } from '@app/kernel';
import type { Movement, Passage } from '@app/domain';
import { recorded } from '@test/dsl';
import { rowsOf } from '../order-lives.fixtures';
import { boardKeys, boardNodeKeys, boardOf, boardPeriod, type NodeFigures } from './board';
import type { BoardRow } from './board-rows';
import { workflowBoard } from './workflow-board.projection';

const review = (enteredAt: string, leftAt: string | null, rest: Partial<Passage> = {}): Passage => ({
  node: 'REVIEW', visit: 1, enteredAt: instantOf(Date.parse(enteredAt)), leftAt: leftAt === null ? null : instantOf(Date.parse(leftAt)),
  outcome: leftAt === null ? null : 'COMPLETED', implied: false, limitSeconds: 8 * 3600, ownerRole: 'approver', ...rest,
});
let place = 0;
const moved = (passages: Movement['passages'], stream = 'order-TB.1') =>
  recorded({ stream, type: 'ReviewDecided', data: { moved: { was: {}, is: {}, passages } }, position: ++place });

function boardAt(rows: Map<string, BoardRow>, from: string, to: string, platform: string | null = null): { review: NodeFigures; keys: string[] } {
  const period = boardPeriod(instantOf(Date.parse(from)), instantOf(Date.parse(to)));
  const pick = (keys: readonly string[]): Map<string, BoardRow> => new Map(keys.flatMap(key => (rows.has(key) ? [[key, rows.get(key)!] as const] : [])));
  const nodeRows = pick(boardNodeKeys(platform));
  const keys = boardKeys(platform, period, nodeRows);
  return { review: boardOf(platform, period, new Map([...nodeRows, ...pick(keys)]))[1]!, keys };
}

test('a period is rounded out to full hours', () => {
  expect(boardPeriod('2026-01-09T02:00:00.001Z', '2026-01-09T03:00:00.001Z')).toEqual({ from: '2026-01-09T02:00:00.000Z', to: '2026-01-09T04:00:00.000Z' });
  expect(boardPeriod('2026-01-09T02:00:00.000Z', '2026-01-09T03:00:00.000Z')).toEqual({ from: '2026-01-09T02:00:00.000Z', to: '2026-01-09T03:00:00.000Z' });
});

test('late is longer than the limit, to the second', () => {
  const rows = rowsOf(workflowBoard, [
    moved([{ was: null, is: review('2026-01-09T00:00:00Z', '2026-01-09T08:00:00Z') }], 'order-TB.1'),
    moved([{ was: null, is: review('2026-01-09T00:00:00Z', '2026-01-09T08:00:01Z') }], 'order-TB.2'),
  ]);
  const { review: figures } = boardAt(rows, '2026-01-09T08:00:00Z', '2026-01-09T09:00:00Z');
  expect(figures).toMatchObject({ completed: 2, completedLate: 1, meanSeconds: 28_801, pending: 0 });
});

test('left without being completed is gone, but not decided', () => {
  const rows = rowsOf(workflowBoard, [moved([{ was: null, is: review('2026-01-09T00:30:00Z', '2026-01-09T01:30:00Z', { outcome: 'LEFT' }) }])]);
  const { review: figures } = boardAt(rows, '2026-01-09T00:00:00Z', '2026-01-09T02:00:00Z');
  expect(figures).toMatchObject({ completed: 0, meanSeconds: null, p50Seconds: null, p90Seconds: null });
  expect(figures.trend.map(({ arrived, decided, pending }) => [arrived, decided, pending])).toEqual([[1, 0, 1], [0, 0, 0]]);
});

test('a correction takes out what was counted and puts in what is', () => {
  const open = review('2026-01-09T00:00:00Z', null);
  const first = review('2026-01-09T00:00:00Z', '2026-01-09T01:00:00Z');
  const then = review('2026-01-08T23:00:00Z', '2026-01-10T01:00:00Z');
  const whole = [moved([{ was: null, is: open }]), moved([{ was: open, is: first }]), moved([{ was: first, is: then }])];
  const withoutDays = (rows: Map<string, BoardRow>): [string, BoardRow][] => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(withoutDays(rowsOf(workflowBoard, whole))).toEqual(withoutDays(rowsOf(workflowBoard, [moved([{ was: null, is: then }])])));
  const gone = rowsOf(workflowBoard, [...whole, moved([{ was: then, is: null }])]);
  expect([...gone.keys()].sort()).toEqual(['*|REVIEW', 'TB|REVIEW']);
  expect(boardAt(gone, '2026-01-08T00:00:00Z', '2026-01-11T00:00:00Z').review).toMatchObject({ pending: 0, completed: 0 });
});

test('of one platform, or of all', () => {
  const rows = rowsOf(workflowBoard, [
    moved([{ was: null, is: review('2026-01-09T00:00:00Z', null) }], 'order-TB.1'),
    moved([{ was: null, is: review('2026-01-09T00:00:00Z', null) }], 'order-JD.a.1'),
  ]);
  const pending = (platform: string | null): number => boardAt(rows, '2026-01-09T00:00:00Z', '2026-01-09T02:00:00Z', platform).review.pending;
  expect([pending(null), pending('TB'), pending('JD'), pending('WS')]).toEqual([2, 1, 1, 0]);
});

test('what is pending at the end of a past hour follows from what came and went since', () => {
  const rows = rowsOf(workflowBoard, [
    moved([{ was: null, is: review('2026-01-09T00:30:00Z', '2026-01-12T00:00:00Z') }], 'order-TB.1'),
    moved([{ was: null, is: review('2026-01-11T00:30:00Z', null) }], 'order-TB.2'),
  ]);
  const { trend, pending } = boardAt(rows, '2026-01-09T00:00:00Z', '2026-01-09T02:00:00Z').review;
  expect(pending).toBe(1);
  expect(trend).toEqual([
    { hour: '2026-01-09T00:00:00.000Z', arrived: 1, decided: 0, pending: 1 },
    { hour: '2026-01-09T01:00:00.000Z', arrived: 0, decided: 0, pending: 1 },
  ]);
});

test('a year is read by the day, only its ends by the hour', () => {
  const rows = rowsOf(workflowBoard, [moved([{ was: null, is: review('2026-01-09T00:30:00Z', '2026-12-31T12:00:00Z') }])]);
  const { keys, review: figures } = boardAt(rows, '2026-01-01T05:00:00Z', '2026-12-31T20:00:00Z');
  expect(keys.length).toBe(365 + 19 + 20);
  expect(figures.completed).toBe(1);
});

test('nothing known yet is a board of zeros', () => {
  const { review: figures, keys } = boardAt(new Map(), '2026-01-09T00:00:00Z', '2026-01-09T01:00:00Z');
  expect(keys).toEqual([]);
  expect(figures).toEqual({
    node: 'REVIEW', pending: 0, completed: 0, completedLate: 0, meanSeconds: null, p50Seconds: null, p90Seconds: null,
    trend: [{ hour: '2026-01-09T00:00:00.000Z', arrived: 0, decided: 0, pending: 0 }],
  });
});
