// Exceptions of exemptions that were not upheld: raised by themselves, seen to by people, and closed with their cause.
// What an action does to the order is done once, whoever took it and was gone the next moment.
import { exceptionStream } from '@app/domain';
import { TestClock } from '@app/runtime';
import { anOrder, eventually, Journey } from './journey';
import { Subscriber } from './subscriber';

const HOUR_MS = 3_600_000;
const ADMIN = { roles: ['admin' as const], sub: 'root' };
const OPS = { roles: ['ops' as const], sub: 'wang' };
const FRONT = { roles: ['frontline' as const], sub: 'li' };
const CSR = { roles: ['csr' as const], sub: 'chen' };
const CHIEF = { roles: ['approver' as const], sub: 'chief' };
const REGISTER = 'mutation($id: ID!, $supervisor: ID) { registerStaff(staffId: $id, name: "somebody", roles: ["compliance"], supervisor: $supervisor) { position } }';
const GRANT = 'mutation($n: ID!, $until: DateTime!) { grantExemption(orderNumber: $n, reason: "at the counter", expiresAt: $until) { position } }';
const REVIEW = 'mutation($n: ID!) { reviewExemption(orderNumber: $n, uphold: false, comment: "no medicine") { position } }';
const ORDER = 'query($n: ID!) { order(orderNumber: $n) { status holds { reason exceptionId } exceptions { exceptionId status } } }';
const CASE = 'exceptionId orderNumber type stage severity responsible status blocksOrder evidence ownerRole owner dueAt overdue sop { sopId version title actions { code } resolveWithin } actions { code takenBy outcome note } attribution { rootCause by } reopenedCount';
const EXCEPTION = `query($id: ID!) { exception(exceptionId: $id) { ${CASE} } }`;
const LIST = 'query($f: ExceptionFilter) { exceptions(filter: $f) { totalCount edges { node { orderNumber } } } }';
const TAKE = `mutation($id: ID!, $action: String!, $note: String) { takeAction(exceptionId: $id, action: $action, note: $note) { position exception { ${CASE} } } }`;
const RESOLVE = 'mutation($id: ID!, $note: String = "asked the counter") { resolveException(exceptionId: $id, attribution: {rootCause: "customer not known", responsible: INTERNAL, preventable: true, note: $note}) { exception { status } } }';

type By = Parameters<Journey['data']>[0];
interface Order {
  status: string;
  holds: { reason: string; exceptionId: string | null }[];
  exceptions: { exceptionId: string; status: string }[];
}

describe('exceptions', () => {
  const clock = new TestClock('2026-01-09T02:20:00.000Z');
  let journey: Journey;
  let serial = 0;

  const soon = () => new Date(Date.parse(clock.now()) + HOUR_MS).toISOString();
  const refusal = ({ errors }: { errors: readonly { extensions: { code: string; rejection?: string } }[] }) => errors[0]?.extensions.rejection ?? errors[0]?.extensions.code;
  const atTheEnd = async () => ({ 'x-min-position': await journey.orderTrail.eventStore.end() });
  const order = async (n: string) => (await journey.data<{ order: Order }>(OPS, ORDER, { n }, await atTheEnd())).order;
  const found = async (id: string, by: By = OPS) => (await journey.data<{ exception: Record<string, unknown> | null }>(by, EXCEPTION, { id }, await atTheEnd())).exception;
  const take = (id: string, action: string, by: By, note?: string, key?: string) => journey.ask<{ takeAction: { exception: Record<string, unknown> } }>(by, TAKE, { id, action, note }, key === undefined ? {} : { 'idempotency-key': key });
  const list = async (f: object) => (await journey.data<{ exceptions: { totalCount: number; edges: { node: { orderNumber: string } }[] } }>(OPS, LIST, { f }, await atTheEnd())).exceptions;
  const eventsOf = async (id: string) => (await journey.orderTrail.eventStore.read(exceptionStream(id))).map(({ type }) => type);

  /** Let through by an exemption. */
  async function exempted(): Promise<string> {
    const lines = [{ lineId: '1', sku: 'SKU-1', title: 'Knife', category: 'knives', quantity: 1, unitPrice: '199.90' }];
    const sent = await journey.send('TB', 'orders', anOrder(`e-${(serial += 1)}`, { paymentTerms: 'CREDIT', lines, freight: '0', discount: '0', total: '199.90' }));
    const n = sent.body.items[0]!.orderNumber!;
    await journey.data(FRONT, GRANT, { n, until: soon() });
    return n;
  }

  /** Its number and the id of the case, which is there. */
  async function notUpheld(): Promise<[string, string]> {
    const n = await exempted();
    await journey.data(CHIEF, REVIEW, { n });
    return [n, await eventually(() => caseOf(n))];
  }

  async function caseOf(n: string): Promise<string> {
    const { exceptions } = await order(n);
    expect(exceptions).toHaveLength(1);
    return exceptions[0]!.exceptionId;
  }

  beforeAll(async () => {
    journey = await Journey.start({ clock });
    await journey.data(ADMIN, 'mutation { publishSettings(settings: {restrictedCategories: ["knives"], exemptionsPerDay: 50}) { position } }');
    for (const [id, supervisor] of [['chief', null], ['li', 'chief']] as const) await journey.data(ADMIN, REGISTER, { id, supervisor });
  }, 60_000);
  afterAll(() => journey.end());

  it('are raised when an exemption is not upheld: the hold names the case, and the case says what to do by when', async () => {
    const subscriber = await Subscriber.connect(journey.url, await journey.token(CSR));
    subscriber.send('1', 'subscription { exceptionChanged { orderNumber status } }');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const [n, id] = await notUpheld();
    expect(await order(n)).toEqual({ status: 'AWAITING_ALLOCATION', holds: [{ reason: 'EXEMPTION_NOT_UPHELD: no medicine', exceptionId: id }], exceptions: [{ exceptionId: id, status: 'OPEN' }] });
    expect(await subscriber.next()).toEqual({ id: '1', type: 'next', payload: { data: { exceptionChanged: { orderNumber: n, status: 'OPEN' } } } });
    subscriber.close();
    expect(await found(id, CSR)).toEqual({
      exceptionId: id, orderNumber: n, type: 'EXEMPTION_NOT_UPHELD', stage: 'IN_SALE', severity: 'MODERATE', responsible: 'INTERNAL', status: 'OPEN', blocksOrder: true, ownerRole: 'ops', owner: null,
      dueAt: '2026-01-10T02:20:00.000Z', overdue: false, actions: [], attribution: null, reopenedCount: 0,
      evidence: { exemptionId: expect.any(String), approvalId: expect.stringContaining(n), reviewed: true, reviewedBy: 'chief', comment: 'no medicine' },
      sop: { sopId: 'EXEMPTION_NOT_UPHELD', version: 1, title: expect.stringMatching(/豁免.+Exemption/), actions: [{ code: 'RELEASE_HOLD' }, { code: 'CANCEL' }], resolveWithin: 'PT24H' },
    });
    expect(await list({ orderNumber: n, status: ['OPEN'], type: 'EXEMPTION_NOT_UPHELD', overdue: false })).toEqual({ totalCount: 1, edges: [{ node: { orderNumber: n } }] });
    expect((await list({ orderNumber: n, status: [] })).totalCount).toBe(0);
    const orders = await journey.data<{ orders: { edges: { node: Order }[] } }>(OPS, 'query($n: String) { orders(filter: {search: $n}) { edges { node { exceptions { exceptionId sop { version } } } } } }', { n }, await atTheEnd());
    expect(orders).toEqual({ orders: { edges: [{ node: { exceptions: [{ exceptionId: id, sop: { version: 1 } }] } }] } });
    const { orderHistory } = await journey.data<{ orderHistory: { type: string }[] }>(OPS, 'query($n: ID!) { orderHistory(orderNumber: $n) { type } }', { n });
    expect(orderHistory.map(({ type }) => type).slice(-3)).toEqual(['ExemptionReviewed', 'HoldPlaced', 'ExceptionRaised']);
  });

  it('stand with their order wherever it is shown, and in an answer that is given again as they stood then', async () => {
    const n = await exempted();
    const review = () => journey.data(CHIEF, 'mutation($n: ID!) { reviewExemption(orderNumber: $n, uphold: false, comment: "no medicine") { order { exceptions { status } } } }', { n }, { 'idempotency-key': `review-${n}` });
    const first = await review();
    expect(first).toEqual({ reviewExemption: { order: { exceptions: [] } } });
    const id = await eventually(() => caseOf(n));
    const nested = await journey.data(CHIEF, 'query($n: String) { orders(filter: {search: $n}) { edges { node { approvals { steps { tasks { order { exceptions { exceptionId status } } } } } } } } }', { n }, await atTheEnd());
    expect(nested).toEqual({ orders: { edges: [{ node: { approvals: [{ steps: [{ tasks: [{ order: { exceptions: [{ exceptionId: id, status: 'OPEN' }] } }] }] }] } }] } });

    await journey.data(CSR, 'mutation($id: ID!) { claimException(exceptionId: $id) { position } }', { id });
    const hold = () => journey.data(OPS, 'mutation($n: ID!) { placeHold(orderNumber: $n, reason: "look at it") { order { exceptions { status owner } } } }', { n }, { 'idempotency-key': `hold-${n}` });
    const held = await hold();
    expect(held).toEqual({ placeHold: { order: { exceptions: [{ status: 'IN_PROGRESS', owner: 'chen' }] } } });
    await take(id, 'RELEASE_HOLD', OPS);
    await journey.data(CSR, RESOLVE, { id }, await atTheEnd());
    expect([await review(), await hold()]).toEqual([first, held]);
  });

  it('are seen to by one at a time, and closed with their cause once they hold the order no more', async () => {
    const [n, id] = await notUpheld();
    const claim = (by: By) => journey.ask(by, 'mutation($id: ID!) { claimException(exceptionId: $id) { exception { owner status } } }', { id });
    expect((await claim(CSR)).data).toEqual({ claimException: { exception: { owner: 'chen', status: 'IN_PROGRESS' } } });
    expect(refusal(await claim({ roles: ['frontline'], sub: 'zhou' }))).toBe('ExceptionClaimedByAnother');
    // They granted the exemption.
    for (const roles of [['frontline'], ['admin', 'ops']] as const) expect(refusal(await claim({ roles: [...roles], sub: 'li' }))).toBe('SelfApproval');
    // Not theirs to release: the order says so, and the case stays open.
    expect((await take(id, 'RELEASE_HOLD', CSR)).data!.takeAction.exception).toMatchObject({
      status: 'IN_PROGRESS', actions: [{ code: 'RELEASE_HOLD', takenBy: 'chen', outcome: expect.stringMatching(/^REFUSED HoldNotReleasableByActor: Hold .+ may be released by ops, admin/) }],
    });
    expect(refusal(await journey.ask(CSR, RESOLVE, { id }))).toBe('OrderHeldByException');
    const released = await take(id, 'RELEASE_HOLD', OPS, 'the customer is known now', 'release-it');
    expect(released.data!.takeAction.exception).toMatchObject({ actions: [{}, { takenBy: 'wang', outcome: 'DONE', note: 'the customer is known now' }] });
    expect((await take(id, 'RELEASE_HOLD', OPS, 'the customer is known now', 'release-it')).data).toEqual(released.data);
    expect((await order(n)).holds).toEqual([]);
    const { orderHistory } = await journey.data<{ orderHistory: { type: string; correlationId: string }[] }>(OPS, 'query($n: ID!) { orderHistory(orderNumber: $n) { type correlationId } }', { n });
    const [taken, ...rest] = orderHistory.slice(-3);
    expect([taken, ...rest].map((event) => event?.type)).toEqual(['ExceptionActionTaken', 'HoldReleased', 'ExceptionActionCarriedOut']);
    for (const { correlationId } of rest) expect(correlationId).toBe(taken!.correlationId);
    expect(refusal(await journey.ask(CSR, RESOLVE, { id, note: ' ' }))).toBe('AttributionIncomplete');
    expect((await journey.ask(CSR, RESOLVE, { id })).data).toEqual({ resolveException: { exception: { status: 'RESOLVED' } } });
    expect(await found(id)).toMatchObject({ attribution: { rootCause: 'customer not known', by: 'chen' } });
    const reopen = await journey.data(OPS, 'mutation($id: ID!) { reopenException(exceptionId: $id, reason: "they complain") { exception { status owner reopenedCount attribution { by } } } }', { id });
    expect(reopen).toEqual({ reopenException: { exception: { status: 'IN_PROGRESS', owner: 'chen', reopenedCount: 1, attribution: null } } });
    // The first answer, though the case has been closed and opened since.
    expect((await take(id, 'RELEASE_HOLD', OPS, 'the customer is known now', 'release-it')).data).toEqual(released.data);
  });

  it('may end with the order cancelled, by those who may cancel', async () => {
    const [n, id] = await notUpheld();
    expect(refusal(await take(id, 'CANCEL', FRONT))).toBe('FORBIDDEN');
    expect((await take(id, 'CANCEL', CSR)).data!.takeAction.exception).toMatchObject({ owner: 'chen', actions: [{ code: 'CANCEL', outcome: 'DONE' }] });
    expect((await order(n)).status).toBe('CANCELLED');
    expect((await journey.ask(CSR, RESOLVE, { id })).errors).toEqual([]);
  });

  it('of an order that is closed already block nothing', async () => {
    const n = await exempted();
    await journey.data(OPS, 'mutation($n: ID!) { cancelOrder(orderNumber: $n, reason: "gone") { position } }', { n });
    await journey.data(CHIEF, REVIEW, { n });
    const id = await eventually(() => caseOf(n));
    expect(await found(id)).toMatchObject({ blocksOrder: false, status: 'OPEN' });
    expect((await take(id, 'RELEASE_HOLD', OPS)).data!.takeAction.exception).toMatchObject({ actions: [{ outcome: expect.stringContaining('REFUSED HoldNotFound') }] });
  });

  it('refuse what they do not know, and whom they do not concern', async () => {
    const [, id] = await notUpheld();
    expect(refusal(await take('nothing', 'CANCEL', OPS))).toBe('NOT_FOUND');
    expect(await found('nothing')).toBeNull();
    for (const action of ['RESHIP', 'constructor']) expect(refusal(await take(id, action, OPS))).toBe('ActionNotInSop');
    expect(refusal(await take(id, 'CANCEL', OPS, 'x'.repeat(2_001)))).toBe('BAD_USER_INPUT');
    for (const action of ['', 'x'.repeat(61)]) expect(refusal(await take(id, action, OPS))).toBe('BAD_USER_INPUT');
    const withAddress = 'mutation($id: ID!) { takeAction(exceptionId: $id, action: "CANCEL", address: {province: "浙江", city: "杭州", detail: "1"}) { position } }';
    expect(refusal(await journey.ask(OPS, withAddress, { id }))).toBe('BAD_USER_INPUT');
    for (const roles of [['approver'], ['analyst'], ['auditor']] as const) expect(refusal(await take(id, 'CANCEL', { roles: [...roles] }))).toBe('FORBIDDEN');
    for (const roles of [['approver'], ['analyst']] as const) expect(refusal(await journey.ask({ roles: [...roles] }, EXCEPTION, { id }))).toBe('FORBIDDEN');
    expect(await found(id, { roles: ['auditor'] })).toMatchObject({ exceptionId: id });
    expect(await eventsOf(id)).toEqual(['ExceptionRaised']);
  });

  it('have their actions carried out, once, though whoever took one is gone', async () => {
    const [n, id] = await notUpheld();
    const { executor } = journey.orderTrail;
    await executor.execute(exceptionStream(id), { type: 'TakeAction', id: 'taken', actor: { id: 'wang', role: 'ops' }, at: clock.now(), exceptionId: id, actionId: 'a-1', action: 'RELEASE_HOLD', note: null } as never);
    expect(await found(id)).toMatchObject({ actions: [{ outcome: 'PENDING' }] });
    expect(refusal(await journey.ask(OPS, RESOLVE, { id }))).toBe('ActionPending');
    await journey.restart();
    await clock.leap(60_000);
    await eventually(async () => expect(await found(id)).toMatchObject({ actions: [{ takenBy: 'wang', outcome: 'DONE' }] }));
    expect((await order(n)).holds).toEqual([]);
    expect((await eventsOf(id)).filter((type) => type === 'ExceptionActionCarriedOut')).toHaveLength(1);
  });

  it('are raised once when nobody has reviewed in time, and told once when their own time is over', async () => {
    const n = await exempted();
    await clock.leap(HOUR_MS);
    const id = await eventually(() => caseOf(n));
    expect(await found(id)).toMatchObject({ evidence: { reviewed: false }, blocksOrder: true });
    const overdue = async () => (await journey.data<{ alerts: { subject: string }[] }>(OPS, '{ alerts(kind: EXCEPTION_OVERDUE, first: 100) { subject } }', {}, await atTheEnd())).alerts.filter(({ subject }) => subject === id);
    await clock.leap(24 * HOUR_MS - 1);
    expect(await overdue()).toEqual([]);
    await journey.restart();
    await clock.leap(1);
    await eventually(async () => expect(await overdue()).toHaveLength(1));
    await clock.leap(1);
    expect(await found(id)).toMatchObject({ overdue: true });
    expect((await list({ overdue: true })).edges).toContainEqual({ node: { orderNumber: n } });
    expect((await list({ overdue: false, orderNumber: n })).totalCount).toBe(0);
    const page = 'query($f: ExceptionFilter, $after: String) { exceptions(filter: $f, first: 1, after: $after) { pageInfo { endCursor } edges { node { exceptionId } } } }';
    const next = async (after: string | null) => (await journey.data<{ exceptions: { pageInfo: { endCursor: string }; edges: object[] } }>(OPS, page, { f: { overdue: true }, after })).exceptions;
    const first = await next(null);
    await clock.leap(1);
    expect((await next(first.pageInfo.endCursor)).edges).not.toEqual(first.edges);
    expect(await eventsOf(id)).toEqual(['ExceptionRaised']);
  });
});
