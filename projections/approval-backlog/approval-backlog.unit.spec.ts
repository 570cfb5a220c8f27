// What comes, waits, moves on and is decided, by role, assignee and all together; and the figures at an instant.
import { type Instant, plusSeconds } from '@app/kernel';
import * as fc from 'fast-check';
import { given } from '@test/dsl';
import { aTask, made, minute, ReviewLog } from '../approval-lives.fixtures';
import { rowsOf as rowsAfter } from '../order-lives.fixtures';
import { approvalBacklog } from './approval-backlog.projection';
import { backlogHourKeys, backlogRates, backlogTrend, decisionTimes, pendingBefore } from './backlog';
import type { BacklogDecisionsRow, BacklogGroupRow, BacklogRow } from './backlog-rows';

const rowsOf = (log: ReviewLog): Map<string, BacklogRow> => rowsAfter(approvalBacklog, log.events);
const group = (log: ReviewLog, key: string): BacklogGroupRow => {
  given(approvalBacklog, log.events);
  return rowsOf(log).get(key) as BacklogGroupRow;
};
const figures = (log: ReviewLog, key: string): (number | undefined)[] => {
  const { pending, arrived, decided } = (group(log, key) as BacklogGroupRow | undefined) ?? {};
  return [pending, arrived, decided];
};
const trend = (log: ReviewLog, now: Instant, hours: number): number[][] => {
  const rows = rowsOf(log);
  const pending = (rows.get('all') as BacklogGroupRow).pending;
  return backlogTrend(now, pending, backlogHourKeys(now, hours).map(key => rows.get(key))).map(({ arrived, decided, pending: atEnd }) => [arrived, decided, atEnd]);
};

test('a task made waits for its role and its assignee; decided it waits no more', () => {
  const log = new ReviewLog();
  const task = aTask('o1-1-1-1', 'finance', 'li', 0);
  log.start('o1', ['finance'], 0);
  log.route('o1', 1, [made(task)], 0);
  expect([figures(log, 'all'), figures(log, 'role/finance'), figures(log, 'assignee/li')]).toEqual([[1, 1, 0], [1, 1, 0], [1, 1, 0]]);
  log.decide('o1', task, true, 30);
  expect([figures(log, 'all'), figures(log, 'role/finance'), figures(log, 'assignee/li')]).toEqual([[0, 1, 1], [0, 1, 1], [0, 1, 1]]);
  const { mean, p50, p90 } = decisionTimes(group(log, 'role/finance'), rowsOf(log).get('decisions/role/finance') as BacklogDecisionsRow);
  expect(mean).toBe(1_800_000);
  for (const quantile of [p50, p90]) expect(quantile! / 1_800_000).toBeCloseTo(1, 2);
});

test('handed over it is neither new nor decided for the role, and moves from one assignee to the other', () => {
  const log = new ReviewLog();
  const task = aTask('o1-1-1-1', 'finance', 'li', 0);
  log.route('o1', 1, [made(task)], 0);
  const next = log.handOver('o1', task, 'peer', 'TIMEOUT', 480);
  expect([figures(log, 'role/finance'), figures(log, 'assignee/li'), figures(log, 'assignee/peer')]).toEqual([[1, 1, 0], [0, 1, 0], [1, 1, 0]]);
  log.decide('o1', next, false, 500);
  expect([figures(log, 'role/finance'), figures(log, 'assignee/li'), figures(log, 'assignee/peer')]).toEqual([[0, 1, 1], [0, 1, 0], [0, 1, 1]]);
  expect(trend(log, minute(505), 9)).toEqual([[1, 0, 1], ...Array.from({ length: 7 }, () => [0, 0, 1]), [0, 1, 0]]);
});

test('what nobody can take waits for the role alone, until somebody can', () => {
  const log = new ReviewLog();
  const unrouted = aTask('o1-1-1-1', 'finance', null, 0);
  log.route('o1', 1, [made(unrouted)], 0);
  expect([figures(log, 'all'), figures(log, 'role/finance')]).toEqual([[1, 1, 0], [1, 1, 0]]);
  expect([...rowsOf(log).keys()].filter(key => key.startsWith('assignee/'))).toEqual([]);
  log.route('o1', 1, [{ was: unrouted, is: aTask('o1-1-1-1', 'finance', 'li', 90) }], 90);
  expect([figures(log, 'all'), figures(log, 'role/finance'), figures(log, 'assignee/li')]).toEqual([[1, 1, 0], [1, 1, 0], [1, 1, 0]]);
  expect(pendingBefore(group(log, 'role/finance'), 'assigned', minute(90))).toEqual({ before: 0, rest: null });
});

test('withdrawn or no longer needed is gone without a decision', () => {
  const log = new ReviewLog();
  const tasks = [aTask('o1-1-1-1', 'finance', 'li', 0), aTask('o1-1-1-2', 'finance', 'peer', 0), aTask('o1-1-1-3', 'finance', 'wang', 0)] as const;
  log.route('o1', 1, tasks.map(made), 0);
  log.decide('o1', tasks[0], true, 10, [tasks[1]]);
  log.withdraw('o1', [tasks[2]], 70);
  expect([figures(log, 'all'), figures(log, 'role/finance'), figures(log, 'assignee/peer')]).toEqual([[0, 3, 1], [0, 3, 1], [0, 1, 0]]);
  expect(trend(log, minute(70), 2)).toEqual([[3, 1, 1], [0, 0, 0]]);
  log.end('o1', 'APPROVED', 80);
  expect(figures(log, 'all')).toEqual([0, 3, 1]);
});

test('rates are of the last hour; a queue that gains clears never', () => {
  const log = new ReviewLog();
  const tasks = Array.from({ length: 6 }, (_, n) => aTask(`o${n}-1-1-1`, 'finance', 'li', n * 10));
  for (const [n, task] of tasks.entries()) log.route(`o${n}`, 1, [made(task)], n * 10);
  expect(backlogRates(group(log, 'role/finance'), minute(59))).toEqual({ arrivalRate: 6, serviceRate: null, leavingRate: null, hoursToClear: null });
  for (const n of [0, 1, 2, 3]) log.decide(`o${n}`, tasks[n]!, true, 61 + n);
  expect(backlogRates(group(log, 'role/finance'), minute(69))).toEqual({ arrivalRate: 5, serviceRate: 4, leavingRate: 4, hoursToClear: null });
  expect(backlogRates(group(log, 'role/finance'), minute(100))).toEqual({ arrivalRate: 1, serviceRate: 4, leavingRate: 4, hoursToClear: 2 / 3 });
  expect(backlogRates(group(log, 'role/finance'), minute(300))).toEqual({ arrivalRate: 0, serviceRate: 0, leavingRate: 0, hoursToClear: null });
  for (const n of [4, 5]) log.decide(`o${n}`, tasks[n]!, true, 301);
  expect(backlogRates(group(log, 'role/finance'), minute(500)).hoursToClear).toBe(0);
});

test.each([[3], [6]])('two of %i must sign: the tasks of the others leave too, and the queue clears by all that leave', (holders) => {
  const log = new ReviewLog();
  const orders = Array.from({ length: 12 }, (_, n) => Array.from({ length: holders }, (__, place) => aTask(`o${n}-1-1-${place + 1}`, 'finance', ['li', 'peer', 'wang'][place] ?? `h${place}`, n * 10)));
  for (const [n, tasks] of orders.entries()) log.route(`o${n}`, 1, tasks.map(made), n * 10);
  for (const [n, [first, second, ...others]] of orders.slice(0, 9).entries()) {
    log.decide(`o${n}`, first!, true, 60 + n * 10);
    log.decide(`o${n}`, second!, true, 60 + n * 10, others);
  }
  // Three orders came in the hour before minute 149, and six were decided.
  expect(backlogRates(group(log, 'role/finance'), minute(149))).toEqual({ arrivalRate: 3 * holders, serviceRate: 12, leavingRate: 6 * holders, hoursToClear: 1 });
  expect(backlogRates(group(log, 'assignee/wang'), minute(149))).toEqual({ arrivalRate: 3, serviceRate: null, leavingRate: 6, hoursToClear: 1 });
});

test('what is handed over leaves one assignee, and not the role', () => {
  const log = new ReviewLog();
  const tasks = [0, 1].map((n) => aTask(`o${n}-1-1-1`, 'finance', 'li', 0));
  for (const [n, task] of tasks.entries()) log.route(`o${n}`, 1, [made(task)], 0);
  log.handOver('o0', tasks[0]!, 'peer', 'TIMEOUT', 100);
  expect(backlogRates(group(log, 'assignee/li'), minute(110))).toMatchObject({ leavingRate: 1, hoursToClear: 1 });
  expect(backlogRates(group(log, 'role/finance'), minute(110))).toMatchObject({ leavingRate: null, hoursToClear: null });
});

test('before an instant: whole slots, and the rest of the one that it lies in', () => {
  const log = new ReviewLog();
  for (const [n, at] of [0, 3, 7, 60].entries()) log.route(`o${n}`, 1, [made(aTask(`o${n}-1-1-1`, 'finance', 'li', at))], at);
  const row = group(log, 'all');
  expect(pendingBefore(row, 'assigned', minute(5))).toEqual({ before: 2, rest: null });
  expect(pendingBefore(row, 'assigned', minute(8))).toEqual({ before: 2, rest: { from: minute(5), to: minute(8) } });
  expect(pendingBefore(row, 'assigned', minute(55))).toEqual({ before: 3, rest: null });
  expect(pendingBefore(row, 'due', minute(480 + 62))).toEqual({ before: 3, rest: { from: minute(540), to: minute(542) } });
});

test('whatever happens, pending is what has come less what has left, in every hour and by every group', () => {
  const act = fc.record({ order: fc.nat(5), what: fc.constantFrom('route', 'decide', 'hand over', 'withdraw'), after: fc.nat(50), to: fc.constantFrom('li', 'peer', null) });
  fc.assert(fc.property(fc.array(act, { maxLength: 40 }), acts => {
    const log = new ReviewLog();
    const open = new Map<string, ReturnType<typeof aTask>>();
    let now = 0;
    for (const { order, what, after, to } of acts) {
      now += after;
      const number = `o${order}`;
      const task = open.get(number);
      if (what === 'route' && task === undefined) {
        const fresh = aTask(`${number}-1-1-${log.events.length + 1}`, 'finance', to, now);
        log.route(number, 1, [made(fresh)], now);
        open.set(number, fresh);
      } else if (task !== undefined && what === 'hand over') open.set(number, log.handOver(number, task, to, 'DEPARTURE', now));
      else if (task !== undefined && what !== 'route') {
        if (what === 'decide') log.decide(number, task, true, now);
        else log.withdraw(number, [task], now);
        open.delete(number);
      }
    }
    given(approvalBacklog, log.events);
    const rows = rowsOf(log);
    const pending = (key: string): number => (rows.get(key) as BacklogGroupRow | undefined)?.pending ?? 0;
    const waiting = [...open.values()];
    expect([pending('all'), pending('role/finance'), pending('assignee/li'), pending('assignee/peer')])
      .toEqual([waiting.length, waiting.length, waiting.filter(({ assignee }) => assignee === 'li').length, waiting.filter(({ assignee }) => assignee === 'peer').length]);
    if (!rows.has('all')) return;
    const [first] = backlogTrend(minute(now), pending('all'), backlogHourKeys(minute(now), 40).map(key => rows.get(key)));
    expect(first!.pending).toBe(0);
    const whole = rows.get('all') as BacklogGroupRow;
    const end = plusSeconds(minute(now), 86_400);
    expect([pendingBefore(whole, 'assigned', end).before, pendingBefore(whole, 'due', end).before]).toEqual([waiting.length, waiting.length]);
  }), { numRuns: 60 });
});
