// A route that breaks is told once, when it breaks; a register without anybody is one problem; setting one up is none.
import { given } from '@test/dsl';
import fc from 'fast-check';
import { peopleOf, POLICY_V1 } from '../approval-policy/policy.fixtures';
import { minute, OPS } from '../order/order.fixtures';
import type { Person } from '../staff/person';
import { type CheckRoutes, type NoteUnrouted, routesDecider } from './routes.decider';
import type { RoutesEvent } from './routes.events';

const ROLES = ['regional-manager', 'sales-director', 'finance', 'compliance'];
const boss: Person = { staffId: 'boss', roles: [], supervisor: null, backup: null, active: true, delegation: null };
const holder = (role: string, number = 1): Person => ({ ...boss, staffId: `${role}-${number}`, roles: [role], supervisor: 'boss' });
const everybody: readonly Person[] = [boss, ...ROLES.map((role) => holder(role)), holder('finance', 2)];
const without = (...staffIds: string[]) => everybody.filter(({ staffId }) => !staffIds.includes(staffId));
const departed = (...staffIds: string[]) => everybody.map((person) => (staffIds.includes(person.staffId) ? { ...person, active: false } : person));

const base = { id: 'c', actor: OPS, at: minute(0) };
const check = (people: readonly Person[]): CheckRoutes => ({ ...base, type: 'CheckRoutes', context: { people: peopleOf(...people), policy: POLICY_V1 } });
const note = (people: readonly Person[], role = 'finance', taskId = 'TB2026010900001-1-1-1'): NoteUnrouted => ({
  ...base, type: 'NoteUnrouted', role, taskId, orderNumber: 'TB2026010900001', context: { people: peopleOf(...people), policy: POLICY_V1 },
});
const broken = (data: Partial<Extract<RoutesEvent, { type: 'RouteBroken' }>['data']>) => ({ type: 'RouteBroken' as const, data });
const mended = (role: string | null, state: string | null = null) => ({ type: 'RouteMended' as const, data: { role, state } });

test('nothing is said while all is well, nor before there is a policy', () => {
  given(routesDecider, []).when(check(everybody)).thenNothing();
  given(routesDecider, []).when({ ...check([]), context: { people: new Map(), policy: undefined } }).thenNothing();
});

test('an empty register is one problem, however many orders meet it', () => {
  given(routesDecider, []).when(check([])).idempotently().thenLike(broken({ role: null, problem: 'NO_HOLDER', number: 1, known: false }));
  given(routesDecider, []).when(check([]), note([]), note([], 'compliance', 'TB2026010900002-1-1-1')).thenNothing();
  given(routesDecider, []).when(note([])).idempotently().thenLike(broken({ role: null }));
});

test('setting the register up is no news: each role is told once when an order meets it', () => {
  const first = [boss, holder('compliance')];
  const others = ROLES.filter((role) => role !== 'compliance').sort();
  given(routesDecider, []).when(check([]), check(first)).idempotently().thenState(({ nobody, roles }) => {
    expect([nobody, Object.fromEntries([...roles].map(([role, { known }]) => [role, known]))]).toEqual([false, Object.fromEntries(others.map((role) => [role, true]))]);
  });
  given(routesDecider, []).when(check([]), check(first), note(first)).idempotently().thenLike(broken({ role: 'finance', known: false, orderNumber: 'TB2026010900001', taskId: null }));
  given(routesDecider, []).when(check([]), check(first), note(first), check(everybody)).thenLike(...others.sort((a, b) => ROLES.indexOf(a) - ROLES.indexOf(b)).map((role) => mended(role)));
});

test('a departure that stops a role is told at once, before any order meets it', () => {
  given(routesDecider, []).when(check(everybody), check(departed('finance-1'))).idempotently()
    .thenLike(broken({ role: 'finance', state: 'STOPPED', problem: 'HOLDER_DEPARTED', steps: [{ rule: 'high-value', step: 2 }], known: false, number: 1 }));
  given(routesDecider, []).when(check(departed('finance-1')), note(departed('finance-1'))).thenNothing();
});

test('a departure whose work others take over is told as such, and what gets worse is told again', () => {
  const alone = departed('compliance-1');
  given(routesDecider, []).when(check(everybody), check(alone)).thenLike(broken({ role: 'compliance', state: 'ON_SUBSTITUTES' }));
  given(routesDecider, []).when(check(alone), check(alone.map((person) => ({ ...person, ...(person.staffId === 'boss' ? { active: false } : {}) })))).idempotently().thenState(({ roles }) => {
    expect(Object.fromEntries([...roles].map(([role, { state }]) => [role, state]))).toEqual({ compliance: 'STOPPED', finance: 'UNSECURED', 'regional-manager': 'UNSECURED', 'sales-director': 'UNSECURED' });
  });
});

test('whoever loses every stand-in is told, once for the role; whoever never had one is not', () => {
  const stripped = everybody.map((person) => ({ ...person, supervisor: null }));
  const lost = stripped.map((person) => ({ ...person, lostStandIn: true }));
  given(routesDecider, []).when(check(everybody), check(lost)).idempotently().thenLike(...ROLES.map((role) => broken({ role, state: 'UNSECURED', problem: 'NO_BACKUP', known: false })));
  given(routesDecider, []).when(check(lost), check(everybody)).thenLike(...ROLES.map((role) => mended(role)));
  given(routesDecider, []).when(check(everybody), check(stripped)).thenNothing();
});

test('a role that is stopped at one step and then at others is told again; at fewer it is not', () => {
  const one = without('finance-2');
  const none = one.map((person) => (person.staffId === 'finance-1' ? { ...person, active: false, supervisor: null } : person));
  given(routesDecider, []).when(check(one), check(none)).idempotently().thenLike(
    broken({ role: 'finance', state: 'STOPPED', known: false, number: 2, steps: [{ rule: 'key-account-discount', step: 3 }, { rule: 'high-value', step: 2 }, { rule: 'peak-turnover', step: 1 }] }),
  );
  given(routesDecider, []).when(check(none), check(one)).idempotently().thenLike(mended('finance', 'STOPPED'));
  given(routesDecider, []).when(check(none), check(one), check(none)).thenLike(broken({ role: 'finance', number: 2 }));
});

test('what is well again is mended, in part or whole; the next time is told again', () => {
  given(routesDecider, []).when(check(departed('compliance-1')), check(everybody)).idempotently().thenLike(mended('compliance'));
  given(routesDecider, []).when(check(without('compliance-1')), check(departed('compliance-1'))).idempotently().thenLike(mended('compliance', 'ON_SUBSTITUTES'));
  given(routesDecider, []).when(check(departed('compliance-1')), check(everybody), check(departed('compliance-1'))).thenLike(broken({ role: 'compliance', number: 2 }));
});

test('a task that nobody can take although its role is well is told by itself', () => {
  given(routesDecider, []).when(note(everybody)).thenLike(broken({ role: 'finance', taskId: 'TB2026010900001-1-1-1', orderNumber: 'TB2026010900001', known: false }));
  given(routesDecider, []).when(note(everybody), check(everybody)).thenNothing();
});

test('everybody gone is one problem, and whoever comes back makes no news of the rest', () => {
  const gone = everybody.map((person) => ({ ...person, active: false }));
  given(routesDecider, []).when(check(everybody), check(gone)).idempotently().thenLike(broken({ role: null, problem: 'HOLDER_DEPARTED' }));
  given(routesDecider, []).when(check(gone), check([...gone.slice(0, -1), everybody.at(-1)!])).idempotently().thenState(({ roles }) => {
    expect([...roles.values()].every(({ known }) => known)).toBe(true);
  });
});

test('whatever people come and go, checking twice says nothing new, and a role is told only when it got worse', () => {
  const crowd = fc.array(fc.record({ staffId: fc.constantFrom('a', 'b', 'c', 'd'), roles: fc.subarray(ROLES), backup: fc.constantFrom(null, 'a', 'b'), supervisor: fc.constantFrom(null, 'c', 'd'), active: fc.boolean() }), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(crowd, { minLength: 1, maxLength: 6 }), (crowds) => {
      const commands = crowds.map((people) => check(people.map((person) => ({ ...person, delegation: null }))));
      const outcome = given(routesDecider, []).when(...commands).idempotently();
      const told = (outcome.decision as readonly RoutesEvent[]).filter(({ type }) => type === 'RouteBroken').map(({ data }) => data.role);
      expect(new Set(told).size).toBe(told.length);
    }),
  );
});
