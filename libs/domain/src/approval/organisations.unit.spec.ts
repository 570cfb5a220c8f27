// Reviews in any organisation, whatever people do: everybody who has a task can act on it, nobody decides what they may not,
// every step ends as its mode says, and hand-overs end. People, superiors, backups, delegations and departures are drawn at random.
import fc from 'fast-check';
import { isRejection } from '@app/kernel';
import { orderDecider } from '../order/order.decider';
import type { OrderCommand, OrderContext } from '../order/order.commands';
import { CONTEXT, minute, OPS } from '../order/order.fixtures';
import type { OrderEvent } from '../order/order.events';
import type { OrderState, PlacedOrder } from '../order/order.state';
import { delegationAt, type Person } from '../staff/person';
import { aPerson } from '../staff/staff.fixtures';
import { among, anOrder, ask } from './approval.fixtures';
import type { ApprovalCommand } from './approval.commands';
import type { ReviewTask } from './approval.events';
import type { Approval } from './approval.state';
import { excludedFrom, hasDecided, hasOpenTask } from './separation';
import { currentStep, tasksOf } from './steps';

const RUNS = Number(process.env['INVARIANCE_RUNS'] ?? 150);
const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const ROLES = ['r', 's'];
const TOTAL = 900_000;

const anId = fc.constantFrom(...IDS);
const somebody = fc.option(anId, { nil: null });
const aMoment = fc.integer({ min: 0, max: 40 }).map((hours) => minute(hours * 60));
const aWay = fc.record({ to: fc.constantFrom(...IDS, 'a stranger'), from: aMoment, until: aMoment, maxAmount: fc.option(fc.constantFrom('100', '9000.00', '100000'), { nil: null }) });
const anOrganisation = fc.tuple(...IDS.map((staffId) =>
  fc.record({ roles: fc.subarray(ROLES), supervisor: somebody, backup: somebody, active: fc.boolean(), delegation: fc.option(aWay, { nil: null, freq: 2 }) }).map((facts) => aPerson(staffId, facts)),
));
const step = fc.record({
  role: fc.constantFrom(...ROLES), mode: fc.constantFrom('ANY' as const, 'ALL' as const, 'QUORUM' as const), needed: fc.integer({ min: 1, max: 3 }), withinSeconds: fc.constantFrom(3600, 4 * 3600), businessHours: fc.boolean(),
});

type Deed =
  | { do: 'change'; staffId: string; facts: Partial<Person> }
  | { do: 'decide' | 'transfer' | 'release' | 'time out' | 'reassign'; by: string; task: number; approve: boolean; to: string }
  | { do: 'amend'; placedBy: string | null; total: number };
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), staffId: anId, facts: fc.record({ active: fc.boolean(), roles: fc.subarray(ROLES), delegation: fc.option(aWay, { nil: null }), backup: somebody, supervisor: somebody }, { requiredKeys: [] }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom<'decide' | 'transfer' | 'release' | 'time out' | 'reassign'>('decide', 'decide', 'decide', 'decide', 'transfer', 'release', 'time out', 'time out', 'reassign'), by: anId, task: fc.nat(), approve: fc.boolean(), to: anId }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('amend' as const), placedBy: somebody, total: fc.constantFrom(TOTAL, 800_000) }) },
);

/** An order, the people around it and the policy that follows its reviews: it acts on every change at once. */
class World {
  state: OrderState = orderDecider.initial;
  readonly events: OrderEvent[] = [];
  now = 0;

  constructor(
    readonly people: Person[],
    readonly context: OrderContext,
    placedBy: string | null,
  ) {
    this.give(anOrder(TOTAL, { placedBy }, { context, at: minute(0), updatedAt: minute(0) }));
    this.follow();
  }

  get order(): PlacedOrder {
    return this.state as PlacedOrder;
  }

  get pending(): Approval | undefined {
    return this.order.approvals.find(({ status }) => status === 'PENDING');
  }

  /** The task so many places on; undefined while there is none. */
  task(place: number): ReviewTask | undefined {
    const tasks = this.order.approvals.flatMap((approval) => approval.tasks);
    return tasks[place % Math.max(1, tasks.length)];
  }

  /** Twice: the second time it makes nothing happen. */
  give(command: OrderCommand): readonly OrderEvent[] {
    const decided = orderDecider.decide(command, this.state);
    if (isRejection(decided)) return [];
    for (const event of decided) this.check(event);
    const again = orderDecider.decide(command, this.state);
    expect(isRejection(again) ? again.rejection : again).toEqual([]);
    return decided;
  }

  ask(asked: Parameters<typeof ask>[1], by?: Parameters<typeof ask>[3]): readonly OrderEvent[] {
    const command = ask(this.now, asked, this.people, by) as ApprovalCommand;
    return this.give({ ...command, context: { ...command.context, ...this.context } });
  }

  /** As the policy does: routes what is open, and moves tasks away from whoever cannot act. */
  follow(): void {
    const approval = this.pending;
    if (approval === undefined) return;
    for (const { taskId, status, assignee, way } of approval.tasks) {
      if (status !== 'PENDING') continue;
      this.ask({ type: 'HandOverTask', taskId, reason: 'ROLE' });
      const person = this.people.find(({ staffId }) => staffId === assignee)!;
      if (!person.active) this.ask({ type: 'HandOverTask', taskId, reason: 'DEPARTURE' });
      else if (this.isAway(person) || way!.some(({ by }) => by === 'DELEGATION')) this.ask({ type: 'HandOverTask', taskId, reason: 'DELEGATION' });
    }
    const { approvalId } = approval;
    const stepId = currentStep(approval)!.stepId;
    this.ask({ type: 'RouteStep', approvalId, stepId });
  }

  isAway(person: Person): boolean {
    const delegation = delegationAt(person, minute(this.now));
    return delegation !== null && (delegation.maxAmount === null || this.order.content.total <= Number(delegation.maxAmount) * 100);
  }

  canAct(staffId: string | null): boolean {
    const person = this.people.find((other) => other.staffId === staffId);
    return person !== undefined && person.active && !this.isAway(person) && !excludedFrom(this.order).has(person.staffId);
  }

  /** May not decide, and is here: nobody signs for them. */
  isExcluded(staffId: string | null): boolean {
    return staffId !== null && excludedFrom(this.order).has(staffId) && this.people.find((other) => other.staffId === staffId)?.active === true;
  }

  private check(event: OrderEvent): void {
    if (event.type === 'TaskDecided') {
      const approval = this.order.approvals.find(({ approvalId }) => approvalId === event.data.approvalId)!;
      expect(excludedFrom(this.order).has(event.data.by)).toBe(false);
      expect(hasDecided(approval, event.data.by)).toBe(false);
      expect(this.people.find(({ staffId }) => staffId === event.data.by)!.active).toBe(true);
    }
    this.events.push(event);
    this.state = orderDecider.evolve(this.state, JSON.parse(JSON.stringify(event)) as OrderEvent);
  }
}

function perform(world: World, given: Deed): void {
  if (given.do === 'change') {
    const place = world.people.findIndex(({ staffId }) => staffId === given.staffId);
    world.people[place] = { ...world.people[place]!, ...given.facts };
  } else if (given.do === 'amend') {
    const { placedBy, total } = given;
    world.give(anOrder(total, { placedBy }, { updatedAt: minute(world.now), at: minute(world.now), context: world.context }));
  } else {
    const task = world.task(given.task);
    if (task === undefined) return;
    const { taskId } = task;
    if (given.do === 'time out') world.ask({ type: 'HandOverTask', taskId, reason: 'TIMEOUT' });
    else if (given.do === 'reassign') world.ask({ type: 'ReassignTask', taskId, from: task.assignee ?? 'nobody' }, OPS);
    else if (given.do === 'transfer') world.ask({ type: 'TransferTask', taskId, to: given.to, reason: 'no time' }, task.assignee ?? OPS);
    else if (given.do === 'release') release(world, given.by, given.approve);
    else world.ask({ type: 'DecideTask', taskId, approve: given.approve, comment: null }, given.to < 'e' ? (task.assignee ?? given.by) : given.by);
  }
}

/** With people at hand whoever takes a task over is found at once, else when it is routed again. */
function release(world: World, by: string, areAtHand: boolean): void {
  const holdId = `h-${world.now}`;
  const context = areAtHand ? { ...among(world.people), ...world.context } : world.context;
  const base = { actor: { id: by, role: 'ops' }, at: minute(world.now), context, holdId, reason: 'in doubt' };
  world.give({ ...base, type: 'PlaceHold', id: `${holdId}-p`, expiresAt: null });
  world.give({ ...base, type: 'ReleaseHold', id: `${holdId}-r` });
}

/** Every task of the open step is with somebody who can act, or with nobody because nobody can. */
function expectRouted(world: World): void {
  const approval = world.pending;
  if (approval === undefined) return;
  const open = currentStep(approval)!;
  const tasks = tasksOf(approval, open);
  expect(tasks.length).toBeGreaterThan(0);
  expect(approval.tasks.filter((task) => task.stepId !== open.stepId && (task.status === 'PENDING' || task.status === 'UNROUTED'))).toEqual([]);
  for (const { status, assignee, holder } of tasks) {
    if (status !== 'PENDING') continue;
    expect([assignee, world.canAct(assignee)]).toEqual([assignee, true]);
    expect([holder, world.isExcluded(holder)]).toEqual([holder, false]);
    expect([holder, holder === null || world.people.find(({ staffId }) => staffId === holder)!.roles.includes(open.role)]).toEqual([holder, true]);
  }
  const signing = tasks.flatMap(({ status, assignee }) => (status === 'PENDING' ? [assignee] : []));
  for (const { status, way } of tasks) {
    // Nobody has by a delegation what whoever delegated could sign.
    for (const { from, by } of way!) {
      if (status !== 'PENDING' || by !== 'DELEGATION') continue;
      expect([from, world.canAct(from) && !hasDecided(approval, from) && !hasOpenTask(approval, from)]).toEqual([from, false]);
    }
  }
  expect(signing).toEqual([...new Set(signing)]);
  if (!tasks.some(({ status }) => status === 'UNROUTED')) return;
  const asked = tasks.flatMap(({ status, holder }) => (status === 'HANDED_OVER' ? [] : [holder]));
  for (const { staffId, roles } of world.people) {
    const isFree = roles.includes(open.role) && world.canAct(staffId) && !hasDecided(approval, staffId) && !hasOpenTask(approval, staffId) && !asked.includes(staffId);
    expect([staffId, isFree]).toEqual([staffId, false]);
  }
}

/** What the signatures come to, counted here once more. */
function expectEnded({ steps, status, tasks }: Approval): void {
  if (status !== 'APPROVED' && status !== 'REJECTED') return;
  const outcomes = steps.map((one) => {
    const signed = tasks.filter(({ stepId, status: task }) => stepId === one.stepId && task !== 'HANDED_OVER' && task !== 'SKIPPED');
    const count = (which: ReviewTask['status']): number => signed.filter(({ status: task }) => task === which).length;
    if (signed.length === 0) return 'PENDING';
    if (one.mode === 'ANY') return count('APPROVED') === 1 ? 'APPROVED' : count('REJECTED') === 1 ? 'REJECTED' : 'PENDING';
    if (one.mode === 'ALL') return count('REJECTED') > 0 ? 'REJECTED' : count('APPROVED') === signed.length ? 'APPROVED' : 'PENDING';
    return count('APPROVED') >= one.needed! ? 'APPROVED' : signed.length - count('REJECTED') < one.needed! ? 'REJECTED' : 'PENDING';
  });
  if (status === 'APPROVED') expect(outcomes).toEqual(steps.map(() => 'APPROVED'));
  else expect(outcomes.findLast((outcome) => outcome !== 'PENDING')).toBe('REJECTED');
  expect(tasks.filter((task) => task.status === 'PENDING' || task.status === 'UNROUTED')).toEqual([]);
  const signatures = tasks.flatMap(({ decidedBy }) => (decidedBy === null ? [] : [decidedBy]));
  expect(signatures).toEqual([...new Set(signatures)]);
}

const story = fc.record({ people: anOrganisation, steps: fc.array(step, { minLength: 1, maxLength: 3 }), placedBy: somebody, deeds: fc.array(fc.record({ after: fc.integer({ min: 0, max: 240 }), deed }), { maxLength: 25 }) });

type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

function lived({ people, steps, placedBy, deeds }: Story, each: (world: World) => void): World {
  const policies = [{ version: 1, publishedAt: minute(0), publishedBy: 'root', rules: [{ name: 'all', when: 'true', steps }] }];
  const world = new World([...people], { ...CONTEXT, policies }, placedBy);
  each(world);
  for (const { after, deed: given } of deeds) {
    world.now += after;
    perform(world, given);
    world.follow();
    each(world);
  }
  return world;
}

test('every task is with somebody who can act, or with nobody because nobody can; steps end as their modes say', () => {
  const ended = new Set<string>();
  fc.assert(
    fc.property(story, (given) => {
      const world = lived(given, expectRouted);
      for (const approval of world.order.approvals) {
        expectEnded(approval);
        ended.add(approval.status);
      }
    }),
    { numRuns: RUNS },
  );
  expect([...ended].sort()).toEqual(['APPROVED', 'PENDING', 'REJECTED', 'WITHDRAWN']);
});

/** Told to be overdue while nobody had it, then routed to a backup, who is late as well: a second limit, told again. */
const LATE_TWICE: Story = {
  people: IDS.map((staffId) => aPerson(staffId, { roles: [], supervisor: null, backup: null, active: staffId === 'd', delegation: null })),
  steps: [{ role: 'r', mode: 'ANY', needed: 1, withinSeconds: 3600, businessHours: false }],
  placedBy: null,
  deeds: [
    { after: 60, deed: { do: 'time out', by: 'a', task: 0, approve: false, to: 'a' } },
    { after: 0, deed: { do: 'change', staffId: 'a', facts: { roles: ['r'], backup: 'd' } } },
  ],
};

test('hand-overs end: after at most three for each signature and holder a task stays where it is, told to be overdue once for each limit it had', () => {
  fc.assert(
    fc.property(story, (given) => {
      const world = lived(given, () => undefined);
      const open = world.pending === undefined ? 0 : tasksOf(world.pending, currentStep(world.pending)!).filter(({ status }) => status === 'PENDING' || status === 'UNROUTED').length;
      let handOvers = 0;
      for (let round = 0; round < 6; round += 1) {
        // Beyond every delegation and every limit.
        world.now += 10 * 24 * 60;
        for (const { taskId, status } of world.pending?.tasks ?? []) {
          if (status !== 'PENDING' && status !== 'UNROUTED') continue;
          const [event] = world.ask({ type: 'HandOverTask', taskId, reason: 'TIMEOUT' });
          if (event?.type === 'TaskHandedOver') handOvers += 1;
          expect([undefined, 'TaskHandedOver', 'TaskOverdue']).toContain(event?.type);
          if (round > 3) expect(event).toBeUndefined();
        }
      }
      expect(handOvers).toBeLessThanOrEqual(3 * open);
      const told = world.events.flatMap((event) => (event.type === 'TaskOverdue' ? [`${event.data.taskId}, due ${event.data.dueAt}`] : []));
      expect(told).toEqual([...new Set(told)]);
    }),
    { numRuns: RUNS, examples: [[LATE_TWICE]] },
  );
});
