import { request } from 'node:http';
import { createInterface } from 'node:readline';
import type { EmbeddedEventStore } from '@app/event-store';
import { anOrder, Journey, POSITION } from './journey';
import { itEmbedded } from './stores-of-journeys';

const OPS = { roles: ['ops' as const], sub: 'ops-lin' };

describe('what systems send', () => {
  let journey: Journey;
  beforeAll(async () => (journey = await Journey.start()), 60_000);
  afterAll(() => journey.end());

  it('one, several, facts before their order: an outcome for each, in their order', async () => {
    const early = await journey.send('WXPAY', 'payments', { platform: 'JD', externalId: 'i-1', paymentId: 'p', status: 'PAID', amount: '199.90', at: '2026-01-09T10:01:00+08:00' });
    expect(early).toMatchObject({ status: 202, body: { items: [{ outcome: 'WAITING', externalId: 'i-1' }] } });
    const waiting = await journey.data<{ waitingFacts: unknown[] }>(OPS, '{ waitingFacts { system topic platform externalId receivedAt payload } }', {}, { 'x-min-position': early.body.position });
    expect(waiting.waitingFacts).toEqual([expect.objectContaining({ system: 'WXPAY', topic: 'payments', platform: 'JD', externalId: 'i-1' })]);
    const sent = await journey.send('JD', 'orders', [anOrder('i-1'), anOrder('i-1'), { externalId: 'i-2', total: 'much' }, anOrder('i-3')]);
    expect(sent.body.items.map(({ outcome }) => outcome)).toEqual(['CREATED', 'DUPLICATE', 'QUARANTINED', 'CREATED']);
    const { order } = await journey.data<{ order: { status: string } }>(OPS, 'query($n: ID!) { order(orderNumber: $n) { status paidAt } }', { n: sent.body.items[0]!.orderNumber }, { 'x-min-position': sent.body.position });
    expect(order).toEqual({ status: 'AWAITING_ALLOCATION', paidAt: '2026-01-09T02:01:00.000Z' });
    const after = await journey.data<{ waitingFacts: unknown[] }>(OPS, '{ waitingFacts { system } }', {}, { 'x-min-position': sent.body.position });
    expect(after.waitingFacts).toEqual([]);
  });

  it('what cannot be read is kept whole, once, and read again or discarded', async () => {
    const text = '{"externalId": "i-9", "customer": {"name": "张三丰"}';
    const sent = [await journey.send('TB', 'orders', text), await journey.send('TB', 'orders', text)];
    expect(sent[0]).toMatchObject({ status: 400, body: { error: { code: 'BAD_USER_INPUT' }, items: [{ outcome: 'QUARANTINED' }] } });
    const list = '{ quarantine(system: "TB") { quarantineId system receivedAt errors payload status } }';
    const at = { 'x-min-position': sent[1]!.body.position };
    const { quarantine } = await journey.data<{ quarantine: { quarantineId: string; payload: unknown; errors: string[] }[] }>(OPS, list, {}, at);
    expect(quarantine).toEqual([expect.objectContaining({ system: 'TB', payload: text, status: 'WAITING' })]);
    expect(JSON.stringify(await journey.data({ roles: ['auditor'] }, list))).not.toContain('张三丰');
    const id = quarantine[0]!.quarantineId;
    const again = await journey.ask(OPS, 'mutation($id: ID!) { reprocessQuarantined(quarantineId: $id) { position } }', { id });
    expect(again.errors[0]!.extensions).toMatchObject({ code: 'REJECTED', rejection: 'StillUnreadable' });
    const discarded = await journey.ask(OPS, 'mutation($id: ID!) { discardQuarantined(quarantineId: $id, reason: "a typing error") { position } }', { id });
    expect(discarded.errors).toEqual([]);
    expect((await journey.data<{ quarantine: unknown[] }>(OPS, '{ quarantine(system: "TB", status: DISCARDED) { quarantineId } }')).quarantine).toEqual([{ quarantineId: id }]);
    expect((await journey.ask(OPS, 'mutation { discardQuarantined(quarantineId: "none", reason: "r") { position } }')).errors[0]!.extensions.code).toBe('NOT_FOUND');
  });

  it('knows its systems', async () => {
    const { sourceSystems } = await journey.data<{ sourceSystems: { code: string; received: number; quarantined: number; lastHeardAt: string | null }[] }>(OPS, '{ sourceSystems { code name kind interface responsibleFor owner lastHeardAt received quarantined } }');
    expect(sourceSystems.find(({ code }) => code === 'JD')).toMatchObject({ received: 3, quarantined: 1, lastHeardAt: expect.any(String) });
    expect(sourceSystems.find(({ code }) => code === 'ALIPAY')).toMatchObject({ received: 0, lastHeardAt: null });
    for (const [system, topic] of [['XX', 'orders'], ['TB', 'unknowns'], ['TB', '__proto__']] as const) expect((await journey.send(system, topic, {})).status).toBe(404);
  });

  it('takes at most 10 MB at once', async () => {
    const large = await journey.send('TB', 'orders', `[${JSON.stringify(anOrder('large', { note: 'x'.repeat(11_000_000) }))}]`);
    expect(large.status).toBe(413);
  });

  it('takes no body for what it is not', async () => {
    const authorization = `Bearer ${await journey.token(OPS)}`;
    const post = async (body: Buffer | undefined, query = '') => {
      const response = await fetch(`${journey.url}/intake/TB/orders${query}`, { method: 'POST', headers: { authorization }, ...(body === undefined ? {} : { body: new Uint8Array(body) }) });
      return { status: response.status, body: (await response.json()) as { items?: { outcome: string }[] } };
    };
    expect((await post(undefined)).status).toBe(400);
    const text = JSON.stringify(anOrder('gbk', { shopId: 'x' }));
    const gbk = Buffer.concat([Buffer.from(text.split('"x"')[0]!), Buffer.from([0x22, 0xce, 0xc4, 0x22]), Buffer.from(text.split('"x"')[1]!)]);
    expect(await post(gbk)).toMatchObject({ status: 400, body: { items: [{ outcome: 'QUARANTINED' }] } });
    expect((await post(Buffer.from(text), '?history=1')).status).toBe(400);
  });

  it('takes no encoded body, and no answer that it does not know', async () => {
    const authorization = `Bearer ${await journey.token(OPS)}`;
    const post = async (query: string, headers: Record<string, string>) => {
      const response = await fetch(`${journey.url}/intake/TB/orders${query}`, { method: 'POST', headers: { authorization, ...headers }, body: '[]' });
      return [response.status, ((await response.json()) as { error?: { message: string } }).error?.message];
    };
    const lines = { 'content-type': 'application/x-ndjson' };
    for (const headers of [{ 'content-encoding': 'gzip' }, { ...lines, 'content-encoding': 'br' }]) expect(await post('', headers)).toEqual([415, expect.stringContaining('Content-Encoding')]);
    expect(await post('', { 'content-encoding': 'identity' })).toEqual([202, undefined]);
    for (const query of ['?answer=all', '?answer=', '?answer=items&answer=summary']) expect(await post(query, lines)).toEqual([400, 'answer must be items or summary.']);
    expect(await post('?answer=summary', {})).toEqual([400, expect.stringContaining('x-ndjson')]);
    expect(await post('?answer=items', {})).toEqual([202, undefined]);
  });

  it('takes lines while they come and answers them as they become durable', async () => {
    const { hostname, port } = new URL(journey.url);
    const authorization = `Bearer ${await journey.token(OPS)}`;
    const stream = request({ host: hostname, port, method: 'POST', path: '/intake/DY/orders', headers: { authorization, 'content-type': 'application/x-ndjson' } });
    const answered = new Promise<import('node:http').IncomingMessage>((resolve, reject) => stream.once('response', resolve).once('error', reject));
    stream.write(`${JSON.stringify(anOrder('n-0'))}\n`);
    const response = await answered;
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value as string) as Record<string, unknown>;
    // The first is answered while the second has not been sent.
    expect(await next()).toMatchObject({ externalId: 'n-0', outcome: 'CREATED', position: expect.stringMatching(POSITION) });
    stream.write(`not json\n${JSON.stringify(anOrder('n-0'))}\n`);
    expect([(await next())['outcome'], (await next())['outcome']]).toEqual(['QUARANTINED', 'DUPLICATE']);
    const orders1000 = Array.from({ length: 1_000 }, (_, i) => `${JSON.stringify(anOrder(`n-${i + 1}`))}\n`);
    for (const line of orders1000) stream.write(line);
    stream.end();
    let last: Record<string, unknown> = {};
    let answers = 0;
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      last = JSON.parse(line.value) as Record<string, unknown>;
      answers += 1;
    }
    if (last['complete'] === true) expect([answers, last]).toMatchObject([1_001, { counts: { CREATED: 1_001, QUARANTINED: 1, DUPLICATE: 1 } }]);
    else expect(last).toMatchObject({ complete: false, error: expect.stringContaining('Send it again') });
    // Broken off by a fault, a stream is sent again as it was: what was taken is known.
    while (last['complete'] !== true) {
      const again = await fetch(`${journey.url}/intake/DY/orders?answer=summary`, { method: 'POST', headers: { authorization, 'content-type': 'application/x-ndjson' }, body: orders1000.join('') });
      last = JSON.parse((await again.text()).trim().split('\n').at(-1)!) as Record<string, unknown>;
    }
    const { orders } = await journey.data<{ orders: { totalCount: number } }>(OPS, '{ orders(filter: {platform: "DY"}) { totalCount } }', {}, { 'x-min-position': String(last['position']) });
    expect(orders.totalCount).toBe(1_001);
  }, 120_000);

  it('answers a stream by its summary alone, and takes history from those who may', async () => {
    const response = await fetch(`${journey.url}/intake/PD/orders?answer=summary&history=true&omits=customer.name,customer.phone`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await journey.token(OPS)}`, 'content-type': 'application/x-ndjson' },
      body: ['h-1', 'h-2'].map((id) => JSON.stringify(anOrder(id, { customer: { customerId: id }, paymentTerms: 'CREDIT' }))).join('\n'),
    });
    expect(response.status).toBe(202);
    const lines = (await response.text()).trim().split('\n').map((line) => JSON.parse(line) as { position: string });
    expect(lines).toEqual([expect.objectContaining({ complete: true, counts: expect.objectContaining({ CREATED: 2 }) })]);
    const { orders } = await journey.data<{ orders: { edges: { node: unknown }[] } }>(OPS, '{ orders(filter: {platform: "PD"}) { edges { node { status holds { reason } } } } }', {}, { 'x-min-position': lines[0]!.position });
    expect(orders.edges.map(({ node }) => node)).toEqual([1, 2].map(() => ({ status: 'AWAITING_ALLOCATION', holds: [] })));
  });

  it('lists, filters and pages what it took', async () => {
    const page = 'query($f: OrderFilter, $s: OrderSort, $a: String) { orders(filter: $f, sort: $s, first: 3, after: $a) { edges { cursor node { externalId orderNumber platform } } pageInfo { hasNextPage endCursor } totalCount } }';
    interface Page { orders: { edges: { node: { externalId: string; orderNumber: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string }; totalCount: number } }
    const seen: string[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 3; pages++) {
      const { orders }: Page = await journey.data<Page>(OPS, page, { f: { platform: 'DY' }, s: 'PLACED_AT_ASC', a: after });
      expect(orders).toMatchObject({ totalCount: 1_001, pageInfo: { hasNextPage: true } });
      seen.push(...orders.edges.map(({ node }) => node.orderNumber));
      after = orders.pageInfo.endCursor;
    }
    expect(new Set(seen).size).toBe(9);
    const byId = await journey.data<Page>(OPS, page, { f: { search: 'n-7' } });
    expect(byId.orders.edges.map(({ node }) => node.externalId)).toEqual(['n-7']);
    const byNumber = await journey.data<Page>(OPS, page, { f: { search: byId.orders.edges[0]!.node.orderNumber, overdue: true, node: 'PAYMENT', status: ['AWAITING_PAYMENT'], onHold: false, placedFrom: '2026-01-09T00:00:00Z', placedTo: '2026-01-10T00:00:00Z' } });
    expect(byNumber.orders).toMatchObject({ totalCount: 1, edges: [{ node: { externalId: 'n-7' } }], pageInfo: { hasNextPage: false } });
  });

  it('describes itself without any network, and says when it is ready', async () => {
    const docs = await fetch(`${journey.url}/docs`);
    const html = await docs.text();
    expect(docs.status).toBe(200);
    expect(html.match(/(src|href)="https?:/g)).toBeNull();
    for (const [, asset] of html.matchAll(/(?:src|href)="\.?\/?([^"]+)"/g)) {
      const loaded = await fetch(new URL(asset!, `${journey.url}/`));
      expect([loaded.status, (await loaded.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
    }
    const description = (await (await fetch(`${journey.url}/docs/openapi.json`)).json()) as { paths: Record<string, { post?: { requestBody: { content: Record<string, { example: unknown }> } } }>; components: { schemas: object } };
    expect(Object.keys(description.paths)).toEqual(expect.arrayContaining(['/intake/{system}/orders', '/intake/{system}/surveys', '/health/ready']));
    // What it shows as an example can be sent as it stands, as an item and as a line.
    for (const [path, { post }] of Object.entries(description.paths)) {
      if (post === undefined) continue;
      const { example } = post.requestBody.content['application/json']!;
      expect(JSON.parse(post.requestBody.content['application/x-ndjson']!.example as string)).toEqual(example);
      const { status, body } = await journey.send('WS', path.split('/').at(-1)!, example as object);
      expect([path, status, body.items[0]]).toEqual([path, 202, expect.objectContaining({ outcome: expect.stringMatching(/^(CREATED|ACCEPTED|DUPLICATE)$/), errors: [] })]);
    }
    expect(Object.keys(description.components.schemas)).toEqual(expect.arrayContaining(['orders', 'payments', 'IntakeAnswer']));
    expect((await fetch(`${journey.url}/health/live`)).status).toBe(200);
    // Through connections that are cut it may be a moment until a server has answered.
    for (let wait = 0; wait < 40 && !(await fetch(`${journey.url}/health/ready`)).ok; wait++) await new Promise((resolve) => setTimeout(resolve, 250));
    expect((await fetch(`${journey.url}/health/ready`)).status).toBe(200);
    const metrics = await (await fetch(`${journey.url}/metrics`)).text();
    expect(metrics).toMatch(/ordertrail_intake_items_total\{topic="orders",outcome="CREATED"\} \d+/);
    expect(metrics).toMatch(/ordertrail_projection_lag_events\{projection="order-status"\} \d+/);
    expect(metrics).toMatch(/ordertrail_http_request_seconds_bucket/);
    expect(metrics).toMatch(/ordertrail_nodejs_eventloop_lag_seconds/);
  });
});

itEmbedded('when the log cannot be written any more, readiness and figures say so, and reading goes on', async () => {
  const journey = await Journey.start();
  const store = journey.orderTrail.eventStore as EmbeddedEventStore;
  const gauge = async () => /^ordertrail_store_failed (\d)$/m.exec(await (await fetch(`${journey.url}/metrics`)).text())?.[1];
  try {
    expect([(await fetch(`${journey.url}/health/ready`)).status, await gauge()]).toEqual([200, '0']);
    // A write that the disk refuses, in the midst of a transaction.
    const refused = store['commits'].enqueue(() => ({ bytes: 1, run: () => { throw new Error('no space left at /some/where'); } }));
    await expect(refused).rejects.toThrow('no space left');
    const ready = await fetch(`${journey.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'store failed', message: expect.not.stringContaining('/some') }]);
    expect(await gauge()).toBe('1');
    expect((await journey.send('TB', 'orders', anOrder('f-1'))).status).toBe(503);
    expect((await journey.ask(OPS, '{ settings { version } }')).status).toBe(200);
  } finally {
    await journey.close();
  }
}, 60_000);

it('a stream that is open when the process ends is told so in its last line, and holds nobody up', async () => {
  const journey = await Journey.start();
  const { hostname, port } = new URL(journey.url);
  const headers = { authorization: `Bearer ${await journey.token(OPS)}`, 'content-type': 'application/x-ndjson' };
  const stream = request({ host: hostname, port, method: 'POST', path: '/intake/DY/orders', headers });
  const answered = new Promise<import('node:http').IncomingMessage>((resolve, reject) => stream.once('response', resolve).once('error', reject));
  stream.write(`${JSON.stringify(anOrder('e-1'))}\n`);
  const lines = createInterface({ input: await answered })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value as string) as Record<string, unknown>;
  expect(await next()).toMatchObject({ externalId: 'e-1', outcome: 'CREATED' });
  stream.write(`${JSON.stringify(anOrder('e-2'))}\n{"half`);
  expect(await next()).toMatchObject({ externalId: 'e-2', outcome: 'CREATED' });
  const started = Date.now();
  const closed = journey.close();
  stream.on('error', () => undefined);
  expect(await next()).toEqual({ complete: false, error: expect.stringContaining('being stopped'), counts: expect.objectContaining({ CREATED: 2, QUARANTINED: 0 }), position: expect.stringMatching(POSITION) });
  await closed;
  expect(Date.now() - started).toBeLessThan(4_000);
  expect((await lines.next()).done).toBe(true);
  stream.destroy();
}, 60_000);
