// Keys that a data directory needs and makes at its first start, in files of their own, readable by their owner only.
// They lie apart from the log: a copy of events.db without them opens no personal data and signs no token.
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Secrets {
  /** Wraps the keys of personal data; 32 bytes. */
  masterKey: Uint8Array;
  /** Signs and checks the data directory's own tokens (HS256); 32 bytes. */
  tokenKey: Uint8Array;
}

/** Reads the key files and makes those that are missing. A given master key takes the place of the file. */
export function openSecrets(dataDirectory: string, masterKey?: Uint8Array): Secrets {
  const directory = join(dataDirectory, 'keys');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return { masterKey: masterKey ?? keyFile(join(directory, 'master.key')), tokenKey: keyFile(join(directory, 'token.key')) };
}

function keyFile(path: string): Uint8Array {
  if (!existsSync(path)) make(path);
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.length !== 32) throw new Error(`${path} does not hold 32 bytes in base64. Restore it from the backup of this data directory.`);
  return key;
}

/** Whole or not at all, and never over another's: of two processes that start at once one makes the key. */
function make(path: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(fresh);
  }
}
