// EventStoreDB and MongoDB as others use them, each figure beside the plain client's on the same servers in the same run.
// Intake is measured with an API process alone, as it runs where workers have machines of their own.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { adoptTokenKey } from '@app/event-store';
import { SystemRandomness } from '@app/runtime';
import { type Figure, inTurns } from './figures';
import { type LogShape } from './log-on-server';
import { AT_ONCE, type Options } from './options';
import { AS_IN_LIFE, prepareLog } from './prepared-log';
import { inTemporaryDirectory, NODE_OPTIONS, report, withServer } from './processes';
import { type ServerPair, withServerPair } from './server-pair';

/** Of the stream: what the adapter keeps in flight. */
const STREAM_AT_ONCE = 256;
const INTAKE_RATIO_MIN = 0.7;
const REBUILD_RATIO_MIN = 0.5;
const CATCH_UP_RATIO_MIN = 2;

export function serversFigures(options: Options): Promise<Figure[]> {
  return withServerPair(async servers => [
    await intakeFigure(servers, options, {
      name: `NDJSON stream of ${options.orders.toLocaleString('en')} orders`,
      appendsAtOnce: STREAM_AT_ONCE,
      orders: options.orders,
      load: (target, seed) => report('post-ndjson.js', { ...target, seed, topic: 'orders', orders: options.orders }),
      aim: { text: `ratio >= ${INTAKE_RATIO_MIN}`, met: (_, ratio) => ratio! >= INTAKE_RATIO_MIN },
    }),
    await intakeFigure(servers, options, {
      name: `durable single posts, ${AT_ONCE} at once`,
      appendsAtOnce: AT_ONCE,
      orders: options.singles,
      load: (target, seed) => report('post-singles.js', { ...target, seed, count: options.singles, concurrency: AT_ONCE }),
      note: 'an HTTP request for each order; load generator, API, EventStoreDB and MongoDB share the cores, where the plain client has EventStoreDB alone beside it',
    }),
    ...(await orderStatusFigures(servers, options)),
  ]);
}

/** order-status from a log laid out by time: the events of an order lie far apart. Both sides run in Node as `npm start` runs it. */
async function orderStatusFigures(servers: ServerPair, { seed, orders, repetitions }: Options): Promise<Figure[]> {
  return inTemporaryDirectory(async directory => {
    await prepareLog(directory, servers.seedOf(seed, 0), orders, AS_IN_LIFE);
    const { end } = await report<{ end: string }>('copy-to-server.js', { directory, url: servers.eventStoreDb, year: String(3_000 + (servers.seedOf(seed, 0) % 7_000)) });
    const subscribe = (): Promise<{ events: number; perSecond: number }> => report('raw-client-subscribe.js', { url: servers.eventStoreDb, end }, NODE_OPTIONS);
    // A given server may have held orders before: they are read as well.
    const { events } = await subscribe();
    const run = async (way: 'rebuild' | 'follow', repetition: number, record: string | null = null): Promise<number> => {
      const database = `${way}-${repetition}${record === null ? '' : '-recorded'}`;
      const { seconds } = await report<{ seconds: number }>('order-status-on-servers.js', {
        way, url: servers.eventStoreDb, mongo: servers.mongoDb(database), database: databaseIn(servers.mongoDb(database)), directory, end, record,
      }, NODE_OPTIONS);
      return events / seconds;
    };
    const [built, subscribed] = await inTurns(
      repetitions,
      repetition => run('rebuild', repetition),
      async () => (await subscribe()).perSecond,
    );
    // The rows of every batch, written down once without a clock.
    const record = join(directory, 'batches.ndjson');
    await run('follow', 0, record);
    let rows = 0;
    const [followed, upserted] = await inTurns(
      repetitions,
      repetition => run('follow', repetition),
      async repetition => {
        const raw = await report<{ rows: number; perSecond: number }>('raw-upsert.js', { mongo: servers.mongoDb(`raw-${repetition}`), database: databaseIn(servers.mongoDb(`raw-${repetition}`)), record }, NODE_OPTIONS);
        rows = raw.rows;
        return raw.perSecond;
      },
    );
    return [
      {
        name: `rebuild of order-status, ${events.toLocaleString('en')} events`,
        unit: 'events/s',
        measured: built,
        limit: { name: 'filtered subscription of the plain client', measured: subscribed },
        aim: { text: `ratio >= ${REBUILD_RATIO_MIN}`, met: (_, ratio) => ratio! >= REBUILD_RATIO_MIN },
        note: eventStoreNamed(servers),
      },
      {
        name: `catch-up of order-status, ${events.toLocaleString('en')} events by time`,
        unit: 'events/s',
        measured: followed,
        limit: { name: 'rows/s of raw bulk upserts, the same rows in the same batches', measured: upserted },
        aim: { text: `>= ${CATCH_UP_RATIO_MIN} events for each raw row`, met: (_, ratio) => ratio! >= CATCH_UP_RATIO_MIN },
        note: `an order's next event comes ${AS_IN_LIFE.gap} orders later; ${(events / rows).toFixed(2)} events for each row written; ${eventStoreNamed(servers)}`,
      },
    ];
  });
}

function databaseIn(url: string): string {
  return new URL(url.replace(/^mongodb(\+srv)?:/, 'http:').replace(/,[^/]*/, '')).pathname.slice(1);
}

interface IntakeLoad {
  name: string;
  /** Of the plain client. */
  appendsAtOnce: number;
  orders: number;
  load: (target: { url: string; token: string }, seed: number) => Promise<{ perSecond: number }>;
  aim?: Figure['aim'];
  note?: string;
}

let measurement = 0;

async function intakeFigure(servers: ServerPair, { seed, repetitions }: Options, { name, appendsAtOnce, orders, load, aim, note }: IntakeLoad): Promise<Figure> {
  const measured: number[] = [];
  const limit: number[] = [];
  let shape: LogShape | undefined;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const place = `intake-${++measurement}`;
    const { end: before } = await report<LogShape>('log-on-server.js', { url: servers.eventStoreDb, after: null });
    const { perSecond } = await onServers(servers, place, target => load(target, servers.seedOf(seed, measurement)));
    shape = await report<LogShape>('log-on-server.js', { url: servers.eventStoreDb, after: before });
    measured.push((perSecond / orders) * shape.appends);
    const { appends, events, dataBytes } = shape;
    const raw = { url: servers.eventStoreDb, prefix: `bench-${place}-${Date.now()}`, appends, eventsPerAppend: events / appends, dataBytes, concurrency: appendsAtOnce };
    limit.push((await report<{ perSecond: number }>('raw-client-append.js', raw)).perSecond);
  }
  const { appends, events, dataBytes } = shape!;
  return {
    name,
    unit: 'appends/s',
    measured,
    limit: { name: `appends of the plain client, ${appendsAtOnce} at once`, measured: limit },
    ...(aim && { aim }),
    note: `${note === undefined ? '' : `${note}; `}${(appends / orders).toFixed(2)} appends an order, ${(events / appends).toFixed(2)} events of ${Math.round(dataBytes)} bytes each; ${eventStoreNamed(servers)}`,
  };
}

/** Each time with a database of its own beside the log that all share. */
function onServers<T>(servers: ServerPair, place: string, work: (target: { url: string; token: string }) => Promise<T>): Promise<T> {
  const masterKey = randomBytes(32);
  const mongoDb = servers.mongoDb(place);
  const env = { EVENTSTOREDB_URL: servers.eventStoreDb, MONGODB_URL: mongoDb, ORDERTRAIL_MASTER_KEY: masterKey.toString('base64') };
  return inTemporaryDirectory(async directory => {
    await makeInstallation(mongoDb, masterKey);
    const data = join(directory, 'data');
    // A worker makes the tables first, and is gone when the clock starts.
    await withServer(data, () => Promise.resolve(), { env });
    return withServer(data, ({ url, token }) => work({ url, token }), { env: { ...env, ORDERTRAIL_ROLE: 'api' } });
  });
}

/** A new database beside a log that is not would be refused. */
async function makeInstallation(mongoDb: string, masterKey: Uint8Array): Promise<void> {
  const client = await MongoClient.connect(mongoDb);
  await adoptTokenKey(client.db(databaseIn(mongoDb)), masterKey, randomBytes(32), new SystemRandomness());
  await client.close();
}

function eventStoreNamed({ loopback }: ServerPair): string {
  return loopback ? "EventStoreDB is the tests' loopback server here, on disk: it answers after fsync of chunk and both checkpoints" : 'a real EventStoreDB';
}
