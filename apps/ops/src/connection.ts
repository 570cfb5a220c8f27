// Where a command does its work: at the server that owns the data directory or, when none runs, in this process, which then
// owns the directory and serves the same API on a port of the loopback that the system chooses. With EventStoreDB and MongoDB
// it is one more process beside the others, which does the work of a worker only while there is none. Notifications are left to who stays.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, DataDirectoryInUse, issueToken, openOrderTrail, openTokenKey, type OrderTrail } from '@app/wiring';
import { CommandFailed } from './failure';
import type { ServerAddress } from './graphql-client';
import { createApp } from './late-api';

export interface Connection extends ServerAddress {
  /** The product itself, when it runs in this process. */
  local: OrderTrail | undefined;
  close(): Promise<void>;
}

interface ConnectOptions {
  /** Serves as configured when the product runs in this process; by default on any free port of the loopback. */
  serve?: boolean;
  /** Only looks: with servers it does no worker's work, so that what it finds is what is so without it. */
  looks?: boolean;
  /** Refuses a data directory that nobody has used yet, so that a mistyped name makes none. */
  existing?: boolean;
}

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const STARTING_WAIT_MS = 10_000;
const STARTING_LOOK_MS = 250;

export async function connect(config: Config, options: ConnectOptions = {}): Promise<Connection> {
  const { dataDirectory, servers } = config;
  if (servers === undefined && options.existing === true && !existsSync(join(dataDirectory, 'events.db'))) {
    throw new CommandFailed(`${dataDirectory} holds no data. Set ORDERTRAIL_DATA to the data directory that you mean.`);
  }
  const stays = options.serve === true;
  const role = servers !== undefined && options.looks === true ? 'api' : 'both';
  const local = await openUnlessServed({ ...config, ...(stays ? {} : LOOPBACK), role, logLevel: 'error', logFor: 'people' }, !stays);
  if (typeof local === 'string') return atServer(config, local);
  void local.failed.then((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  const app = await createApp(local);
  try {
    const url = await app.start();
    return { url, token: await adminToken(local.secrets.tokenKey), local, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** The product, or the address of the server that has the directory; one that is just starting is waited for. */
async function openUnlessServed(config: Config, standIn: boolean): Promise<OrderTrail | string> {
  for (let waitedMs = 0; ; waitedMs += STARTING_LOOK_MS) {
    try {
      return await openOrderTrail(config, { standIn });
    } catch (error) {
      if (!(error instanceof DataDirectoryInUse)) throw error;
      if (error.url !== undefined) return error.url;
      if (waitedMs >= STARTING_WAIT_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, STARTING_LOOK_MS));
    }
  }
}

async function atServer(config: Config, url: string): Promise<Connection> {
  const address = { url, token: await adminToken(await openTokenKey(config)) };
  const alive = await fetch(`${url}/health/live`).catch(() => undefined);
  if (alive?.ok !== true) throw new CommandFailed(`The data directory ${config.dataDirectory} is in use by a server at ${url}, which does not answer. Look after that server, or stop it.`);
  return { ...address, local: undefined, close: () => Promise.resolve() };
}

function adminToken(tokenKey: Uint8Array): Promise<string> {
  return issueToken(tokenKey, { sub: 'ops-cli', roles: ['admin', 'ops'] }, new Date(), 86_400);
}
