// Each step of each rule, by the people of a moment: who is asked, who stands in, and what is wrong with it.
import type { RuleStep } from '../approval-policy/policy.events';
import type { Person } from '../staff/person';
import { routeChecks } from './route-checks';

const AT = '2026-01-09T02:00:00.000Z';
const step: RuleStep = { role: 'finance', mode: 'ANY', needed: null, withinSeconds: 3600, businessHours: false };
const anna: Person = { staffId: 'anna', roles: ['finance'], supervisor: 'zoe', backup: 'bo', active: true, delegation: null };
const bo: Person = { ...anna, staffId: 'bo', roles: [], backup: null };
const zoe: Person = { ...anna, staffId: 'zoe', roles: [], backup: null, supervisor: null };
const delegating = (person: Person, to: string): Person => ({ ...person, delegation: { to, from: '2026-01-09T00:00:00.000Z', until: '2026-01-10T00:00:00.000Z', maxAmount: null } });
const check = (people: readonly Person[], changes: Partial<RuleStep> = {}, at = AT) =>
  routeChecks([{ name: 'over', when: 'true', steps: [{ ...step, ...changes }] }], new Map(people.map((person) => [person.staffId, person])), at)[0]!;

test('a step whose holders are here and secured has no problem', () => {
  expect(check([anna, bo, zoe])).toEqual({ rule: 'over', step: 1, role: 'finance', primary: 'anna', backup: 'bo', problem: null, state: null });
  expect(check([{ ...anna, backup: null }, bo, zoe])).toMatchObject({ backup: 'zoe', problem: null });
  expect(check([delegating(anna, 'bo'), bo, zoe])).toMatchObject({ problem: null });
});

test('every step of every rule is told, a rule without steps has none', () => {
  const rules = [{ name: 'a', when: 'order.restricted', steps: [step, { ...step, role: 'compliance' }] }, { name: 'b', when: 'true', steps: [] }];
  expect(routeChecks(rules, new Map(), AT).map(({ rule, step: place, role, problem }) => [rule, place, role, problem])).toEqual([['a', 1, 'finance', 'NO_HOLDER'], ['a', 2, 'compliance', 'NO_HOLDER']]);
});

test.each<[string, readonly Person[], Partial<RuleStep>, object]>([
  ['nobody holds the role', [bo, zoe], {}, { primary: null, backup: null, problem: 'NO_HOLDER', state: 'STOPPED' }],
  ['all holders have departed, others act for them', [{ ...anna, active: false }, bo, zoe], {}, { primary: 'anna', backup: 'bo', problem: 'HOLDER_DEPARTED', state: 'ON_SUBSTITUTES' }],
  ['all holders have departed, and nobody acts for them', [{ ...anna, active: false }, { ...bo, active: false, supervisor: null }], {}, { primary: 'anna', problem: 'HOLDER_DEPARTED', state: 'STOPPED' }],
  ['one of two holders has departed', [{ ...anna, active: false }, { ...anna, staffId: 'cora' }, bo, zoe], {}, { primary: 'cora', problem: null }],
  ['a holder is alone', [{ ...anna, backup: null, supervisor: null }], {}, { primary: 'anna', backup: null, problem: 'NO_BACKUP', state: null }],
  ['a holder has lost whoever stood in', [{ ...anna, backup: null, supervisor: null, lostStandIn: true }], {}, { primary: 'anna', backup: null, problem: 'NO_BACKUP', state: 'UNSECURED' }],
  ['of two holders the one who lost whoever stood in', [{ ...anna, backup: null, supervisor: null }, { ...anna, staffId: 'cora', backup: null, supervisor: null, lostStandIn: true }], {}, { primary: 'cora', problem: 'NO_BACKUP', state: 'UNSECURED' }],
  ['one of two holders is alone', [anna, bo, zoe, { ...anna, staffId: 'cora', backup: null, supervisor: null }], {}, { primary: 'cora', problem: 'NO_BACKUP' }],
  ['the backup has departed', [anna, { ...bo, active: false }, zoe], {}, { primary: 'anna', backup: 'bo', problem: 'BACKUP_DEPARTED', state: 'UNSECURED' }],
  ['the superior in place of a backup has departed', [{ ...anna, backup: null }, { ...zoe, active: false }], {}, { backup: 'zoe', problem: 'BACKUP_DEPARTED' }],
  ['delegations in a circle, and nobody else', [delegating({ ...anna, backup: 'bo', supervisor: null }, 'bo'), delegating({ ...bo, supervisor: null }, 'anna')], {}, { problem: 'DELEGATION_CYCLE', state: 'STOPPED' }],
  ['delegations in a circle, and a superior', [delegating(anna, 'bo'), delegating(bo, 'anna'), zoe], {}, { problem: 'DELEGATION_CYCLE', state: 'UNSECURED' }],
  ['away, and whoever would act has departed', [delegating({ ...anna, backup: null, supervisor: null }, 'bo'), { ...bo, active: false, supervisor: null }], {}, { problem: 'BACKUP_DEPARTED', state: 'STOPPED' }],
  ['fewer holders than must sign', [anna, bo, zoe], { mode: 'QUORUM', needed: 2 }, { primary: 'anna', problem: 'NO_HOLDER', state: 'STOPPED' }],
  ['fewer holders than must sign, since one has departed', [anna, { ...anna, staffId: 'cora', active: false }, bo, zoe], { mode: 'QUORUM', needed: 2 }, { problem: 'HOLDER_DEPARTED', state: 'STOPPED' }],
  ['everybody signs, and for one of them nobody can', [delegating({ ...anna, backup: null, supervisor: null }, 'bo'), { ...bo, active: false, supervisor: null }, { ...anna, staffId: 'cora', backup: 'zoe' }, zoe], { mode: 'ALL' }, { primary: 'anna', problem: 'BACKUP_DEPARTED', state: 'STOPPED' }],
  ['a stand-in who signs already cannot sign twice', [delegating({ ...anna, backup: null, supervisor: null }, 'cora'), { ...anna, staffId: 'cora', backup: null, supervisor: null }], { mode: 'QUORUM', needed: 2 }, { primary: 'anna', problem: 'NO_BACKUP', state: 'STOPPED' }],
  ['one signature is enough, whoever stands in for whom', [delegating({ ...anna, backup: null }, 'cora'), { ...anna, staffId: 'cora', backup: null }, zoe], {}, { problem: null }],
  ['everybody signs, by stand-ins of their own', [delegating(anna, 'cora'), { ...anna, staffId: 'cora' }, bo, zoe], { mode: 'ALL' }, { problem: null }],
  ['as many holders as must sign', [anna, { ...anna, staffId: 'cora' }, bo, zoe], { mode: 'QUORUM', needed: 2 }, { problem: null }],
])('%s', (_, people, changes, expected) => {
  expect(check(people, changes)).toMatchObject(expected);
});

describe('several steps', () => {
  const states = (people: readonly Person[], ...steps: Partial<RuleStep>[]) =>
    routeChecks([{ name: 'over', when: 'true', steps: steps.map((changes) => ({ ...step, ...changes })) }], new Map(people.map((person) => [person.staffId, person])), AT).map(({ state, primary, problem }) => [state, primary, problem]);
  const solo: Person = { ...anna, roles: ['finance', 'compliance'], backup: null, supervisor: null };

  test('are not all signed by the same one', () => {
    expect(states([solo], {}, { role: 'compliance' })).toEqual([[null, 'anna', 'NO_BACKUP'], ['STOPPED', 'anna', 'NO_BACKUP']]);
    expect(states([{ ...solo, backup: 'bo' }, { ...bo, supervisor: null }], {}, { role: 'compliance' })).toEqual([[null, 'anna', null], [null, 'anna', null]]);
    expect(states([{ ...solo, backup: 'bo' }, { ...bo, supervisor: null }], {}, { role: 'compliance' }, {})).toMatchObject([{}, {}, ['STOPPED', 'anna', 'NO_BACKUP']]);
    expect(states([{ ...solo, active: false, backup: 'bo' }, { ...bo, supervisor: null }], {}, { role: 'compliance' })).toEqual([['ON_SUBSTITUTES', 'anna', 'HOLDER_DEPARTED'], ['STOPPED', 'anna', 'HOLDER_DEPARTED']]);
  });

  test('are signed by another holder where there is one', () => {
    const cora: Person = { ...solo, staffId: 'cora', roles: ['finance'] };
    expect(states([solo, cora], {}, { role: 'compliance' })).toEqual([[null, 'anna', 'NO_BACKUP'], [null, 'anna', 'NO_BACKUP']]);
    expect(states([solo, cora], { mode: 'ALL' }, { role: 'compliance' })).toMatchObject([[null, 'anna', 'NO_BACKUP'], ['STOPPED', 'anna', 'NO_BACKUP']]);
    expect(states([solo, cora], { mode: 'QUORUM', needed: 1 }, { role: 'compliance' }, { mode: 'ALL' }).map(([state]) => state)).toEqual([null, null, 'STOPPED']);
  });

  test('one that is stopped by itself takes nobody from the others', () => {
    expect(states([solo], { mode: 'QUORUM', needed: 2 }, { role: 'compliance' }).map(([state]) => state)).toEqual(['STOPPED', null]);
  });
});

test('a delegation counts while it is in force', () => {
  const people = [delegating({ ...anna, backup: null, supervisor: 'zoe' }, 'bo'), delegating({ ...bo, supervisor: null }, 'anna'), zoe];
  expect(check(people)).toMatchObject({ problem: 'DELEGATION_CYCLE' });
  expect(check(people, {}, '2026-01-10T00:00:00.000Z')).toMatchObject({ problem: null });
});
