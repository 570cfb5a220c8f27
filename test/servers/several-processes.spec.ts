import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandomness } from '@app/runtime';
import { issueToken, openOrderTrail, type OrderTrail, PROJECTIONS, readConfig } from '@app/wiring';
import { expectNothingLostOrDoubled, rowsOfAll } from '../journeys/nothing-lost';
import { Subscriber } from '../journeys/subscriber';
import { spawnLoopbackEventStore, type SpawnedEventStore } from './eventstoredb/spawn-loopback';
import { describeWithMongod } from './mongo/mongo-for-tests';
import { startMongo } from './mongo/start-mongo';
import { ProductProcess } from './product-process';
import { Sender } from './sender';

const TAKE_OVER_MS_MAX = 10_000;
/** So long an API looks for an order whose row is late. */
const LOOK_UP_MS_MAX = 5_000;
const UNDER_FIRE_MS = 10_000;
const SENDERS = 6;

describeWithMongod('two APIs and two workers on the same servers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ordertrail-observer-'));
  const random = new SeededRandomness(5);
  let mongo: Awaited<ReturnType<typeof startMongo>>;
  let log: SpawnedEventStore;
  let processes: ProductProcess[] = [];
  let apis: ProductProcess[];
  let workers: ProductProcess[];
  /** Reads log and rows beside them, and works at nothing. */
  let observer: OrderTrail;
  let token: string;
  let sender: Sender;
  /** Of whoever sends meanwhile. */
  let over = { now: true };

  beforeAll(async () => {
    [mongo, log] = await Promise.all([startMongo({ nodes: 1 }), spawnLoopbackEventStore()]);
    const environment = {
      EVENTSTOREDB_URL: log.url,
      MONGODB_URL: mongo.url.replace('/?', '/several-processes?'),
      ORDERTRAIL_MASTER_KEY: Buffer.from(random.bytes(32)).toString('base64'),
    };
    // All at once, on servers that hold nothing yet.
    processes = await Promise.all((['api', 'api', 'worker', 'worker'] as const).map((role) => ProductProcess.start(role, environment)));
    apis = processes.filter(({ role }) => role === 'api');
    workers = processes.filter(({ role }) => role === 'worker');
    observer = await openOrderTrail(readConfig({ ...environment, ORDERTRAIL_ROLE: 'api', ORDERTRAIL_DATA: directory, ORDERTRAIL_LOG_LEVEL: 'error' }), { inOneThread: true });
    token = await issueToken(observer.secrets.tokenKey, { sub: 'ops-lin', roles: ['ops'] }, new Date(), 3_600);
    sender = new Sender('TB', token);
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
    await mongo?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  const [ORDER, EVERY_PROJECTION] = ['query($n: ID!) { order(orderNumber: $n) { status holds { reason } } }', '{ projections { name } }'];
  const HOLD = 'mutation($n: ID!, $r: String!, $e: DateTime) { placeHold(orderNumber: $n, reason: $r, expiresAt: $e) { position } }';
  const acknowledged = () => ({ orders: [...sender.acknowledged.keys()].map((externalId) => ({ platform: sender.platform, externalId })), positions: sender.positions });
  /** Asks again while the rows are late, as the answer says. */
  const answered = async <T>(api: ProductProcess, query: string, variables: () => Record<string, unknown>, headers: Record<string, string> = {}): Promise<T> => {
    for (const since = performance.now(); ; ) {
      const { data, errors } = await sender.ask<T>(api.url, query, variables(), headers);
      if (errors.length === 0) return data!;
      if (errors[0]!.extensions.code !== 'STALE_READ' || performance.now() - since > 3 * TAKE_OVER_MS_MAX) throw new Error(JSON.stringify(errors));
    }
  };
  /** An API answers from rows that have come this far, all projections alike. */
  const untilRead = (api: ProductProcess, position: string) => answered(api, EVERY_PROJECTION, () => ({}), { 'x-min-position': position });

  /** By projection, how long it takes until the rows have come this far. */
  const msUntilRows = async (position: string, since: number): Promise<Record<string, number>> => {
    const names = PROJECTIONS.map(({ name }) => name);
    const found = await Promise.all(names.map(async (name) => {
      while (((await observer.rows.position(name)) ?? '') < position && performance.now() - since < 3 * TAKE_OVER_MS_MAX) await sleep(50);
      return [name, performance.now() - since] as const;
    }));
    return Object.fromEntries(found);
  };
  const late = (took: Record<string, number>) => Object.entries(took).filter(([, ms]) => ms >= TAKE_OVER_MS_MAX);

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
  ])('when the %s worker is frozen its share is taken over, and thawed it writes and sends nothing of what it had', async (_, place) => {
    const worker = workers[place]!;
    over = { now: false };
    const load = Promise.all(apis.map((api) => sender.placeUntil(over, () => api.url, random)));
    const { orderNumber } = (await sender.place(apis[0]!.url))!;
    await sleep(500);
    worker.freeze();
    const frozenAt = performance.now();
    // The order may be so new that no row shows it before the take-over.
    const held = await answered<{ placeHold: { position: string } }>(apis[0]!, HOLD, () => ({ n: orderNumber, r: 'for a while', e: new Date(Date.now() + LOOK_UP_MS_MAX + 1_000).toISOString() }));
    expect(late(await msUntilRows(held.placeHold.position, frozenAt))).toEqual([]);
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
  }, 120_000);

  it('when a worker is killed its share is taken over', async () => {
    await workers[0]!.kill();
    const killedAt = performance.now();
    const { position } = (await sender.place(apis[0]!.url))!;
    expect(late(await msUntilRows(position, killedAt))).toEqual([]);
    await workers[0]!.start();
  }, 60_000);

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
    expect(sender.broken).toEqual([]);
    for (const reader of apis) await untilRead(reader, await observer.eventStore.end());
    await expectNothingLostOrDoubled(observer, acknowledged());
    expect(await Promise.all(processes.map((product) => product.stop()))).toEqual([0, 0, 0, 0]);
  }, 180_000);
});
