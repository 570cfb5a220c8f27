// No review waits unseen: steps are routed, time that is over and people who leave move tasks on, and whoever comes is asked.
import { type Instant, type Intent, plusSeconds, type Recorded } from '@app/kernel';
import type { HandOverTask, ReviewTask, TaskChange } from '@app/domain';
import { given, recorded } from '@test/dsl';
import { approvalTasks } from './approval-tasks.policy';

const START: Instant = '2026-01-09T02:00:00.000Z';
const at = (hours: number): Instant => plusSeconds(START, hours * 3_600);
const STREAM = 'order-TB.1';

const route = (step = 1, order = 1): Intent => ({ stream: `order-TB.${order}`, command: { type: 'RouteStep', approvalId: `TB${order}-1`, stepId: `TB${order}-1-${step}` } });
const handOver = (taskId: string, reason: HandOverTask['reason'], order = 1): Intent => ({ stream: `order-TB.${order}`, command: { type: 'HandOverTask', taskId, reason } });

function aTask(taskId: string, assignee: string | null, facts: Partial<ReviewTask> = {}): ReviewTask {
  const [order, round, step] = taskId.split('-') as [string, string, string];
  return {
    taskId, approvalId: `${order}-${round}`, stepId: `${order}-${round}-${step}`, role: 'finance', holder: assignee, assignee, actingFor: null, status: assignee === null ? 'UNROUTED' : 'PENDING',
    assignedAt: at(0), dueAt: at(8), decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0, ...facts,
  };
}

/** Events one after the other, each in the stream that its type belongs to. */
class Story {
  readonly events: Recorded[] = [];
  private readonly revisions = new Map<string, number>();

  add(stream: string, type: string, data: object, occurredAt = at(0)): this {
    this.events.push(this.next(stream, type, data, occurredAt));
    return this;
  }

  /** What comes next, without being part of it. */
  next(stream: string, type: string, data: object, occurredAt = at(0)): Recorded {
    const revision = this.revisions.get(stream) ?? 0;
    this.revisions.set(stream, revision + 1);
    return recorded({ stream, type, data, revision, occurredAt, position: this.events.length + 1 });
  }

  person(staffId: string, type: string, data: object = {}, occurredAt = at(0)): Recorded {
    return this.next(`staff-${staffId}`, type, { staffId, ...data }, occurredAt);
  }

  with(event: Recorded): this {
    this.events.push(event);
    return this;
  }
}

const started = (steps: number) => ({ approvalId: 'TB1-1', steps: Array.from({ length: steps }, (_, n) => ({ stepId: `TB1-1-${n + 1}` })) });
const routed = (...tasks: TaskChange[]) => ({ approvalId: 'TB1-1', stepId: 'TB1-1-1', tasks, seen: [] as object[] });
const made = (is: ReviewTask): TaskChange => ({ was: null, is });
const decided = (stepStatus: string, step = 1) => ({ approvalId: 'TB1-1', stepId: `TB1-1-${step}`, stepStatus, tasks: [{ was: aTask(`TB1-1-${step}-1`, 'li'), is: aTask(`TB1-1-${step}-1`, 'li', { status: 'APPROVED' }) }] });

describe('steps', () => {
  test('the first is routed when the review starts, the next when the one before is approved, none after the last', () => {
    const story = new Story();
    const start = story.next(STREAM, 'ReviewStarted', started(2));
    given(approvalTasks, []).when(start).then(route(1)).thenTodo('review/TB1-1', { kind: 'review', stream: STREAM, approvalId: 'TB1-1', steps: ['TB1-1-1', 'TB1-1-2'] });
    story.with(start).add(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', 'li'))));
    given(approvalTasks, story.events).when(story.next(STREAM, 'TaskDecided', decided('PENDING'))).thenNothing();
    given(approvalTasks, story.events).when(story.next(STREAM, 'TaskDecided', decided('APPROVED'))).then(route(2)).thenTodo('task/TB1-1-1-1', undefined);
    given(approvalTasks, story.events).when(story.next(STREAM, 'TaskDecided', decided('REJECTED'))).thenNothing();
    given(approvalTasks, story.events).when(story.next(STREAM, 'TaskDecided', decided('APPROVED', 2))).thenNothing();
    given(approvalTasks, story.events).when(story.next(STREAM, 'ReviewDecided', { approvalId: 'TB1-1', outcome: 'APPROVED' })).thenTodo('review/TB1-1', undefined);
  });

  test('of a review of one step nothing is kept, and an automatic approval is passed by', () => {
    const story = new Story();
    given(approvalTasks, []).when(story.next(STREAM, 'ReviewStarted', started(1))).then(route(1)).thenTodo('review/TB1-1', undefined);
    expect(approvalTasks.todo.keys(story.next(STREAM, 'ReviewDecided', { approvalId: 'TB1-1', outcome: 'AUTO_APPROVED' }))).toEqual([]);
  });

  test('what is withdrawn rings no more', () => {
    const task = aTask('TB1-1-1-1', 'li');
    const story = new Story().add(STREAM, 'ReviewStarted', started(2)).add(STREAM, 'TasksRouted', routed(made(task), made(aTask('TB1-1-1-2', null))));
    story.add(STREAM, 'ReviewWithdrawn', { approvalId: 'TB1-1', tasks: [{ was: task, is: { ...task, status: 'SKIPPED' } }, { was: aTask('TB1-1-1-2', null), is: aTask('TB1-1-1-2', null, { status: 'SKIPPED' }) }] });
    given(approvalTasks, story.events).thenNextTimer(undefined);
    given(approvalTasks, story.events).when(story.person('li', 'StaffDeparted')).thenNothing();
  });
});

describe('the ladder', () => {
  const story = new Story().add(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', 'li')), made(aTask('TB1-1-1-2', 'wu', { dueAt: at(9) }))));

  test('is climbed when the time of a task is over', () => {
    given(approvalTasks, story.events).thenNextTimer(at(8));
    given(approvalTasks, story.events).at(at(7)).thenNothing();
    given(approvalTasks, story.events).at(at(8)).then(handOver('TB1-1-1-1', 'TIMEOUT'));
  });

  test('begins anew with the task that takes its place, and ends with what is told to be overdue', () => {
    const [was, is] = [aTask('TB1-1-1-1', 'li'), aTask('TB1-1-1-3', 'chen', { assignedAt: at(8), dueAt: at(16) })];
    const climbed = new Story().add(STREAM, 'TasksRouted', routed(made(was))).add(STREAM, 'TaskHandedOver', { ...routed({ was, is: { ...was, status: 'HANDED_OVER' } }, made(is)), reason: 'TIMEOUT' }, at(8));
    given(approvalTasks, climbed.events).thenNextTimer(at(16));
    climbed.add(STREAM, 'TaskOverdue', { approvalId: 'TB1-1', taskId: is.taskId }, at(16));
    given(approvalTasks, climbed.events).thenNextTimer(undefined);
    given(approvalTasks, climbed.events).when(climbed.person('chen', 'StaffDeparted')).then(handOver('TB1-1-1-3', 'DEPARTURE'));
  });
});

describe('whoever leaves', () => {
  const tasks = (): Story => new Story().add(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', 'li')), made(aTask('TB1-1-1-2', 'wu')))).add('order-TB.2', 'TasksRouted', routed(made(aTask('TB2-1-1-1', 'li'))));

  test('has no task any more, and who holds the role alone with them may be somebody else now', () => {
    const story = tasks().add('order-TB.3', 'TasksRouted', routed(made(aTask('TB3-1-1-1', null))));
    given(approvalTasks, story.events).when(story.person('li', 'StaffDeparted')).then(handOver('TB1-1-1-1', 'DEPARTURE'), handOver('TB2-1-1-1', 'DEPARTURE', 2), route(1, 3));
  });

  test('is looked at again once they are back: who stood in for them may have to let it be', () => {
    const story = new Story().add(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', 'wu', { holder: 'li', actingFor: 'li' }))));
    given(approvalTasks, story.events).when(story.person('li', 'StaffReturned')).then(handOver('TB1-1-1-1', 'DELEGATION'));
  });

  test('gets no task by a decision that had not seen it', () => {
    const story = new Story();
    story.with(story.person('li', 'StaffRegistered', { roles: [] })).with(story.person('li', 'StaffDeparted'));
    const late = (revision: number | undefined) => story.next(STREAM, 'TasksRouted', { ...routed(made(aTask('TB1-1-1-1', 'li'))), seen: revision === undefined ? [] : [{ staffId: 'li', revision }] });
    for (const revision of [0, undefined]) given(approvalTasks, story.events).when(late(revision)).then(handOver('TB1-1-1-1', 'DEPARTURE'));
    given(approvalTasks, story.events).when(late(1)).thenNothing();
    const back = story.person('li', 'StaffReturned');
    given(approvalTasks, [...story.events, back]).when(late(0)).thenNothing().thenTodo('away/li', undefined);
  });
});

test('whoever loses a role has their own tasks and those of their stand-ins looked at, for nothing where they only gain one', () => {
  const story = new Story().add(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', 'li')), made(aTask('TB1-1-1-2', 'wu', { holder: 'li', actingFor: 'li' })), made(aTask('TB1-1-1-3', 'chen'))));
  given(approvalTasks, story.events).when(story.person('li', 'StaffRolesChanged', { was: ['finance', 'sales'], is: ['sales'] })).then(handOver('TB1-1-1-1', 'ROLE'), handOver('TB1-1-1-2', 'ROLE'));
  given(approvalTasks, story.events).when(story.person('li', 'StaffRolesChanged', { was: ['finance'], is: ['finance', 'sales'] })).thenNothing();
});

describe('whoever is away', () => {
  const delegation = (from: number, until: number) => ({ delegation: { to: 'wu', from: at(from), until: at(until), maxAmount: null } });
  const story = (): Story => new Story().add(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', 'li', { dueAt: at(99) })))).add('order-TB.3', 'TasksRouted', routed(made(aTask('TB3-1-1-1', null, { dueAt: at(99) }))));

  test('passes on what they have, at once or from the first instant of the delegation', () => {
    const [now, later] = [story(), story()];
    given(approvalTasks, now.events).when(now.person('li', 'DelegationSet', delegation(0, 5))).then(handOver('TB1-1-1-1', 'DELEGATION'), route(1, 3));
    const set = later.person('li', 'DelegationSet', delegation(2, 5));
    given(approvalTasks, later.events).when(set).then(route(1, 3)).at(at(1)).thenNothing();
    given(approvalTasks, [...later.events, set]).thenNextTimer(at(2));
    given(approvalTasks, [...later.events, set]).at(at(2)).then(handOver('TB1-1-1-1', 'DELEGATION'), route(1, 3));
  });

  test('is back when it is over by its dates, or ended, or when nobody was looking while it was in force', () => {
    const away = story();
    const events = [...away.events, away.person('li', 'DelegationSet', delegation(2, 5))];
    given(approvalTasks, events).at(at(5)).then(route(1, 3));
    const ended = away.person('li', 'DelegationEnded', delegation(2, 5), at(3));
    given(approvalTasks, events).when(ended).then(route(1, 3)).thenTodo('away/li', undefined).thenTodo('back/li', undefined);
    given(approvalTasks, [...events, ended]).thenNextTimer(at(99));
  });

  test('has back what others stand in for when the delegation is over, or another one takes its place', () => {
    const away = new Story().add(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', 'wu', { holder: 'li', actingFor: 'li', dueAt: at(99) }))));
    const events = [...away.events, away.person('li', 'DelegationSet', delegation(0, 5))];
    given(approvalTasks, events).at(at(4)).thenNothing();
    given(approvalTasks, events).at(at(5)).then(handOver('TB1-1-1-1', 'DELEGATION'));
    given(approvalTasks, events).when(away.person('li', 'DelegationEnded', delegation(0, 5), at(3))).then(handOver('TB1-1-1-1', 'DELEGATION'));
    given(approvalTasks, events).when(away.person('li', 'DelegationSet', delegation(4, 6), at(3))).then(handOver('TB1-1-1-1', 'DELEGATION'));
  });

  test('has back what went on through them to another one’s delegate', () => {
    const way = [{ from: 'chen', to: 'li', by: 'DELEGATION' as const }, { from: 'li', to: 'wu', by: 'DELEGATION' as const }, { from: 'wu', to: 'xu', by: 'BACKUP' as const }];
    const away = new Story().add(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', 'xu', { holder: 'chen', actingFor: 'chen', dueAt: at(99), way }))));
    const events = [...away.events, away.person('li', 'DelegationSet', delegation(0, 5))];
    given(approvalTasks, events).at(at(5)).then(handOver('TB1-1-1-1', 'DELEGATION'));
    given(approvalTasks, events).when(away.person('li', 'DelegationEnded', delegation(0, 5), at(3))).then(handOver('TB1-1-1-1', 'DELEGATION'));
    given(approvalTasks, events).when(away.person('li', 'DelegationSet', delegation(4, 6), at(3))).then(handOver('TB1-1-1-1', 'DELEGATION'));
    given(approvalTasks, events).when(away.person('chen', 'DelegationEnded', delegation(0, 5), at(3))).then(handOver('TB1-1-1-1', 'DELEGATION'));
  });

  test('keeps no task that was given to them without regard to it, as far as it may be in force', () => {
    const away = new Story();
    away.with(away.person('li', 'DelegationSet', delegation(2, 5)));
    const late = (assigned: number, revision: number) => away.next(STREAM, 'TasksRouted', { ...routed(made(aTask('TB1-1-1-1', 'li', { assignedAt: at(assigned) }))), seen: [{ staffId: 'li', revision }] });
    given(approvalTasks, away.events).when(late(3, -1)).then(handOver('TB1-1-1-1', 'DELEGATION'));
    // Decided before it began, and perhaps recorded after.
    given(approvalTasks, away.events).when(late(1, 0)).then(handOver('TB1-1-1-1', 'DELEGATION'));
    // Known and let be: the order is beyond its amount.
    given(approvalTasks, away.events).when(late(3, 0)).thenNothing();
    given(approvalTasks, away.events).when(late(5, -1)).thenNothing();
  });
});

describe('what nobody can act on', () => {
  const unrouted = (): Story =>
    new Story()
      .add(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', null)), made(aTask('TB1-1-1-2', null))))
      .add('order-TB.2', 'TasksRouted', routed(made(aTask('TB2-1-1-1', null, { role: 'compliance' }))));

  test('is tried once more, since somebody may have come meanwhile', () => {
    const story = new Story();
    given(approvalTasks, []).when(story.next(STREAM, 'TasksRouted', routed(made(aTask('TB1-1-1-1', null)), made(aTask('TB1-1-1-2', null))))).then(route());
    const was = aTask('TB1-1-1-1', 'li');
    given(approvalTasks, []).when(story.next(STREAM, 'TaskHandedOver', routed({ was, is: { ...was, status: 'HANDED_OVER' } }, made(aTask('TB1-1-1-2', null))))).then(route());
  });

  test('is tried when another task of the step changes hands: whoever had it is free', () => {
    const was = aTask('TB1-1-1-3', 'li');
    const story = unrouted().add(STREAM, 'TasksRouted', routed(made(was)));
    const moved = story.next(STREAM, 'TaskHandedOver', { ...routed({ was, is: { ...was, status: 'HANDED_OVER' } }, made(aTask('TB1-1-1-4', 'wu'))), reason: 'TRANSFER' });
    given(approvalTasks, story.events).when(moved).then(route()).thenTodo('unrouted/TB1-1-1', expect.objectContaining({ tasks: 2 }));
  });

  test('is tried when people change who may lead to somebody', () => {
    const changes: [string, object][] = [['StaffReturned', {}], ['SupervisorChanged', { was: null, is: 'wu' }], ['BackupChanged', { was: null, is: 'wu' }]];
    for (const [type, data] of changes) {
      const story = unrouted();
      given(approvalTasks, story.events).when(story.person('li', type, data)).then(route(), route(1, 2));
    }
  });

  test('is tried for the roles of whoever is new, or has other ones', () => {
    const story = unrouted();
    given(approvalTasks, story.events).when(story.person('li', 'StaffRegistered', { roles: ['finance', 'sales'] })).then(route());
    given(approvalTasks, story.events).when(story.person('li', 'StaffRolesChanged', { was: ['finance'], is: ['finance', 'compliance'] })).then(route(1, 2));
    given(approvalTasks, story.events).when(story.person('li', 'StaffContactChanged')).thenNothing();
  });

  test('is let be once it has somebody', () => {
    const story = unrouted();
    const [first, second] = ['TB1-1-1-1', 'TB1-1-1-2'].map((id) => ({ was: aTask(id, null), is: aTask(id, 'li') })) as [TaskChange, TaskChange];
    story.add(STREAM, 'TasksRouted', routed(first));
    given(approvalTasks, story.events).when(story.person('chen', 'StaffReturned')).then(route(), route(1, 2));
    story.add(STREAM, 'TasksRouted', routed(second));
    given(approvalTasks, story.events).when(story.person('chen', 'StaffReturned')).then(route(1, 2));
  });

  test('has its time too: when it is over it is told, once, and rings anew for whoever gets it', () => {
    const task = aTask('TB1-1-1-1', null);
    const story = new Story().add(STREAM, 'TasksRouted', routed(made(task)));
    given(approvalTasks, story.events).thenNextTimer(at(8));
    given(approvalTasks, story.events).at(at(8)).then(handOver('TB1-1-1-1', 'TIMEOUT'));
    given(approvalTasks, story.events).when(story.person('li', 'StaffDeparted')).then(route());
    story.add(STREAM, 'TaskOverdue', { approvalId: 'TB1-1', taskId: task.taskId }, at(8));
    given(approvalTasks, story.events).thenNextTimer(undefined);
    story.add(STREAM, 'TasksRouted', routed({ was: task, is: aTask('TB1-1-1-1', 'li', { assignedAt: at(9), dueAt: at(17) }) }), at(9));
    given(approvalTasks, story.events).thenNextTimer(at(17));
  });
});
