// EventStoreDB and MongoDB for journeys: a log of its own for each, a database of its own in one mongod for all of a file.
// Faulty ones stand behind proxies that go wrong all the time, by a seed, in every way that a network knows.
import { MongoClient } from 'mongodb';
import type { Clock } from '@app/runtime';
import { startLoopbackEventStore } from '../servers/eventstoredb/start-loopback';
import { startMongo } from '../servers/mongo/start-mongo';
import type { FaultPlan } from '../servers/proxy/fault-plan';
import { startFaultyProxy } from '../servers/proxy/faulty-proxy';
import type { JourneyStores } from './stores-of-journeys';

/** One or two a second, each over before anybody has to give up. */
const FAULTS: FaultPlan = { kinds: ['cut', 'cut-some', 'cut-half-way', 'delay', 'black-hole', 'refuse'], calmMs: [200, 900], faultMs: [20, 250] };
const SEED = Number(process.env['JOURNEY_SEED'] ?? 5);
const HOST = '127.0.0.1';

let journeys = 0;
let mongo: ReturnType<typeof startMongo> | undefined;

export async function serversOfJourney({ faulty, now }: { faulty: boolean; now: () => string }): Promise<JourneyStores> {
  const journey = ++journeys;
  mongo ??= startMongo({ nodes: 1 });
  const mongod = { host: HOST, port: (await mongo).nodes[0]!.port };
  const server = await startLoopbackEventStore({ now: () => Date.parse(now()) });
  const log = { host: HOST, port: Number(new URL(server.url).port) };
  const seed = SEED * 1_000 + 2 * journey;
  const proxies = faulty ? [await startFaultyProxy({ to: log, seed }), await startFaultyProxy({ to: mongod, seed: seed + 1 })] : [];
  const [toLog, toRows] = [proxies[0] ?? log, proxies[1] ?? mongod];
  const database = `journey-${journey}`;
  for (const proxy of proxies) proxy.chaos(FAULTS);
  return {
    environment: {
      EVENTSTOREDB_URL: `esdb://${toLog.host}:${toLog.port}?tls=false`,
      // The set's own list of its nodes would lead past the proxy.
      MONGODB_URL: `mongodb://${toRows.host}:${toRows.port}/${database}?directConnection=true`,
    },
    clockOf: (clock) => new ClockThatRuns(clock),
    async changeRow(projection, key, field, value) {
      const client = new MongoClient(`mongodb://${mongod.host}:${mongod.port}/?directConnection=true`);
      const named = (collection: string) => client.db(database).collection<{ _id: string; value?: string; collection?: string }>(collection);
      const pointer = await named('projections.checkpoints').findOne({ _id: `live/${projection}` });
      const { table } = JSON.parse(pointer!.value!) as { table: string };
      const { collection } = (await named('projections.tables').findOne({ _id: table }))!;
      await named(collection!).updateOne({ _id: key }, { $set: { [`row.${field}`]: value } });
      await client.close();
    },
    heal() {
      for (const proxy of proxies) proxy.heal();
    },
    async stop() {
      for (const proxy of proxies) await proxy.stop();
      await server.stop();
    },
  };
}

/** After the last journey of a file. */
export async function stopServers(): Promise<void> {
  await (await mongo)?.stop();
  mongo = undefined;
}

/** Tells the test's time; whoever sleeps, and be it until a server answers again, wakes when either that or the real time has come. */
class ClockThatRuns implements Clock {
  constructor(private readonly clock: Clock) {}

  now(): ReturnType<Clock['now']> {
    return this.clock.now();
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const awake = new AbortController();
    const either = signal === undefined ? awake.signal : AbortSignal.any([signal, awake.signal]);
    let timer: NodeJS.Timeout | undefined;
    const inReality = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
    await Promise.race([this.clock.sleep(milliseconds, either), inReality]);
    clearTimeout(timer);
    awake.abort();
  }
}
