// Why each decider could decide, in words that an auditor can check against the register of that time.
import type { ReviewTask } from '../approval/approval.events';
import type { Person } from '../staff/person';
import { authorityOf, type DecidedTask } from './authority';

const AT = '2026-01-09T02:00:00.000Z';
const anna: Person = { staffId: 'anna', roles: ['finance'], supervisor: 'zoe', backup: 'bo', active: true, delegation: null };
const bo: Person = { ...anna, staffId: 'bo', roles: [], backup: 'cy', supervisor: null };
const cy: Person = { ...anna, staffId: 'cy', roles: [], backup: null, supervisor: null };
const zoe: Person = { ...cy, staffId: 'zoe' };
const task: ReviewTask = {
  taskId: 't-1', approvalId: 'a-1', stepId: 's-1', role: 'finance', holder: 'anna', assignee: 'anna', actingFor: null, status: 'APPROVED', assignedAt: AT, dueAt: AT, decidedAt: AT, decidedBy: null, comment: null, handovers: [], rung: 0,
};
const told = (by: string, changes: Partial<ReviewTask> = {}, people: readonly Person[] = [anna, bo, cy, zoe], handedOver: DecidedTask['handedOver'] = null) => {
  const then = new Map(people.map((person) => [person.staffId, person]));
  return authorityOf({ task: { ...task, ...changes }, mode: 'ANY', by, approve: true, at: AT, handedOver }, { whenAssigned: then, whenDecided: then });
};
const handed = (from: string, to: string, reason: 'TIMEOUT' | 'DEPARTURE' | 'DELEGATION' | 'TRANSFER') => ({ assignee: to, handovers: [{ from, to, reason, at: AT }] });
const SAID = (by: string) => `${by} approved t-1 at ${AT}: `;

test.each<[string, string, Partial<ReviewTask>, readonly Person[] | undefined]>([
  ['held the role finance.', 'anna', {}, undefined],
  ['held the role finance, and any holder may decide a step of mode ANY.', 'dan', {}, [anna, { ...anna, staffId: 'dan' }]],
  ['backup of anna, who held the role finance (anna had not answered in time).', 'bo', handed('anna', 'bo', 'TIMEOUT'), undefined],
  ['backup after the departure of anna, who held the role finance (anna had departed).', 'bo', handed('anna', 'bo', 'DEPARTURE'), [{ ...anna, active: false }, bo, cy, zoe]],
  ['superior of anna, who held the role finance (bo had not answered in time).', 'zoe', handed('bo', 'zoe', 'TIMEOUT'), undefined],
  ['backup of anna, who held the role finance, cy as backup of bo (bo had not answered in time).', 'cy', handed('bo', 'cy', 'TIMEOUT'), undefined],
  [
    'delegate (from 2026-01-08T00:00:00.000Z until 2026-01-10T00:00:00.000Z up to 5000) of anna, who held the role finance.', 'cy', { assignee: 'cy', actingFor: 'anna' },
    [{ ...anna, delegation: { to: 'cy', from: '2026-01-08T00:00:00.000Z', until: '2026-01-10T00:00:00.000Z', maxAmount: '5000' } }, cy],
  ],
  ['assigned to act for the role finance.', 'eve', { holder: 'eve', assignee: 'eve' }, [{ ...anna, staffId: 'eve', roles: [] }]],
])('%s', (sentence, by, changes, people) => {
  expect(told(by, changes, people)).toBe(SAID(by) + sentence);
});

test.each<[string, 'DEPARTURE' | 'DELEGATION' | 'TRANSFER', DecidedTask['handedOver']]>([
  ['anna had passed it on: no time', 'TRANSFER', { by: 'anna', note: 'no time' }],
  ['ops-lin had transferred it from anna: she is ill', 'TRANSFER', { by: 'ops-lin', note: 'she is ill.' }],
  ['ops-lin had transferred it from anna', 'DEPARTURE', { by: 'ops-lin', note: null }],
  ['ops-lin had transferred it from anna', 'DELEGATION', { by: 'ops-lin', note: null }],
  ['taken from anna by the rules: anna may not decide on an order that they placed or released', 'TRANSFER', { by: null, note: 'anna may not decide on an order that they placed or released.' }],
  ['anna had departed', 'DEPARTURE', { by: null, note: null }],
  ['after anna, by a delegation', 'DELEGATION', { by: null, note: null }],
])('%s, and by whom it was moved is said as it was', (words, reason, handedOver) => {
  const people = [anna, { ...anna, staffId: 'eve', roles: [] }];
  expect(told('eve', handed('anna', 'eve', reason), people, handedOver)).toBe(`${SAID('eve')}assigned in place of anna, who held the role finance (${words}).`);
});

test('a holder whose role was taken since the assignment is told to have held it then', () => {
  const decided = { task, mode: 'ANY', by: 'anna', approve: true, at: AT, handedOver: null } as const;
  const then = (roles: string[]) => new Map([['anna', { ...anna, roles }]]);
  expect(authorityOf(decided, { whenAssigned: then(['finance']), whenDecided: then([]) })).toBe(`${SAID('anna')}held the role finance when the task was made.`);
});

test('somebody who was not here then is told to be so', () => {
  expect(told('anna', {}, [{ ...anna, active: false }])).toContain('Nobody was registered and here under this id then.');
});
