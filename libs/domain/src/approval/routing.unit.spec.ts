// A review begins by the policy, its steps are routed when their turn comes, and no task comes to somebody who cannot act.
import { given } from '@test/dsl';
import { orderDecider } from '../order/order.decider';
import type { OrderCommand } from '../order/order.commands';
import { CONTENT, CONTEXT, makeReport, makeTakeOrder, minute, paid, cancelled, dispatched, OPS } from '../order/order.fixtures';
import { aDelegation, aPerson } from '../staff/staff.fixtures';
import { among, anOrder, ask, COMPANY, companyWith, decide, ELEVATED, FIRST, HIGH, KEY_ACCOUNT, LIMIT, NUMBER, route, someone, timeOut } from './approval.fixtures';
import type { Person } from '../staff/person';
import type { ReviewTask } from './approval.events';

const order = (...commands: OrderCommand[]) => given(orderDecider, []).when(...commands).idempotently();
const tasksAfter = (...commands: OrderCommand[]): readonly ReviewTask[] => order(...commands).state.approvals.at(-1)!.tasks;
const assignees = (...commands: OrderCommand[]): (string | null)[] => tasksAfter(...commands).map(({ assignee }) => assignee);

describe('a review begins', () => {
  test('with the policy, the evidence and the steps pinned, in the same append as what brought the order to it', () => {
    order(ELEVATED).thenLike(
      { type: 'OrderPlaced' },
      {
        type: 'ReviewStarted', occurredAt: minute(1),
        data: {
          approvalId: FIRST, round: 1, policyVersion: 1, matchedRule: 'elevated', when: 'order.total > 5000.0', enteredAt: minute(0),
          inputs: { turnoverToday: '8000.00', turnoverThreshold: null, settingsVersion: 1 },
          steps: [{ stepId: `${FIRST}-1`, role: 'regional-manager', mode: 'ANY', needed: 1, withinSeconds: 28_800, businessHours: false }],
        },
      },
    );
    order(HIGH).thenState(({ approvals }) => expect(approvals[0]!.steps).toMatchObject([{ mode: 'ANY', needed: 1 }, { mode: 'QUORUM', needed: 2 }]));
    order(KEY_ACCOUNT).thenState(({ approvals }) => expect(approvals[0]!.steps.map(({ needed }) => needed)).toEqual([1, 1, null]));
  });
  test('what the policy lets pass is approved with its evidence, and nobody is asked', () => {
    order(anOrder(19_900)).thenLike({ type: 'OrderPlaced' }, { type: 'ReviewDecided', data: { outcome: 'AUTO_APPROVED', policyVersion: 1, matchedRule: 'small', inputs: { turnoverToday: '199.00' } } });
    order(anOrder(19_900)).thenState(({ approvals }) => expect(approvals).toEqual([]));
  });
  test('not for imported history, whatever it cost', () => {
    order(anOrder(6_000_000, {}, { history: true })).thenLike({ type: 'OrderPlaced' }, { type: 'ReviewDecided', data: { matchedRule: 'imported-history', policyVersion: 0 } });
  });
  test('by the turnover of the day, this order included', () => {
    const settings = [{ ...CONTEXT.settings[0]!, turnoverThresholds: [{ platform: 'TB', amount: '10000' }] }];
    const peak = (turnoverOfOthers: number): OrderCommand => anOrder(200_000, {}, { context: { ...CONTEXT, settings, turnoverOfOthers } });
    order(peak(800_000)).thenLike({ type: 'OrderPlaced' }, { type: 'ReviewDecided', data: { matchedRule: 'small', inputs: { turnoverToday: '10000.00', turnoverThreshold: '10000' } } });
    order(peak(800_001)).thenLike({ type: 'OrderPlaced' }, { type: 'ReviewStarted', data: { matchedRule: 'peak-turnover', steps: [{ role: 'finance' }] } });
  });
  test('under the version in force then: a later one changes nothing for it', () => {
    const context = { ...CONTEXT, policies: [...CONTEXT.policies, { version: 2, publishedAt: minute(2), publishedBy: 'root', rules: [{ name: 'all', when: 'true', steps: [] }] }] };
    order(ELEVATED, makeReport(paid(3), { context })).thenState(({ standing, approvals }) => expect([standing!.node, approvals[0]!.policyVersion]).toEqual(['REVIEW', 1]));
    order({ ...ELEVATED, context }).thenLike({ type: 'OrderPlaced' }, { type: 'ReviewDecided', data: { policyVersion: 2, matchedRule: 'all' } });
  });
});

describe('a review is withdrawn', () => {
  const tasks = [{ was: { taskId: `${FIRST}-1-1`, status: 'PENDING' }, is: { status: 'SKIPPED' } }];
  test('when the order is amended: the next round has its own', () => {
    const amended = anOrder(900_000, {}, { updatedAt: minute(20) });
    order(ELEVATED, route(2), amended).thenLike(
      { type: 'OrderAmended' }, { type: 'ReviewWithdrawn', data: { approvalId: FIRST, round: 1, reason: 'The order was amended.', tasks } },
      { type: 'ReviewStarted', data: { approvalId: `${NUMBER}-2`, round: 2, enteredAt: minute(20) } },
    );
  });
  test('when the order is cancelled; it begins again when the cancellation counts no more', () => {
    const closed = [ELEVATED, route(2), makeReport(cancelled(30))];
    order(...closed).thenLike({ type: 'CancellationRequested' }, { type: 'ReviewWithdrawn', data: { reason: 'The order was closed: CANCELLED.', tasks } });
    order(...closed, makeReport(dispatched(20))).thenLike({ type: 'ShipmentDispatched' }, { type: 'ReviewStarted', data: { approvalId: `${FIRST}.2`, round: 1 } });
  });
  test('when the order goes back to its payment', () => {
    const prepaid = (total: number, at: number): OrderCommand => anOrder(total, { paymentTerms: 'PREPAID' }, { updatedAt: minute(at) });
    order(prepaid(800_000, 0), makeReport(paid(5, '8000.00')), route(6), prepaid(900_000, 20)).thenLike(
      { type: 'OrderAmended' }, { type: 'ReviewWithdrawn', data: { reason: 'The order went back to PAYMENT.' } },
    );
  });
  test('when a late amendment shows that it began with something else: what was passed then may need people, or the other way round', () => {
    const prepaid = (total: number, at: number): OrderCommand => anOrder(total, { paymentTerms: 'PREPAID' }, { updatedAt: minute(at) });
    order(prepaid(100_000, 0), makeReport(paid(10, '8000.00')), prepaid(800_000, 4)).thenLike(
      { type: 'OrderAmended' }, { type: 'ReviewWithdrawn', data: { approvalId: FIRST, round: 1, tasks: [] } }, { type: 'ReviewStarted', data: { approvalId: `${FIRST}.2`, round: 1 } },
    );
    order(prepaid(800_000, 0), makeReport(paid(10, '8000.00')), route(11), prepaid(100_000, 4)).thenLike(
      { type: 'OrderAmended' }, { type: 'ReviewWithdrawn', data: { approvalId: FIRST, tasks: [{ is: { status: 'SKIPPED' } }] } }, { type: 'ReviewDecided', data: { approvalId: `${FIRST}.2`, outcome: 'AUTO_APPROVED' } },
    );
  });
  test('a round that a known amendment ends is passed by the policy or left: nobody is asked in vain', () => {
    const prepaid = (total: number, at: number): OrderCommand => anOrder(total, { paymentTerms: 'PREPAID' }, { updatedAt: minute(at) });
    const late = [prepaid(800_000, 0), prepaid(100_000, 20)];
    order(...late, makeReport(paid(5, '8000.00'))).thenLike({ type: 'PaymentReported' }, { type: 'ReviewDecided', data: { round: 2, outcome: 'AUTO_APPROVED' } });
    const growing = [prepaid(100_000, 0), prepaid(800_000, 20)];
    order(...growing, makeReport(paid(5, '8000.00'))).thenLike(
      { type: 'PaymentReported' }, { type: 'ReviewDecided', data: { round: 1, outcome: 'AUTO_APPROVED' } }, { type: 'ReviewStarted', data: { round: 2 } },
    );
  });
});

describe('ANY', () => {
  test('the holder with the fewest open tasks gets it, of equals the first by id', () => {
    order(ELEVATED, route(2)).thenLike({
      type: 'TasksRouted', occurredAt: minute(2),
      data: {
        approvalId: FIRST, stepId: `${FIRST}-1`, needed: 1, backlogPeak: { pendingMin: 5, decisionsPerHour: 12, settingsVersion: 1 }, loads: { ming: 0, mu: 0 }, seen: [{ staffId: 'ming', revision: 4 }, { staffId: 'mu', revision: 4 }],
        tasks: [{
          was: null,
          is: {
            taskId: `${FIRST}-1-1`, approvalId: FIRST, stepId: `${FIRST}-1`, role: 'regional-manager', holder: 'ming', assignee: 'ming', actingFor: null, status: 'PENDING',
            assignedAt: minute(2), dueAt: minute(2 + LIMIT), decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0, way: [],
          },
        }],
      },
    });
    expect(assignees(ELEVATED, route(2, 1, COMPANY, { ming: 3, mu: 2 }))).toEqual(['mu']);
  });
  test('who is away is acted for within the amount and dates of the delegation', () => {
    const away = (facts: object = {}) => companyWith(someone('ming', { delegation: aDelegation('fu', facts) }), someone('mu', { active: false }));
    expect(tasksAfter(ELEVATED, route(2, 1, away()))).toMatchObject([{ holder: 'ming', assignee: 'fu', actingFor: 'ming' }]);
    expect(assignees(ELEVATED, route(2, 1, away({ maxAmount: '7999.99' })))).toEqual(['ming']);
    expect(assignees(ELEVATED, route(61, 1, away()))).toEqual(['ming']);
  });
  test('only where no holder is here, a departed one is stood in for', () => {
    const gone = someone('ming', { active: false });
    expect(assignees(ELEVATED, route(2, 1, companyWith(gone), { mu: 99 }))).toEqual(['mu']);
    expect(tasksAfter(ELEVATED, route(2, 1, companyWith(gone, someone('mu', { active: false }))))).toMatchObject([{ assignee: 'bei', holder: 'ming', actingFor: 'ming' }]);
  });
  test('a holder who was too late at an earlier step signs before somebody stands in for them', () => {
    const policies = [{ ...CONTEXT.policies[0]!, rules: [{ name: 'twice', when: 'true', steps: [1, 2].map(() => ({ role: 'regional-manager', mode: 'ANY' as const, needed: null, withinSeconds: 3600, businessHours: false })) }] }];
    const alone = companyWith(someone('mu', { roles: [] }));
    const given = [anOrder(800_000, {}, { context: { ...CONTEXT, policies } }), route(2, 1, alone), timeOut(62, '1-1', alone), decide(63, 'bei', '1-2')];
    expect(assignees(...given, route(64, 2, alone))).toEqual(['ming', 'bei', 'ming']);
    expect(assignees(...given, route(64, 2))).toEqual(['ming', 'bei', 'mu']);
  });
  test('nobody gets an order that they placed or released', () => {
    expect(assignees(anOrder(800_000, { placedBy: 'ming' }), route(2))).toEqual(['mu']);
    const both = companyWith(someone('mu', { roles: [] }));
    expect(tasksAfter(anOrder(800_000, { placedBy: 'ming' }), route(2, 1, both))).toMatchObject([{ holder: null, assignee: null, status: 'UNROUTED' }]);
    const hold: OrderCommand = { type: 'PlaceHold', id: 'h', actor: OPS, at: minute(2), context: CONTEXT, holdId: 'h-1', reason: 'in doubt', expiresAt: null };
    const release: OrderCommand = { type: 'ReleaseHold', id: 'r', actor: { id: 'ming', role: 'ops' }, at: minute(3), context: CONTEXT, holdId: 'h-1', reason: 'fine' };
    expect(assignees(ELEVATED, hold, release, route(4))).toEqual(['mu']);
  });
  test('a task whose assignee releases the order goes to nobody at once, and is routed again', () => {
    const hold: OrderCommand = { type: 'PlaceHold', id: 'h', actor: OPS, at: minute(3), context: CONTEXT, holdId: 'h-1', reason: 'in doubt', expiresAt: null };
    const release: OrderCommand = { type: 'ReleaseHold', id: 'r', actor: { id: 'ming', role: 'ops' }, at: minute(4), context: CONTEXT, holdId: 'h-1', reason: 'fine' };
    order(ELEVATED, route(2), hold, release).thenLike(
      { type: 'HoldReleased' },
      { type: 'TaskHandedOver', data: { taskId: `${FIRST}-1-1`, tasks: [{ is: { status: 'HANDED_OVER' } }, { is: { taskId: `${FIRST}-1-2`, status: 'UNROUTED', assignee: null } }] } },
    );
    expect(tasksAfter(ELEVATED, route(2), hold, release, route(5)).at(-1)).toMatchObject({ holder: 'mu', assignee: 'mu', status: 'PENDING', dueAt: minute(5 + LIMIT), handovers: [{ from: 'ming', to: null }, { from: null, to: 'mu' }] });
    const alone = companyWith(someone('mu', { roles: [] }));
    expect(tasksAfter(ELEVATED, route(2), hold, release, route(5, 1, alone)).at(-1)).toMatchObject({ holder: 'ming', assignee: null });
    const gone = companyWith(someone('ming', { active: false }), someone('mu', { roles: [] }));
    expect(tasksAfter(ELEVATED, route(2), hold, release, route(5, 1, gone)).at(-1)).toMatchObject({ holder: 'ming', assignee: 'bei' });
  });
  test('nobody signs for whoever placed or released the order, neither their delegate nor their backup', () => {
    const placed = anOrder(800_000, { placedBy: 'ming' });
    const away = companyWith(someone('ming', { delegation: aDelegation('fu') }), someone('mu', { roles: [] }));
    expect(tasksAfter(placed, route(2, 1, away))).toMatchObject([{ holder: null, assignee: null, status: 'UNROUTED' }]);
    expect(assignees(placed, route(2, 1, companyWith(someone('ming', { delegation: aDelegation('fu') }))))).toEqual(['mu']);
    const delegated = companyWith(someone('mu', { delegation: aDelegation('ming') }), someone('ming', { roles: [] }));
    expect(tasksAfter(placed, route(2, 1, delegated))).toMatchObject([{ holder: 'mu', assignee: 'boss' }]);
  });
  test.each<[string, OrderCommand[]]>([
    ['a delegate', [route(2, 1, companyWith(someone('ming', { delegation: aDelegation('fu') }), someone('mu', { roles: [] })))]],
    ['a backup, by the ladder', [route(2, 1, companyWith(someone('mu', { roles: [] }))), timeOut(700, '1-1')]],
    ['whom they named', [route(2), ask(3, { type: 'TransferTask', taskId: `${FIRST}-1-1`, to: 'fu', reason: 'no time' }, COMPANY, 'ming')]],
  ])('who releases the order is stood in for by nobody any more: %s', (_, commands) => {
    const hold: OrderCommand = { type: 'PlaceHold', id: 'h', actor: OPS, at: minute(701), context: CONTEXT, holdId: 'h-1', reason: 'in doubt', expiresAt: null };
    const release = (people: readonly Person[]): OrderCommand => ({ type: 'ReleaseHold', id: 'r', actor: { id: 'ming', role: 'ops' }, at: minute(702), context: among(people), holdId: 'h-1', reason: 'fine' });
    const before = tasksAfter(ELEVATED, ...commands).at(-1)!;
    expect([before.holder, before.actingFor]).toEqual(['ming', 'ming']);
    expect(tasksAfter(ELEVATED, ...commands, hold, release(COMPANY)).at(-1)).toMatchObject({ holder: 'mu', assignee: 'mu' });
    const alone = companyWith(someone('mu', { roles: [] }));
    order(ELEVATED, ...commands, hold, release(alone)).thenLike(
      { type: 'HoldReleased' },
      { type: 'TaskHandedOver', data: { by: 'system', note: 'Nobody decides for ming, who placed the order or released it.', tasks: [{}, { is: { holder: 'ming', assignee: null, status: 'UNROUTED' } }] } },
    );
  });
  test('whoever is named in place of one who may not decide signs in their own right', () => {
    const alone = companyWith(someone('mu', { roles: [] }));
    const given = [anOrder(800_000, { placedBy: 'ming' }), route(2, 1, alone)];
    const transferred = (to: string): OrderCommand[] => [...given, ask(3, { type: 'TransferTask', taskId: `${FIRST}-1-1`, to, reason: 'alone in the role' }, COMPANY, OPS)];
    expect(tasksAfter(...transferred('boss')).at(-1)).toMatchObject({ holder: null, assignee: 'boss', actingFor: null, status: 'PENDING' });
    expect(tasksAfter(...transferred('mu')).at(-1)).toMatchObject({ holder: 'mu', assignee: 'mu' });
    order(...transferred('boss'), decide(4, 'boss', '1-2', true, alone)).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided' });
    expect(tasksAfter(...transferred('bei'), timeOut(600, '1-2')).at(-1)).toMatchObject({ assignee: 'boss', rung: 2 });
  });
  test('where people are at hand it goes to somebody in the same breath, with its full limit; to nobody only where nobody can', () => {
    const hold: OrderCommand = { type: 'PlaceHold', id: 'h', actor: OPS, at: minute(3), context: CONTEXT, holdId: 'h-1', reason: 'in doubt', expiresAt: null };
    const release = (people: readonly Person[]): OrderCommand => ({ type: 'ReleaseHold', id: 'r', actor: { id: 'ming', role: 'ops' }, at: minute(4), context: among(people), holdId: 'h-1', reason: 'fine' });
    order(ELEVATED, route(2), hold, release(COMPANY)).thenLike(
      { type: 'HoldReleased' },
      {
        type: 'TaskHandedOver',
        data: { taskId: `${FIRST}-1-1`, seen: [{ staffId: 'mu' }], tasks: [{ is: { status: 'HANDED_OVER' } }, { is: { taskId: `${FIRST}-1-2`, status: 'PENDING', holder: 'mu', assignee: 'mu', dueAt: minute(4 + LIMIT), handovers: [{ from: 'ming', to: 'mu', reason: 'TRANSFER' }] } }] },
      },
    );
    order(ELEVATED, route(2), hold, release([aPerson('ming', { roles: ['regional-manager'] })])).thenLike({ type: 'HoldReleased' }, { type: 'TaskHandedOver', data: { tasks: [{}, { is: { status: 'UNROUTED', holder: 'ming', assignee: null } }] } });
  });
});

describe('ALL and QUORUM', () => {
  const second = [HIGH, route(2), decide(3, 'boss', '1-1')];
  test('every holder gets a task', () => {
    expect(assignees(...second, route(4, 2))).toEqual(['boss', 'fang', 'fei', 'fu']);
    const third = [KEY_ACCOUNT, route(2), decide(3, 'ming', '1-1'), route(4, 2), decide(5, 'boss', '2-1')];
    order(...third, route(6, 3)).thenLike({ type: 'TasksRouted', data: { needed: 3, tasks: [{}, {}, {}] } });
  });
  test('who is away is acted for by somebody who has no task of it yet', () => {
    const away = companyWith(someone('fang', { delegation: aDelegation('fei'), backup: 'bei' }));
    expect(assignees(...second, route(4, 2, away))).toEqual(['boss', 'bei', 'fei', 'fu']);
    const alone = companyWith(someone('fang', { delegation: aDelegation('fei'), supervisor: null }), someone('fei', { supervisor: null }));
    expect(tasksAfter(...second, route(4, 2, alone)).slice(1)).toMatchObject([{ holder: 'fang', assignee: null, status: 'UNROUTED' }, { assignee: 'fei' }, { assignee: 'fu' }]);
  });
  test('a quorum of more than there are holders has tasks for nobody yet', () => {
    const few = companyWith(someone('fei', { roles: [] }), someone('fu', { roles: [] }));
    expect(tasksAfter(...second, route(4, 2, few)).slice(1)).toMatchObject([{ holder: 'fang', status: 'PENDING' }, { holder: null, assignee: null, status: 'UNROUTED' }]);
  });
});

describe('ALL and QUORUM over a role that nobody held', () => {
  const FINANCE = ['fang', 'fei', 'fu'];
  const without = (...gone: string[]) => companyWith(...FINANCE.filter((staffId) => gone.includes(staffId)).map((staffId) => someone(staffId, { roles: [] })));
  const nobody = without(...FINANCE);
  const all = [KEY_ACCOUNT, route(2), decide(3, 'ming', '1-1'), route(4, 2), decide(5, 'boss', '2-1'), route(6, 3, nobody)];
  test('ask everybody who holds it by the time that somebody does', () => {
    expect(tasksAfter(...all).slice(2)).toMatchObject([{ holder: null, status: 'UNROUTED' }]);
    order(...all, route(7, 3)).thenLike({
      type: 'TasksRouted',
      data: { needed: 3, tasks: [{ was: { status: 'UNROUTED' }, is: { taskId: `${FIRST}-3-1`, holder: 'fang', assignee: 'fang', dueAt: minute(7 + LIMIT) } }, { was: null, is: { taskId: `${FIRST}-3-2`, assignee: 'fei' } }, { was: null, is: { taskId: `${FIRST}-3-3`, assignee: 'fu' } }] },
    });
    order(...all, route(7, 3), decide(8, 'fang', '3-1'), decide(9, 'fei', '3-2')).thenLike({ type: 'TaskDecided', data: { stepStatus: 'PENDING' } });
    order(...all, route(7, 3), decide(8, 'fang', '3-1'), decide(9, 'fei', '3-2'), decide(10, 'fu', '3-3')).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided', data: { outcome: 'APPROVED' } });
    order(...all, route(7, 3, nobody)).thenNothing();
  });
  test('also where a role was taken from all of them, without asking for more than there are', () => {
    const routed = [...all.slice(0, 5), route(6, 3)];
    const taken = FINANCE.map((_, i) => ask(7, { type: 'HandOverTask', taskId: `${FIRST}-3-${i + 1}`, reason: 'ROLE' }, nobody));
    order(...routed, ...taken, route(8, 3, without('fang'))).thenLike({
      type: 'TasksRouted', data: { needed: 2, tasks: [{ is: { holder: 'fei', assignee: 'fei' } }, { is: { holder: 'fu', assignee: 'fu' } }, { was: { status: 'UNROUTED' }, is: { status: 'SKIPPED' } }] },
    });
  });
  test('a quorum is made of them all, and of as many as it needs where they are fewer', () => {
    const quorum = [HIGH, route(2), decide(3, 'boss', '1-1'), route(4, 2, nobody)];
    expect(tasksAfter(...quorum).slice(1)).toMatchObject([{ status: 'UNROUTED' }, { status: 'UNROUTED' }]);
    order(...quorum, route(5, 2)).thenLike({ type: 'TasksRouted', data: { needed: 2, tasks: [{}, {}, { was: null, is: { taskId: `${FIRST}-2-3`, assignee: 'fu' } }] } });
    expect(tasksAfter(...quorum, route(5, 2, without('fang', 'fei'))).slice(1)).toMatchObject([{ assignee: 'fu' }, { holder: null, status: 'UNROUTED' }]);
  });
});

describe('nobody can act', () => {
  const nobody = COMPANY.filter(({ roles }) => !roles.includes('regional-manager'));
  test('the task is there for people to see, and is routed by itself when somebody can', () => {
    expect(tasksAfter(ELEVATED, route(2, 1, nobody))).toMatchObject([{ holder: null, assignee: null, status: 'UNROUTED', dueAt: minute(2 + LIMIT) }]);
    order(ELEVATED, route(2, 1, nobody), route(3, 1, nobody)).thenNothing();
    order(ELEVATED, route(2, 1, nobody), route(500)).thenLike({
      type: 'TasksRouted', data: { tasks: [{ was: { status: 'UNROUTED' }, is: { taskId: `${FIRST}-1-1`, assignee: 'ming', holder: 'ming', status: 'PENDING', assignedAt: minute(500), dueAt: minute(500 + LIMIT), handovers: [] } }] },
    });
  });
  test('nobody is registered at all', () => {
    expect(tasksAfter(ELEVATED, route(2, 1, []))).toMatchObject([{ status: 'UNROUTED' }]);
  });
  test('a newcomer in the role takes what its holder cannot', () => {
    const gone = [aPerson('ming', { active: false, roles: ['regional-manager'] })];
    expect(tasksAfter(ELEVATED, route(2, 1, gone))).toMatchObject([{ holder: null, status: 'UNROUTED' }]);
    expect(assignees(ELEVATED, route(2, 1, gone), route(3, 1, [...gone, aPerson('xin', { roles: ['regional-manager'] })]))).toEqual(['xin']);
  });
});

describe('what is asked of no step', () => {
  test('an approval or a step that there is not', () => {
    order(ELEVATED, route(2, 1, COMPANY, {}, 'X-1')).then({ rejection: 'ApprovalNotFound' });
    order(ELEVATED, route(2, 7)).then({ rejection: 'StepNotFound' });
    given(orderDecider, []).when(route(2)).then({ rejection: 'OrderNotFound' });
  });
  test('a step whose turn has not come, or is over', () => {
    order(HIGH, route(2, 2)).thenNothing();
    order(HIGH, route(2), decide(3, 'boss', '1-1'), route(4)).thenNothing();
    order(ELEVATED, makeReport(cancelled(3)), route(4)).thenNothing();
  });
});

test('turnover is told where the total changes or the order is cancelled, and when that counts no more', () => {
  const amended = makeTakeOrder({ lines: [CONTENT.lines[0]!], total: 8990 }, { updatedAt: minute(10) });
  given(orderDecider, []).when(makeTakeOrder(), amended).thenLike({ type: 'OrderAmended', data: { turnover: { was: 19990, is: 8990 } } });
  given(orderDecider, []).when(makeTakeOrder(), makeReport(cancelled(10))).thenLike({ type: 'CancellationRequested', data: { turnover: { was: 19990, is: 0 } } });
  given(orderDecider, []).when(makeTakeOrder(), makeReport(paid(5)), makeReport(cancelled(10)), makeReport(dispatched(9))).thenLike({ type: 'ShipmentDispatched', data: { turnover: { was: 0, is: 19990 } } });
  for (const told of [makeTakeOrder(), makeReport(paid(5))]) expect(JSON.stringify(order(makeTakeOrder(), told).decision)).not.toContain('"turnover"');
});
