// Faults of a server in another process: each is a POST to its name, its argument the body as JSON.
// Answered once the fault is in force; an unknown name is 404, what goes wrong is 500 with the reason.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Faults } from './faults';
import { HOST } from './node';

type FaultName = keyof Faults;
const NAMES: Readonly<Record<FaultName, true>> = {
  cut: true, cutAppends: true, cutReads: true, delay: true, duplicateAppends: true, duplicateEvents: true, race: true,
  pause: true, resume: true, notReady: true, ready: true, changeLeader: true, startNodes: true, clear: true,
};

/** `url` is what `remoteFaults` takes. */
export async function serveFaults(faults: Faults, port = 0): Promise<{ url: string; stop(): void }> {
  const server = createServer((request, response) => {
    carriedOut(faults, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, HOST, resolve));
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The same faults as in process. */
export function remoteFaults(url: string): Faults {
  const asked = async (name: string, argument: unknown): Promise<void> => {
    const response = await fetch(`${url}/${name}`, { method: 'POST', body: JSON.stringify(argument ?? null) });
    if (!response.ok) throw new Error(`${name} was refused by the server: ${response.status} ${await response.text()}`);
  };
  return Object.fromEntries(Object.keys(NAMES).map((name) => [name, async (argument?: unknown) => asked(name, argument)])) as unknown as Faults;
}

async function carriedOut(faults: Faults, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = (request.url ?? '').slice(1);
  if (request.method !== 'POST' || !Object.hasOwn(NAMES, name)) return void response.writeHead(404).end(`No fault is called "${name}"`);
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const argument = body === '' ? undefined : (JSON.parse(body) ?? undefined);
  await (faults[name as FaultName] as (given?: unknown) => Promise<void>)(argument);
  response.writeHead(204).end();
}
