// Where journeys keep their data: a data directory as ever, or servers of their own with or without faults in between.
// Chosen once for a spec file, before it loads the journeys; a journey then asks for its own.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@app/runtime';
import { openDatabase } from '@app/sqlite';
import { serversOfJourney } from './servers-of-journeys';

export interface JourneyStores {
  /** What the configuration needs to find them; empty for the embedded ones. */
  environment: Readonly<Record<string, string>>;
  /** The clock of the test, as these stores can live with it. */
  clockOf(clock: Clock): Clock;
  /** Behind the product's back, while it is down. `field`: a field of the row. */
  changeRow(projection: string, key: string, field: string, value: string): Promise<void>;
  /** Faults end here, so that a look at the data sees all of it. */
  heal(): void;
  stop(): Promise<void>;
}

/** About pages in a browser, ports, and demos that bring their own, which know nothing of these stores. */
const EMBEDDED_ONLY = ['graphiql.spec.ts', 'demo-commands.spec.ts', 'cannot-listen.spec.ts'];
/** What each connection that is cut, late or silent may touch is touched by the others: intake, life of an order, rights, positions, subscriptions, projections, people. */
const NOT_UNDER_FAULTS = ['approval-policy.spec.ts', 'approvals.spec.ts', 'demo-people.spec.ts', 'exceptions.spec.ts', 'exemptions.spec.ts'];
const ON_SERVERS = /^on-.*servers\.spec\.ts$/;

let chosen: 'embedded' | 'servers' | 'faulty-servers' = 'embedded';

export function chooseStores(stores: typeof chosen): void {
  chosen = stores;
}

/** Declares every journey, in the words in which they are told for the embedded stores. */
export function journeysOnServers(load: (spec: string) => unknown): void {
  const left = chosen === 'faulty-servers' ? [...EMBEDDED_ONLY, ...NOT_UNDER_FAULTS] : EMBEDDED_ONLY;
  for (const spec of readdirSync(__dirname)) if (spec.endsWith('.spec.ts') && !ON_SERVERS.test(spec) && !left.includes(spec)) load(`./${spec}`);
}

/** For what lies in the data directory and nowhere else. */
export const itEmbedded: jest.It = Object.assign((...test: Parameters<jest.It>) => (chosen === 'embedded' ? it : it.skip)(...test), it);

/** `now`: the time that a server of the journey's own goes by. */
export async function storesOfJourney(directory: string, now: () => string): Promise<JourneyStores> {
  return chosen === 'embedded' ? embeddedIn(directory) : serversOfJourney({ faulty: chosen === 'faulty-servers', now });
}

function embeddedIn(directory: string): JourneyStores {
  return {
    environment: {},
    clockOf: (clock) => clock,
    async changeRow(projection, key, field, value) {
      const file = openDatabase(join(directory, 'read-models.db'), { readOnly: false, synchronous: 'normal' });
      const pointer = file.prepare('SELECT value FROM checkpoints WHERE name = ?').get<{ value: string }>(`live/${projection}`)!;
      const { table } = JSON.parse(pointer.value) as { table: string };
      file.prepare(`UPDATE "t:${table}" SET doc = json_set(doc, ?, ?) WHERE key = ?`).run(`$.${field}`, value, key);
      file.close();
    },
    heal: () => undefined,
    stop: async () => undefined,
  };
}
