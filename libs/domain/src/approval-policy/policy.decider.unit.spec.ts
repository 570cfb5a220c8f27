// Policies are published whole; what would not route every order is refused with all its problems, by rule, place and cause.
import { given } from '@test/dsl';
import { minute, OPS } from '../order/order.fixtures';
import type { Person } from '../staff/person';
import { ANNA, peopleOf } from './policy.fixtures';
import { approvalPolicyDecider, type PublishApprovalPolicy, publishShippedPolicy } from './policy.decider';
import { DEFAULT_APPROVAL_POLICY } from './policy.defaults';
import type { ApprovalRule, RuleStep } from './policy.events';

const ADMIN = { ...OPS, role: 'admin' };
const shipped = publishShippedPolicy({ id: 'publish-1', actor: ADMIN, at: minute(0) });
const everybody = peopleOf(ANNA, { ...ANNA, staffId: 'gone', roles: ['compliance'], active: false });
const step: RuleStep = { role: 'finance', mode: 'ANY', needed: null, withinSeconds: 3600, businessHours: false };
const rest: ApprovalRule = { name: 'rest', when: 'true', steps: [] };
const over: ApprovalRule = { name: 'over', when: 'order.total > 10.0', steps: [step] };
const publish = (rules: readonly ApprovalRule[], id = 'publish-2'): PublishApprovalPolicy => ({ type: 'PublishApprovalPolicy', id, actor: ADMIN, at: minute(9), rules, context: { people: everybody } });

test('the first version is what ships with the product, before anybody is registered', () => {
  given(approvalPolicyDecider, []).when(shipped).idempotently().then([
    { type: 'ApprovalPolicyPublished', occurredAt: minute(0), data: { version: 1, publishedAt: minute(0), publishedBy: ADMIN.id, rules: DEFAULT_APPROVAL_POLICY } },
  ]);
});

test('the next version, with blanks around names taken off', () => {
  given(approvalPolicyDecider, []).when(shipped, publish([{ ...over, name: ' over ', steps: [{ ...step, role: 'finance ' }] }, rest])).idempotently().thenState(({ versions }) => {
    expect(versions[1]).toEqual({ version: 2, publishedAt: minute(9), publishedBy: ADMIN.id, rules: [over, rest] });
  });
});

test('publishing what is in force makes no version, whoever is registered', () => {
  given(approvalPolicyDecider, []).when(shipped, publish(DEFAULT_APPROVAL_POLICY)).thenNothing();
});

test.each<[string, readonly ApprovalRule[], readonly object[]]>([
  ['no rules', [], [{ rule: null, cause: expect.stringContaining('no rules') }]],
  ['an expression', [{ ...over, when: 'order.totl > 10.0' }, rest], [{ rule: 'over', column: 7, cause: 'no such key: totl' }]],
  ['whole numbers', [{ ...over, when: 'order.total > 10' }, rest], [{ rule: 'over', column: 15, cause: expect.stringContaining('write 10.0') }]],
  ['no rule that always holds', [over], [{ rule: 'over', column: 1, cause: expect.stringContaining('`true`') }]],
  ['an order of rules', [rest, over], [{ rule: 'over', column: 1 }]],
  ['the same twice', [over, { ...over, name: 'again', when: '(order.total>10.0)' }, rest], [{ rule: 'again', column: 1, cause: expect.stringContaining('"over"') }]],
  ['true twice', [rest, { ...rest, name: 'rest-2' }], [{ rule: 'rest-2', cause: expect.stringContaining('"rest"') }]],
  ['a name twice', [over, { ...over, when: 'order.restricted' }, rest], [{ rule: 'over', column: null, cause: expect.stringContaining('name') }]],
  ['no name', [{ ...over, name: ' ' }, rest], [{ rule: '#1', column: null }]],
  ['no role', [{ ...over, steps: [{ ...step, role: '' }] }, rest], [{ rule: 'over', step: 1 }]],
  ['a role of nobody', [{ ...over, steps: [step, { ...step, role: 'regional-manager' }] }, rest], [{ rule: 'over', column: null, step: 2, cause: 'the role regional-manager has no active holder' }]],
  ['a role of the departed', [{ ...over, steps: [{ ...step, role: 'compliance' }] }, rest], [{ rule: 'over', step: 1, cause: 'the role compliance has no active holder' }]],
  ['a quorum of more than hold the role', [{ ...over, steps: [{ ...step, mode: 'QUORUM', needed: 2 }] }, rest], [{ rule: 'over', column: null, step: 1, cause: 'QUORUM needs 2 signatures of finance, and 1 holder is here' }]],
  ['two steps of the same person', [{ ...over, steps: [step, step] }, rest], [{ rule: 'over', step: 2, cause: expect.stringContaining('nobody is left to sign for anna: nobody signs twice in one approval') }]],
  ['a quorum of none', [{ ...over, steps: [{ ...step, mode: 'QUORUM', needed: 0 }] }, rest], [{ step: 1, cause: expect.stringContaining('at least 1') }]],
  ['a quorum without a number', [{ ...over, steps: [{ ...step, mode: 'QUORUM' }] }, rest], [{ step: 1, cause: expect.stringContaining('at least 1') }]],
  ['a number for ALL', [{ ...over, steps: [{ ...step, mode: 'ALL', needed: 2 }] }, rest], [{ step: 1, cause: expect.stringContaining('ALL takes no number') }]],
  ['no time', [{ ...over, steps: [{ ...step, withinSeconds: 0 }] }, rest], [{ step: 1, cause: expect.stringContaining('time limit') }]],
  ['more time than a clock can count', [{ ...over, steps: [{ ...step, withinSeconds: 366 * 86_400 + 1 }] }, rest], [{ step: 1, cause: expect.stringContaining('a year at most') }]],
  ['more signatures than people', [{ ...over, steps: [{ ...step, mode: 'QUORUM', needed: 101 }] }, rest], [{ step: 1, cause: expect.stringContaining('100 at most') }]],
  ['several at once', [{ ...over, when: 'order.total > 10 && order.tier == 1', steps: [{ ...step, role: 'x', withinSeconds: -1 }] }], [{ column: 15 }, { column: 1 }, { step: 1 }, { step: 1 }]],
])('%s is refused', (_, rules, problems) => {
  given(approvalPolicyDecider, [])
    .when(shipped, publish(rules))
    .then({ rejection: 'ApprovalPolicyInvalid', details: { problems: problems.map((problem) => expect.objectContaining(problem) as object) } });
});

test('people who are away are no reason to refuse, as long as somebody acts for them', () => {
  const away: Person = { ...ANNA, delegation: { to: 'bo', from: minute(0), until: minute(60), maxAmount: null } };
  const bo: Person = { ...ANNA, staffId: 'bo', roles: [] };
  const among = (...people: Person[]) => given(approvalPolicyDecider, []).when(shipped, { ...publish([over, rest]), context: { people: peopleOf(...people) } });
  among(away, bo).thenLike({ type: 'ApprovalPolicyPublished' });
  among(away, { ...bo, active: false }).then({ rejection: 'ApprovalPolicyInvalid', details: { problems: [{ rule: 'over', column: null, step: 1, cause: 'anna is away, and whoever would stand in has departed' }] } });
});

test('two steps may be signed by two holders of one role, or by a holder and who stands in', () => {
  const both: ApprovalRule = { ...over, steps: [step, step] };
  const among = (...people: Person[]) => given(approvalPolicyDecider, []).when(shipped, { ...publish([both, rest]), context: { people: peopleOf(...people) } });
  among(ANNA, { ...ANNA, staffId: 'bo' }).thenLike({ type: 'ApprovalPolicyPublished' });
  among({ ...ANNA, backup: 'bo' }, { ...ANNA, staffId: 'bo', roles: [] }).thenLike({ type: 'ApprovalPolicyPublished' });
});

test('the sentence of a refusal says all of it', () => {
  given(approvalPolicyDecider, [])
    .when(shipped, publish([{ ...over, when: 'order.totl > 10.0', steps: [{ ...step, role: 'x' }] }, rest]))
    .then({ rejection: 'ApprovalPolicyInvalid', message: 'These rules cannot be used: rule "over", column 7: no such key: totl; rule "over", step 1: the role x has no active holder.' });
});
