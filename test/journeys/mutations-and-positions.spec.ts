import { anOrder, Journey, POSITION } from './journey';

const OPS = { roles: ['ops' as const], sub: 'ops-lin' };
const ADMIN = { roles: ['admin' as const], sub: 'root' };
const HOLD = 'mutation($n: ID!, $r: String!) { placeHold(orderNumber: $n, reason: $r) { position order { revision status holds { holdId reason } } } }';

interface Held {
  placeHold: { position: string; order: { revision: number; holds: { holdId: string; reason: string }[] } };
}

describe('mutations and positions', () => {
  let journey: Journey;
  let n: string;
  const end = () => journey.orderTrail.eventStore.end();

  beforeAll(async () => {
    journey = await Journey.start();
    n = (await journey.send('TB', 'orders', anOrder('m-1'))).body.items[0]!.orderNumber!;
  }, 60_000);
  afterAll(() => journey.end());

  describe('with an Idempotency-Key', () => {
    const key = { 'idempotency-key': 'key-1' };
    let first: Held;

    it('are executed once and answered alike, also when the order has moved on and after a restart', async () => {
      first = await journey.data<Held>(OPS, HOLD, { n, r: 'one' }, key);
      await journey.data<Held>(OPS, HOLD, { n, r: 'another' });
      const written = await journey.eventsOf(n);
      expect(await journey.data<Held>(OPS, HOLD, { n, r: 'one' }, key)).toEqual(first);
      expect(await journey.eventsOf(n)).toBe(written);
      await journey.restart();
      expect(await journey.data<Held>(OPS, HOLD, { n, r: 'one' }, key)).toEqual(first);
      expect(await journey.eventsOf(n)).toBe(written);
    });

    it('are one however they are written, but never with another content', async () => {
      const literal = `mutation { placeHold(reason: "one", orderNumber: "${n}") { position } }`;
      expect(await journey.data(OPS, literal, {}, key)).toEqual({ placeHold: { position: first.placeHold.position } });
      const other = await journey.ask(OPS, HOLD, { n, r: 'two' }, key);
      expect(other).toMatchObject({ data: null, errors: [{ extensions: { code: 'CONFLICT' } }] });
      const another = await journey.ask(OPS, 'mutation($n: ID!) { cancelOrder(orderNumber: $n, reason: "r") { position } }', { n }, key);
      expect(another.errors[0]!.extensions.code).toBe('CONFLICT');
    });

    it('belong to the caller', async () => {
      const mine = await journey.data<Held>({ roles: ['ops'], sub: 'ops-wu' }, HOLD, { n, r: 'one' }, key);
      expect(mine.placeHold.order.revision).toBeGreaterThan(first.placeHold.order.revision);
    });

    it('sent twenty times at once are one', async () => {
      const before = (await journey.data<{ order: { revision: number } }>(OPS, 'query($n: ID!) { order(orderNumber: $n) { revision } }', { n })).order.revision;
      const all = await Promise.all(Array.from({ length: 20 }, () => journey.data<Held>(OPS, HOLD, { n, r: 'race' }, { 'idempotency-key': 'race' })));
      expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
      expect(all[0]!.placeHold.order.revision).toBe(before + 1);
    });

    it('forget a refusal', async () => {
      const refused = { 'idempotency-key': 'refused' };
      const release = 'mutation($n: ID!, $h: ID!) { releaseHold(orderNumber: $n, holdId: $h, reason: "r") { position } }';
      expect((await journey.ask(OPS, release, { n, h: 'none' }, refused)).errors[0]!.extensions.code).toBe('REJECTED');
      expect((await journey.ask(OPS, release, { n: 'TB2026010999999', h: 'none' }, refused)).errors[0]!.extensions.code).toBe('NOT_FOUND');
      await journey.data(OPS, release, { n, h: first.placeHold.order.holds[0]!.holdId }, refused);
    });

    it('hold for each field of one request, and for settings', async () => {
      const two = `mutation { a: placeHold(orderNumber: "${n}", reason: "a") { position } b: placeHold(orderNumber: "${n}", reason: "b") { position } }`;
      const both = await journey.data<{ a: { position: string }; b: { position: string } }>(OPS, two, {}, { 'idempotency-key': 'two' });
      expect(both.a.position < both.b.position).toBe(true);
      expect(await journey.data(OPS, two, {}, { 'idempotency-key': 'two' })).toEqual(both);
      const publish = 'mutation { publishSettings(settings: {nodes: [{node: PAYMENT, ownerRole: "csr", limit: "PT45M"}], exemptionsPerDay: 7, backlogPeak: {pendingMin: 8, decisionsPerHour: 6}}) { position settings { version exemptionsPerDay backlogPeak { pendingMin decisionsPerHour } nodes { node limit } } } }';
      const published = await journey.data<{ publishSettings: { settings: { version: number; nodes: unknown[] } } }>(ADMIN, publish, {}, { 'idempotency-key': 's' });
      expect(published.publishSettings.settings).toMatchObject({ version: 2, exemptionsPerDay: 7, backlogPeak: { pendingMin: 8, decisionsPerHour: 6 } });
      expect(published.publishSettings.settings.nodes[0]).toEqual({ node: 'PAYMENT', limit: 'PT45M' });
      await journey.data(ADMIN, 'mutation { publishSettings(settings: {exemptionsPerDay: 8}) { position } }');
      expect(await journey.data(ADMIN, publish, {}, { 'idempotency-key': 's' })).toEqual(published);
    });
  });

  it('are refused with the name of the broken rule', async () => {
    await journey.data(OPS, 'mutation($n: ID!) { cancelOrder(orderNumber: $n, reason: "r") { position } }', { n });
    const { errors, data } = await journey.ask(OPS, HOLD, { n, r: 'late' });
    expect(data).toBeNull();
    expect(errors[0]).toMatchObject({ path: ['placeHold'], extensions: { code: 'REJECTED', rejection: expect.stringMatching(/^[A-Z]\w+$/) } });
    expect(JSON.stringify(errors)).not.toMatch(/node_modules|\.ts|stack/);
  });

  it('a read model is built anew once for a key, and found equal', async () => {
    const rebuild = 'mutation { rebuildProjection(name: "order-status", reason: "a look") { name state } }';
    const key = { 'idempotency-key': 'rebuild' };
    expect((await journey.data<{ rebuildProjection: object }>(OPS, rebuild, {}, key)).rebuildProjection).toMatchObject({ name: 'order-status' });
    await journey.data(OPS, rebuild, {}, key);
    interface Statuses { projections: { name: string; lastRebuild: { differences: number; switched: boolean; by: string; reason: string } | null }[] }
    let outcome: Statuses['projections'][0]['lastRebuild'] = null;
    for (let looks = 0; outcome === null && looks < 100; looks++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { projections } = await journey.data<Statuses>(OPS, '{ projections { name version state position lag eventsPerSecond parked rebuild { processed total } lastRebuild { differences switched by reason startedAt finishedAt processed firstDifference } } }');
      outcome = projections.find(({ name }) => name === 'order-status')!.lastRebuild;
    }
    expect(outcome).toMatchObject({ differences: 0, switched: true, by: 'ops-lin', reason: 'a look' });
    expect((await journey.data<{ order: unknown }>(OPS, 'query($n: ID!) { order(orderNumber: $n) { orderNumber } }', { n })).order).toEqual({ orderNumber: n });
  }, 20_000);

  it('every answer carries its position; a query waits for the one asked for', async () => {
    const sent = await journey.send('TB', 'orders', anOrder('m-2'));
    expect(sent.headers.get('x-position')).toBe(sent.body.position);
    const at = { 'x-min-position': sent.body.position };
    const list = await journey.ask<{ orders: { totalCount: number } }>(OPS, '{ orders { totalCount } }', {}, at);
    expect(list.data!.orders.totalCount).toBe(2);
    expect(list.extensions.position >= sent.body.position).toBe(true);
    expect(list.headers.get('x-position')).toBe(list.extensions.position);
    const held = await journey.ask<Held>(OPS, HOLD, { n: sent.body.items[0]!.orderNumber, r: 'x' });
    expect(held.extensions.position).toBe(held.data!.placeHold.position);
  });

  it('a position that does not come is STALE_READ, one that is none BAD_USER_INPUT', async () => {
    const started = Date.now();
    const stale = await journey.ask(OPS, '{ settings { version } }', {}, { 'x-min-position': (await end()).replaceAll(/\d/g, '9') });
    expect(Date.now() - started).toBeGreaterThan(4_500);
    expect(stale).toMatchObject({ data: null, errors: [{ extensions: { code: 'STALE_READ' } }], extensions: { position: expect.stringMatching(POSITION) } });
    const bad = await journey.ask(OPS, '{ settings { version } }', {}, { 'x-min-position': 'yesterday' });
    expect(bad).toMatchObject({ status: 400, data: null, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  }, 20_000);
});

describe('questions that ask too much or wrongly', () => {
  let journey: Journey;
  beforeAll(async () => (journey = await Journey.start()), 60_000);
  afterAll(() => journey.end());
  const fields = 'orderNumber externalId status lines { lineId sku quantity unitPrice { amount currency } title category skuMatched } customer { name phone email }';

  it.each([
    ['syntax', '{ orders {'],
    ['an unknown field', '{ orders { nothing } }'],
    ['a variable that is missing', 'query($n: ID!) { order(orderNumber: $n) { status } }'],
    ['an instant without offset', '{ workflowBoard(from: "2026-01-09 10:00") { asOf } }'],
    ['a page too large', '{ orders(first: 100000) { totalCount } }'],
    ['a page of nothing', '{ orders(first: 0) { totalCount } }'],
    ['a cursor of nowhere', '{ orders(after: "nonsense") { totalCount } }'],
    ['two points of replay', '{ orderReplay(orderNumber: "x", until: {revision: 1, at: "2026-01-09T02:00:00Z"}) { state } }'],
    ['too many aliases', `{ ${Array.from({ length: 30 }, (_, i) => `a${i}: settings { version }`).join(' ')} }`],
    ['too much at once', `{ ${['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'].map((a) => `${a}: orders(first: 200) { edges { node { ${fields} } } }`).join(' ')} }`],
    ['too deep', '{ __typename ...on Query { ...on Query { ...on Query { ...on Query { ...on Query { ...on Query { ...on Query { ...on Query { ...on Query { ...on Query { ...on Query { ...on Query { ...on Query { settings { version } } } } } } } } } } } } } } } }'],
  ])('%s is BAD_USER_INPUT', async (_, query) => {
    const { status, errors, extensions } = await journey.ask(OPS, query);
    expect(errors[0]?.extensions.code).toBe(query.includes('orderReplay') ? undefined : 'BAD_USER_INPUT');
    expect(extensions.position).toMatch(POSITION);
    expect([200, 400]).toContain(status);
  });

  it('a date or amount that is none is told with its place', async () => {
    const { errors } = await journey.ask(OPS, '{\n  orders(filter: { placedFrom: "2026-02-30T00:00:00Z" }) { totalCount }\n}');
    expect(errors).toEqual([{ message: expect.stringMatching(/^DateTime must be .* got "2026-02-30T00:00:00Z"\.$/), locations: [{ line: 2, column: 32 }], extensions: { code: 'BAD_USER_INPUT' } }]);
    const amount = await journey.ask(OPS, 'mutation { previewGreenChannel(filter: {}, maxAmount: 5) { token } }');
    expect(amount.errors).toEqual([expect.objectContaining({ message: 'Decimal must be a string.', locations: [{ line: 1, column: 55 }] })]);
  });

  it('runs the operation that is named, also of a document seen before', async () => {
    const query = 'query A { settings { version } } query B { projections { name } }';
    for (const operationName of ['A', 'A', 'A', 'B', 'A', 'B']) {
      const response = await fetch(`${journey.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${await journey.token(OPS)}` }, body: JSON.stringify({ query, operationName }) });
      expect(Object.keys(((await response.json()) as { data: object }).data)).toEqual([operationName === 'A' ? 'settings' : 'projections']);
    }
  });

  it('takes no batch, no large body, no form, and no mutation by GET', async () => {
    const authorization = `Bearer ${await journey.token(OPS)}`;
    const post = (type: string, body: string) => fetch(`${journey.url}/graphql`, { method: 'POST', headers: { 'content-type': type, authorization }, body });
    expect((await post('application/json', '[{"query":"{ __typename }"}]')).status).toBe(400);
    expect((await post('application/json', JSON.stringify({ query: `{ __typename #${'x'.repeat(300_000)}\n }` }))).status).toBe(413);
    const text = await post('text/plain', '{"query":"{ __typename }"}');
    expect([text.status, await text.json()]).toEqual([415, expect.objectContaining({ errors: [expect.objectContaining({ message: expect.stringContaining('Content-Type: application/json') })] })]);
    expect((await post('application/json', '{"query":')).status).toBe(400);
    const get = await fetch(`${journey.url}/graphql?query=${encodeURIComponent('mutation { reprocessQuarantined(quarantineId: "x") { position } }')}`, { headers: { authorization } });
    expect([400, 405]).toContain(get.status);
  });

  it('a body that is no GraphQL request is a mistake of the caller', async () => {
    const authorization = `Bearer ${await journey.token({ roles: ['ops'] })}`;
    const post = async (body: unknown) => {
      const response = await fetch(`${journey.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization }, body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    };
    const query = '{ settings { version } }';
    for (const wrong of [{ query: 5 }, { query: null }, {}, { query: '' }, { query: { a: 1 } }, { query, variables: 'x' }, { query, variables: [1] }, { query, operationName: 5 }, [{ query }], 'text']) {
      expect([wrong, await post(wrong)]).toEqual([wrong, { status: 400, body: expect.objectContaining({ data: null, errors: [{ message: expect.any(String), extensions: { code: 'BAD_USER_INPUT' } }] }) }]);
    }
    expect((await post({ query, variables: null, operationName: null })).status).toBe(200);
  });

  it.each(['XX', 'WMS', ''])('the board of %j, which is no platform, is a mistake of the caller', async (platform) => {
    const query = 'query($p: String) { workflowBoard(platform: $p) { asOf } }';
    expect((await journey.ask({ roles: ['ops'] }, query, { p: platform })).errors).toEqual([expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })]);
    expect((await journey.ask({ roles: ['ops'] }, query, { p: 'TB' })).errors).toEqual([]);
  });
});
