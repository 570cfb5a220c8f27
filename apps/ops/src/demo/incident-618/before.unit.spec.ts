// The incident on record is told by every seed: over 2,000 orders at finance, with somebody who has left.
import { oldWay } from './before';
import { figuresOf, type Happening } from './figures';
import { SALE_BEGINS_MS, saleOf, STORY_ENDS_MS } from './sale';

const TIMES = { peakMs: SALE_BEGINS_MS, endMs: STORY_ENDS_MS };
const told = (seed: number) => figuresOf(oldWay(seed, saleOf(seed)), TIMES);

test.each([0, 1, 618, 20_260_618, 999_999_999])('with seed %i at least 2,000 orders wait for the departed at the end, and nobody was told', (seed) => {
  const { waitingAtEnd, waitingOver48h, assignedToDeparted, alerts } = told(seed);
  expect(assignedToDeparted).toBeGreaterThanOrEqual(2_000);
  expect(waitingAtEnd).toBeGreaterThanOrEqual(assignedToDeparted);
  expect(waitingOver48h).toBeGreaterThanOrEqual(2_000);
  expect(alerts).toEqual([]);
});

test('the same seed is the same run, another one another', () => {
  expect(told(7)).toEqual(told(7));
  expect(told(7)).not.toEqual(told(8));
});

test('figures are those of what happened', () => {
  const hour = 3_600_000;
  const happened: Happening[] = [
    { atMs: 0, kind: 'PLACED', order: 'a' },
    { atMs: 0, kind: 'REVIEW_STARTED', order: 'a' },
    { atMs: 0, kind: 'ASSIGNED', order: 'a', assignee: 'zhao' },
    { atMs: 1 * hour, kind: 'ALERT', alert: 'ROUTE_BROKEN' },
    { atMs: 2 * hour, kind: 'DEPARTED', staffId: 'zhao' },
    { atMs: 3 * hour, kind: 'REVIEW_STARTED', order: 'b' },
    { atMs: 3 * hour, kind: 'ASSIGNED', order: 'b', assignee: 'zhao' },
    { atMs: 4 * hour, kind: 'REVIEW_ENDED', order: 'a', byGreenChannel: true },
  ];
  expect(figuresOf(happened, { peakMs: 2 * hour, endMs: 60 * hour })).toEqual({
    orders: 1, waitingAtEnd: 1, waitingOver48h: 1, longestWaitHours: 57, meanDecisionHours: 4, assignedToDeparted: 1, reviewed: 2, byGreenChannel: 1,
    alerts: [{ kind: 'ROUTE_BROKEN', at: '1970-01-01T01:00:00.000Z', beforePeak: true }],
  });
});
