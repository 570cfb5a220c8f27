// Reads a whole backup and compares it with its manifest: every event, every customer key, and whether it was finished.
// Without a master key at hand customer keys are counted and not opened, and the result says so.
import { resolve } from 'node:path';
import { type CopyProgress, sumUpKeys, sumUpLog } from '@app/runtime';
import { type BackupManifest, readManifest } from './backup-manifest';
import type { Config } from './config';
import { openDirectory } from './embedded-copy';
import { digestKeyOf, findMasterKeys } from './existing-keys';

export interface BackupCheck {
  folder: string;
  manifest: BackupManifest;
  events: number;
  streams: number;
  hash: string;
  customerKeys: { present: number; destroyed: number };
  /** Each customer key was opened with the master key. */
  keysOpened: boolean;
  /** What is not as the manifest says; null when the backup is whole. */
  fault: string | null;
}

/** Throws `DataDirectoryInUse`, and `DataDamaged` where the files themselves are not as they were written. */
export async function checkBackup(config: Config, path: string, { signal, progress }: { signal: AbortSignal; progress: (progress: CopyProgress) => void }): Promise<BackupCheck> {
  const folder = resolve(path);
  const manifest = readManifest(folder);
  if (manifest === undefined) throw new Error(`${folder} holds no backup: there is no backup.json in it.`);
  const backup = await openDirectory(folder, [...findMasterKeys(folder, config.masterKey), ...findMasterKeys(config.dataDirectory, undefined)], { owned: true });
  try {
    const log = await sumUpLog(backup.log, await backup.categories(), signal, (done) => progress({ step: 'reading', done, total: Math.max(done, manifest.events) }));
    const counted = await backup.keys.count();
    const digest = backup.masterKey === undefined ? undefined : (await sumUpKeys(backup.keys, digestKeyOf(backup.masterKey.key), signal)).digest;
    const found = { ...log, customerKeys: counted, keysOpened: digest !== undefined };
    return { folder, manifest, ...found, fault: faultOf(manifest, found, digest) };
  } finally {
    await backup.close();
  }
}

function faultOf(manifest: BackupManifest, found: Pick<BackupCheck, 'events' | 'streams' | 'hash' | 'customerKeys'>, digest: string | undefined): string | null {
  const { present, destroyed } = found.customerKeys;
  if (manifest.completedAt === null) return "the backup was ended before it was whole; 'ops backup' into the same folder goes on with it";
  if (found.events !== manifest.events || found.streams !== manifest.streams) {
    return `it holds ${found.events} events in ${found.streams} streams and was made with ${manifest.events} in ${manifest.streams}${found.events > manifest.events ? '; has a server been started on it since?' : ''}`;
  }
  if (found.hash !== manifest.hash) return `the hash of its events is ${found.hash} and was ${String(manifest.hash)}`;
  if (present !== manifest.customerKeys.present || destroyed !== manifest.customerKeys.destroyed) {
    return `it holds ${present} customer keys and ${destroyed} destroyed ones and was made with ${manifest.customerKeys.present} and ${manifest.customerKeys.destroyed}`;
  }
  if (digest !== undefined && digest !== manifest.customerKeys.digest) return 'its customer keys are not those that it was made with';
  return null;
}
