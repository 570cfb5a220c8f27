import { join } from 'node:path';
import { EmbeddedEventReader } from '@app/event-store';
import type { Projection } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { LocalSignals, ProjectionRunner, SystemClock } from '@app/runtime';
import { PROJECTIONS } from '@app/wiring';
import { anOrder, Journey } from './journey';
import { itEmbedded } from './stores-of-journeys';

const OPS = { roles: ['ops' as const], sub: 'ops-lin' };
const STATUSES = `{ projections {
  name version state position lag eventsPerSecond parked error operations { state } rebuild { processed total eventsPerSecond etaSeconds startedAt }
  lastRebuild { startedAt finishedAt processed differences firstDifference firstDifferingEventId switched by reason error }
} }`;
const VERIFY_MANY = 'mutation($names: [String!]) { verifyProjections(names: $names, reason: "a look") { name } }';
const BEGIN_MANY = 'mutation($names: [String!], $switch: Boolean) { rebuildProjections(names: $names, reason: "a look", switch: $switch) { name } }';
const NAMES = PROJECTIONS.map(({ name }) => name);

interface Status {
  name: string;
  state: string;
  parked: number;
  rebuild: object | null;
  operations: { state: string }[];
  lastRebuild: { startedAt: string; differences: number; firstDifference: string | null; switched: boolean; error: string | null } | null;
}

const isAtRest = ({ rebuild, operations }: Status) => rebuild === null && operations.every(({ state }) => state !== 'PENDING');

describe('the read models', () => {
  let journey: Journey;
  let orderNumber: string;
  let other: string;
  const statuses = async () => (await journey.data<{ projections: Status[] }>(OPS, STATUSES)).projections;
  const order = async (n: string) => (await journey.data<{ order: { status: string; staleSince: string | null } }>(OPS, 'query($n: ID!) { order(orderNumber: $n) { status staleSince } }', { n })).order;
  /** What the mutation has begun, once it is over. */
  const outcomes = async (mutation: string, variables: Record<string, unknown> = {}) => {
    const before = await statuses();
    await journey.data(OPS, mutation, variables);
    for (let looks = 0; looks < 400; looks++) {
      const now = await statuses();
      if (now.every(isAtRest)) {
        return now.filter(({ lastRebuild }, i) => lastRebuild?.startedAt !== before[i]?.lastRebuild?.startedAt).map(({ name, lastRebuild }) => ({ name, ...lastRebuild! }));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('It has not ended.');
  };

  beforeAll(async () => {
    journey = await Journey.start();
    orderNumber = (await journey.send('TB', 'orders', anOrder('p-1'))).body.items[0]!.orderNumber!;
    const sent = await journey.send('TB', 'orders', Array.from({ length: 20 }, (_, i) => anOrder(`p-${i + 2}`)));
    other = sent.body.items[0]!.orderNumber!;
    await journey.data(OPS, '{ projections { name } }', {}, { 'x-min-position': sent.body.position });
  }, 60_000);
  afterAll(() => journey.end());

  it('are found equal to the log, and nothing is switched', async () => {
    const found = await outcomes(VERIFY_MANY);
    expect(found.map(({ name }) => name)).toEqual(NAMES);
    for (const outcome of found) expect(outcome).toMatchObject({ differences: 0, firstDifference: null, switched: false, by: 'ops-lin', reason: 'a look', error: null });
  }, 20_000);

  itEmbedded('are built in one reading of the log where one process runs them all', async () => {
    const found = await outcomes(VERIFY_MANY);
    expect(new Set(found.map(({ startedAt }) => startedAt)).size).toBe(1);
  }, 20_000);

  it('show a row that somebody has changed, with both values, until they are rebuilt', async () => {
    await journey.changeRow('order-status', 'order-TB.p-1', 'status', 'SETTLED');
    expect((await order(orderNumber)).status).toBe('SETTLED');

    const verify = 'mutation { verifyProjections(names: ["order-status"], reason: "a look") { name } }';
    const [placed] = await journey.orderTrail.eventStore.read('order-TB.p-1');
    const difference = { name: 'order-status', differences: 1, firstDifference: expect.stringMatching(/^order-TB.p-1 status: "SETTLED" live, "AWAITING_PAYMENT" rebuilt/), error: null };
    const changed = expect.stringMatching(/changed from outside; the last event is \w+ \(order-TB.p-1 revision 0\)$/);
    expect(await outcomes(verify)).toEqual([expect.objectContaining({ ...difference, firstDifference: changed, firstDifferingEventId: placed!.id, switched: false })]);
    expect((await order(orderNumber)).status).toBe('SETTLED');
    const rebuilt = await outcomes(BEGIN_MANY, {});
    expect(rebuilt).toHaveLength(NAMES.length);
    expect(rebuilt[0]).toMatchObject({ ...difference, switched: true });
    expect((await order(orderNumber)).status).toBe('AWAITING_PAYMENT');
    expect(await outcomes(verify)).toEqual([expect.objectContaining({ differences: 0, firstDifference: null, switched: false })]);
  }, 60_000);

  it('are rebuilt by admin and ops only, under names that exist, once for a key', async () => {
    const codeOf = async (by: Parameters<Journey['ask']>[0], names: string[] | null) => (await journey.ask(by, BEGIN_MANY, { names })).errors[0]?.extensions.code;
    expect(await codeOf({ roles: ['auditor'] }, null)).toBe('FORBIDDEN');
    expect(await codeOf(null, null)).toBe('UNAUTHENTICATED');
    expect(await codeOf(OPS, ['order-status', 'none'])).toBe('NOT_FOUND');
    expect(await codeOf(OPS, [])).toBe('BAD_USER_INPUT');
    const key = { 'idempotency-key': 'rebuild-two' };
    const names = ['quarantine', 'order-status'];
    const begin = () => journey.data<{ rebuildProjections: { name: string }[] }>(OPS, BEGIN_MANY, { names }, key);
    const answered = { rebuildProjections: [{ name: 'order-status' }, { name: 'quarantine' }] };
    const startedAt = async () => (await statuses()).map(({ lastRebuild }) => lastRebuild?.startedAt);
    expect(await begin()).toEqual(answered);
    for (let looks = 0; looks < 400 && !(await statuses()).every(isAtRest); looks++) await new Promise((resolve) => setTimeout(resolve, 50));
    const first = await startedAt();
    expect(await begin()).toEqual(answered);
    expect((await statuses()).every(isAtRest)).toBe(true);
    expect(await startedAt()).toEqual(first);
  }, 20_000);

  it('of two asked for at once refuse one', async () => {
    const both = await Promise.all([journey.ask(OPS, BEGIN_MANY, {}), journey.ask(OPS, VERIFY_MANY)]);
    expect(both.map(({ errors }) => errors[0]?.extensions.rejection ?? 'begun').sort()).toEqual(['RebuildUnderWay', 'begun']);
    for (let looks = 0; looks < 400 && !(await statuses()).every(isAtRest); looks++) await new Promise((resolve) => setTimeout(resolve, 50));
  }, 20_000);

  itEmbedded('park an event that no release knows yet, say since when the order is stale, and take it up once one does', async () => {
    const stream = 'order-TB.p-1';
    const unknown = async (id: string) => {
      const { eventStore, clock } = journey.orderTrail;
      const revision = (await eventStore.read(stream)).at(-1)!.revision;
      const meta = { occurredAt: clock.now(), actor: 'ops-lin', actorRole: 'ops', commandId: id, correlationId: id };
      await eventStore.append(stream, revision, [{ id, type: 'OrderGiftWrapped', version: 1, data: { orderNumber }, meta }]);
      const position = await eventStore.end();
      await journey.data(OPS, 'query($n: ID!) { order(orderNumber: $n) { status } }', { n: orderNumber }, { 'x-min-position': position });
      expect(await journey.orderTrail.monitor.waitFor(NAMES, position, 5_000)).toBe(true);
    };
    const parked = async () => Object.fromEntries((await statuses()).filter((status) => status.parked > 0).map((status) => [status.name, status.parked]));
    await unknown('b1f1f0f6-0000-4000-8000-000000000001');
    await unknown('b1f1f0f6-0000-4000-8000-000000000002');
    const { recordedAt } = (await journey.orderTrail.eventStore.read(stream)).at(-2)!;
    expect(await parked()).toMatchObject({ 'order-status': 2 });
    expect(await order(orderNumber)).toEqual({ status: 'AWAITING_PAYMENT', staleSince: recordedAt });
    expect(await order(other)).toMatchObject({ staleSince: null });
    const first = { projection: 'order-status', key: stream, attempts: 1, waitingBehind: 1, error: expect.stringContaining('OrderGiftWrapped') };
    expect(await journey.orderTrail.monitor.parkedEvents('order-status')).toMatchObject([first]);
    await journey.data(OPS, 'mutation($k: String!) { retryParked(projection: "order-status", key: $k) { parked } }', { k: stream });
    expect(await journey.orderTrail.monitor.parkedEvents('order-status')).toMatchObject([{ ...first, attempts: 2 }]);
    // It parks in what is built anew as well, and is no difference.
    const rebuilt = await outcomes(BEGIN_MANY, { names: ['order-status'] });
    expect(rebuilt).toMatchObject([{ differences: 0, error: null }]);
    expect(await parked()).toMatchObject({ 'order-status': 2 });
    expect((await order(orderNumber)).staleSince).toBe(recordedAt);

    const waiting = Object.keys(await parked());
    await journey.app.close();
    await takeUp(journey.directory, waiting, stream);
    await journey.restart();
    expect(await parked()).toEqual({});
    expect(await order(orderNumber)).toEqual({ status: 'AWAITING_PAYMENT', staleSince: null });
  }, 60_000);
});

/** What a release does that knows the event: it makes no difference to any row. */
async function takeUp(directory: string, names: readonly string[], stream: string): Promise<void> {
  const knowing = PROJECTIONS.map(
    (projection): Projection => ({
      ...projection,
      reads: { ...projection.reads, ...(projection.reads['order'] === undefined ? {} : { order: [...projection.reads['order'], 'OrderGiftWrapped'] }) },
      keys: (recorded) => (recorded.type === 'OrderGiftWrapped' ? [] : projection.keys(recorded)),
    }),
  );
  const [clock, signals] = [new SystemClock(), new LocalSignals()];
  const log = EmbeddedEventReader.open(directory, { signals, clock });
  const store = EmbeddedReadModels.open(join(directory, 'read-models.db'));
  const runner = new ProjectionRunner({ log, store, signals, clock, projections: knowing, logger: { info: () => undefined, warn: () => undefined, error: () => undefined } });
  for (const name of names) expect(await runner.retry(name, stream)).toEqual({ resumed: 2 });
  await runner.stop();
  await store.close();
  await log.close();
}
