// Decisions of people: what they make of a step and of the order, who may make them, and that of two at once only one counts.
// Separation of duties holds for everybody.
import { given } from '@test/dsl';
import { isRejection } from '@app/kernel';
import { orderDecider } from '../order/order.decider';
import type { OrderCommand } from '../order/order.commands';
import { cancelled, CONTEXT, dispatched, makeReport, minute, OPS } from '../order/order.fixtures';
import type { Person } from '../staff/person';
import { aDelegation, aPerson } from '../staff/staff.fixtures';
import { anOrder, ask, COMPANY, companyWith, decide, ELEVATED, FIRST, HIGH, KEY_ACCOUNT, LIMIT, moveAway, NUMBER, route, someone, timeOut } from './approval.fixtures';

const order = (...commands: OrderCommand[]) => given(orderDecider, []).when(...commands).idempotently();
const routed = [ELEVATED, route(2)];
/** Sales director approved; three in finance, of whom two are needed. */
const quorum = [HIGH, route(2), decide(3, 'boss', '1-1'), route(4, 2)];
/** Everybody in finance. */
const countersigned = [KEY_ACCOUNT, route(2), decide(3, 'ming', '1-1'), route(4, 2), decide(5, 'boss', '2-1'), route(6, 3)];

/** The only regional manager is away for the first hour. */
const delegated = (facts: object = {}, ...others: Person[]) => companyWith(someone('ming', { delegation: aDelegation('fu', facts) }), someone('mu', { roles: [] }), ...others);
/** And so is the delegate. */
const chain = delegated({}, someone('fu', { delegation: aDelegation('fei') }));

describe('a step', () => {
  test('ANY: the first decision counts', () => {
    order(...routed, decide(5, 'ming', '1-1')).thenLike(
      {
        type: 'TaskDecided', occurredAt: minute(5),
        data: { stepId: `${FIRST}-1`, taskId: `${FIRST}-1-1`, approve: true, by: 'ming', stepStatus: 'APPROVED', tasks: [{ was: { status: 'PENDING' }, is: { status: 'APPROVED', decidedBy: 'ming', decidedAt: minute(5) } }] },
      },
      { type: 'ReviewDecided', occurredAt: minute(5), data: { approvalId: FIRST, round: 1, outcome: 'APPROVED', policyVersion: 1, matchedRule: 'elevated', moved: { is: { node: 'ALLOCATION' } } } },
    );
    order(...routed, decide(5, 'ming', '1-1', false)).thenLike(
      { type: 'TaskDecided', data: { stepStatus: 'REJECTED' } }, { type: 'ReviewDecided', data: { outcome: 'REJECTED', moved: { is: { status: 'REJECTED', node: null } } } },
    );
  });
  test('ANY: another holder of the role may decide as well', () => {
    order(...routed, decide(5, 'mu', '1-1')).thenLike({ type: 'TaskDecided', data: { by: 'mu', tasks: [{ is: { assignee: 'ming', decidedBy: 'mu' } }] } }, { type: 'ReviewDecided' });
  });
  test('one after the other: the next begins when the one before is approved', () => {
    order(HIGH, route(2), decide(3, 'boss', '1-1')).thenLike({ type: 'TaskDecided', data: { stepStatus: 'APPROVED' } });
    order(HIGH, route(2), decide(3, 'boss', '1-1', false)).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided', data: { outcome: 'REJECTED' } });
  });
  test('QUORUM: enough approvals end it, and the rest is no longer needed', () => {
    order(...quorum, decide(5, 'fang', '2-1')).thenLike({ type: 'TaskDecided', data: { stepStatus: 'PENDING', tasks: [{}] } });
    order(...quorum, decide(5, 'fang', '2-1'), decide(6, 'fu', '2-3')).thenLike(
      { type: 'TaskDecided', data: { stepStatus: 'APPROVED', tasks: [{ is: { taskId: `${FIRST}-2-3` } }, { was: { taskId: `${FIRST}-2-2` }, is: { status: 'SKIPPED' } }] } },
      { type: 'ReviewDecided', data: { outcome: 'APPROVED' } },
    );
  });
  test('QUORUM: it is refused only once it cannot be reached any more', () => {
    order(...quorum, decide(5, 'fang', '2-1', false)).thenLike({ type: 'TaskDecided', data: { stepStatus: 'PENDING' } });
    order(...quorum, decide(5, 'fang', '2-1', false), decide(6, 'fei', '2-2', false)).thenLike({ type: 'TaskDecided', data: { stepStatus: 'REJECTED' } }, { type: 'ReviewDecided', data: { outcome: 'REJECTED' } });
    order(...quorum, decide(5, 'fang', '2-1', false), decide(6, 'fei', '2-2'), decide(7, 'fu', '2-3')).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided', data: { outcome: 'APPROVED' } });
  });
  test('ALL: everybody approves, or one refuses', () => {
    order(...countersigned, decide(7, 'fu', '3-3'), decide(8, 'fei', '3-2')).thenLike({ type: 'TaskDecided', data: { stepStatus: 'PENDING' } });
    order(...countersigned, decide(7, 'fu', '3-3'), decide(8, 'fei', '3-2'), decide(9, 'fang', '3-1')).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided', data: { outcome: 'APPROVED' } });
    order(...countersigned, decide(7, 'fu', '3-3'), decide(8, 'fei', '3-2', false)).thenLike({ type: 'TaskDecided', data: { tasks: [{}, { is: { taskId: `${FIRST}-3-1`, status: 'SKIPPED' } }] } }, { type: 'ReviewDecided', data: { outcome: 'REJECTED' } });
  });
});

describe('a decision is refused', () => {
  test.each<[string, OrderCommand[]]>([
    ['TaskNotFound', [...routed, decide(5, 'ming', '1-9')]],
    ['TaskNotPending', [...routed, decide(5, 'ming', '1-1'), decide(6, 'mu', '1-1')]],
    ['TaskNotPending', [...routed, decide(5, 'ming', '1-1'), decide(6, 'ming', '1-1', false)]],
    ['TaskNotPending', [...routed, timeOut(2 + LIMIT, '1-1'), decide(700, 'ming', '1-1')]],
    ['TaskNotPending', [...quorum, decide(5, 'fang', '2-1'), decide(6, 'fu', '2-3'), decide(7, 'fei', '2-2')]],
    ['SelfApproval', [anOrder(800_000, { placedBy: 'ming' }), route(2), decide(5, 'ming', '1-1')]],
    ['SelfApproval', [anOrder(800_000, { placedBy: 'ming' }), route(2, 1, [someone('ming', { active: false }), someone('bei', {})]), decide(5, 'bei', '1-1')]],
    ['RoleNotHeld', [...routed, decide(5, 'ming', '1-1', true, companyWith(someone('ming', { roles: [] })))]],
    ['RoleNotHeld', [...routed, timeOut(600, '1-1'), decide(601, 'bei', '1-2', true, companyWith(someone('ming', { roles: ['finance'] })))]],
    ['DelegationOver', [ELEVATED, route(2, 1, delegated()), decide(60, 'fu', '1-1', true, delegated())]],
    ['DelegationOver', [ELEVATED, route(2, 1, delegated()), decide(5, 'fu', '1-1', true, delegated({ maxAmount: '7999.99' }))]],
    ['DelegationOver', [ELEVATED, route(2, 1, delegated()), decide(5, 'fu', '1-1')]],
    ['DelegationOver', [ELEVATED, route(2, 1, chain), decide(5, 'fei', '1-1', true, companyWith(someone('ming', { delegation: aDelegation('fu') })))]],
    ['NotAssignee', [...routed, decide(5, 'fang', '1-1')]],
    ['NotAssignee', [...routed, ask(5, { type: 'DecideTask', taskId: `${FIRST}-1-1`, approve: true, comment: null }, companyWith(aPerson('root')), { id: 'root', role: 'admin' })]],
    ['NotAssignee', [...quorum, decide(5, 'fang', '2-2')]],
    ['ApproverNotFound', [...routed, decide(5, 'stranger', '1-1')]],
    ['ApproverDeparted', [...routed, decide(5, 'ming', '1-1', true, companyWith(someone('ming', { active: false })))]],
    ['DecidedBefore', [HIGH, route(2, 1), decide(3, 'boss', '1-1'), route(4, 2, companyWith(someone('boss', { roles: ['sales-director', 'finance'] }))), decide(5, 'boss', '2-1', true, companyWith(someone('boss', { roles: ['sales-director', 'finance'] })))]],
  ])('%s', (rejection, commands) => {
    order(...commands).then({ rejection });
  });
  test('not of a delegate in time, nor of a holder of the role who is another one’s delegate', () => {
    order(ELEVATED, route(2, 1, delegated()), decide(59, 'fu', '1-1', true, delegated())).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided' });
    order(ELEVATED, route(2, 1, chain), decide(59, 'fei', '1-1', true, chain)).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided' });
    const toMu = companyWith(someone('ming', { delegation: aDelegation('mu') }));
    order(ELEVATED, route(2, 1, toMu), decide(61, 'mu', '1-1', true, toMu)).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided' });
  });
  test('with words that say what became of the task', () => {
    order(...routed, decide(5, 'ming', '1-1'), decide(6, 'mu', '1-1')).then({ rejection: 'TaskNotPending', message: `Task ${FIRST}-1-1 was approved by ming at ${minute(5)}; look at the approval again.` });
  });
});

describe('under a hold', () => {
  const hold: OrderCommand = { type: 'PlaceHold', id: 'h', actor: OPS, at: minute(3), context: CONTEXT, holdId: 'h-1', reason: 'address in doubt', expiresAt: null };
  const release: OrderCommand = { type: 'ReleaseHold', id: 'r', actor: OPS, at: minute(30), context: CONTEXT, holdId: 'h-1', reason: 'confirmed' };
  test('a decision is recorded and takes effect on release', () => {
    const held = order(...routed, hold, decide(5, 'ming', '1-1'));
    held.thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided', data: { outcome: 'APPROVED' } });
    held.thenState(({ standing, approvals }) => expect([standing!.node, approvals[0]!.status]).toEqual(['REVIEW', 'APPROVED']));
    order(...routed, hold, decide(5, 'ming', '1-1'), release).thenState(({ standing }) => {
      expect(standing).toMatchObject({ node: 'ALLOCATION', passages: [{ node: 'REVIEW', leftAt: minute(30), outcome: 'COMPLETED' }, {}] });
    });
    order(...routed, hold, decide(5, 'ming', '1-1', false), release).thenState(({ standing }) => expect(standing).toMatchObject({ status: 'REJECTED', closedAt: minute(30) }));
  });
  test('an order held as it comes to its review is reviewed once it is released', () => {
    const early = [anOrder(800_000, { customer: { ...ELEVATED.content.customer, phone: null } })];
    order(...early).thenLike({ type: 'OrderPlaced' }, { type: 'HoldPlaced' });
    const mended = anOrder(800_000, {}, { updatedAt: minute(40), at: minute(41) });
    order(...early, mended).thenLike({ type: 'OrderAmended' }, { type: 'HoldReleased' }, { type: 'ReviewStarted', occurredAt: minute(41) });
  });
});

describe('of two at once one counts, whichever comes first', () => {
  const races: [string, OrderCommand, OrderCommand][] = [
    ['two decisions', decide(5, 'ming', '1-1'), decide(5, 'mu', '1-1', false)],
    ['a decision and a hand-over', decide(2 + LIMIT, 'ming', '1-1'), timeOut(2 + LIMIT, '1-1')],
    ['a decision and a departure', decide(5, 'ming', '1-1'), moveAway(5, 'DEPARTURE', '1-1', companyWith(someone('ming', { active: false })))],
    ['a decision and a transfer', decide(5, 'ming', '1-1'), ask(5, { type: 'TransferTask', taskId: `${FIRST}-1-1`, to: 'fu', reason: 'no time' }, COMPANY, 'ming')],
    ['an approval and the green channel', decide(5, 'ming', '1-1'), ask(5, { type: 'ExemptReview', approvalId: FIRST, reason: 'peak' }, COMPANY, OPS)],
  ];
  test.each(races)('%s', (_, one, other) => {
    for (const [first, second] of [[one, other], [other, one]] as const) {
      const { decision, state } = given(orderDecider, []).when(...routed, first, second);
      expect(isRejection(decision) || decision.length === 0).toBe(true);
      const tasks = state.approvals[0]!.tasks;
      expect(tasks.filter(({ decidedBy }) => decidedBy !== null).length).toBeLessThanOrEqual(1);
    }
  });
  test('an approval and a cancellation: the cancellation ends the order, by its time', () => {
    const cancel = makeReport(cancelled(5));
    const approved = given(orderDecider, []).when(...routed, decide(6, 'ming', '1-1'), cancel).state;
    const withdrawn = given(orderDecider, []).when(...routed, cancel, decide(6, 'ming', '1-1'));
    withdrawn.then({ rejection: 'TaskNotPending' });
    expect([approved.standing!.status, withdrawn.state.standing!.status]).toEqual(['CANCELLED', 'CANCELLED']);
    expect(withdrawn.state.standing!.passages).toEqual(approved.standing!.passages);
    given(orderDecider, []).when(...routed, cancel, makeReport(dispatched(4))).thenState(({ approvals }) => expect(approvals.map(({ approvalId, status }) => [approvalId, status])).toEqual([[FIRST, 'WITHDRAWN'], [`${NUMBER}-1.2`, 'PENDING']]));
  });
});

describe('hand-overs', () => {
  const last = (...commands: OrderCommand[]) => order(...commands).state.approvals[0]!.tasks.at(-1)!;
  test('the ladder: backup, superior, superior’s superior, then it is overdue, once', () => {
    const up = [...routed, timeOut(600, '1-1'), timeOut(1200, '1-2'), timeOut(1800, '1-3')];
    order(...routed, timeOut(600, '1-1')).thenLike({
      type: 'TaskHandedOver', occurredAt: minute(600),
      data: {
        taskId: `${FIRST}-1-1`, reason: 'TIMEOUT', by: 'system', note: null,
        tasks: [
          { was: { status: 'PENDING' }, is: { status: 'HANDED_OVER', assignee: 'ming' } },
          { was: null, is: { taskId: `${FIRST}-1-2`, holder: 'ming', assignee: 'bei', actingFor: 'ming', assignedAt: minute(600), dueAt: minute(600 + LIMIT), rung: 1, handovers: [{ from: 'ming', to: 'bei', reason: 'TIMEOUT', at: minute(600) }] } },
        ],
      },
    });
    expect([last(...up).assignee, last(...up).rung, last(...up).handovers.map(({ to }) => to)]).toEqual(['chief', 3, ['bei', 'boss', 'chief']]);
    order(...up, timeOut(2400, '1-4')).thenLike({ type: 'TaskOverdue', data: { taskId: `${FIRST}-1-4`, role: 'regional-manager', assignee: 'chief', dueAt: minute(1800 + LIMIT) } });
    order(...up, timeOut(2400, '1-4'), timeOut(9999, '1-4')).thenNothing();
  });
  test('not before its time, and not for a task that is over', () => {
    order(...routed, timeOut(1 + LIMIT, '1-1')).thenNothing();
    order(...routed, decide(5, 'ming', '1-1'), timeOut(600, '1-1')).thenNothing();
    order(...routed, timeOut(600, '1-1'), timeOut(601, '1-1')).thenNothing();
    order(...routed, timeOut(600, '1-7')).then({ rejection: 'TaskNotFound' });
  });
  test('a rung that leads to nobody is skipped', () => {
    expect(last(...routed, timeOut(600, '1-1', companyWith(someone('bei', { active: false, supervisor: null }))))).toMatchObject({ assignee: 'boss', rung: 2 });
    order(...routed, timeOut(600, '1-1', [someone('ming', { backup: null, supervisor: null })])).thenLike({ type: 'TaskOverdue' });
  });
  test('in force, a delegation comes before the backup', () => {
    const people = companyWith(someone('ming', { delegation: aDelegation('fu', { until: minute(9999), maxAmount: '9000' }) }));
    expect(last(...routed, timeOut(600, '1-1', people))).toMatchObject({ assignee: 'fu', rung: 1 });
  });
  test('of somebody who departs: to the backup, then the superior, then another holder, then nobody', () => {
    const gone = (facts: object = {}) => companyWith(someone('ming', { active: false, ...facts }));
    expect(last(...routed, moveAway(5, 'DEPARTURE', '1-1', gone()))).toMatchObject({ assignee: 'bei', handovers: [{ reason: 'DEPARTURE' }], rung: 0, dueAt: minute(5 + LIMIT) });
    expect(last(...routed, moveAway(5, 'DEPARTURE', '1-1', gone({ backup: null })))).toMatchObject({ assignee: 'boss' });
    expect(last(...routed, moveAway(5, 'DEPARTURE', '1-1', gone({ backup: null, supervisor: null })))).toMatchObject({ assignee: 'mu', holder: 'mu', actingFor: null });
    const alone = [someone('ming', { active: false, backup: null, supervisor: null })];
    expect(last(...routed, moveAway(5, 'DEPARTURE', '1-1', alone))).toMatchObject({ assignee: null, status: 'UNROUTED', handovers: [{ from: 'ming', to: null }] });
    expect(last(...routed, moveAway(5, 'DEPARTURE', '1-1', alone), route(6, 1, [someone('ming', { backup: null, supervisor: null })]))).toMatchObject({
      assignee: 'ming', status: 'PENDING', handovers: [{ from: 'ming', to: null }, { from: null, to: 'ming' }],
    });
    order(...routed, moveAway(5, 'DEPARTURE', '1-1', COMPANY)).thenNothing();
  });
  test('of somebody who delegates: to the delegate, unless the amount is above it', () => {
    const away = (facts: object = {}) => companyWith(someone('ming', { delegation: aDelegation('fu', facts) }));
    expect(last(...routed, moveAway(5, 'DELEGATION', '1-1', away()))).toMatchObject({ assignee: 'fu', actingFor: 'ming' });
    order(...routed, moveAway(5, 'DELEGATION', '1-1', away({ maxAmount: '100' }))).thenNothing();
    order(...routed, moveAway(61, 'DELEGATION', '1-1', away())).thenNothing();
  });
  test('of somebody who delegated and is back: what the delegate has not decided comes back, and so it does where another one was named', () => {
    const away = (to: string, facts: object = {}) => companyWith(someone('ming', { delegation: aDelegation(to, facts) }), someone('mu', { roles: [] }));
    const given = [ELEVATED, route(2, 1, away('fu'))];
    expect(last(...given)).toMatchObject({ holder: 'ming', assignee: 'fu', actingFor: 'ming' });
    order(...given, moveAway(59, 'DELEGATION', '1-1', away('fu'))).thenNothing();
    expect(last(...given, moveAway(60, 'DELEGATION', '1-1', away('fu')))).toMatchObject({ assignee: 'ming', actingFor: null, handovers: [{ from: 'fu', to: 'ming', reason: 'DELEGATION' }], dueAt: minute(60 + LIMIT) });
    expect(last(...given, moveAway(9, 'DELEGATION', '1-1', COMPANY))).toMatchObject({ assignee: 'ming' });
    expect(last(...given, moveAway(9, 'DELEGATION', '1-1', away('fei')))).toMatchObject({ assignee: 'fei', actingFor: 'ming' });
    expect(last(...routed, moveAway(5, 'DELEGATION', '1-1', away('fu')), moveAway(60, 'DELEGATION', '1-2', away('fu')))).toMatchObject({ assignee: 'ming', handovers: [{ to: 'fu' }, { to: 'ming' }] });
  });
  test('of a delegate who has departed: their backup has it until the delegator is back', () => {
    const gone = (facts: object = {}) => delegated(facts, someone('fu', { active: false, backup: 'bei' }));
    const given = [ELEVATED, route(2, 1, delegated()), moveAway(5, 'DEPARTURE', '1-1', gone())];
    expect(last(...given)).toMatchObject({ assignee: 'bei', actingFor: 'ming', way: [{ from: 'ming', to: 'fu', by: 'DELEGATION' }, { from: 'fu', to: 'bei', by: 'BACKUP' }] });
    order(...given, moveAway(59, 'DELEGATION', '1-2', gone())).thenNothing();
    order(...given, decide(60, 'bei', '1-2', true, gone())).then({ rejection: 'DelegationOver' });
    expect(last(...given, moveAway(60, 'DELEGATION', '1-2', gone()))).toMatchObject({ assignee: 'ming', actingFor: null, way: [] });
  });
  test('of a delegate’s delegate: to the delegate who is back, also where they had passed it on themselves', () => {
    const back = delegated({ until: minute(99) });
    const direct = [ELEVATED, route(2, 1, chain)];
    const passedOn = [ELEVATED, route(2, 1, delegated()), moveAway(3, 'DELEGATION', '1-1', chain)];
    for (const [given, task] of [[direct, '1-1'], [passedOn, '1-2']] as const) {
      expect(last(...given)).toMatchObject({ assignee: 'fei', way: [{ from: 'ming', to: 'fu', by: 'DELEGATION' }, { from: 'fu', to: 'fei', by: 'DELEGATION' }] });
      expect(last(...given, moveAway(70, 'DELEGATION', task, back))).toMatchObject({ assignee: 'fu', actingFor: 'ming', way: [{ to: 'fu' }] });
    }
  });
  test('of somebody named who passed it on: to them, not to whoever it was transferred by', () => {
    const named = [...routed, ask(5, { type: 'TransferTask', taskId: `${FIRST}-1-1`, to: 'fu', reason: 'no time' }, COMPANY, 'ming')];
    const away = companyWith(someone('fu', { delegation: aDelegation('fei') }));
    expect(last(...named, moveAway(6, 'DELEGATION', '1-2', away))).toMatchObject({ holder: 'ming', assignee: 'fei', way: [{ from: 'fu', to: 'fei' }] });
    expect(last(...named, moveAway(6, 'DELEGATION', '1-2', away), moveAway(60, 'DELEGATION', '1-3', away))).toMatchObject({ holder: 'ming', assignee: 'fu', way: [] });
  });
  test('what came to somebody by the ladder, a departure or a transfer stays with them', () => {
    const back = (at: number, task: string) => moveAway(at, 'DELEGATION', task, COMPANY);
    order(...routed, timeOut(600, '1-1'), back(700, '1-2')).thenNothing();
    order(...routed, moveAway(5, 'DEPARTURE', '1-1', companyWith(someone('ming', { active: false }))), back(6, '1-2')).thenNothing();
    order(...routed, ask(5, { type: 'TransferTask', taskId: `${FIRST}-1-1`, to: 'fu', reason: 'no time' }, COMPANY, 'ming'), back(6, '1-2')).thenNothing();
  });
  test('of whoever does not hold the role any more, and of those who stand in for them: to another holder, else to nobody', () => {
    const without = (...people: Person[]) => companyWith(someone('ming', { roles: [] }), ...people);
    const moved = (at: number, task: string, people: readonly Person[]) => ask(at, { type: 'HandOverTask', taskId: `${FIRST}-${task}`, reason: 'ROLE' }, people);
    order(...routed, moved(5, '1-1', without())).thenLike({
      type: 'TaskHandedOver', data: { reason: 'TRANSFER', by: 'system', note: 'ming does not hold the role regional-manager any more.', tasks: [{ is: { status: 'HANDED_OVER' } }, { is: { holder: 'mu', assignee: 'mu', dueAt: minute(5 + LIMIT) } }] },
    });
    expect(last(...routed, timeOut(600, '1-1'), moved(601, '1-2', without()))).toMatchObject({ holder: 'mu', assignee: 'mu', rung: 0 });
    const nobody = without(someone('mu', { roles: [] }));
    expect(last(...routed, moved(5, '1-1', nobody))).toMatchObject({ holder: null, assignee: null, status: 'UNROUTED' });
    expect(last(...routed, moved(5, '1-1', nobody), route(6, 1, companyWith(someone('mu', { roles: [] }))))).toMatchObject({ holder: 'ming', assignee: 'ming', status: 'PENDING' });
    expect(last(...routed, timeOut(600, '1-1', nobody))).toMatchObject({ assignee: null, handovers: [{ reason: 'TRANSFER' }] });
    order(...routed, moved(5, '1-1', COMPANY)).thenNothing();
    const named = [...routed, moved(5, '1-1', nobody), ask(6, { type: 'TransferTask', taskId: `${FIRST}-1-2`, to: 'bei', reason: 'nobody else' }, nobody, OPS)];
    order(...named, moved(7, '1-3', nobody)).thenNothing();
    order(...named, decide(7, 'bei', '1-3', true, nobody)).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided' });
  });
  test('what nobody could take comes to no stand-in of one who does not hold the role any more', () => {
    const away = someone('mu', { active: false, backup: null, supervisor: null });
    const gone = [away, someone('ming', { active: false, backup: null, supervisor: null })];
    const given = [...routed, moveAway(5, 'DEPARTURE', '1-1', gone)];
    expect(last(...given)).toMatchObject({ holder: 'ming', status: 'UNROUTED' });
    expect(last(...given, route(6, 1, companyWith(someone('ming', { roles: [] }), away)))).toMatchObject({ status: 'UNROUTED' });
  });
  test('of whoever stands in for one who is back and may not decide: to somebody who may, whatever it is looked at for', () => {
    const placed = anOrder(800_000, { placedBy: 'ming' });
    const gone = companyWith(someone('ming', { active: false }), someone('mu', { roles: [] }));
    for (const move of [moveAway(5, 'DELEGATION', '1-1', COMPANY), timeOut(700, '1-1')]) {
      expect(last(placed, route(2, 1, gone))).toMatchObject({ holder: 'ming', assignee: 'bei' });
      order(placed, route(2, 1, gone), move).thenLike({ type: 'TaskHandedOver', data: { reason: 'TRANSFER', tasks: [{ is: { status: 'HANDED_OVER' } }, { is: { holder: 'mu', assignee: 'mu' } }] } });
    }
    order(placed, route(2, 1, gone), moveAway(5, 'DELEGATION', '1-1', gone)).thenNothing();
  });
  test('an unrouted task is told to be overdue, and has its full limit once it is routed', () => {
    const nobody = [aPerson('chief')];
    order(ELEVATED, route(2, 1, nobody), timeOut(600, '1-1', nobody)).thenLike({ type: 'TaskOverdue', data: { assignee: null } });
    const told = [ELEVATED, route(2, 1, nobody), timeOut(600, '1-1', nobody)];
    order(...told, timeOut(700, '1-1', nobody)).thenNothing();
    order(...told, route(700), timeOut(701, '1-1')).thenNothing();
    const alone = [aPerson('mu', { roles: ['regional-manager'] })];
    for (const empty of [[], [aPerson('gone', { active: false })]]) order(ELEVATED, route(2, 1, empty), timeOut(600, '1-1', empty)).thenNothing();
    order(...told, route(700, 1, alone), timeOut(700 + LIMIT, '1-1', alone)).thenLike({ type: 'TaskOverdue', data: { assignee: 'mu', dueAt: minute(700 + LIMIT) } });
  });
  test('in business hours only', () => {
    const policies = [{ ...CONTEXT.policies[0]!, rules: [{ name: 'r', when: 'true', steps: [{ role: 'finance', mode: 'ANY' as const, needed: null, withinSeconds: 8 * 3600, businessHours: true }] }] }];
    // Friday 10:02 in Shanghai: seven hours and 58 minutes until 18:00, two minutes more on Monday.
    expect(last(anOrder(800_000, {}, { context: { ...CONTEXT, policies } }), route(2))).toMatchObject({ dueAt: '2026-01-12T01:02:00.000Z' });
  });
});

describe('somebody named', () => {
  const transfer = (to: string, by = 'ming', people = COMPANY, reason = 'no time') => ask(5, { type: 'TransferTask', taskId: `${FIRST}-1-1`, to, reason }, people, by);
  test('gets a task that is transferred', () => {
    order(...routed, transfer('fu')).thenLike({ type: 'TaskHandedOver', data: { reason: 'TRANSFER', by: 'ming', note: 'no time', tasks: [{ is: { status: 'HANDED_OVER' } }, { is: { assignee: 'fu', actingFor: 'ming', holder: 'ming' } }] } });
    order(...routed, transfer('fu'), decide(6, 'fu', '1-2')).thenLike({ type: 'TaskDecided' }, { type: 'ReviewDecided' });
  });
  test('may be named by ops, for tasks of others', () => {
    order(...routed, ask(5, { type: 'TransferTask', taskId: `${FIRST}-1-1`, to: 'fu', reason: 'sick' }, COMPANY, OPS)).thenLike({ type: 'TaskHandedOver', data: { by: OPS.id } });
  });
  const reassign = (changes: Parameters<typeof someone>[1], to?: string, from = 'ming') => ask(5, { type: 'ReassignTask', taskId: `${FIRST}-1-1`, from, ...(to === undefined ? {} : { to }) }, companyWith(someone('ming', changes)), OPS);
  test('may be named for the tasks of somebody gone, away or here; for those of whoever is gone or away the rules name them too', () => {
    for (const [changes, reason] of [[{ active: false }, 'DEPARTURE'], [{ delegation: aDelegation('fei') }, 'DELEGATION'], [{}, 'TRANSFER']] as const) {
      order(...routed, reassign(changes, 'fu')).thenLike({ type: 'TaskHandedOver', data: { reason, by: OPS.id, note: reason === 'TRANSFER' ? 'All tasks of ming were given to fu.' : null, tasks: [{}, { is: { assignee: 'fu' } }] } });
    }
    order(...routed, reassign({ delegation: aDelegation('fei') })).thenLike({ type: 'TaskHandedOver', data: { reason: 'DELEGATION', tasks: [{}, { is: { assignee: 'fei' } }] } });
    order(...routed, reassign({ active: false })).thenLike({ type: 'TaskHandedOver', data: { reason: 'DEPARTURE', tasks: [{}, { is: { status: 'PENDING' } }] } });
    order(...routed, reassign({})).idempotently().then({ rejection: 'AssigneeIsHere' });
    // For this amount they are here, and without anybody else the task is better off with them.
    const alone = [someone('ming', { roles: ['regional-manager'], delegation: aDelegation('fei', { maxAmount: '10' }) })];
    order(ELEVATED, route(2, 1, alone), ask(5, { type: 'ReassignTask', taskId: `${FIRST}-1-1`, from: 'ming' }, alone, OPS)).idempotently().then({ rejection: 'NobodyElseCanAct' });
    // A delegation counts that is in force now, and not one that is over or to come.
    order(...routed, reassign({ delegation: aDelegation('fei', { until: minute(5) }) })).then({ rejection: 'AssigneeIsHere' });
  });
  test('is not needed for a task that is somebody else\'s by now, or decided', () => {
    order(...routed, reassign({ active: false }, 'fu', 'mu')).thenNothing();
    order(...routed, decide(4, 'ming', '1-1'), reassign({ active: false }, 'fu')).thenNothing();
  });
  test.each<[string, OrderCommand[]]>([
    ['NotAssignee', [...routed, transfer('fu', 'mu')]],
    ['ApproverDeparted', [...routed, transfer('fu', 'ming', companyWith(someone('ming', { active: false })))]],
    ['ApproverDeparted', [...routed, ask(5, { type: 'TransferTask', taskId: `${FIRST}-1-1`, to: 'fu', reason: 'x' }, companyWith(aPerson(OPS.id, { active: false })), OPS)]],
    ['ReasonMissing', [...routed, transfer('fu', 'ming', COMPANY, ' ')]],
    ['ApproverNotFound', [...routed, transfer('stranger')]],
    ['ApproverDeparted', [...routed, transfer('fu', 'ming', companyWith(someone('fu', { active: false })))]],
    ['ApproverAway', [...routed, transfer('fu', 'ming', companyWith(someone('fu', { delegation: aDelegation('fei') })))]],
    ['AlreadyAssigned', [...routed, transfer('ming')]],
    ['SelfApproval', [anOrder(800_000, { placedBy: 'fu' }), route(2), transfer('fu')]],
    ['TaskNotPending', [...routed, decide(4, 'ming', '1-1'), transfer('fu')]],
    ['TaskNotFound', [ELEVATED, transfer('fu')]],
    ['DecidedBefore', [...quorum, ask(5, { type: 'TransferTask', taskId: `${FIRST}-2-1`, to: 'boss', reason: 'x' }, COMPANY, 'fang')]],
  ])('%s', (rejection, commands) => {
    order(...commands).then({ rejection });
  });
});
