// A queue that outgrows its approvers is told before it is late, once, with how many would be enough; an ordinary day is quiet.
import { type Instant, type Intent, plusSeconds, type Recorded } from '@app/kernel';
import type { ReviewTask, TaskChange } from '@app/domain';
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

  arrive(minutes: number, n: number, assignees: readonly (string | null)[] = ['li']): this {
    for (let i = 0; i < n; i++) {
      const assignee = assignees[i % assignees.length]!;
      const place = { taskId: `T${this.made++}`, approvalId: 'a', stepId: 's', role: 'finance', holder: assignee, assignee, actingFor: null, status: assignee === null ? ('UNROUTED' as const) : ('PENDING' as const) };
      const task: ReviewTask = { ...place, assignedAt: minute(minutes), dueAt: minute(minutes + 480), decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0 };
      this.waiting.push(task);
      this.add(minutes, 'TasksRouted', [{ was: null, is: task }]);
    }
    return this;
  }

  decide(minutes: number, n: number, by = 'li'): this {
    for (const was of this.waiting.splice(0, n)) this.add(minutes, 'TaskDecided', [{ was, is: { ...was, status: 'APPROVED', decidedAt: minute(minutes), decidedBy: by } }]);
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
    this.events.push(recorded({ stream: 'alert-x', type: 'AlertRaised', data: this.alertBy(minutes)[0]!.command, occurredAt: minute(minutes), position: this.events.length + 1 }));
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

  private add(minutes: number, type: string, tasks: TaskChange[]): this {
    this.events.push(recorded({ stream: 'order-TB.1', type, data: { tasks }, occurredAt: minute(minutes), position: this.events.length + 1 }));
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
        role: 'finance', since: minute(1), at: minute(5), pending: 300, arrivalRate: 300, serviceRate: 0, hoursToClear: null, limitHours: 8, activeApprovers: 0, ratePerApprover: 12,
        isRateAssumed: true, approversNeeded: 29,
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
  for (let at = 0; at < 600; at += 10) day.arrive(at, 6).decide(at + 5, at < 10 ? 0 : 6, at % 20 === 0 ? 'li' : 'wu');
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

test('hand-overs are no arrivals, and what is no longer needed does not wait', () => {
  const day = new Day().arrive(1, 500, ['li', 'wu', 'chen']);
  for (let n = 0; n < 10; n++) day.handOver(2, 'zhao');
  expect(day.alertBy(10)[0]?.command['details']).toMatchObject({ pending: 500, arrivalRate: 500 });
  day.skip(3, 496);
  given(backlogPeak, day.events).thenNextTimer(undefined);
});

test('every role has a queue of its own', () => {
  const task = (role: string): TaskChange => ({ was: null, is: { role, status: 'PENDING', assignee: 'li', assignedAt: TEN, dueAt: minute(480) } as ReviewTask });
  const event = recorded({ type: 'TasksRouted', data: { tasks: [task('finance'), task('compliance'), task('finance')] }, occurredAt: TEN });
  expect(backlogPeak.todo.keys(event)).toEqual(['finance', 'compliance']);
  expect(backlogPeak.todo.fold(undefined, event, 'compliance')).toMatchObject({ role: 'compliance', pending: 1, assignees: { li: 1 }, limits: { 28800: 1 } });
});
