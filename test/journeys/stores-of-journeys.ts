// Where journeys keep their data: a data directory as ever, or servers of their own with or without faults in between.
// Chosen once for a spec file, before it loads the journeys; a journey then asks for its own log and its own database.
import { readdirSync } from 'node:fs';
import { startLoopbackEventStore } from '../servers/eventstoredb/start-loopback';
import { startMongo } from '../servers/mongo/start-mongo';
import type { FaultPlan } from '../servers/proxy/fault-plan';
import { startFaultyProxy } from '../servers/proxy/faulty-proxy';

export type Stores = 'embedded' | 'servers' | 'faulty-servers';

interface JourneyStores {
  /** What the configuration needs to find them; empty for the embedded ones. */
  environment: Readonly<Record<string, string>>;
  /** Faults end here, so that a look at the data sees all of it. */
  heal(): void;
  stop(): Promise<void>;
}

/** Every fault of the proxy, one or two a second, each over before anybody has to give up. */
const FAULTS: FaultPlan = { kinds: ['cut', 'cut-some', 'cut-half-way', 'delay', 'black-hole', 'refuse'], calmMs: [200, 900], faultMs: [20, 250] };
const SEED = Number(process.env['JOURNEY_SEED'] ?? 5);

/** About pages in a browser, which know nothing of stores. */
const EMBEDDED_ONLY = ['graphiql.spec.ts'];
const ON_SERVERS = /^on-.*servers\.spec\.ts$/;

let chosen: Stores = 'embedded';
let journeys = 0;
let mongo: ReturnType<typeof startMongo> | undefined;

export function chooseStores(stores: Stores): void {
  chosen = stores;
}

/** Declares every journey, in the words in which they are told for the embedded stores. */
export function journeysOnServers(load: (spec: string) => unknown): void {
  for (const spec of readdirSync(__dirname)) if (spec.endsWith('.spec.ts') && !ON_SERVERS.test(spec) && !EMBEDDED_ONLY.includes(spec)) load(`./${spec}`);
}

/** For what lies in the data directory and nowhere else. */
export const itEmbedded: jest.It = Object.assign((...test: Parameters<jest.It>) => (chosen === 'embedded' ? it : it.skip)(...test), it);

export async function storesOfJourney(now: () => string): Promise<JourneyStores> {
  if (chosen === 'embedded') return { environment: {}, heal: () => undefined, stop: async () => undefined };
  const journey = ++journeys;
  mongo ??= startMongo({ nodes: 1 });
  const { nodes } = await mongo;
  const server = await startLoopbackEventStore({ now: () => Date.parse(now()) });
  const log = { host: '127.0.0.1', port: Number(/:(\d+)/.exec(server.url)![1]) };
  const rows = { host: '127.0.0.1', port: nodes[0]!.port };
  const proxies = chosen === 'servers' ? [] : [await startFaultyProxy({ to: log, seed: SEED * 1_000 + 2 * journey }), await startFaultyProxy({ to: rows, seed: SEED * 1_000 + 2 * journey + 1 })];
  const [toLog, toRows] = [proxies[0] ?? log, proxies[1] ?? rows];
  for (const proxy of proxies) proxy.chaos(FAULTS);
  return {
    environment: {
      EVENTSTOREDB_URL: `esdb://${toLog.host}:${toLog.port}?tls=false`,
      // The set's own list of its nodes would lead past the proxy.
      MONGODB_URL: `mongodb://${toRows.host}:${toRows.port}/journey-${journey}?directConnection=true`,
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
