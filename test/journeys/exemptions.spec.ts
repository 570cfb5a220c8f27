// Orders that pass without their signatures: exemptions of the front line, which are counted and reviewed afterwards,
// and green channels, which release what was previewed and nothing else.
import { greenChannelStream, quotaStream } from '@app/domain';
import { TestClock } from '@app/runtime';
import { anOrder, eventually, Journey } from './journey';

const MINUTE_MS = 60_000;
const ADMIN = { roles: ['admin' as const], sub: 'root' };
const OPS = { roles: ['ops' as const], sub: 'wang' };
const FRONT = { roles: ['frontline' as const], sub: 'li' };
const CHIEF = { roles: ['approver' as const], sub: 'chief' };
const REGISTER = 'mutation($id: ID!, $roles: [String!]!, $supervisor: ID) { registerStaff(staffId: $id, name: "somebody", roles: $roles, supervisor: $supervisor) { position } }';
const GRANT = `mutation($n: ID!, $until: DateTime!, $reason: String = "the customer stands at the counter") {
  grantExemption(orderNumber: $n, reason: $reason, expiresAt: $until) { position order { status revision holds { reason } } } }`;
const REVIEW = 'mutation($n: ID!, $uphold: Boolean!, $comment: String = "looked into") { reviewExemption(orderNumber: $n, uphold: $uphold, comment: $comment) { position order { status holds { reason } } } }';
const ORDER = 'query($n: ID!) { order(orderNumber: $n) { status holds { reason releasableBy } } }';
const HISTORY = 'query($n: ID!) { orderHistory(orderNumber: $n) { type actor data } }';
const PREVIEW = 'mutation($filter: OrderFilter!, $max: Decimal) { previewGreenChannel(filter: $filter, maxAmount: $max) { token count sample expiresAt } }';
const CONFIRM = 'mutation($token: String!, $reason: String = "the finance group points nowhere") { confirmGreenChannel(token: $token, reason: $reason) { position succeeded failures { orderNumber code message } } }';

type By = Parameters<Journey['data']>[0];
interface Order {
  status: string;
  holds: { reason: string; releasableBy: string[] }[];
}
interface Preview {
  token: string;
  count: number;
  sample: string[];
  expiresAt: string;
}
interface Result {
  position: string;
  succeeded: number;
  failures: { orderNumber: string; code: string }[];
}

describe('orders that pass without their signatures', () => {
  const clock = new TestClock('2026-01-09T15:20:00.000Z');
  let journey: Journey;
  let serial = 0;

  /** In review at once: on credit, of a category that compliance must see. */
  async function inReview(more: Record<string, unknown> = {}, price = '199.90'): Promise<string> {
    const lines = [{ lineId: '1', sku: 'SKU-1', title: 'Knife', category: 'knives', quantity: 1, unitPrice: price }];
    const sent = await journey.send('TB', 'orders', anOrder(`x-${(serial += 1)}`, { paymentTerms: 'CREDIT', lines, freight: '0', discount: '0', total: price, ...more }));
    expect(sent).toMatchObject({ status: 202, body: { items: [{ errors: [] }] } });
    return sent.body.items[0]!.orderNumber!;
  }
  const order = async (n: string) => (await journey.data<{ order: Order }>(OPS, ORDER, { n }, { 'x-min-position': await journey.orderTrail.eventStore.end() })).order;
  const soon = (hours = 24) => new Date(Date.parse(clock.now()) + hours * 60 * MINUTE_MS).toISOString();
  const grant = (n: string, { by = FRONT as By, until = soon(), key = `grant-${n}` } = {}) => journey.ask<{ grantExemption: { position: string; order: Order } }>(by, GRANT, { n, until }, { 'idempotency-key': key });
  const refusal = ({ errors }: { errors: readonly { extensions: { code: string; rejection?: string } }[] }) => errors[0]?.extensions.rejection ?? errors[0]?.extensions.code;
  const quota = async (staffId = 'li') => (await journey.orderTrail.eventStore.read(quotaStream(staffId))).map(({ type, data }) => `${type} ${(data as { orderNumber: string }).orderNumber}`);
  const preview = async (filter: object, max?: string, by: By = OPS) => (await journey.data<{ previewGreenChannel: Preview }>(by, PREVIEW, { filter, max })).previewGreenChannel;
  const confirm = (token: string, key = token, by: By = OPS) => journey.ask<{ confirmGreenChannel: Result }>(by, CONFIRM, { token }, { 'idempotency-key': key });

  beforeAll(async () => {
    journey = await Journey.start({ clock });
    const published = await journey.data(ADMIN, 'mutation { publishSettings(settings: {restrictedCategories: ["knives"], businessDay: {opens: "08:30", closes: "17:30"}}) { settings { version businessDay { opens closes } } } }');
    expect(published).toEqual({ publishSettings: { settings: { version: 2, businessDay: { opens: '08:30', closes: '17:30' } } } });
    expect(refusal(await journey.ask(ADMIN, 'mutation { publishSettings(settings: {businessDay: {opens: "18:00", closes: "09:00"}}) { position } }'))).toBe('BusinessDayEmpty');
    for (const [id, roles, supervisor] of [['chief', ['compliance'], null], ['peer', ['compliance'], null], ['li', [], 'chief'], ['wang', [], null]] as const) await journey.data(ADMIN, REGISTER, { id, roles, supervisor });
  }, 60_000);
  afterAll(() => journey.end());

  describe('by an exemption', () => {
    it('are released once, with actor and reason in their history', async () => {
      const n = await inReview();
      expect((await order(n)).status).toBe('IN_REVIEW');
      const first = await grant(n);
      expect(first.errors).toEqual([]);
      expect(first.data!.grantExemption.order).toMatchObject({ status: 'AWAITING_ALLOCATION', holds: [] });
      expect((await grant(n, { until: soon() })).data).toEqual(first.data);
      expect(await quota()).toEqual([`ExemptionQuotaTaken ${n}`]);
      const { orderHistory } = await journey.data<{ orderHistory: { type: string; actor: string; data: object }[] }>(OPS, HISTORY, { n });
      expect(orderHistory).toEqual(expect.arrayContaining([
        { type: 'ExemptionGranted', actor: 'li', data: expect.objectContaining({ grantedBy: 'li', reason: 'the customer stands at the counter', reviewer: 'chief' }) },
        { type: 'ReviewDecided', actor: 'li', data: expect.objectContaining({ outcome: 'EXEMPTED', exemption: { by: 'li', reason: 'the customer stands at the counter' } }) },
      ]));
    });

    it('are released once when sent twice at the same time', async () => {
      const before = (await quota()).length;
      const n = await inReview();
      const [a, b] = await Promise.all([grant(n), grant(n)]);
      expect(a.data).toEqual(b.data);
      expect(await quota()).toHaveLength(before + 1);
    });

    it('are refused above the limit, for too long and without a reason, and the quota comes back', async () => {
      const before = await quota();
      const dear = await inReview({}, '5000.01');
      expect(refusal(await grant(dear))).toBe('ExemptionAmountExceeded');
      expect(await quota()).toEqual([...before, `ExemptionQuotaTaken ${dear}`, `ExemptionQuotaGivenBack ${dear}`]);
      const n = await inReview({}, '5000.00');
      expect(refusal(await grant(n, { until: soon(49), key: 'too-long' }))).toBe('ExemptionTooLong');
      expect(refusal(await journey.ask(FRONT, GRANT, { n, until: soon(), reason: '  ' }))).toBe('BAD_USER_INPUT');
      expect(refusal(await journey.ask(FRONT, GRANT, { n: 'TB2026010999999', until: soon() }))).toBe('NOT_FOUND');
      expect((await grant(n)).errors).toEqual([]);
    });

    it('refused once, they may be granted under the same key: the quota is taken anew', async () => {
      const before = await quota();
      const n = await inReview({ paymentTerms: 'PREPAID' });
      const until = soon();
      expect(refusal(await grant(n, { until }))).toBe('ReviewNotPending');
      await journey.send('WXPAY', 'payments', { orderNumber: n, paymentId: 'p-1', status: 'PAID', amount: '199.90', at: '2026-01-09T10:05:00+08:00' });
      const granted = await grant(n, { until });
      expect(granted.data!.grantExemption.order.status).toBe('AWAITING_ALLOCATION');
      expect((await grant(n, { until })).data).toEqual(granted.data);
      expect(await quota()).toEqual([...before, `ExemptionQuotaTaken ${n}`, `ExemptionQuotaGivenBack ${n}`, `ExemptionQuotaTaken ${n}`]);
    });

    it('are five a day and person, until the next business day or other settings', async () => {
      const [fifth, sixth] = [await inReview(), await inReview()];
      expect((await grant(fifth)).errors).toEqual([]);
      const before = await journey.orderTrail.eventStore.read(quotaStream('li'));
      expect(refusal(await grant(sixth))).toBe('ExemptionQuotaExceeded');
      expect(await journey.orderTrail.eventStore.read(quotaStream('li'))).toEqual(before);
      expect((await order(sixth)).status).toBe('IN_REVIEW');
      await journey.data(ADMIN, 'mutation { publishSettings(settings: {exemptionsPerDay: 6}) { position } }');
      expect((await grant(sixth)).errors).toEqual([]);
      await clock.advance(39 * MINUTE_MS);
      expect(refusal(await grant(await inReview()))).toBe('ExemptionQuotaExceeded');
      await clock.advance(MINUTE_MS);
      expect((await grant(await inReview())).errors).toEqual([]);
    });

    it('are reviewed by the superior: upheld they go on, not upheld they are held', async () => {
      const [good, bad] = [await inReview(), await inReview()];
      for (const n of [good, bad]) expect((await grant(n)).errors).toEqual([]);
      const review = (by: By, n: string, uphold: boolean) => journey.ask<{ reviewExemption: { order: Order } }>(by, REVIEW, { n, uphold });
      expect(refusal(await review({ roles: ['approver'], sub: 'peer' }, good, true))).toBe('NotReviewer');
      expect(refusal(await review({ roles: ['approver'], sub: 'li' }, good, true))).toBe('SelfApproval');
      expect(refusal(await review(FRONT, good, true))).toBe('FORBIDDEN');
      expect((await review(CHIEF, good, true)).data!.reviewExemption.order).toEqual({ status: 'AWAITING_ALLOCATION', holds: [] });
      expect(refusal(await review(CHIEF, good, false))).toBe('ExemptionAlreadyReviewed');
      expect((await review(CHIEF, bad, false)).data!.reviewExemption.order.holds).toEqual([{ reason: 'EXEMPTION_NOT_UPHELD: looked into' }]);
      expect((await order(bad)).holds[0]!.releasableBy).toEqual(['ops', 'admin']);
    });

    it('are listed for whoever may review them now: the superior, whoever acts for them, and no approver where nobody is above', async () => {
      const [named, nobodys] = [await inReview(), await inReview()];
      for (const [n, by] of [[named, FRONT], [nobodys, { roles: ['frontline'], sub: 'temp' } as By]] as const) expect((await grant(n, { by })).errors).toEqual([]);
      /** Of these. */
      const list = async (by: By) => {
        const { exemptions } = await journey.data<{ exemptions: { orderNumber: string }[] }>(by, '{ exemptions(status: UNDER_REVIEW) { orderNumber } }', {}, { 'x-min-position': await journey.orderTrail.eventStore.end() });
        return exemptions.map(({ orderNumber }) => orderNumber).filter((n) => n >= named).sort();
      };
      const review = (by: By, n: string) => journey.ask(by, REVIEW, { n, uphold: true });
      const peer: By = { roles: ['approver'], sub: 'peer' };
      expect([await list(CHIEF), await list(peer)]).toEqual([[named], []]);
      expect(await list(ADMIN)).toEqual([named, nobodys]);
      expect(refusal(await review(peer, nobodys))).toBe('NotReviewer');
      await journey.data(CHIEF, `mutation { setDelegation(staffId: "chief", to: "peer", from: "${clock.now()}", until: "${soon()}") { position } }`);
      expect(await list(peer)).toEqual([named]);
      // Granted while the superior is away: it names whoever acts for them, and is theirs again when they are back.
      const away = await inReview();
      expect((await grant(away)).errors).toEqual([]);
      await journey.data(CHIEF, 'mutation { endDelegation(staffId: "chief") { position } }');
      expect([await list(CHIEF), await list(peer)]).toEqual([[named, away], [away]]);
      expect((await review(CHIEF, away)).errors).toEqual([]);
      expect((await review(ADMIN, nobodys)).errors).toEqual([]);
      expect([await list(CHIEF), await list(ADMIN)]).toEqual([[named], [named]]);
    });

    it('are held when nobody has reviewed them in time, also over a restart', async () => {
      const n = await inReview();
      expect((await grant(n, { until: soon(0.1) })).errors).toEqual([]);
      await clock.advance(5 * MINUTE_MS);
      expect((await order(n)).holds).toEqual([]);
      await journey.restart();
      await clock.advance(MINUTE_MS);
      await eventually(async () => expect((await order(n)).holds).toMatchObject([{ reason: 'EXEMPTION_NOT_UPHELD: nobody reviewed it in time.' }]));
      expect(refusal(await journey.ask(CHIEF, REVIEW, { n, uphold: true }))).toBe('ExemptionExpired');
    });

    it('leave the quota right when whoever took it has died', async () => {
      const { executor } = journey.orderTrail;
      const orderNumber = await inReview();
      const given = (type: string, rest: object = {}) => ({ type, id: `${type}-x-9`, actor: { id: 'li', role: 'frontline' }, at: clock.now(), staffId: 'li', exemptionId: 'x-9', ...rest });
      await executor.execute(quotaStream('li'), given('TakeExemptionQuota', { orderNumber, day: '2026-01-20', perDay: 5 }));
      const end = await journey.orderTrail.eventStore.end();
      await journey.orderTrail.monitor.waitFor(['order-status'], end, 5_000);
      await clock.advance(5 * MINUTE_MS);
      await eventually(async () => expect((await quota()).at(-1)).toBe(`ExemptionQuotaGivenBack ${orderNumber}`));
      // It was only slow: the exemption stands, and counts.
      const stream = `order-TB.x-${serial}`;
      expect(await executor.execute(stream, given('GrantExemption', { reason: 'late', expiresAt: soon() }))).toMatchObject({ outcome: 'done' });
      await eventually(async () => expect((await quota()).at(-1)).toBe(`ExemptionQuotaTaken ${orderNumber}`));
    });
  });

  describe('by a green channel', () => {
    const customer = (customerId: string) => ({ customer: { customerId, name: '张三丰', tier: 'GOLD', phone: '13800001234', email: 'zhang@example.com' } });
    const seen = async () => void (await journey.orderTrail.monitor.waitFor(['order-status'], await journey.orderTrail.eventStore.end(), 5_000));

    it('are those that were previewed; each answers for itself', async () => {
      const [plain, amended, own, dear] = [await inReview(customer('g')), await inReview(customer('g')), await inReview({ ...customer('g'), placedBy: 'wang' }), await inReview(customer('g'), '3000.00')];
      await inReview({ ...customer('g'), paymentTerms: 'PREPAID' });
      await seen();
      const found = await preview({ customerId: 'g' }, '2999.99');
      expect(found).toEqual({ token: expect.any(String), count: 3, sample: expect.arrayContaining([plain, amended, own]), expiresAt: new Date(Date.parse(clock.now()) + 15 * MINUTE_MS).toISOString() });
      expect(await preview({ customerId: 'g', status: ['SETTLED'] })).toMatchObject({ count: 0, sample: [] });
      expect((await order(plain)).status).toBe('IN_REVIEW');

      const late = await inReview(customer('g'));
      const lines = [{ lineId: '1', sku: 'SKU-1', title: 'Knife', category: 'knives', quantity: 2, unitPrice: '199.90' }];
      const twice = anOrder(`x-${serial - 4}`, { paymentTerms: 'CREDIT', lines, freight: '0', discount: '0', total: '399.80', ...customer('g') });
      expect((await journey.send('TB', 'orders', twice)).body.items[0]).toMatchObject({ outcome: 'UPDATED', orderNumber: amended });

      const confirmed = await confirm(found.token, 'k-1');
      expect(confirmed.errors).toEqual([]);
      const { succeeded, failures } = confirmed.data!.confirmGreenChannel;
      expect({ succeeded, failures: failures.map(({ orderNumber, code }) => `${orderNumber} ${code}`).sort() }).toEqual({ succeeded: 1, failures: [`${amended} ReviewNotPending`, `${own} SelfApproval`].sort() });
      expect(await Promise.all([plain, amended, own, dear, late].map(async (n) => (await order(n)).status))).toEqual(['AWAITING_ALLOCATION', 'IN_REVIEW', 'IN_REVIEW', 'IN_REVIEW', 'IN_REVIEW']);
      const { orderHistory } = await journey.data<{ orderHistory: { type: string; actor: string; data: object }[] }>(OPS, HISTORY, { n: plain });
      expect(orderHistory.at(-1)).toEqual({ type: 'ReviewDecided', actor: 'wang', data: expect.objectContaining({ outcome: 'EXEMPTED', exemption: { by: 'wang', reason: 'the finance group points nowhere' } }) });

      const written = () => Promise.all([journey.orderTrail.eventStore.read(greenChannelStream(found.token)), ...[plain, amended, own].map((n) => journey.eventsOf(n))]);
      const before = await written();
      expect((await confirm(found.token, 'k-1')).data).toEqual(confirmed.data);
      expect(await written()).toEqual(before);
      expect(refusal(await confirm(found.token, 'k-2'))).toBe('GreenChannelConfirmedBefore');
    });

    it('need a token that is known and in time, a reason, and the right', async () => {
      const { token } = await preview({ customerId: 'nobody' });
      expect(refusal(await confirm('00000000-0000-4000-8000-000000000000'))).toBe('NOT_FOUND');
      expect(refusal(await confirm('main'))).toBe('NOT_FOUND');
      expect(refusal(await journey.ask(OPS, CONFIRM, { token, reason: ' ' }))).toBe('BAD_USER_INPUT');
      expect(refusal(await journey.ask(OPS, PREVIEW, { filter: {}, max: '-1' }))).toBe('BAD_USER_INPUT');
      for (const by of [FRONT, CHIEF, { roles: ['auditor' as const] }, { roles: ['csr' as const] }]) {
        expect(refusal(await confirm(token, 'k', by))).toBe('FORBIDDEN');
        expect(refusal(await journey.ask(by, PREVIEW, { filter: {} }))).toBe('FORBIDDEN');
      }
      await clock.advance(15 * MINUTE_MS);
      expect(refusal(await confirm(token))).toBe('GreenChannelExpired');
      const other = await preview({ customerId: 'nobody' });
      expect((await confirm(other.token)).data!.confirmGreenChannel).toEqual({ position: expect.any(String), succeeded: 0, failures: [] });
    });

    it('are released to the last one though whoever confirmed has died', async () => {
      const all: string[] = [];
      for (let n = 0; n < 7; n++) all.push(await inReview(customer('h')));
      await seen();
      const { token, count } = await preview({ customerId: 'h' });
      expect(count).toBe(7);
      const command = { type: 'ConfirmGreenChannel', id: 'confirm-h', actor: { id: 'wang', role: 'ops' }, at: clock.now(), token, reason: 'the finance group points nowhere' };
      expect(await journey.orderTrail.executor.execute(`greenchannel-${token}`, command)).toMatchObject({ outcome: 'done' });
      await journey.restart();
      expect((await order(all[0]!)).status).toBe('IN_REVIEW');
      await clock.advance(MINUTE_MS);
      await eventually(async () => {
        for (const n of all) expect((await order(n)).status).toBe('AWAITING_ALLOCATION');
      });
      const { orderHistory } = await journey.data<{ orderHistory: { type: string; actor: string }[] }>(OPS, HISTORY, { n: all[3] });
      expect(orderHistory.at(-1)).toMatchObject({ type: 'ReviewDecided', actor: 'wang' });
    });
  });
});
