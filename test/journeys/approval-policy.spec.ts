// Policies as an administrator meets them: published with their errors named, tried on past orders, watched for routes that break.
import { TestClock } from '@app/runtime';
import { anOrder, eventually, Journey, POSITION } from './journey';

type Claims = Parameters<Journey['data']>[0];
const ADMIN: Claims = { roles: ['admin'], sub: 'root' };
const AUDITOR: Claims = { roles: ['auditor'] };
const RULES = 'rules { name when steps { role mode needed within businessHours } }';
const PUBLISH = `mutation($rules: [ApprovalRuleInput!]!) { publishApprovalPolicy(rules: $rules) { position policy { version publishedAt publishedBy ${RULES} } } }`;
const REGISTER = 'mutation($id: ID!, $name: String!, $roles: [String!]!, $backup: ID, $supervisor: ID) { registerStaff(staffId: $id, name: $name, roles: $roles, backup: $backup, supervisor: $supervisor) { position } }';
const REPLAY = 'query($id: ID!) { decisionReplay(approvalId: $id) { approvalId policyVersion inputs matchedRule sameAsRecorded approverAuthority } }';
const DRY_RUN = 'query($rules: [ApprovalRuleInput!]!, $from: DateTime!, $to: DateTime!) { approvalCounterfactual(rules: $rules, from: $from, to: $to) { ordersExamined changed samples { orderNumber recorded wouldBe } } }';

interface Check {
  rule: string;
  step: number;
  role: string;
  primary: string | null;
  backup: string | null;
  problem: string | null;
}
interface Replay {
  approvalId: string;
  matchedRule: string;
  sameAsRecorded: boolean;
  approverAuthority: string[];
  inputs: { order: { total: number }; platform: { turnoverToday: number; turnoverThreshold: string | null } };
}

const rest = { name: 'rest', when: 'true', steps: [] };
const step = { role: 'finance' };

/** A paid order of one line, of TB. */
const sold = (externalId: string, total: string, changes: Record<string, unknown> = {}) =>
  anOrder(externalId, { paymentTerms: 'CREDIT', lines: [{ lineId: '1', sku: 'SKU-1', title: 'Tea', category: 'food', quantity: 1, unitPrice: total }], freight: '0', discount: '0', total, ...changes });

describe('approval policies', () => {
  const clock = new TestClock('2026-01-09T03:00:00.000Z');
  let journey: Journey;
  const register = async (id: string, roles: string[], more: object = {}) => (await journey.data<{ registerStaff: { position: string } }>(ADMIN, REGISTER, { id, name: id, roles, ...more })).registerStaff.position;
  const refused = async (query: string, variables: object, by: Claims = ADMIN) => (await journey.ask(by, query, { ...variables })).errors[0]!;
  const checks = async (by: Claims = ADMIN) => (await journey.data<{ routeChecks: Check[] }>(by, '{ routeChecks { rule step role primary backup problem } }')).routeChecks;
  const replay = async (id: string) => (await journey.data<{ decisionReplay: Replay | null }>(AUDITOR, REPLAY, { id })).decisionReplay;
  const place = async (externalId: string, total: string, changes: Record<string, unknown> = {}) => (await journey.send('TB', 'orders', sold(externalId, total, changes))).body.items[0]!.orderNumber!;
  const assigned = (id: string, to: string) =>
    eventually(async () => expect((await journey.data<{ approvalTask: { assignee: string } | null }>(ADMIN, 'query($id: ID!) { approvalTask(taskId: $id) { assignee } }', { id })).approvalTask?.assignee).toBe(to));
  /** Once the task has come to them. */
  const decide = (id: string, by: string) =>
    eventually(async () => expect((await journey.ask({ roles: ['approver'], sub: by }, 'mutation($id: ID!) { decideTask(taskId: $id, approve: true) { position } }', { id })).errors).toEqual([]));
  /** Alerts about routes, once there are as many. */
  const alerts = async (count: number) => {
    const until = performance.now() + 10_000;
    for (;;) {
      const found: { message: string; subject: string }[] = [];
      for (const { data } of await journey.orderTrail.eventStore.read('routes-main')) {
        const [raised] = await journey.orderTrail.eventStore.read(`alert-ROUTE_BROKEN.routes-${(data as { number?: number }).number}`);
        if (raised !== undefined) found.push(raised.data as { message: string; subject: string });
      }
      if (found.length >= count || performance.now() > until) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  beforeAll(async () => (journey = await Journey.start({ clock })), 60_000);
  afterAll(() => journey.end());

  it('begin with the shipped one, and an empty register is told once', async () => {
    const { approvalPolicy } = await journey.data<{ approvalPolicy: { version: number; rules: { name: string }[] } }>(AUDITOR, `{ approvalPolicy { version ${RULES} } }`);
    expect([approvalPolicy.version, approvalPolicy.rules.map(({ name }) => name)]).toEqual([1, ['key-account-discount', 'high-value', 'peak-turnover', 'restricted-category', 'elevated', 'small']]);
    expect(approvalPolicy.rules[1]).toEqual({
      name: 'high-value', when: 'order.total > 50000.0',
      steps: [{ role: 'sales-director', mode: 'ANY', needed: null, within: 'PT8H', businessHours: false }, { role: 'finance', mode: 'QUORUM', needed: 2, within: 'PT8H', businessHours: false }],
    });
    expect((await checks({ roles: ['approver'] })).map(({ rule, step: place, problem }) => `${rule} ${place} ${problem}`)).toEqual([
      'key-account-discount 1 NO_HOLDER', 'key-account-discount 2 NO_HOLDER', 'key-account-discount 3 NO_HOLDER', 'high-value 1 NO_HOLDER', 'high-value 2 NO_HOLDER', 'peak-turnover 1 NO_HOLDER', 'restricted-category 1 NO_HOLDER', 'elevated 1 NO_HOLDER',
    ]);
    await place('empty-1', '6000.00');
    await place('empty-2', '60000.00');
    expect((await alerts(1)).map(({ subject, message }) => [subject, message])).toEqual([['staff', expect.stringMatching(/^At 2\S+Z nobody was registered: /)]]);
  });

  it('are refused with rule, column and cause of everything that is wrong', async () => {
    await register('fin-1', ['finance']);
    const wrong = [{ name: 'typo', when: 'order.totl > 5.0', steps: [step] }, { name: 'whole', when: 'order.total > 5', steps: [{ role: 'nobody' }] }];
    const error = await refused(PUBLISH, { rules: wrong });
    expect(error.extensions).toMatchObject({
      code: 'REJECTED',
      rejection: 'ApprovalPolicyInvalid',
      details: { problems: [
        { rule: 'typo', column: 7, cause: 'no such key: totl' },
        { rule: 'whole', column: 15, cause: expect.stringContaining('write 5.0') },
        { rule: 'whole', column: 1, cause: expect.stringContaining('`true`') },
        { rule: 'whole', column: null, step: 1, cause: 'the role nobody has no active holder' },
      ] },
    });
    expect(error.message).toMatch(/rule "typo", column 7: no such key: totl.*rule "whole", column 15.*step 1: the role nobody/);
    expect((await refused(PUBLISH, { rules: [rest] }, { roles: ['ops'] })).extensions.code).toBe('FORBIDDEN');
    expect((await refused(PUBLISH, { rules: [{ ...rest, steps: [{ ...step, within: 'P1M' }] }] })).extensions.code).toBe('BAD_USER_INPUT');
    expect((await refused(DRY_RUN, { rules: wrong, from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' })).extensions).toMatchObject({ rejection: 'ApprovalPolicyInvalid' });
  });

  it('the order that passes the threshold of turnover meets the rule for it at once', async () => {
    const noon = '2026-01-09T12:00:00+08:00';
    await journey.data(ADMIN, 'mutation { publishSettings(settings: { turnoverThresholds: [{ platform: "TB", amount: "75000" }] }) { position } }');
    // 66,000 so far today.
    expect(await replay(`${await place('peak-1', '4500.00', { placedAt: noon })}-1`)).toMatchObject({ matchedRule: 'small', sameAsRecorded: true, inputs: { platform: { turnoverToday: 70_500, turnoverThreshold: '75000' } } });
    expect(await replay(`${await place('peak-2', '4500.00', { placedAt: noon })}-1`)).toMatchObject({ matchedRule: 'small', inputs: { platform: { turnoverToday: 75_000 } } });
    const over = await place('peak-3', '1000.01', { placedAt: noon });
    expect(await replay(`${over}-1`)).toMatchObject({ matchedRule: 'peak-turnover', sameAsRecorded: true, inputs: { order: { total: 1000.01 }, platform: { turnoverToday: 76_000.01 } } });
    // Together too: of several at once exactly those after the threshold meet it.
    const together = await journey.send('TB', 'orders', Array.from({ length: 8 }, (_, i) => sold(`next-day-${i}`, '15000.00', { placedAt: '2026-01-10T12:00:00+08:00', customer: { customerId: 'c', name: '王', tier: 'REGULAR', phone: '13800001234' } })));
    const rules = await Promise.all(together.body.items.map(async ({ orderNumber }) => (await replay(`${orderNumber}-1`))!));
    expect(rules.map(({ inputs }) => inputs.platform.turnoverToday).sort((a, b) => a - b)).toEqual(Array.from({ length: 8 }, (_, i) => 15_000 * (i + 1)));
    expect(rules.filter(({ matchedRule }) => matchedRule === 'peak-turnover')).toHaveLength(3);
    // What is cancelled counts no more.
    await journey.data(ADMIN, 'mutation($n: ID!) { cancelOrder(orderNumber: $n, reason: "changed") { position } }', { n: together.body.items[0]!.orderNumber });
    expect(await replay(`${await place('next-day-9', '1.00', { placedAt: '2026-01-10T12:00:00+08:00' })}-1`)).toMatchObject({ inputs: { platform: { turnoverToday: 105_001 } } });
  });

  it('are tried on past orders before they are published', async () => {
    const rules = [{ name: 'tea', when: 'order.lines.exists(line, line.title == "Tea") && order.total < 5000.0', steps: [{ role: 'regional-manager', mode: 'ALL' }] }, { name: 'high', when: 'order.total > 50000.0', steps: [{ role: 'sales-director' }, { role: 'finance', mode: 'QUORUM', needed: 2 }] }, rest];
    const { approvalCounterfactual: tried } = await journey.data<{ approvalCounterfactual: { ordersExamined: number; changed: number; samples: { orderNumber: string; recorded: object; wouldBe: object }[] } }>(
      AUDITOR, DRY_RUN, { rules, from: '2026-01-09T00:00:00Z', to: '2026-01-10T00:00:00Z' }, { 'x-min-position': await journey.orderTrail.eventStore.end() },
    );
    // empty-1 (elevated), empty-2 (high-value, as now), peak-1 and -2 (small), peak-3 (peak-turnover); the next day's are of the next day.
    expect(tried.samples.find(({ recorded }) => (recorded as { rule: string }).rule === 'small')).toMatchObject({
      recorded: { rule: 'small', steps: [] }, wouldBe: { rule: 'tea', steps: [{ role: 'regional-manager', mode: 'ALL', needed: null, within: 'PT8H', businessHours: false }] },
    });
    expect([tried.ordersExamined, tried.changed]).toEqual([5, 4]);
    const later = await journey.data<{ approvalCounterfactual: object }>(AUDITOR, DRY_RUN, { rules: [rest], from: '2026-01-20T00:00:00Z', to: '2026-02-01T00:00:00Z' });
    expect(later.approvalCounterfactual).toEqual({ ordersExamined: 0, changed: 0, samples: [] });
    expect((await refused(DRY_RUN, { rules: [rest], from: '2026-02-01T00:00:00Z', to: '2026-02-01T00:00:00Z' })).extensions.code).toBe('BAD_USER_INPUT');
  });

  it('are published as the next version, which counts for the next review and not for the last', async () => {
    const key = { 'idempotency-key': 'policy-2' };
    const rules = [{ name: 'all-tea', when: 'order.total > 10.0', steps: [{ role: 'finance', within: 'PT2H', businessHours: true }] }, rest];
    const before = await place('pinned', '20.00');
    const published = await journey.data<{ publishApprovalPolicy: object }>(ADMIN, PUBLISH, { rules }, key);
    expect(published.publishApprovalPolicy).toEqual({
      position: expect.stringMatching(POSITION),
      policy: {
        version: 2, publishedAt: '2026-01-09T03:00:00.000Z', publishedBy: 'root',
        rules: [{ name: 'all-tea', when: 'order.total > 10.0', steps: [{ role: 'finance', mode: 'ANY', needed: null, within: 'PT2H', businessHours: true }] }, rest],
      },
    });
    expect(await journey.data(ADMIN, PUBLISH, { rules }, key)).toEqual(published);
    expect(await journey.data(ADMIN, PUBLISH, { rules })).toMatchObject({ publishApprovalPolicy: { policy: { version: 2 } } });
    expect(await journey.data(AUDITOR, '{ approvalPolicy(version: 3) { version } }')).toEqual({ approvalPolicy: null });
    expect(await journey.data(AUDITOR, '{ approvalPolicy(version: 1) { version } }')).toEqual({ approvalPolicy: { version: 1 } });
    expect(await replay(`${before}-1`)).toMatchObject({ policyVersion: 1, matchedRule: 'small', sameAsRecorded: true, approverAuthority: ['Nobody had to decide: the rule small has no steps.'] });
    const next = await place('next', '20.00');
    expect(await replay(`${next}-1`)).toMatchObject({ policyVersion: 2, matchedRule: 'all-tea', sameAsRecorded: true, approverAuthority: [] });
    await decide(`${next}-1-1-1`, 'fin-1');
    expect(await replay(`${next}-1`)).toMatchObject({ sameAsRecorded: true, approverAuthority: [`fin-1 approved ${next}-1-1-1 at 2026-01-09T03:00:00.000Z: held the role finance.`] });
    const inForce = async (number: string, until: object | null) => (await journey.data<{ orderReplay: { policyVersion: number } }>(AUDITOR, 'query($number: ID!, $until: ReplayPoint) { orderReplay(orderNumber: $number, until: $until) { policyVersion } }', { number, until })).orderReplay.policyVersion;
    expect([await inForce(next, null), await inForce(before, { revision: 0 })]).toEqual([2, 1]);
    expect(await replay('TB2026010999999-1')).toBeNull();
    expect(await replay(`${before}-7`)).toBeNull();
  });

  it('whoever stood in for a holder is told to have done so, also when people have changed since', async () => {
    await register('stand-in', []);
    await register('fin-1', ['finance'], { backup: 'stand-in' });
    const order = await place('stood-in', '20.00');
    await assigned(`${order}-1-1-1`, 'fin-1');
    await journey.data(ADMIN, 'mutation { markDeparted(staffId: "fin-1") { position } }');
    await decide(`${order}-1-1-2`, 'stand-in');
    await journey.data(ADMIN, 'mutation { markReturned(staffId: "fin-1") { position } }');
    const told = await replay(`${order}-1`);
    expect(told!.approverAuthority).toEqual([expect.stringMatching(/^stand-in approved .*-1-1-2 at .*: backup after the departure of fin-1, who held the role finance \(fin-1 had departed\)\.$/)]);
    expect((await alerts(2)).at(-1)!.message).toMatch(/^All holders of finance have departed/);
  });

  it('a departure that breaks a route is an alert at once, before an order meets it', async () => {
    const told = (await alerts(2)).length;
    await clock.advance(1_000);
    expect(await checks()).toEqual([{ rule: 'all-tea', step: 1, role: 'finance', primary: 'fin-1', backup: 'stand-in', problem: null }]);
    await journey.data(ADMIN, 'mutation { markDeparted(staffId: "fin-1") { position } }');
    expect(await checks()).toEqual([{ rule: 'all-tea', step: 1, role: 'finance', primary: 'fin-1', backup: 'stand-in', problem: 'HOLDER_DEPARTED' }]);
    expect((await alerts(told + 1)).slice(told).map(({ message }) => message)).toEqual(['All holders of finance have departed (all-tea step 1): only substitutes act for them. Register a holder.']);
    await journey.data(ADMIN, 'mutation { markReturned(staffId: "fin-1") { position } }');
    expect((await checks())[0]).toMatchObject({ problem: null });
  });

  it('are the same after a restart, and no alert is raised again', async () => {
    const told = await alerts(3);
    await journey.restart();
    await journey.data(ADMIN, '{ approvalPolicy { version } }');
    expect(await alerts(3)).toEqual(told);
    expect(await journey.orderTrail.eventStore.read('policy-main')).toHaveLength(2);
  });
});
