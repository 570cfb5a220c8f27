// Kills the real server with SIGKILL at random moments under load, again and again, and holds it to what it acknowledged.
// The same seed sends the same load and waits as long before each kill, from the first answer on; where the kill falls in the server is up to the machine.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf, seedOf } from '../bench/generate';
import { freePort, type Server, startServer, tokenOf } from '../bench/processes';
import { checkLog } from './check-log';
import { Client } from './client';
import { Ledger } from './ledger';
import { Load } from './load';

interface TortureOptions {
  directory: string;
  seed: number;
  kills: number;
  /** The log and the projections are checked after so many kills, and at the end. */
  checkEvery: number;
  /** Hears of every kill. */
  onRound?: (round: { kill: number; events: number | undefined; ledger: Ledger }) => void;
}

const LOAD_MS_MAX = 2_500;
/** Short lives come oftener than long ones. */
const LOAD_MS_MIN = 20;
/** A life of this length counts from the first order that is acknowledged in it; shorter ones may end before there is one. */
const ANSWERING_MS_MIN = 200;
/** A server that acknowledges nothing for so long is killed like any other. */
const ANSWERED_WITHIN_MS = 20_000;
const LOOK_MS = 5;
/** Of all kills, so many come while the server starts. */
const EARLY_SHARE = 0.15;
const START_MS_MAX = 1_500;
const SAMPLE = 20;

/** Resolves with the ledger; `broken` in it is empty when every promise was kept. */
export async function torture({ directory, seed, kills, checkEvery, onRound }: TortureOptions): Promise<Ledger> {
  const ledger = new Ledger();
  const load = new Load(seed, ledger);
  const chance = randomOf(seedOf(seed, -1));
  const port = await freePort();
  for (let kill = 1; kill <= kills && ledger.broken.length === 0; kill++) {
    if (kill > 1 && chance() < EARLY_SHARE) await killWhileStarting(directory, port, chance() * START_MS_MAX);
    else await killUnderLoad(directory, port, load, ledger, kill, LOAD_MS_MIN + chance() ** 2 * (LOAD_MS_MAX - LOAD_MS_MIN));
    const events = kill % checkEvery === 0 || kill === kills ? await checkLog(directory, ledger) : undefined;
    onRound?.({ kill, events, ledger });
  }
  return ledger;
}

async function killUnderLoad(directory: string, port: number, load: Load, ledger: Ledger, round: number, afterMs: number): Promise<void> {
  const server = await startServer(directory, port);
  const client = new Client(server.url, await tokenOf(directory, 'ops'), ledger);
  try {
    await askForAcknowledged(client, ledger);
    const over = load.runUntilCut(client, round);
    await Promise.race([over, lifeOf(ledger, afterMs)]);
    await killed(server);
    await over;
  } finally {
    client.close();
    await killed(server);
  }
}

async function lifeOf(ledger: Ledger, ms: number): Promise<void> {
  const before = ledger.acknowledgedOrders.length;
  const isAnswered = (): boolean => ledger.acknowledgedOrders.length > before || ledger.broken.length > 0;
  for (const since = performance.now(); ms >= ANSWERING_MS_MIN && !isAnswered() && performance.now() - since < ANSWERED_WITHIN_MS; ) await sleep(LOOK_MS);
  await sleep(ms);
}

/** The server is somewhere between its first instruction and its first answer. */
async function killWhileStarting(directory: string, port: number, afterMs: number): Promise<void> {
  const starting = startServer(directory, port, { killAfterMs: afterMs }).catch(() => undefined);
  const server = await starting;
  if (server !== undefined) await killed(server);
}

async function killed({ process: child }: Server): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** What was acknowledged last, before the kill, is asked for first: by external id, under the number that was answered. */
async function askForAcknowledged(client: Client, ledger: Ledger): Promise<void> {
  for (const { externalId, orderNumber } of ledger.acknowledgedOrders.slice(-SAMPLE)) {
    const { data, errors } = await client.graphql<{ orderByExternalId: { orderNumber: string } | null }>(
      'query ($externalId: String!) { orderByExternalId(platform: "WS", externalId: $externalId) { orderNumber } }',
      { externalId },
    );
    const found = data?.orderByExternalId?.orderNumber;
    if (found !== orderNumber) ledger.broken.push(`${externalId} was acknowledged as ${orderNumber} and is answered as ${found ?? JSON.stringify(errors)}`);
  }
}
