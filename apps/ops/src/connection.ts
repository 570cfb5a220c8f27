// Where a command does its work: at the server that owns the data directory or, when none runs, in this process,
// which then owns the directory and serves the same API on a port of the loopback that the system chooses.
import { createApp } from '@app/api';
import { type Config, DataDirectoryInUse, issueToken, type OrderTrail, openOrderTrail, openSecrets } from '@app/wiring';
import { CommandFailed } from './failure';
import type { ServerAddress } from './graphql-client';

export interface Connection extends ServerAddress {
  /** The product itself, when it runs in this process. */
  local: OrderTrail | undefined;
  close(): Promise<void>;
}

interface ConnectOptions {
  /** Port to serve on when the product runs in this process; by default any free one. */
  port?: number;
  quiet?: boolean;
}

export async function connect(config: Config, options: ConnectOptions = {}): Promise<Connection> {
  let local: OrderTrail;
  try {
    local = await openOrderTrail({ ...config, port: options.port ?? 0, logLevel: options.quiet === false ? config.logLevel : 'error' });
  } catch (error) {
    if (error instanceof DataDirectoryInUse && error.url !== undefined) return atServer(config, error.url);
    throw error;
  }
  const app = await createApp(local);
  const url = await app.start();
  return { url, token: await adminToken(config), local, close: () => app.close() };
}

async function atServer(config: Config, url: string): Promise<Connection> {
  const address = { url, token: await adminToken(config) };
  const alive = await fetch(`${url}/health/live`).catch(() => undefined);
  if (alive?.ok !== true) throw new CommandFailed(`The data directory ${config.dataDirectory} is in use by a server at ${url}, which does not answer. Look after that server, or stop it.`);
  return { ...address, local: undefined, close: () => Promise.resolve() };
}

function adminToken(config: Config): Promise<string> {
  const { tokenKey } = openSecrets(config.dataDirectory, config.masterKey);
  return issueToken(tokenKey, { sub: 'ops-cli', roles: ['admin', 'ops'] }, new Date(), 86_400);
}
