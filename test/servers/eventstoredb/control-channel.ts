// A server in another process: each fault is a POST to its name, its argument the body as JSON, and /appends tells what was asked for.
// Answered once the fault is in force; an unknown name is 404, what goes wrong is 500 with the reason.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppendCounts } from './append-requests';
import type { Faults } from './faults';
import { HOST } from './node';
import type { LoopbackEventStore } from './start-loopback';

type Controlled = Pick<LoopbackEventStore, 'faults' | 'appendRequests'>;
type FaultName = keyof Faults;
const NAMES: Readonly<Record<FaultName, true>> = {
  cut: true, cutAppends: true, cutReads: true, delay: true, duplicateAppends: true, duplicateEvents: true, race: true,
  pause: true, resume: true, notReady: true, ready: true, changeLeader: true, startNodes: true, clear: true,
};
const APPENDS = '/appends';

/** `url` is what `remoteControl` takes. */
export async function serveControl(server: Controlled, port = 0): Promise<{ url: string; stop(): void }> {
  const channel = createServer((request, response) => {
    carriedOut(server, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve, reject) => channel.once('error', reject).listen(port, HOST, resolve));
  return {
    url: `http://${HOST}:${(channel.address() as AddressInfo).port}`,
    stop() {
      channel.close();
      channel.closeAllConnections();
    },
  };
}

/** The same as in process. */
export function remoteControl(url: string): Controlled {
  const asked = async (name: string, argument: unknown): Promise<void> => {
    const response = await fetch(`${url}/${name}`, { method: 'POST', body: JSON.stringify(argument ?? null) });
    if (!response.ok) throw new Error(`${name} was refused by the server: ${response.status} ${await response.text()}`);
  };
  return {
    faults: Object.fromEntries(Object.keys(NAMES).map((name) => [name, async (argument?: unknown) => asked(name, argument)])) as unknown as Faults,
    appendRequests: async () => (await fetch(`${url}${APPENDS}`)).json() as Promise<AppendCounts>,
  };
}

async function carriedOut({ faults, appendRequests }: Controlled, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url === APPENDS) return void response.end(JSON.stringify(await appendRequests()));
  const name = (request.url ?? '').slice(1);
  if (request.method !== 'POST' || !Object.hasOwn(NAMES, name)) return void response.writeHead(404).end(`No fault is called "${name}"`);
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const argument = body === '' ? undefined : (JSON.parse(body) ?? undefined);
  await (faults[name as FaultName] as (given?: unknown) => Promise<void>)(argument);
  response.writeHead(204).end();
}
