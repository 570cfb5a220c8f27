import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectMongo } from '@app/read-models';
import { SeededRandomness } from '@app/runtime';
import { issueToken, openOrderTrail, type OrderTrail, PROJECTIONS, readConfig } from '@app/wiring';
import { expectNothingLostOrDoubled, rowsOfAll } from '../journeys/nothing-lost';
import { Subscriber } from '../journeys/subscriber';
import { spawnLoopbackEventStore, type SpawnedEventStore } from './eventstoredb/spawn-loopback';
import { describeWithMongod } from './mongo/mongo-for-tests';
import { startMongo } from './mongo/start-mongo';
import { ProductProcess } from './product-process';
import { Sender } from './sender';
import { SmsGateway } from './sms-gateway';

const DATABASE = 'several-processes';
const TAKE_OVER_MS_MAX = 10_000;
/** A renewal that was on its way when its worker was frozen has come by then. */
const ON_ITS_WAY_MS = 300;
/** What has no limit of its own, on a machine that has other things to do. */
const BUSY_MS_MAX = 60_000;
/** So long an API looks for an order whose row is late. */
const LOOK_UP_MS_MAX = 5_000;
const UNDER_FIRE_MS = 10_000;
const SENDERS = 6;
/** Of the workers, to the log and to the gateway. */
const NAMES = ['worker-first', 'worker-second'] as const;
/** Longer than from one handing over to the next. */
const SHARES_STAY_MS = 3_000;
const STILL_MS = 300;
/** Well within the time that a worker waits for the gateway. */
const [PIECE_MS, PIECES_MAX] = [2_000, 4];
/** Messages of one worker under way at once; of as many as these, others wait for their turn. */
const [MESSAGES_AT_ONCE, MESSAGES] = [8, 30];
const TO_BE_APPROVED = { paymentTerms: 'CREDIT', lines: [{ sku: 'LAMP-D2', quantity: 40, unitPrice: '229.00' }], freight: '0.00', discount: '0.00', total: '9160.00' };

interface LeaseSeen {
  _id: string;
  until: Date;
}

describeWithMongod('two APIs and two workers on the same servers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ordertrail-observer-'));
  const random = new SeededRandomness(5);
  let mongo: Awaited<ReturnType<typeof startMongo>>;
  let log: SpawnedEventStore;
  let gateway: SmsGateway;
  let processes: ProductProcess[] = [];
  let apis: ProductProcess[];
  let workers: ProductProcess[];
  /** Reads log and rows beside them, and works at nothing. */
  let observer: OrderTrail;
  let token: string;
  let sender: Sender;
  /** Of orders that somebody has to approve, who is told of each by one message. */
  let approvals: Sender;
  /** Of whoever sends meanwhile. */
  let over = { now: true };

  beforeAll(async () => {
    [mongo, log, gateway] = await Promise.all([startMongo({ nodes: 1 }), spawnLoopbackEventStore(), SmsGateway.start()]);
    const environment = {
      EVENTSTOREDB_URL: log.url,
      MONGODB_URL: mongo.url.replace('/?', `/${DATABASE}?`),
      ORDERTRAIL_MASTER_KEY: Buffer.from(random.bytes(32)).toString('base64'),
    };
    // All at once, on servers that hold nothing yet.
    const named = (name: string) => ({ ...environment, EVENTSTOREDB_URL: `${log.url}&connectionName=${name}`, ORDERTRAIL_SMS_URL: gateway.urlOf(name), ORDERTRAIL_SMS_TOKEN: 'known' });
    processes = await Promise.all([...['api', 'api'].map(() => ProductProcess.start('api', environment)), ...NAMES.map((name) => ProductProcess.start('worker', named(name)))]);
    apis = processes.filter(({ role }) => role === 'api');
    workers = processes.filter(({ role }) => role === 'worker');
    observer = await openOrderTrail(readConfig({ ...environment, ORDERTRAIL_ROLE: 'api', ORDERTRAIL_DATA: directory, ORDERTRAIL_LOG_LEVEL: 'error' }), { inOneThread: true });
    token = await issueToken(observer.secrets.tokenKey, { sub: 'ops-lin', roles: ['ops'] }, new Date(), 3_600);
    sender = new Sender('TB', token);
    approvals = new Sender('WS', token, TO_BE_APPROVED);
  }, 120_000);
  // One that failed half-way leaves the next ones as they expect it.
  afterEach(() => {
    over.now = true;
    workers.forEach((worker) => worker.thaw());
  });
  afterAll(async () => {
    for (const product of processes) await product.end();
    await observer?.close();
    await log?.stop();
    await gateway?.stop();
    await mongo?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  const [ORDER, EVERY_PROJECTION] = ['query($n: ID!) { order(orderNumber: $n) { status holds { reason } } }', '{ projections { name } }'];
  const HOLD = 'mutation($n: ID!, $r: String!, $e: DateTime) { placeHold(orderNumber: $n, reason: $r, expiresAt: $e) { position } }';
  const acknowledged = () => ({
    orders: [sender, approvals].flatMap((from) => [...from.acknowledged.keys()].map((externalId) => ({ platform: from.platform, externalId }))),
    positions: new Set([...sender.positions, ...approvals.positions]),
  });
  /** Asks again while the rows are late, as the answer says. */
  const answered = async <T>(api: ProductProcess, query: string, variables: () => Record<string, unknown>, headers: Record<string, string> = {}): Promise<T> => {
    for (const since = performance.now(); ; ) {
      const { data, errors } = await sender.ask<T>(api.url, query, variables(), headers);
      if (errors.length === 0) return data!;
      if (errors[0]!.extensions.code !== 'STALE_READ' || performance.now() - since > BUSY_MS_MAX) throw new Error(JSON.stringify(errors));
    }
  };
  /** An API answers from rows that have come this far, all projections alike. */
  const untilRead = (api: ProductProcess, position: string) => answered(api, EVERY_PROJECTION, () => ({}), { 'x-min-position': position });

  /** How long it takes until every share is a living worker's: its lease has been renewed, or granted to another. */
  const msUntilOwned = async (since: number): Promise<number> => {
    const client = await connectMongo(mongo.url);
    try {
      const look = () => client.db(DATABASE).collection<LeaseSeen>('leases').find({}, { projection: { until: 1 } }).toArray();
      await sleep(ON_ITS_WAY_MS);
      const before = new Map((await look()).map(({ _id, until }) => [_id, until.getTime()]));
      expect(before.size).toBeGreaterThanOrEqual(PROJECTIONS.length);
      const isOld = ({ _id, until }: LeaseSeen) => until.getTime() <= before.get(_id)!;
      while ((await look()).some(isOld) && performance.now() - since < BUSY_MS_MAX) await sleep(20);
      return performance.now() - since;
    } finally {
      await client.close();
    }
  };
  /** The projections whose rows do not come this far. How soon they do is the machine's affair. */
  const withoutRows = async (position: string): Promise<string[]> => {
    const since = performance.now();
    const found = await Promise.all(PROJECTIONS.map(async ({ name }) => {
      while (((await observer.rows.position(name)) ?? '') < position && performance.now() - since < BUSY_MS_MAX) await sleep(50);
      return ((await observer.rows.position(name)) ?? '') < position ? [name] : [];
    }));
    return found.flat();
  };

  it('a worker alone tells how it is, and nothing else', async () => {
    const { url } = workers[0]!;
    expect((await Promise.all(['/health/live', '/health/ready', '/metrics'].map(path => fetch(`${url}${path}`)))).map(({ status }) => status)).toEqual([200, 200, 200]);
    const other = await fetch(`${url}/graphql`, { method: 'POST' });
    expect([other.status, await other.json()]).toEqual([404, { error: { code: 'NOT_FOUND', message: 'Nothing is served at POST /graphql; a worker alone serves /health/live, /health/ready and /metrics.' } }]);
  });

  it('what one API has taken is read through the other at its position', async () => {
    for (let i = 0; i < 20; i++) {
      const [taker, reader] = [apis[i % 2]!, apis[(i + 1) % 2]!];
      const { orderNumber, position } = (await sender.place(taker.url))!;
      const { data, errors } = await sender.ask<{ order: object }>(reader.url, ORDER, { n: orderNumber }, { 'x-min-position': position });
      expect([errors, data]).toEqual([[], { order: { status: 'AWAITING_PAYMENT', holds: [] } }]);
    }
  }, 60_000);

  it('subscribers of one API are told of what the other has taken', async () => {
    const { orderNumber } = (await sender.place(apis[0]!.url))!;
    const subscriber = await Subscriber.connect(apis[1]!.url, token);
    subscriber.send('1', 'subscription($n: ID) { orderChanged(orderNumber: $n) { orderNumber holds { reason } } }', { n: orderNumber });
    await sleep(500);
    const held = await sender.ask<{ placeHold: { position: string } }>(apis[0]!.url, HOLD, { n: orderNumber, r: 'of the other' });
    expect(held.errors).toEqual([]);
    let told: Record<string, unknown>;
    // The order itself may be told of as well, when its rows have only just come.
    do told = await subscriber.next();
    while (!JSON.stringify(told).includes('of the other'));
    expect(told).toMatchObject({ payload: { data: { orderChanged: { orderNumber, holds: [{ reason: 'of the other' }] } } } });
    subscriber.close();
  }, 30_000);

  it.each([
    ['first', 0],
    ['second', 1],
  ])('when the %s worker is frozen its share is taken over, and thawed it writes nothing of what it had', async (_, place) => {
    const worker = workers[place]!;
    over = { now: false };
    const load = Promise.all(apis.map((api) => sender.placeUntil(over, () => api.url, random)));
    const { orderNumber } = (await sender.place(apis[0]!.url))!;
    await sleep(500);
    worker.freeze();
    const frozenAt = performance.now();
    const owned = msUntilOwned(frozenAt);
    owned.catch(() => undefined);
    // The order may be so new that no row shows it before the take-over.
    const held = await answered<{ placeHold: { position: string } }>(apis[0]!, HOLD, () => ({ n: orderNumber, r: 'for a while', e: new Date(Date.now() + LOOK_UP_MS_MAX + 1_000).toISOString() }));
    expect(await owned).toBeLessThan(TAKE_OVER_MS_MAX);
    expect(await withoutRows(held.placeHold.position)).toEqual([]);
    const status = async () => JSON.stringify(await answered(apis[0]!, ORDER, () => ({ n: orderNumber })));
    while ((await status()).includes('for a while') && performance.now() - frozenAt < 4 * TAKE_OVER_MS_MAX) await sleep(100);
    expect(await status()).not.toContain('for a while');
    over.now = true;
    await load;

    await untilRead(apis[1]!, await observer.eventStore.end());
    const before = [await observer.eventStore.end(), await rowsOfAll(observer)];
    worker.thaw();
    await sleep(3_000);
    expect([await observer.eventStore.end(), await rowsOfAll(observer)]).toEqual(before);
    await expectNothingLostOrDoubled(observer, acknowledged());
  }, 240_000);

  describe('a worker that is frozen while it sends messages', () => {
    /** Answers how many there are once they are enough, or the time is over. */
    const reached = async (count: () => number | Promise<number>, least: number, withinMs = BUSY_MS_MAX): Promise<number> => {
      const since = performance.now();
      while ((await count()) < least && performance.now() - since < withinMs) await sleep(20);
      return count();
    };
    const recorded = async (): Promise<number> => {
      let count = 0;
      for await (const { events } of observer.eventStore.scan({ upTo: await observer.eventStore.end(), categories: ['notification'] })) count += events.filter(({ type }) => type === 'NotificationSent').length;
      return count;
    };
    /** Appends that a worker has asked the log for, whatever came of them. */
    const askedBy = async (name: string): Promise<number> => (await log.appendRequests())[name]?.batch ?? 0;
    /** Until it stays the same for so long. */
    const untilStill = async <T>(look: () => Promise<T>, ms: number): Promise<void> => {
      for (let [before, last]: [T | undefined, T] = [undefined, await look()]; before !== last; [before, last] = [last, await look()]) await sleep(ms);
    };
    /** A worker that has come back gets its part again, one share after the other. */
    const untilSharesStay = async (): Promise<void> => {
      const client = await connectMongo(mongo.url);
      await untilStill(async () => JSON.stringify(await client.db(DATABASE).collection('leases').find({}, { projection: { token: 1 }, sort: { _id: 1 } }).toArray()), SHARES_STAY_MS);
      await client.close();
    };
    const place = async (orders: number): Promise<void> => {
      expect(await Promise.all(Array.from({ length: orders }, (__, order) => approvals.place(apis[order % 2]!.url)))).not.toContain(undefined);
    };

    beforeAll(async () => {
      const admin = new Sender('WS', await issueToken(observer.secrets.tokenKey, { sub: 'it', roles: ['admin'] }, new Date(), 3_600));
      const { errors } = await admin.ask(apis[0]!.url, 'mutation { registerStaff(staffId: "ma.east", name: "Ma Dong", roles: ["regional-manager"], phone: "13900000001") { position } }');
      expect(errors).toEqual([]);
    });
    afterEach(async () => {
      gateway.answerAll({ goOn: true });
      await log.faults.clear();
    });

    it.each([
      // The log has what came of its messages, and the answers are lost with the connection.
      ['what came of them to the log', async (freeze: () => Promise<void>, name: string) => {
        const asked = await askedBy(name);
        await log.faults.pause();
        gateway.answerAll({ goOn: true });
        expect(await reached(() => askedBy(name), asked + MESSAGES_AT_ONCE)).toBeGreaterThanOrEqual(asked + MESSAGES_AT_ONCE);
        await freeze();
        await log.faults.cut();
        await log.faults.resume();
      }],
      // The gateway has its messages and has not answered; others wait for their turn. Last: a worker that has waited too long leaves the gateway alone for a while.
      ['to the gateway', async (freeze: () => Promise<void>) => {
        await freeze();
        gateway.answerAll({ goOn: true });
      }],
    ])('(%s) hands none over when it comes back, and asks the log for nothing', async (_, freezeIn) => {
      await untilSharesStay();
      const before = await recorded();
      gateway.hold();
      await place(1);
      expect(await reached(() => gateway.waiting, 1)).toBe(1);
      const name = gateway.taken.at(-1)!.by;
      // What comes while a message waits for its answer is sent together after it.
      await place(MESSAGES);
      for (let piece = 0; gateway.waiting < MESSAGES_AT_ONCE && piece < PIECES_MAX; piece++) {
        await sleep(PIECE_MS);
        gateway.answerAll();
        await reached(() => gateway.waiting, MESSAGES_AT_ONCE, PIECE_MS);
      }
      expect(gateway.waiting).toBe(MESSAGES_AT_ONCE);
      expect(gateway.taken.at(-1)!.by).toBe(name);
      const worker = workers[NAMES.indexOf(name as (typeof NAMES)[number])]!;
      await freezeIn(async () => {
        // Nothing of it is on its way any more.
        await untilStill(() => askedBy(name), STILL_MS);
        worker.freeze();
      }, name);

      // Told by whoever has taken over, like all that was not recorded as told.
      await place(1);
      expect(await reached(recorded, before + MESSAGES + 2)).toBe(before + MESSAGES + 2);
      const now = async () => ({ asked: await askedBy(name), messages: gateway.idsBy(name), end: await observer.eventStore.end(), rows: await rowsOfAll(observer) });
      await untilRead(apis[0]!, await observer.eventStore.end());
      const then = await now();
      worker.thaw();
      await sleep(3_000);
      expect(await now()).toEqual(then);
      await expectNothingLostOrDoubled(observer, acknowledged());
    }, 120_000);
  });

  it('when a worker is killed its share is taken over', async () => {
    await workers[0]!.kill();
    const killedAt = performance.now();
    try {
      const { position } = (await sender.place(apis[0]!.url))!;
      expect(await msUntilOwned(killedAt)).toBeLessThan(TAKE_OVER_MS_MAX);
      expect(await withoutRows(position)).toEqual([]);
    } finally {
      await workers[0]!.start();
    }
  }, 180_000);

  it('whatever is killed while orders come, every order that was acknowledged is there once', async () => {
    const before = sender.acknowledged.size;
    over = { now: false };
    const oneOf = (some: readonly ProductProcess[]) => some[random.below(Math.max(1, some.length))];
    const load = Promise.all(Array.from({ length: SENDERS }, () => sender.placeUntil(over, () => oneOf(apis.filter(({ isReady }) => isReady))?.url, random)));
    const starts: Promise<void>[] = [];
    for (const end = performance.now() + UNDER_FIRE_MS; performance.now() < end; ) {
      await sleep(random.below(1_500));
      const victim = oneOf(processes.filter(({ isReady }) => isReady));
      await victim?.kill();
      if (victim !== undefined) starts.push(victim.start());
    }
    await Promise.all(starts);
    over.now = true;
    await load;
    expect(starts.length).toBeGreaterThan(3);
    expect(sender.acknowledged.size).toBeGreaterThan(before + 20);
    expect([...sender.broken, ...approvals.broken]).toEqual([]);
    for (const reader of apis) await untilRead(reader, await observer.eventStore.end());
    await expectNothingLostOrDoubled(observer, acknowledged());
    expect(await Promise.all(processes.map((product) => product.stop()))).toEqual([0, 0, 0, 0]);
  }, 180_000);
});
