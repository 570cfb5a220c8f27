// Exemptions: granted within limits, reviewed by the grantor's superior, and held when not upheld or not reviewed; and the green channel.
// A closed order is left as it is.
import type { Actor } from '@app/kernel';
import { given } from '@test/dsl';
import { orderDecider } from '../order/order.decider';
import type { OrderCommand } from '../order/order.commands';
import { cancelled, CONTEXT, makeReport, minute, OPS } from '../order/order.fixtures';
import { aDelegation, aPerson } from '../staff/staff.fixtures';
import type { Person } from '../staff/person';
import { anOrder, ask, COMPANY, companyWith, decide, FIRST, FRONT, NUMBER, route, someone } from './approval.fixtures';

const order = (...commands: OrderCommand[]) => given(orderDecider, []).when(...commands).idempotently();
const policies = [{ ...CONTEXT.policies[0]!, version: 2, rules: [{ name: 'all', when: 'true', steps: [{ role: 'finance', mode: 'ALL' as const, needed: null, withinSeconds: 60, businessHours: false }] }] }];
const context = { ...CONTEXT, policies };
const asked = [anOrder(500_000, {}, { context }), route(2)];

interface Granting {
  expiresAt?: string;
  reason?: string;
  people?: readonly Person[];
  exemptionId?: string;
  by?: Actor;
}
const grant = (at: number, { expiresAt = minute(100), reason = 'flowers', people = COMPANY, exemptionId = 'e-1', by = FRONT }: Granting = {}): OrderCommand =>
  ask(at, { type: 'GrantExemption', exemptionId, reason, expiresAt }, people, by);
const review = (at: number, uphold: boolean, by = 'boss', people: readonly Person[] = COMPANY): OrderCommand => ask(at, { type: 'ReviewExemption', uphold, comment: 'seen' }, people, by);
const expire = (at: number): OrderCommand => ask(at, { type: 'ExpireExemption', exemptionId: 'e-1' });
const hold = (at: number, by: Actor = FRONT): OrderCommand => ({ type: 'PlaceHold', id: `h-${at}`, actor: by, at: minute(at), context, holdId: 'h-1', reason: 'in doubt', expiresAt: null });
const release = (at: number, holdId: string, by: Actor): OrderCommand => ({ type: 'ReleaseHold', id: `r-${at}`, actor: by, at: minute(at), context, holdId, reason: 'fine' });

describe('granted', () => {
  test('the review passes as EXEMPTED, its tasks are no longer needed, and the superior is to review it', () => {
    order(...asked, grant(5)).thenLike(
      { type: 'ExemptionGranted', occurredAt: minute(5), data: { approvalId: FIRST, exemptionId: 'e-1', grantedBy: FRONT.id, reason: 'flowers', expiresAt: minute(100), reviewer: 'boss' } },
      {
        type: 'ReviewDecided', occurredAt: minute(5),
        data: { outcome: 'EXEMPTED', exemption: { by: FRONT.id, reason: 'flowers' }, tasks: [{ is: { status: 'SKIPPED' } }, {}, {}], moved: { is: { node: 'ALLOCATION' } } },
      },
    );
  });
  test('the reviewer is whoever acts for the superior; nobody where there is none', () => {
    const reviewer = (...people: Person[]): string | null => order(...asked, grant(5, { people: companyWith(...people) })).state.exemptions[0]!.reviewer;
    expect(reviewer(someone('boss', { delegation: aDelegation('fei') }))).toBe('fei');
    expect(reviewer(someone('boss', { active: false }))).toBe('chief');
    expect(reviewer(someone('boss', { active: false, backup: FRONT.id }))).toBe('chief');
    expect(reviewer(someone(FRONT.id, { supervisor: null }))).toBeNull();
    const ofBoss = [anOrder(500_000, { placedBy: 'boss' }, { context }), route(2), grant(5, { people: companyWith(someone('boss', { backup: 'bei', delegation: aDelegation('fei') })) })];
    expect(order(...ofBoss).state.exemptions[0]!.reviewer).toBe('chief');
  });
  test('before its tasks are made as well', () => {
    order(asked[0]!, grant(1)).thenLike({ type: 'ExemptionGranted' }, { type: 'ReviewDecided', data: { tasks: [] } });
    order(asked[0]!, grant(1), route(2)).thenNothing();
  });
  test.each<[string, OrderCommand[]]>([
    ['ReviewNotPending', [anOrder(400_000), grant(5)]],
    ['ReviewNotPending', [...asked, decide(3, 'fei', '1-2', false), grant(5)]],
    ['ReasonMissing', [...asked, grant(5, { reason: ' ' })]],
    ['SelfApproval', [anOrder(500_000, { placedBy: FRONT.id }, { context }), grant(5)]],
    ['SelfApproval', [...asked, hold(3), release(4, 'h-1', FRONT), grant(5)]],
    ['SelfApproval', [...asked, grant(5), anOrder(490_000, {}, { updatedAt: minute(30), context }), grant(40, { exemptionId: 'e-2' })]],
    ['ApproverDeparted', [...asked, grant(5, { people: companyWith(someone(FRONT.id, { active: false })) })]],
    ['DecidedBefore', [...asked, decide(3, 'fei', '1-2'), ask(5, { type: 'GrantExemption', exemptionId: 'e-1', reason: 'flowers', expiresAt: minute(100) }, COMPANY, 'fei')]],
    ['ExemptionAmountExceeded', [anOrder(500_001), grant(5)]],
    ['ExemptionExpiresInThePast', [...asked, grant(5, { expiresAt: minute(5) })]],
    ['ExemptionTooLong', [...asked, grant(5, { expiresAt: minute(5 + 48 * 60 + 1) })]],
  ])('or refused: %s', (rejection, commands) => {
    order(...commands).then({ rejection });
  });
  test('for as long as the settings allow', () => {
    order(...asked, grant(5, { expiresAt: minute(5 + 48 * 60) })).thenLike({ type: 'ExemptionGranted' }, { type: 'ReviewDecided' });
  });
});

describe('reviewed', () => {
  const granted = [...asked, grant(5)];
  test('upheld, the order goes on', () => {
    order(...granted, review(20, true)).thenLike({ type: 'ExemptionReviewed', data: { exemptionId: 'e-1', reviewedBy: 'boss', upheld: true, comment: 'seen' } });
  });
  test('not upheld, the order is held where it stands', () => {
    order(...granted, review(20, false)).thenLike(
      { type: 'ExemptionReviewed', data: { upheld: false } },
      { type: 'HoldPlaced', occurredAt: minute(20), data: { node: 'ALLOCATION', hold: { holdId: 'EXEMPTION_NOT_UPHELD-e-1', reason: 'EXEMPTION_NOT_UPHELD: seen', releasableBy: ['ops', 'admin'] } } },
    );
  });
  test('not upheld after the order was closed: nothing to hold', () => {
    order(...granted, makeReport(cancelled(10)), review(20, false)).thenLike({ type: 'ExemptionReviewed' });
  });
  test('in time, or the order is held; a closed one is not', () => {
    order(...granted, expire(100)).thenLike({ type: 'ExemptionExpired', occurredAt: minute(100), data: { exemptionId: 'e-1' } }, { type: 'HoldPlaced', data: { hold: { reason: 'EXEMPTION_NOT_UPHELD: nobody reviewed it in time.' } } });
    order(...granted, makeReport(cancelled(10)), expire(100)).thenLike({ type: 'ExemptionExpired' });
    order(...granted, review(20, true), expire(100)).thenNothing();
  });
  test('not upheld, the hold is released by nobody who had their hands in it', () => {
    const admin = { id: 'root', role: 'admin' };
    const held = [...asked, hold(3), release(4, 'h-1', { id: 'first.ops', role: 'ops' }), grant(5, { by: admin })];
    const people = companyWith(aPerson('root', { supervisor: 'boss' }));
    for (const [end, why] of [[review(20, false, 'boss', people), 'seen'], [expire(100), 'nobody reviewed it in time.']] as const) {
      const free = (by: Actor) => order(...held, end, release(101, 'EXEMPTION_NOT_UPHELD-e-1', by));
      for (const by of [admin, { id: 'first.ops', role: 'ops' }]) free(by).then({ rejection: 'SelfApproval' });
      free(OPS).thenLike({ type: 'HoldReleased', data: { releasedBy: OPS.id } });
      free(OPS).thenState(({ holds }) => expect(holds.at(-1)).toMatchObject({ reason: `EXEMPTION_NOT_UPHELD: ${why}` }));
    }
  });
  test('by the superior who was away when it was granted, and is back', () => {
    const given = [...asked, grant(5, { people: companyWith(someone('boss', { delegation: aDelegation('fei') })) })];
    order(...given, review(70, true, 'boss')).thenLike({ type: 'ExemptionReviewed', data: { reviewedBy: 'boss' } });
    order(...given, review(70, true, 'fei')).thenLike({ type: 'ExemptionReviewed', data: { reviewedBy: 'fei' } });
    order(...given, review(70, true, 'mu')).then({ rejection: 'NotReviewer' });
  });
  test('by whoever acts for the reviewer now, or for the superior of now', () => {
    order(...granted, review(20, true, 'chief', companyWith(someone('boss', { active: false })))).thenLike({ type: 'ExemptionReviewed' });
    order(...granted, review(20, true, 'mu', companyWith(someone(FRONT.id, { supervisor: 'ming' }), someone('ming', { delegation: aDelegation('mu') })))).thenLike({ type: 'ExemptionReviewed' });
  });
  test('by an admin alone where nobody is above the grantor, registered or not, and by no admin where somebody is', () => {
    const unled = companyWith(someone(FRONT.id, { supervisor: null }));
    const byAdmin = (id: string, people: readonly Person[] = unled) => ask(20, { type: 'ReviewExemption', uphold: true, comment: 'seen' }, people, { id, role: 'admin' });
    const open = [...asked, grant(5, { people: unled })];
    order(...open, review(20, true, 'mu', unled)).then({ rejection: 'NotReviewer' });
    order(...open, review(20, true, 'boss', unled)).then({ rejection: 'NotReviewer' });
    order(...open, byAdmin('root')).thenLike({ type: 'ExemptionReviewed', data: { reviewedBy: 'root' } });
    order(...open, byAdmin(FRONT.id)).then({ rejection: 'SelfApproval' });
    order(...open, byAdmin('gone', [...unled, aPerson('gone', { active: false })])).then({ rejection: 'ApproverDeparted' });
    order(...open, review(20, true)).thenLike({ type: 'ExemptionReviewed', data: { reviewedBy: 'boss' } });
    order(...granted, byAdmin('root', COMPANY)).then({ rejection: 'NotReviewer' });
  });
  test('by nobody who placed the order; where that is the superior, by whoever acts for them', () => {
    const placed = [anOrder(500_000, { placedBy: 'boss' }, { context }), route(2), grant(5)];
    order(...placed, review(20, true)).then({ rejection: 'SelfApproval' });
    order(...placed, review(20, true, 'chief')).thenLike({ type: 'ExemptionReviewed' });
  });
  test.each<[string, OrderCommand[]]>([
    ['ExemptionNotFound', [...asked, review(20, true)]],
    ['NotReviewer', [...granted, review(20, true, 'mu')]],
    ['SelfApproval', [...granted, review(20, true, FRONT.id)]],
    ['ApproverNotFound', [...granted, review(20, true, 'stranger')]],
    ['ApproverDeparted', [...granted, review(20, true, 'boss', companyWith(someone('boss', { active: false })))]],
    ['ExemptionAlreadyReviewed', [...granted, review(20, true), review(21, false)]],
    ['ExemptionExpired', [...granted, review(100, true)]],
    ['ExemptionExpired', [...granted, expire(100), review(101, true)]],
    ['ExemptionNotExpired', [...granted, expire(99)]],
    ['ExemptionNotFound', [...asked, expire(99)]],
  ])('or refused: %s', (rejection, commands) => {
    order(...commands).then({ rejection });
  });
  test('each of several rounds by itself', () => {
    const second = [...granted, review(20, true), anOrder(490_000, {}, { updatedAt: minute(30), context }), grant(40, { exemptionId: 'e-2', by: { id: 'mu', role: 'frontline' } })];
    order(...second).thenLike({ type: 'ExemptionGranted', data: { approvalId: `${NUMBER}-2` } }, { type: 'ReviewDecided', data: { round: 2 } });
    order(...second, review(50, false)).thenState(({ exemptions }) => expect(exemptions.map(({ status }) => status)).toEqual(['UPHELD', 'NOT_UPHELD']));
  });
});

describe('the green channel', () => {
  const exempt = (at: number, approvalId = FIRST, by = OPS, reason = '618'): OrderCommand => ask(at, { type: 'ExemptReview', approvalId, reason }, COMPANY, by);
  test('lets a pending review pass as EXEMPTED, whatever the order costs, with the reason', () => {
    order(anOrder(6_000_000), exempt(5)).thenLike({ type: 'ReviewDecided', data: { outcome: 'EXEMPTED', exemption: { by: OPS.id, reason: '618' } } });
    order(...asked, exempt(5)).thenLike({ type: 'ReviewDecided', data: { tasks: [{}, {}, {}] } });
  });
  test('whoever let an order pass decides on no later round of it', () => {
    const amended = [...asked, exempt(5, FIRST, { id: 'fei', role: 'ops' }), anOrder(510_000, {}, { updatedAt: minute(30), context })];
    const again = `${NUMBER}-2`;
    expect(order(...amended, route(31, 1, COMPANY, {}, again)).state.approvals.at(-1)!.tasks.map(({ assignee }) => assignee)).toEqual(['fang', null, 'fu']);
    order(...amended, route(31, 1, COMPANY, {}, again), ask(32, { type: 'DecideTask', taskId: `${again}-1-2`, approve: true, comment: null }, COMPANY, 'fei')).then({ rejection: 'SelfApproval' });
  });
  test.each<[string, OrderCommand[]]>([
    ['ReviewNotPending', [...asked, anOrder(510_000, {}, { updatedAt: minute(30), context }), exempt(40)]],
    ['ReviewNotPending', [...asked, decide(3, 'fei', '1-2', false), exempt(5)]],
    ['ReviewNotPending', [...asked, exempt(5), exempt(6, FIRST, { id: 'other.ops', role: 'ops' })]],
    ['ReasonMissing', [...asked, exempt(5, FIRST, OPS, '')]],
    ['SelfApproval', [anOrder(500_000, { placedBy: OPS.id }, { context }), exempt(5)]],
    ['DecidedBefore', [...asked, decide(3, 'fei', '1-2'), exempt(5, FIRST, { id: 'fei', role: 'ops' })]],
  ])('or not: %s', (rejection, commands) => {
    order(...commands).then({ rejection });
  });
});
