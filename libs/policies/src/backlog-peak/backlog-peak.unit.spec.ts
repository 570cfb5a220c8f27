// A queue that outgrows its approvers is told before it is late, once, with how many would be enough; an ordinary day is quiet.
import { type Instant, type Intent, plusSeconds, type Recorded } from '@app/kernel';
import type { BacklogPeakPinned, ReviewTask, TaskChange } from '@app/domain';
import { given, recorded } from '@test/dsl';
import { backlogPeak } from './backlog-peak.policy';
import type { RoleQueue } from './role-queue';

const TEN: Instant = '2026-06-18T10:00:00.000Z';
const minute = (minutes: number): Instant => plusSeconds(TEN, minutes * 60);

/** Tasks of finance with a limit of eight hours, in the order of time. */
class Day {
  readonly events: Recorded[] = [];
  private readonly waiting: ReviewTask[] = [];
  private made = 0;

  /** Without a setting its tasks are from before there was one. */
  constructor(private readonly setting?: BacklogPeakPinned) {}

  arrive(minutes: number, n: number, assignees: readonly (string | null)[] = ['li'], limitMinutes = 480, setting = this.setting): this {
    for (let i = 0; i < n; i++) {
      const assignee = assignees[i % assignees.length]!;
      const place = { taskId: `T${this.made++}`, approvalId: 'a', stepId: 's', role: 'finance', holder: assignee, assignee, actingFor: null, status: assignee === null ? ('UNROUTED' as const) : ('PENDING' as const) };
      const task: ReviewTask = { ...place, assignedAt: minute(minutes), dueAt: minute(minutes + limitMinutes), decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0 };
      this.waiting.push(task);
      this.add(minutes, 'TasksRouted', [{ was: null, is: task }], setting);
    }
    return this;
  }

  decide(minutes: number, n: number, by = 'li'): this {
    for (const was of this.waiting.splice(0, n)) this.add(minutes, 'TaskDecided', [{ was, is: { ...was, status: 'APPROVED', decidedAt: minute(minutes), decidedBy: by } }]);
    return this;
  }

  /** The oldest tasks are those of one order: so many sign, and its others are needed no more. */
  sign(minutes: number, tasks: number, by: readonly string[]): this {
    const ofOrder = this.waiting.splice(0, tasks);
    by.forEach((decidedBy, i) => {
      const decided: TaskChange = { was: ofOrder[i]!, is: { ...ofOrder[i]!, status: 'APPROVED', decidedAt: minute(minutes), decidedBy } };
      const needless = i < by.length - 1 ? [] : ofOrder.slice(by.length);
      this.add(minutes, 'TaskDecided', [decided, ...needless.map((was): TaskChange => ({ was, is: { ...was, status: 'SKIPPED' } }))]);
    });
    return this;
  }

  handOver(minutes: number, to: string): this {
    const was = this.waiting.shift()!;
    const next: ReviewTask = { ...was, taskId: `T${this.made++}`, assignee: to, assignedAt: minute(minutes), dueAt: minute(minutes + 480) };
    this.waiting.push(next);
    return this.add(minutes, 'TaskHandedOver', [{ was, is: { ...was, status: 'HANDED_OVER' } }, { was: null, is: next }]);
  }

  skip(minutes: number, n: number): this {
    return this.add(minutes, 'ReviewWithdrawn', this.waiting.splice(0, n).map((was) => ({ was, is: { ...was, status: 'SKIPPED' } })));
  }

  /** The alert that the policy asks for by then, as it is raised. */
  told(minutes: number): this {
    return this.raised(minutes, this.alertBy(minutes)[0]!.command);
  }

  raised(minutes: number, data: object): this {
    this.events.push(recorded({ stream: 'alert-x', type: 'AlertRaised', data, occurredAt: minute(minutes), position: this.events.length + 1 }));
    return this;
  }

  alertBy(minutes: number): Intent[] {
    const row = this.rowAt(minutes);
    const due = row === undefined ? undefined : backlogPeak.dueAt(row);
    if (row === undefined || due === undefined || due > minute(minutes)) return [];
    return backlogPeak.due(row, minute(minutes)).flatMap((one) => ('command' in one ? [one] : []));
  }

  rowAt(minutes: number): RoleQueue | undefined {
    let row: RoleQueue | undefined;
    for (const event of this.events) if (event.meta.occurredAt <= minute(minutes)) row = backlogPeak.todo.fold(row, event, 'finance');
    return row;
  }

  private add(minutes: number, type: string, tasks: TaskChange[], backlogPeak?: BacklogPeakPinned): this {
    this.events.push(recorded({ stream: 'order-TB.1', type, data: { tasks, ...(backlogPeak === undefined ? {} : { backlogPeak }) }, occurredAt: minute(minutes), position: this.events.length + 1 }));
    return this;
  }
}

test('more than could be served at all is told at the next look, with how many approvers would be enough', () => {
  const day = new Day().arrive(1, 300, ['li', 'wu']);
  given(backlogPeak, day.events).thenNextTimer(minute(5));
  given(backlogPeak, day.events).at(minute(5)).then({
    stream: `alert-BACKLOG_PEAK.finance.${minute(1)}`,
    command: {
      type: 'RaiseAlert', alertId: `BACKLOG_PEAK.finance.${minute(1)}`, kind: 'BACKLOG_PEAK', subject: 'finance', orderNumber: null,
      message: '300 tasks wait for finance; in the last hour 300 came and 0 were decided: at this pace they are never worked off, and their limit is 8 hours. 29 approvers would clear them in time, taking 12 decisions an hour for each.',
      // (300 + 300 / 8) / 12
      details: {
        role: 'finance', since: minute(1), at: minute(5), pending: 300, pendingWithin: 300, limitHours: 8, arrivalRate: 300, serviceRate: 0, leavingRate: 0, hoursToClear: null, activeApprovers: 0, ratePerApprover: 12,
        isRateAssumed: true, approversNeeded: 29, pendingMin: 5, settingsVersion: 1,
      },
    },
  });
});

test('nobody need be found for it to count: a task that nobody can take waits too', () => {
  given(backlogPeak, new Day().arrive(1, 300, [null]).events).thenNextTimer(minute(5));
});

test('a few tasks are no queue', () => {
  given(backlogPeak, new Day().arrive(0, 4).events).thenNextTimer(undefined);
});

test('what could be served is told only when an hour has shown that it is not', () => {
  const day = new Day().arrive(1, 50);
  given(backlogPeak, day.events).thenNextTimer(minute(65));
  day.decide(30, 2);
  given(backlogPeak, day.events).thenNextTimer(minute(65));
  expect(day.alertBy(65)[0]?.command['details']).toMatchObject({ pending: 48, arrivalRate: 0, serviceRate: 2, hoursToClear: 24, approversNeeded: 3, activeApprovers: 1, ratePerApprover: 2 });
});

test('decided as fast as it comes it is quiet', () => {
  const day = new Day();
  for (let at = 0; at < 600; at += 10) day.arrive(at, 6).decide(at + 5, at < 10 ? 2 : 6, at % 20 === 0 ? 'li' : 'wu');
  for (let at = 0; at < 600; at += 5) expect([at, day.alertBy(at)]).toEqual([at, []]);
  // When the day is over, the few that are left are no queue.
  given(backlogPeak, day.events).thenNextTimer(undefined);
});

test('worked off too slowly it is told with how long it would take', () => {
  const day = new Day().arrive(0, 90);
  for (let at = 5; at < 65; at += 5) day.decide(at, 1, at % 10 === 0 ? 'li' : 'wu').arrive(at, at < 25 ? 1 : 0);
  expect(day.alertBy(65)[0]?.command).toMatchObject({
    message: '82 tasks wait for finance; in the last hour 4 came and 12 were decided: at this pace they take 10.3 hours, and their limit is 8 hours. 3 approvers would clear them in time, at the pace of those 2 who decided in the last hour.',
    details: { hoursToClear: 10.25, approversNeeded: 3 },
  });
});

test('once told it is quiet until it was clear again, and the next peak is another one', () => {
  const day = new Day().arrive(1, 300).told(5);
  given(backlogPeak, day.events).thenNextTimer(undefined);
  day.arrive(10, 100);
  given(backlogPeak, day.events).thenNextTimer(undefined);
  day.decide(20, 396);
  given(backlogPeak, day.events).thenNextTimer(undefined);
  day.arrive(200, 300);
  expect(day.alertBy(300).map(({ stream }) => stream)).toEqual([`alert-BACKLOG_PEAK.finance.${minute(200)}`]);
});

test('a queue that nobody works on any more is told though nothing happens', () => {
  const day = new Day().arrive(0, 160);
  for (let at = 60; at < 120; at += 5) day.decide(at, 5);
  // At the last decision 60 an hour were decided: the 100 that are left would take less than two hours.
  expect(day.rowAt(120)).toMatchObject({ pending: 100, since: null });
  // Of the hour before minute 160 there are 20 left: more than half of the limit. Before minute 170 it is 10: more than the limit, and more than one could serve.
  given(backlogPeak, day.events).thenNextTimer(minute(170));
  expect(day.alertBy(170)[0]!.command).toMatchObject({ alertId: `BACKLOG_PEAK.finance.${minute(160)}`, details: { since: minute(160), at: minute(170), pending: 100, serviceRate: 10, hoursToClear: 10 } });
  day.told(170);
  given(backlogPeak, day.events).thenNextTimer(undefined);
  expect(day.rowAt(170)).toMatchObject({ since: minute(160), isTold: true });
});

test('with enough to serve them it is told an hour after; what happens before the alert is there makes no second one', () => {
  const stopped = (): Day => {
    const day = new Day().arrive(0, 160, ['li', 'wu']);
    for (let at = 60; at < 120; at += 5) day.decide(at, 5);
    return day;
  };
  const day = stopped();
  given(backlogPeak, day.events).thenNextTimer(minute(220));
  day.decide(205, 1);
  given(backlogPeak, day.events).thenNextTimer(minute(220));
  const { command } = day.alertBy(220)[0]!;
  expect(command['details']).toMatchObject({ since: minute(160), pending: 99, serviceRate: 1 });
  day.decide(220, 1).raised(221, command);
  given(backlogPeak, day.events).thenNextTimer(undefined);
  expect(day.rowAt(221)).toMatchObject({ since: minute(160), isTold: true });
  // Cleared meanwhile: the alert is about a peak that is over.
  expect(stopped().decide(220, 96).raised(221, command).rowAt(221)).toMatchObject({ pending: 4, since: null, isTold: false });
});

test.each([[3], [6]])('two of %i must sign: the tasks of the others leave with the second signature, and the day is quiet', (holders) => {
  const names = ['li', 'wu', 'chen', 'zhao', 'sun', 'zhou'].slice(0, holders);
  const day = new Day();
  for (let at = 0; at < 600; at += 10) {
    day.arrive(at, holders, names);
    if (at >= 60) day.sign(at, holders, ['li', 'wu']);
  }
  for (let at = 0; at < 600; at += 5) expect([at, day.alertBy(at)]).toEqual([at, []]);
});

test('what leaves unsigned helps to clear the queue in time', () => {
  const day = new Day().arrive(0, 120, ['li', 'wu', 'chen']);
  for (let at = 10; at < 65; at += 10) day.sign(at, 3, ['li', 'wu']);
  // 102 / 18 hours; at 12 an hour, those that are signed, it would be more than the limit.
  expect([day.rowAt(65)!.pending, day.alertBy(65)]).toEqual([102, []]);
});

test('what leaves unsigned makes a decision worth more, and is told', () => {
  const day = new Day().arrive(0, 120, ['li', 'wu', 'chen']);
  for (let at = 5; at < 65; at += 30) day.sign(at, 3, ['li', 'wu']);
  expect(day.alertBy(65)[0]?.command).toMatchObject({
    message: '114 tasks wait for finance; in the last hour 0 came, 4 were decided and 2 were no longer needed: at this pace they take 19 hours, and their limit is 8 hours. 5 approvers would clear them in time, at the pace of those 2 who decided in the last hour.',
    // (114 / 8) / (6 / 2)
    details: { arrivalRate: 0, serviceRate: 4, leavingRate: 6, ratePerApprover: 3, hoursToClear: 19, approversNeeded: 5 },
  });
});

test('what is withdrawn leaves, but nobody is the faster for it', () => {
  const day = new Day().arrive(0, 120, ['li', 'wu']).skip(10, 6);
  for (let at = 10; at < 65; at += 30) day.decide(at, 2);
  // (0 - 6 + 110 / 8) / 4
  expect(day.alertBy(65)[0]?.command['details']).toMatchObject({ pending: 110, serviceRate: 4, leavingRate: 10, hoursToClear: 11, ratePerApprover: 4, approversNeeded: 2 });
});

test('a long limit hides no short one: those that fall due first must be worked off within theirs', () => {
  const day = (): Day => {
    const began = new Day().arrive(0, 22, ['li', 'wu'], 60);
    for (let at = 5; at < 65; at += 10) began.decide(at, 1);
    return began;
  };
  const alone = day().alertBy(65)[0]!.command;
  expect(alone['details']).toMatchObject({ pending: 16, pendingWithin: 16, limitHours: 1, serviceRate: 6, approversNeeded: 3 });
  const besides = day().arrive(59, 1).alertBy(65)[0]!.command;
  expect(besides).toMatchObject({
    message: '17 tasks wait for finance, 16 of them for at most 1 hours; in the last hour 1 came and 6 were decided: at this pace those take 3.2 hours, and their limit is 1 hours. 3 approvers would clear them in time, at the pace of those 1 who decided in the last hour.',
    details: { pending: 17, pendingWithin: 16, limitHours: 1, hoursToClear: 3.2, approversNeeded: 3 },
  });
});

test('hand-overs are no arrivals, and what is no longer needed does not wait', () => {
  const day = new Day().arrive(1, 500, ['li', 'wu', 'chen']);
  for (let n = 0; n < 10; n++) day.handOver(2, 'zhao');
  expect(day.alertBy(10)[0]?.command['details']).toMatchObject({ pending: 500, arrivalRate: 500 });
  day.skip(3, 496);
  given(backlogPeak, day.events).thenNextTimer(undefined);
});

test('what counts as a queue, and how fast one approver is taken to be, are settings: those that its last tasks came under', () => {
  const strict = { pendingMin: 1, decisionsPerHour: 4, settingsVersion: 7 };
  const four = new Day(strict).arrive(1, 4);
  given(backlogPeak, four.events).thenNextTimer(minute(65));
  expect(four.alertBy(65)[0]!.command['details']).toMatchObject({ pending: 4, ratePerApprover: 4, isRateAssumed: true, approversNeeded: 1, pendingMin: 1, settingsVersion: 7 });
  // More than four an hour in eight hours.
  given(backlogPeak, new Day(strict).arrive(1, 33).events).thenNextTimer(minute(5));
  given(backlogPeak, new Day(strict).arrive(1, 33).arrive(2, 1, ['li'], 480, { pendingMin: 40, decisionsPerHour: 12, settingsVersion: 8 }).events).thenNextTimer(undefined);
});

test('every role has a queue of its own', () => {
  const task = (role: string): TaskChange => ({ was: null, is: { role, status: 'PENDING', assignee: 'li', assignedAt: TEN, dueAt: minute(480) } as ReviewTask });
  const event = recorded({ type: 'TasksRouted', data: { tasks: [task('finance'), task('compliance'), task('finance')] }, occurredAt: TEN });
  expect(backlogPeak.todo.keys(event)).toEqual(['finance', 'compliance']);
  expect(backlogPeak.todo.fold(undefined, event, 'compliance')).toMatchObject({ role: 'compliance', pending: 1, assignees: { li: 1 }, limits: { 28800: 1 } });
});
