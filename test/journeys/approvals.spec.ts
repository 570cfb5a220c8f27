import { TestClock } from '@app/runtime';
import { anOrder, Journey } from './journey';
import { Subscriber } from './subscriber';

type By = Parameters<Journey['data']>[0];
const ADMIN: By = { roles: ['admin'], sub: 'root' };
const OPS: By = { roles: ['ops'], sub: 'ops-lin' };
const AUDITOR: By = { roles: ['auditor'] };
const ANALYST: By = { roles: ['analyst'] };
const FRONTLINE: By = { roles: ['frontline'], sub: 'front' };
const approver = (sub: string): By => ({ roles: ['approver'], sub });

const TASK = 'taskId approvalId orderNumber role assignee actingFor status assignedAt dueAt overdue decidedAt comment handovers { from to reason at }';
const APPROVAL = `approvalId orderNumber status policyVersion matchedRule requestedAt decidedAt steps { stepId role mode needed status tasks { ${TASK} } }`;
const ORDER = `query($n: ID!) { order(orderNumber: $n) { status node approvals { ${APPROVAL} } } }`;
const TASKS = `query($f: ApprovalTaskFilter, $first: Int, $after: String) { approvalTasks(filter: $f, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { ${TASK} } } } }`;
const DECIDE = `mutation($t: ID!, $a: Boolean!, $c: String) { decideTask(taskId: $t, approve: $a, comment: $c) { position approval { ${APPROVAL} } } }`;
const TRANSFER = `mutation($t: ID!, $to: ID!) { transferTask(taskId: $t, to: $to, reason: "knows the customer") { position approval { ${APPROVAL} } } }`;
const REASSIGN = 'mutation($from: ID!, $to: ID) { reassignTasks(from: $from, to: $to) { position succeeded failures { orderNumber code message } } }';
const GROUP = 'key pending overdue oldestAssignedAt decided meanDecisionTime p50DecisionTime p90DecisionTime arrivalRate serviceRate hoursToClear';
const BACKLOG = `{ approvalBacklog { pending overdue oldestAssignedAt byRole { ${GROUP} } byAssignee { ${GROUP} } ageBuckets { olderThan pending } trend(hours: 3) { hour arrived decided pending } } }`;
const ALERTS = 'query($kind: AlertKind, $acknowledged: Boolean = false) { alerts(kind: $kind, acknowledged: $acknowledged) { alertId kind subject message raisedAt acknowledgedBy acknowledgedAt } }';

interface Task {
  taskId: string;
  approvalId: string;
  orderNumber: string;
  role: string;
  assignee: string | null;
  actingFor: string | null;
  status: string;
  assignedAt: string;
  dueAt: string;
  overdue: boolean;
  decidedAt: string | null;
  comment: string | null;
  handovers: { from: string | null; to: string | null; reason: string; at: string }[];
}
interface Approval {
  approvalId: string;
  status: string;
  matchedRule: string;
  policyVersion: number;
  decidedAt: string | null;
  steps: { stepId: string; role: string; mode: string; needed: number; status: string; tasks: Task[] }[];
}
interface Group {
  key: string;
  pending: number;
  overdue: number;
  decided: number;
  oldestAssignedAt: string | null;
  meanDecisionTime: string | null;
  arrivalRate: number | null;
  serviceRate: number | null;
  hoursToClear: number | null;
}
interface Backlog {
  pending: number;
  overdue: number;
  oldestAssignedAt: string | null;
  byRole: Group[];
  byAssignee: Group[];
  ageBuckets: { olderThan: string; pending: number }[];
  trend: { hour: string; arrived: number; decided: number; pending: number }[];
}
interface Alert {
  alertId: string;
  kind: string;
  subject: string;
  acknowledgedBy: string | null;
}

// Policies act by themselves, so what they do is waited for; time is turned on in leaps, as hours of it pass.
describe('approvals', () => {
  const clock = new TestClock('2026-01-09T02:30:00.000Z');
  let journey: Journey;
  let serial = 0;

  const register = (id: string, roles: string[], more: object = {}) =>
    journey.data(ADMIN, 'mutation($id: ID!, $name: String!, $roles: [String!]!, $supervisor: ID, $backup: ID) { registerStaff(staffId: $id, name: $name, roles: $roles, supervisor: $supervisor, backup: $backup) { position } }', { id, name: `Name of ${id}`, roles, ...more });
  /** Places an order on credit, which comes to its review at once, and answers its number. */
  const placed = async (total: string, more: object = {}): Promise<string> => {
    const order = anOrder(`a-${++serial}`, { paymentTerms: 'CREDIT', lines: [{ lineId: '1', sku: 'SKU-1', title: 'Tea', category: 'food', quantity: 1, unitPrice: total }], freight: '0.00', discount: '0.00', total, ...more });
    return (await journey.send('TB', 'orders', order)).body.items[0]!.orderNumber!;
  };
  const order = async (n: string, by: By = OPS) => (await journey.data<{ order: { status: string; node: string | null; approvals: Approval[] } }>(by, ORDER, { n })).order;
  const tasks = async (f: object, by: By = OPS) => (await journey.data<{ approvalTasks: { edges: { node: Task }[] } }>(by, TASKS, { f, first: 50 })).approvalTasks.edges.map(({ node }) => node);
  const pending = (n: string) => tasks({ orderNumber: n, status: ['PENDING', 'UNROUTED'] });
  const decide = (t: string, a: boolean, by: string, c: string | null = null, headers: Record<string, string> = {}) =>
    journey.data<{ decideTask: { position: string; approval: Approval } }>(approver(by), DECIDE, { t, a, c }, headers).then(({ decideTask }) => decideTask);
  const backlog = async (by: By = OPS) => (await journey.data<{ approvalBacklog: Backlog }>(by, BACKLOG)).approvalBacklog;
  const alerts = async (variables: object) => (await journey.data<{ alerts: Alert[] }>(OPS, ALERTS, { ...variables })).alerts;
  const refusal = async (query: string, variables: Record<string, unknown>, by: By) => {
    const { errors } = await journey.ask(by, query, variables);
    return errors[0]?.extensions.rejection ?? errors[0]?.extensions.code;
  };
  /** What policies do comes by itself, soon. */
  const soon = async <T>(look: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> => {
    for (let tries = 0; ; tries++) {
      const found = await look();
      if (isThere(found)) return found;
      if (tries > 1_000) throw new Error(`it did not come: ${JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const task = async (n: string, role: string, isIt: (found: Task) => boolean = () => true): Promise<Task> =>
    (await soon(() => pending(n), (found) => found.some((one) => one.role === role && isIt(one)))).find((one) => one.role === role && isIt(one))!;

  beforeAll(async () => {
    journey = await Journey.start({ clock });
    await register('boss', []);
    await register('chief', ['sales-director'], { supervisor: 'boss' });
    await Promise.all([register('fin1', ['finance'], { supervisor: 'boss' }), register('rm', ['regional-manager'], { supervisor: 'chief' })]);
    await register('fin2', ['finance'], { supervisor: 'boss', backup: 'fin1' });
  }, 120_000);
  afterAll(() => journey.end(), 30_000);

  it('a small order is approved by itself', async () => {
    const n = await placed('199.90');
    const { status, approvals } = await order(n);
    expect(status).toBe('AWAITING_ALLOCATION');
    expect(approvals).toEqual([
      { approvalId: `${n}-1`, orderNumber: n, status: 'AUTO_APPROVED', policyVersion: 1, matchedRule: expect.stringMatching(/^small: /), requestedAt: expect.any(String), decidedAt: expect.any(String), steps: [] },
    ]);
  });

  it('60,000 need the sales director, then two of finance; each decides in turn', async () => {
    const n = await placed('60000.00');
    const first = await task(n, 'sales-director');
    expect(first).toMatchObject({ taskId: `${n}-1-1-1`, approvalId: `${n}-1`, assignee: 'chief', actingFor: null, status: 'PENDING', assignedAt: clock.now(), overdue: false, handovers: [], comment: null });
    expect(Date.parse(first.dueAt) - Date.parse(first.assignedAt)).toBe(8 * 3_600_000);
    expect((await order(n)).approvals).toMatchObject([
      { status: 'PENDING', matchedRule: expect.stringMatching(/^high-value: order\.total > 50000/), decidedAt: null, steps: [{ role: 'sales-director', mode: 'ANY', status: 'PENDING' }, { role: 'finance', mode: 'QUORUM', needed: 2, status: 'PENDING', tasks: [] }] },
    ]);
    await clock.leap(600_000);
    const key = { 'idempotency-key': 'chief-decides' };
    const decided = await decide(first.taskId, true, 'chief', 'a good customer', key);
    expect(decided.approval).toMatchObject({ status: 'PENDING', steps: [{ status: 'APPROVED', tasks: [{ status: 'APPROVED', comment: 'a good customer', decidedAt: clock.now() }] }, { status: 'PENDING' }] });
    const ofFinance = await soon(() => pending(n), (found) => found.length === 2);
    expect(ofFinance.map(({ assignee, role }) => `${assignee} ${role}`).sort()).toEqual(['fin1 finance', 'fin2 finance']);
    for (const one of ofFinance) await decide(one.taskId, true, one.assignee!);
    const { status, approvals } = await order(n);
    expect(status).toBe('AWAITING_ALLOCATION');
    expect(approvals).toMatchObject([{ status: 'APPROVED', decidedAt: clock.now(), steps: [{ status: 'APPROVED' }, { status: 'APPROVED', tasks: [{ status: 'APPROVED' }, { status: 'APPROVED' }] }] }]);
    expect(await decide(first.taskId, true, 'chief', 'a good customer', key)).toEqual(decided);
  });

  it('refused it is rejected; a task that is decided cannot be decided otherwise', async () => {
    const n = await placed('6000.00');
    const { taskId } = await task(n, 'regional-manager');
    expect(await refusal(DECIDE, { t: taskId, a: true }, approver('fin1'))).toBe('NotAssignee');
    const { approval, position } = await decide(taskId, false, 'rm', 'no credit left');
    expect(approval).toMatchObject({ status: 'REJECTED', steps: [{ status: 'REJECTED' }] });
    const read = await journey.ask<{ order: { status: string } }>(OPS, ORDER, { n }, { 'x-min-position': position });
    expect(read.data?.order.status).toBe('REJECTED');
    expect(await refusal(DECIDE, { t: taskId, a: true }, approver('rm'))).toBe('TaskNotPending');
    expect(await refusal(DECIDE, { t: `${n}-1-1-9`, a: true }, approver('rm'))).toBe('NOT_FOUND');
    expect(await refusal(DECIDE, { t: 'TB2026010999999-1-1-1', a: true }, approver('rm'))).toBe('NOT_FOUND');
  });

  it('nobody decides on an order that they placed, whoever they are', async () => {
    const n = await placed('6000.00', { placedBy: 'rm' });
    const { taskId, assignee } = await task(n, 'regional-manager');
    expect(assignee).not.toBe('rm');
    expect(await refusal(DECIDE, { t: taskId, a: true }, approver('rm'))).toBe('SelfApproval');
    expect(await refusal(DECIDE, { t: taskId, a: true }, ADMIN)).toBe('FORBIDDEN');
    expect(await refusal(DECIDE, { t: taskId, a: true }, OPS)).toBe('FORBIDDEN');
    await journey.data(OPS, 'mutation($n: ID!) { cancelOrder(orderNumber: $n, reason: "not wanted") { position } }', { n });
    expect((await order(n)).approvals).toMatchObject([{ status: 'WITHDRAWN' }]);
    expect(await tasks({ orderNumber: n, status: ['PENDING', 'UNROUTED'] })).toEqual([]);
  });

  it('transferred, the one named has it, with the whole limit', async () => {
    const n = await placed('60000.00');
    const first = await task(n, 'sales-director');
    expect(await refusal(TRANSFER, { t: first.taskId, to: 'fin1' }, approver('fin2'))).toBe('NotAssignee');
    expect(await refusal(TRANSFER, { t: first.taskId, to: 'nobody' }, approver('chief'))).toBe('ApproverNotFound');
    // Who may move anybody's tasks may do so as an approver too.
    expect(await refusal(TRANSFER, { t: first.taskId, to: 'nobody' }, { roles: ['approver', 'ops'], sub: 'fin2' })).toBe('ApproverNotFound');
    const { transferTask } = await journey.data<{ transferTask: { approval: Approval } }>(approver('chief'), TRANSFER, { t: first.taskId, to: 'boss' });
    expect(transferTask.approval.steps[0]!.tasks).toMatchObject([
      { taskId: first.taskId, status: 'HANDED_OVER' },
      { taskId: `${n}-1-1-2`, status: 'PENDING', assignee: 'boss', assignedAt: clock.now(), handovers: [{ from: 'chief', to: 'boss', reason: 'TRANSFER', at: clock.now() }] },
    ]);
    await decide(`${n}-1-1-2`, false, 'boss');
    expect((await order(n)).status).toBe('REJECTED');
  });

  it('on departure every pending task moves at once, and an alert says so', async () => {
    const n = await placed('60000.00');
    await decide((await task(n, 'sales-director')).taskId, true, 'chief');
    const of2 = await task(n, 'finance', ({ assignee }) => assignee === 'fin2');
    await journey.data(ADMIN, 'mutation { markDeparted(staffId: "fin2") { position } }');
    const moved = await task(n, 'finance', ({ handovers }) => handovers.length > 0);
    // fin1 has a task in this approval already: the superior takes it.
    expect(moved).toMatchObject({ assignee: 'boss', handovers: [{ from: 'fin2', to: 'boss', reason: 'DEPARTURE' }] });
    expect(await tasks({ assignee: 'fin2', status: ['PENDING'] })).toEqual([]);
    const raised = await soon(() => alerts({ kind: 'TASK_HANDED_OVER' }), (found) => found.some(({ subject }) => subject === of2.taskId));
    const alert = raised.find(({ subject }) => subject === of2.taskId)!;
    expect(await refusal('mutation($id: ID!) { acknowledgeAlert(alertId: $id) { position } }', { id: alert.alertId }, AUDITOR)).toBe('FORBIDDEN');
    expect(await refusal('mutation($id: ID!) { acknowledgeAlert(alertId: $id) { position } }', { id: 'NODE_OVERDUE.none' }, OPS)).toBe('NOT_FOUND');
    await journey.data(OPS, 'mutation($id: ID!) { acknowledgeAlert(alertId: $id) { position } }', { id: alert.alertId });
    expect((await alerts({ kind: 'TASK_HANDED_OVER' })).map(({ alertId }) => alertId)).not.toContain(alert.alertId);
    expect(await alerts({ kind: 'TASK_HANDED_OVER', acknowledged: true })).toMatchObject([{ alertId: alert.alertId, acknowledgedBy: 'ops-lin' }]);
    expect((await alerts({ acknowledged: null })).map(({ alertId }) => alertId)).toContain(alert.alertId);
    await journey.data(ADMIN, 'mutation { markReturned(staffId: "fin2") { position } }');
    for (const one of await pending(n)) await decide(one.taskId, true, one.assignee!);
    expect((await order(n)).status).toBe('AWAITING_ALLOCATION');
  });

  it('not answered within its limit it goes up, and at the end it is overdue', async () => {
    const n = await placed('6000.00');
    const first = await task(n, 'regional-manager');
    await clock.leap(8 * 3_600_000 - 1_000);
    expect(await pending(n)).toMatchObject([{ taskId: first.taskId }]);
    await clock.leap(2_000);
    const second = await task(n, 'regional-manager', ({ assignee }) => assignee === 'chief');
    expect(second).toMatchObject({ handovers: [{ from: 'rm', to: 'chief', reason: 'TIMEOUT' }], overdue: false });
    await clock.leap(8 * 3_600_000 + 1_000);
    const third = await task(n, 'regional-manager', ({ assignee }) => assignee === 'boss');
    expect(third.handovers.map(({ to }) => to)).toEqual(['chief', 'boss']);
    await clock.leap(8 * 3_600_000 + 1_000);
    await soon(() => alerts({ kind: 'APPROVAL_OVERDUE' }), (found) => found.length > 0);
    expect(await alerts({ kind: 'APPROVAL_OVERDUE' })).toMatchObject([{ subject: third.taskId }]);
    expect(await tasks({ overdue: true })).toMatchObject([{ taskId: third.taskId, assignee: 'boss', overdue: true }]);
    const { overdue, byAssignee, ageBuckets } = await backlog();
    expect([overdue, byAssignee.find(({ key }) => key === 'boss')!.overdue]).toEqual([1, 1]);
    expect(ageBuckets).toEqual([{ olderThan: 'PT1H', pending: 1 }, { olderThan: 'PT4H', pending: 1 }, { olderThan: 'PT8H', pending: 1 }, { olderThan: 'PT24H', pending: 0 }, { olderThan: 'P3D', pending: 0 }]);
    await decide(third.taskId, true, 'boss');
    expect(await tasks({ overdue: true })).toEqual([]);
  });

  it('what nobody can decide waits unrouted, is told, and is routed as soon as somebody can', async () => {
    await journey.data(ADMIN, 'mutation { publishSettings(settings: { restrictedCategories: ["weapons"] }) { position } }');
    const restricted = await placed('300.00', { lines: [{ lineId: '1', sku: 'SKU-9', title: 'Knife', category: 'weapons', quantity: 1, unitPrice: '300.00' }] });
    const unrouted = await task(restricted, 'compliance');
    expect(unrouted).toMatchObject({ assignee: null, status: 'UNROUTED' });
    await soon(() => alerts({ kind: 'ROUTE_BROKEN' }), (found) => found.some(({ subject }) => subject === 'compliance'));
    expect(await tasks({ status: ['UNROUTED'] })).toMatchObject([{ orderNumber: restricted }]);
    expect((await backlog()).byRole.find(({ key }) => key === 'compliance')).toMatchObject({ pending: 1 });
    await register('comp', ['compliance'], { supervisor: 'boss' });
    const routed = await task(restricted, 'compliance', ({ status }) => status === 'PENDING');
    expect(routed).toMatchObject({ assignee: 'comp' });
    await decide(routed.taskId, true, 'comp');
    expect((await order(restricted)).status).toBe('AWAITING_ALLOCATION');
  });

  it('everything that somebody has is given to another, order by order', async () => {
    const numbers = [await placed('6000.00'), await placed('6100.00', { placedBy: 'chief' })];
    for (const n of numbers) await task(n, 'regional-manager', ({ assignee }) => assignee === 'rm');
    expect(await refusal(REASSIGN, { from: 'rm' }, OPS)).toBe('AssigneeIsHere');
    expect(await refusal(REASSIGN, { from: 'nobody' }, OPS)).toBe('NOT_FOUND');
    expect(await refusal(REASSIGN, { from: 'rm', to: 'nobody' }, OPS)).toBe('NOT_FOUND');
    expect(await refusal(REASSIGN, { from: 'rm', to: 'rm' }, OPS)).toBe('BAD_USER_INPUT');
    for (const f of [{ status: ['ASLEEP'] }, { colour: 'red' }]) expect(await refusal(TASKS, { f }, OPS)).toBe('BAD_USER_INPUT');
    expect(await refusal(REASSIGN, { from: 'rm', to: 'chief' }, approver('rm'))).toBe('FORBIDDEN');
    const key = { 'idempotency-key': 'reassign-1' };
    const { reassignTasks } = await journey.data<{ reassignTasks: object }>(OPS, REASSIGN, { from: 'rm', to: 'chief' }, key);
    expect(reassignTasks).toMatchObject({ succeeded: 1, failures: [{ orderNumber: numbers[1], code: 'SelfApproval' }] });
    expect((await journey.data<{ reassignTasks: object }>(OPS, REASSIGN, { from: 'rm', to: 'chief' }, key)).reassignTasks).toEqual(reassignTasks);
    expect((await tasks({ assignee: 'chief', status: ['PENDING'] })).map(({ orderNumber }) => orderNumber)).toEqual([numbers[0]]);
    expect(await tasks({ assignee: 'rm', status: ['PENDING'] })).toMatchObject([{ orderNumber: numbers[1] }]);
    for (const n of numbers) for (const one of await pending(n)) await decide(one.taskId, true, one.assignee!);
  });

  it('the backlog says what waits, for whom, and how fast it goes', async () => {
    await clock.leap(86_400_000);
    const before = await backlog();
    expect(before).toMatchObject({ pending: 0, overdue: 0, oldestAssignedAt: null });
    const numbers: string[] = [];
    for (const total of ['6000.00', '7000.00', '8000.00']) numbers.push(await placed(total));
    for (const n of numbers) await task(n, 'regional-manager');
    const assignedAt = clock.now();
    await clock.leap(15 * 60_000);
    await decide((await task(numbers[0]!, 'regional-manager')).taskId, true, 'rm');
    const { pending: waiting, oldestAssignedAt, byRole, byAssignee, trend } = await backlog(ANALYST);
    expect([waiting, oldestAssignedAt]).toEqual([2, assignedAt]);
    const role = byRole.find(({ key }) => key === 'regional-manager')!;
    expect(role).toMatchObject({ pending: 2, overdue: 0, oldestAssignedAt: assignedAt, arrivalRate: 3, serviceRate: 1, hoursToClear: null, meanDecisionTime: expect.stringMatching(/^PT/) });
    expect(byAssignee.find(({ key }) => key === 'rm')).toMatchObject({ pending: 2, overdue: 0, serviceRate: 1 });
    expect(byRole[0]).toEqual(role);
    expect(trend.map(({ arrived, decided, pending: atEnd }) => [arrived, decided, atEnd])).toEqual([[0, 0, 0], [0, 0, 0], [3, 1, 2]]);
    for (const n of numbers.slice(1)) await decide((await task(n, 'regional-manager')).taskId, true, 'rm');
    expect((await backlog(approver('rm'))).byRole.find(({ key }) => key === 'regional-manager')).toMatchObject({ pending: 0, hoursToClear: 0, oldestAssignedAt: null });
  });

  it('tasks are listed by when they fall due, page by page, each with its order', async () => {
    const numbers: string[] = [];
    for (let n = 0; n < 5; n++) {
      numbers.push(await placed('6000.00'));
      await task(numbers[n]!, 'regional-manager');
      await clock.leap(1_000);
    }
    const seen: string[] = [];
    interface Page {
      totalCount: number;
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
      edges: { node: Task }[];
    }
    for (let after: string | null = null; ; ) {
      const { approvalTasks }: { approvalTasks: Page } = await journey.data(approver('rm'), TASKS, { f: { assignee: 'rm', status: ['PENDING'] }, first: 2, after });
      expect(approvalTasks.totalCount).toBe(5);
      seen.push(...approvalTasks.edges.map(({ node }) => node.orderNumber));
      if (!approvalTasks.pageInfo.hasNextPage) break;
      after = approvalTasks.pageInfo.endCursor;
    }
    expect(seen).toEqual(numbers);
    expect(await refusal(TASKS, { f: {}, first: 2, after: 'nonsense' }, OPS)).toBe('BAD_USER_INPUT');
    expect(await refusal(TASKS, { f: {}, first: 0 }, OPS)).toBe('BAD_USER_INPUT');
    expect(await tasks({ assignee: 'rm', status: [] })).toEqual([]);
    expect(await tasks({ role: 'regional-manager', status: ['PENDING'], overdue: false })).toHaveLength(5);
    expect(await tasks({ role: 'regional-manager', overdue: true })).toEqual([]);
    expect((await tasks({ assignee: 'rm', overdue: false })).length).toBeGreaterThan(5);
    const query = 'query($t: ID!) { approvalTask(taskId: $t) { order { orderNumber total { amount } approvals { steps { tasks { taskId order { orderNumber } } } } } } }';
    const t = `${numbers[0]}-1-1-1`;
    const whole = { order: { orderNumber: numbers[0], total: { amount: '6000.00' }, approvals: [{ steps: [{ tasks: [{ taskId: t, order: { orderNumber: numbers[0] } }] }] }] } };
    expect(await journey.data(approver('rm'), query, { t })).toEqual({ approvalTask: whole });
    expect(await journey.data(OPS, query, { t: 'TB2026010999999-1-1-1' })).toEqual({ approvalTask: null });
  });

  it('subscribers hear of tasks and of alerts', async () => {
    await register('comp', ['compliance'], { supervisor: 'boss' });
    const mine = await Subscriber.connect(journey.url, await journey.token(approver('rm')));
    const ops = await Subscriber.connect(journey.url, await journey.token(OPS));
    mine.send('1', 'subscription { approvalTaskChanged(assignee: "rm") { taskId status assignee } }');
    ops.send('1', 'subscription { alertRaised { alertId kind subject } }');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const n = await placed('9000.00');
    expect(await mine.next()).toMatchObject({ payload: { data: { approvalTaskChanged: { taskId: `${n}-1-1-1`, status: 'PENDING', assignee: 'rm' } } } });
    await journey.data(approver('rm'), TRANSFER, { t: `${n}-1-1-1`, to: 'boss' });
    expect(await mine.next()).toMatchObject({ payload: { data: { approvalTaskChanged: { taskId: `${n}-1-1-1`, status: 'HANDED_OVER' } } } });
    await journey.data(ADMIN, 'mutation { markDeparted(staffId: "comp") { position } }');
    // Orders of other tests wait in later nodes meanwhile, beyond their limits.
    const told = async (): Promise<Alert> => ((await ops.next()) as { payload: { data: { alertRaised: Alert } } }).payload.data.alertRaised;
    const broken = await soon(told, ({ kind, subject }) => kind === 'ROUTE_BROKEN' && subject === 'compliance');
    // Told is what is raised, not who has taken note of it.
    await journey.data(OPS, 'mutation($id: ID!) { acknowledgeAlert(alertId: $id) { position } }', { id: broken.alertId });
    await journey.data(ADMIN, 'mutation { markDeparted(staffId: "chief") { position } }');
    const later: Alert[] = [];
    await soon(async () => void later.push(await told()), () => later.at(-1)!.subject === 'sales-director');
    expect(later.map(({ alertId }) => alertId)).not.toContain(broken.alertId);
    mine.send('2', 'subscription { alertRaised { kind } }');
    expect(JSON.stringify(await mine.next())).toContain('FORBIDDEN');
    mine.close();
    ops.close();
  });

  it.each([
    ['approvalTasks', TASKS, [OPS, ADMIN, AUDITOR, approver('rm')], [ANALYST, FRONTLINE]],
    ['approvalBacklog', BACKLOG, [OPS, ADMIN, AUDITOR, ANALYST, approver('rm')], [FRONTLINE]],
    ['alerts', ALERTS, [OPS, ADMIN, AUDITOR], [ANALYST, FRONTLINE, approver('rm')]],
    ['exemptions', '{ exemptions { orderNumber status } }', [OPS, ADMIN, AUDITOR, FRONTLINE, approver('rm')], [ANALYST]],
  ])('%s: only who may read it', async (_, query, allowed, others) => {
    for (const by of allowed) expect(await refusal(query, {}, by)).toBeUndefined();
    for (const by of others) expect(await refusal(query, {}, by)).toBe('FORBIDDEN');
  });
});
