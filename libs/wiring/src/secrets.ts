// Keys that an installation needs and makes at its first start: in files of the data directory, readable by their owner only; with
// servers the token key lies in MongoDB, wrapped by the master key, which all processes share. A copy of the log without them opens
// no personal data and signs no token.
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adoptTokenKey, hasTokenKey, makeDataDirectory } from '@app/event-store';
import { type Randomness, SystemRandomness } from '@app/runtime';
import type { Db } from 'mongodb';
import type { Config } from './config';
import { withServerDatabase } from './server-database';

const KEY_BYTES = 32;

export interface Secrets {
  /** Wraps the keys of personal data; 32 bytes. */
  masterKey: Uint8Array;
  /** Signs and checks the installation's own tokens (HS256); 32 bytes. */
  tokenKey: Uint8Array;
}

/** Reads the key files and makes those that are missing. A given master key takes the place of the file. */
export function openSecrets(config: Pick<Config, 'dataDirectory' | 'masterKey'>): Secrets {
  return { masterKey: masterKeyOf(config), tokenKey: keyFile(join(keysOf(config.dataDirectory), 'token.key')) };
}

/** Throws where the database was set up with another master key, or with one that is missing here. */
export async function openServerSecrets(config: Pick<Config, 'dataDirectory' | 'masterKey'>, database: Db, random: Randomness): Promise<Secrets> {
  const path = masterKeyPath(config.dataDirectory);
  // A fresh one would be refused as another one, and nobody would know it.
  if (config.masterKey === undefined && !existsSync(path) && (await hasTokenKey(database))) {
    throw new Error(`The database ${database.databaseName} was set up with a master key, and there is none here. Set ORDERTRAIL_MASTER_KEY to it, or bring its key file to ${path}.`);
  }
  const masterKey = masterKeyOf(config);
  return { masterKey, tokenKey: await adoptTokenKey(database, masterKey, random.bytes(KEY_BYTES), random) };
}

/** The key that signs tokens, for one who opens nothing else. */
export async function openTokenKey(config: Config): Promise<Uint8Array> {
  const { servers } = config;
  if (servers === undefined) return openSecrets(config).tokenKey;
  return withServerDatabase(servers.mongoDb, async database => {
    // One that is made here would hide that another database is meant.
    if (!(await hasTokenKey(database))) throw new Error(`The database ${database.databaseName} of MONGODB_URL holds no installation. Set it to the one that is meant, or start a server on it first.`);
    return (await openServerSecrets(config, database, new SystemRandomness())).tokenKey;
  });
}

function masterKeyOf({ dataDirectory, masterKey }: Pick<Config, 'dataDirectory' | 'masterKey'>): Uint8Array {
  if (masterKey !== undefined) return masterKey;
  const path = masterKeyPath(dataDirectory);
  // A fresh one would hide that the right one is missing.
  if (!existsSync(path) && existsSync(join(dataDirectory, 'events.db'))) {
    throw new Error(`${dataDirectory} holds a log, but not its master key. Set ORDERTRAIL_MASTER_KEY to the key that it was written with, or bring its key file back to ${path}.`);
  }
  keysOf(dataDirectory);
  return keyFile(path);
}

function masterKeyPath(dataDirectory: string): string {
  return join(dataDirectory, 'keys', 'master.key');
}

function keysOf(dataDirectory: string): string {
  makeDataDirectory(dataDirectory);
  const directory = join(dataDirectory, 'keys');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

function keyFile(path: string): Uint8Array {
  if (!existsSync(path)) make(path);
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.length !== KEY_BYTES) throw new Error(`${path} does not hold 32 bytes in base64. Restore it from the backup of this data directory.`);
  return key;
}

/** Whole or not at all, and never over another's: of two processes that start at once one makes the key. */
function make(path: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(fresh);
  }
}
