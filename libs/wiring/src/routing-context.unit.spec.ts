// Routes are decided by everybody as they are now, and by how much each has to do, with what was given out just before.
import { type Command, plusSeconds } from '@app/kernel';
import type { OrderState, ReviewTask, RoutingContext as Routing, TaskChange } from '@app/domain';
import type { CommandResult } from '@app/runtime';
import { MemoryLog } from '@test/dsl';
import { OpenTasks } from './open-tasks';
import { PeopleContext } from './people-context';
import { RoutingContext } from './routing-context';

const AT = '2026-01-09T02:00:00.000Z';
const position = (n: number): string => String(n).padStart(16, '0');

function task(taskId: string, assignee: string | null, status: ReviewTask['status'] = 'PENDING'): ReviewTask {
  const place = { taskId, approvalId: 'TB1-1', stepId: 'TB1-1-1', role: 'finance', holder: assignee, assignee, actingFor: null, status };
  return { ...place, assignedAt: AT, dueAt: plusSeconds(AT, 3_600), decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0 };
}

function done(at: number, ...tasks: TaskChange[]): CommandResult {
  return { outcome: 'done', events: [{ type: 'TasksRouted', occurredAt: AT, data: { tasks } }], revision: 0, position: position(at), repeated: false };
}

describe('open tasks', () => {
  /** What the rows say. */
  let rows: Record<string, number>;
  let upTo: number | undefined;
  let reads: number;
  let nowMs: number;
  const asOf = async <Row>(_: string, keys: readonly string[]) => {
    reads += 1;
    return upTo === undefined ? undefined : { rows: keys.map((key) => (rows[key] === undefined ? undefined : ({ pending: rows[key] } as Row))), upTo: position(upTo) };
  };
  let open: OpenTasks;
  beforeEach(() => {
    [rows, upTo, reads, nowMs] = [{}, undefined, 0, 0];
    open = new OpenTasks({ asOf }, () => nowMs);
  });
  const of = async (...staffIds: string[]) => Object.fromEntries(await open.of(staffIds));

  it('are counted from what was given out here while there are no rows', async () => {
    open.settled('c1', done(1, { was: null, is: task('1', 'li') }, { was: null, is: task('2', 'wu') }));
    open.settled('c2', done(2, { was: null, is: task('3', 'li') }, { was: null, is: task('4', null, 'UNROUTED') }));
    expect(await of('li', 'wu', 'chen')).toEqual({ li: 2, wu: 1 });
    open.settled('c3', done(3, { was: task('1', 'li'), is: task('1', 'li', 'HANDED_OVER') }, { was: null, is: task('5', 'chen') }));
    expect(await of('li', 'wu', 'chen')).toEqual({ li: 1, wu: 1, chen: 1 });
  });

  it('are those of the rows, and what the rows do not show yet', async () => {
    [rows, upTo] = [{ 'assignee/li': 7 }, 5];
    open.settled('c1', done(5, { was: null, is: task('1', 'li') }));
    open.settled('c2', done(6, { was: null, is: task('2', 'li') }));
    expect(await of('li', 'wu')).toEqual({ li: 8 });
    [rows, upTo] = [{ 'assignee/li': 8, 'assignee/wu': 1 }, 6];
    nowMs += 499;
    expect(await of('li', 'wu')).toEqual({ li: 8 });
    nowMs += 1;
    expect(await of('li', 'wu')).toEqual({ li: 8, wu: 1 });
    expect(reads).toBe(2);
    open.settled('c1', done(5, { was: null, is: task('1', 'li') }));
    expect(await of('li')).toEqual({ li: 8 });
  });

  it('know of newer ones while rows are made anew', async () => {
    [rows, upTo] = [{ 'assignee/li': 7 }, 5];
    await of('li');
    [rows, upTo, nowMs] = [{}, 2, 1_000];
    expect(await of('li')).toEqual({ li: 7 });
  });

  it('take little memory, however long there are no rows', async () => {
    for (let n = 1; n <= 30_000; n++) open.settled('c', done(n, { was: null, is: task(`${n}`, `p-${n % 3}`) }));
    expect(await of('p-0', 'p-1', 'p-2')).toEqual({ 'p-0': 10_000, 'p-1': 10_000, 'p-2': 10_000 });
    [rows, upTo, nowMs] = [{ 'assignee/p-0': 10_000 }, 30_000, 1_000];
    expect(await of('p-0', 'p-1')).toEqual({ 'p-0': 10_000 });
  });
});

describe('what routes are decided by', () => {
  let log: MemoryLog;
  let reads: string[];
  let context: RoutingContext;
  let people: PeopleContext;
  beforeEach(() => {
    log = new MemoryLog();
    reads = [];
    const store = { read: (stream: string, from?: number) => (reads.push(`${stream}@${from ?? 0}`), log.read(stream, from)) };
    people = new PeopleContext(store);
    const loads = { of: async (staffIds: readonly string[]) => new Map(staffIds.map((staffId, at) => [staffId, at + 1])) };
    context = new RoutingContext(store, people, loads);
    log.append({ stream: 'zone-main', type: 'BusinessZoneFixed', data: { zone: 'Asia/Shanghai' } });
    for (const staffId of ['li', 'wu']) {
      log.append({ stream: 'roster-main', type: 'StaffListed', data: { staffId } });
      log.append({ stream: `staff-${staffId}`, type: 'StaffRegistered', data: { staffId, roles: ['finance'], supervisor: null, backup: null } });
    }
    log.append({ stream: 'roster-main', type: 'StaffListed', data: { staffId: 'was refused' } });
  });
  const prepared = async (type: string, approvals: object[] = []) =>
    (await context.prepare({ type, id: 'c', at: AT, actor: { id: 'policy', role: 'system' }, context: { settings: [] } } as Command, { approvals } as unknown as OrderState)) as Command & { context: { settings: []; routing?: Routing } };

  it('is everybody, as of now', async () => {
    const before = (await prepared('RouteStep')).context;
    expect([...before.routing!.people.keys()]).toEqual(['li', 'wu']);
    expect(before).toMatchObject({ settings: [], routing: { zone: 'Asia/Shanghai', loads: new Map([['li', 1], ['wu', 2]]) } });
    log.append({ stream: 'staff-wu', type: 'StaffDeparted', data: { staffId: 'wu' } });
    reads = [];
    const after = (await prepared('HandOverTask')).context.routing!;
    expect(after.people.get('wu')).toMatchObject({ person: { active: false }, revision: 1 });
    expect(after.loads).toEqual(new Map([['li', 1]]));
    expect(reads).toEqual(['roster-main@3', 'staff-li@1', 'staff-wu@1', 'staff-was refused@0']);
  });

  it('is looked up only for commands that look at people, and open tasks only where somebody is chosen', async () => {
    for (const type of ['TakeOrder', 'PlaceHold', 'ExemptReview', 'ExpireExemption']) expect((await prepared(type)).context.routing).toBeUndefined();
    expect(reads).toEqual([]);
    for (const type of ['DecideTask', 'GrantExemption', 'ReviewExemption']) expect((await prepared(type)).context.routing).toMatchObject({ loads: new Map() });
  });

  it('is looked up where an order with open tasks is released or amended: somebody may have to lose theirs', async () => {
    const of = (status: string, ...tasks: object[]): object[] => [{ status, tasks }];
    for (const approvals of [of('PENDING'), of('APPROVED', {}), of('WITHDRAWN', {})]) expect((await prepared('ReleaseHold', approvals)).context.routing).toBeUndefined();
    expect((await prepared('PlaceHold', of('PENDING', {}))).context.routing).toBeUndefined();
    for (const type of ['TakeOrder', 'ReleaseHold']) expect((await prepared(type, of('PENDING', {}))).context.routing).toMatchObject({ loads: new Map([['li', 1], ['wu', 2]]) });
  });

  it('is looked up once for many who ask at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => people.everybody()));
    expect(reads.filter((read) => read.startsWith('roster'))).toHaveLength(1);
    expect(all.every((one) => one.size === 2)).toBe(true);
  });
});
