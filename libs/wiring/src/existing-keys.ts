// Secrets that a data directory already has: copies of data read them and never make one of their own.
// Making one would hide that the right one is missing.
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FoundKey {
  /** 32 bytes. */
  key: Uint8Array;
  /** For people: where it is. */
  place: string;
}

export function masterKeyFile(dataDirectory: string): string {
  return join(dataDirectory, 'keys', 'master.key');
}

export function tokenKeyFile(dataDirectory: string): string {
  return join(dataDirectory, 'keys', 'token.key');
}

/** The setting before the file; both where both are. */
export function findMasterKeys(dataDirectory: string, given: Uint8Array | undefined): FoundKey[] {
  const file = readKeyFile(masterKeyFile(dataDirectory));
  return [...(given === undefined ? [] : [{ key: given, place: 'ORDERTRAIL_MASTER_KEY' }]), ...(file === undefined ? [] : [{ key: file, place: masterKeyFile(dataDirectory) }])];
}

/** Undefined where there is no such file. */
export function readKeyFile(path: string): Uint8Array | undefined {
  if (!existsSync(path)) return undefined;
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.length !== 32) throw new Error(`${path} does not hold 32 bytes in base64.`);
  return key;
}

/** Never over another key. */
export function writeKeyFile(path: string, key: Uint8Array): void {
  const there = readKeyFile(path);
  if (there !== undefined && Buffer.compare(there, key) === 0) return;
  if (there !== undefined) throw new Error(`${path} holds another key. Nothing was written over it.`);
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${Buffer.from(key).toString('base64')}\n`, { mode: 0o600, flush: true });
}

/** Keys the digests by which customer keys are compared, so that they tell nothing to those without the master key. */
export function digestKeyOf(masterKey: Uint8Array): Uint8Array {
  return createHmac('sha256', masterKey).update('digests of customer keys').digest();
}
