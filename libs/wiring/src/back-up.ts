// A backup is a data directory: log and wrapped customer keys of an installation, copied while it runs, proved, and described by a manifest.
// Made again into the same folder it adds what is new. It holds the master key only where that was asked for, and says so.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeFolder } from '@app/event-store';
import { type CopyProgress, type CopyProof, copyStores, type CopySource, SystemClock } from '@app/runtime';
import { type BackupManifest, EMPTY_BACKUP, readManifest, writeManifest } from './backup-manifest';
import type { Config } from './config';
import { openDirectorySource, openDirectoryTarget } from './embedded-copy';
import { digestKeyOf, type FoundKey, findMasterKeys, masterKeyFile, readKeyFile, tokenKeyFile, writeKeyFile } from './existing-keys';
import { openServerEnd } from './server-copy';

interface BackUpRun {
  /** The master key and the token key go into the backup too. */
  withMasterKey: boolean;
  signal: AbortSignal;
  progress: (progress: CopyProgress) => void;
}

export interface BackupReport extends CopyProof {
  folder: string;
  manifest: BackupManifest;
  /** Where the master key is: the setting or a file. */
  masterKeyPlace: string;
}

interface Backed {
  source: CopySource;
  categories: readonly string[];
  masterKey: FoundKey;
  tokenKey: () => Promise<Uint8Array | undefined>;
  /** Of the log as it is stored, up to a position; undefined of servers. */
  checksumUpTo: ((position: string) => Promise<number>) | undefined;
  close(): Promise<void>;
}

/** Throws `DataDirectoryInUse` when a server runs on the backup itself, `DataDamaged`, `TargetHoldsOther`, each with the sentence for the user. */
export async function backUp(config: Config, into: string, { withMasterKey, signal, progress }: BackUpRun): Promise<BackupReport> {
  const folder = resolve(into);
  if (folder === config.dataDirectory) throw new Error(`${folder} is the data directory itself. Name another folder for the backup.`);
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw new Error(`${folder} is a file. Name a new folder for the backup, or one that an earlier backup was made into.`);
  const known = readManifest(folder);
  if (known === undefined && existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty and holds no backup. Name a new folder, or one that an earlier backup was made into.`);
  const backed = config.servers === undefined ? await directoryOf(config) : await serversOf(config, config.servers);
  try {
    makeBackupFolder(folder);
    return await copyInto(folder, backed, known, { withMasterKey, signal, progress });
  } finally {
    await backed.close();
  }
}

function makeBackupFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`The folder ${folder} cannot be made: ${code === 'ENOTDIR' ? 'there is a file in its path' : message}. Name another one for the backup.`, { cause: error });
  }
}

async function copyInto(folder: string, backed: Backed, known: BackupManifest | undefined, { withMasterKey, signal, progress }: BackUpRun): Promise<BackupReport> {
  const { source, masterKey, checksumUpTo } = backed;
  const clock = new SystemClock();
  // Owned before the manifest says that it is being written.
  const target = await openDirectoryTarget(folder, masterKey);
  try {
    const samePositions = checksumUpTo !== undefined && (known?.samePositions ?? true);
    const begun: BackupManifest = { ...EMPTY_BACKUP, ...known, of: source.name, begunAt: clock.now(), completedAt: null, samePositions };
    writeManifest(folder, begun);
    const categories = [...new Set([...backed.categories, ...(await target.categories())])];
    const proof = await copyStores({ source, target, categories, digestKey: digestKeyOf(masterKey.key), compareOnly: false, signal, progress });
    const { log, keys } = proof;
    if (samePositions && log.equal && (await checksumUpTo!(log.position)) !== (await target.checksumUpTo(log.position))) {
      throw new Error(`${source.name} is damaged: its events are not those that its checksums were made for. The backup holds what was read; do not rely on it. A start of the server says where the damage is.`);
    }
    if (withMasterKey) await includeSecrets(folder, backed);
    const manifest: BackupManifest = {
      ...begun,
      completedAt: log.equal && keys.equal ? clock.now() : null,
      position: log.position,
      events: log.target.events,
      streams: log.target.streams,
      hash: log.target.hash,
      customerKeys: { ...keys.target, wrapped: true },
      masterKeyIncluded: Buffer.compare(readKeyFile(masterKeyFile(folder)) ?? Buffer.alloc(0), masterKey.key) === 0,
    };
    writeManifest(folder, manifest);
    return { ...proof, folder, manifest, masterKeyPlace: masterKey.place };
  } finally {
    await target.close();
  }
}

async function includeSecrets(folder: string, { masterKey, tokenKey }: Backed): Promise<void> {
  writeKeyFile(masterKeyFile(folder), masterKey.key);
  const token = await tokenKey();
  if (token !== undefined) writeKeyFile(tokenKeyFile(folder), token);
}

async function directoryOf({ dataDirectory, masterKey: given }: Config): Promise<Backed> {
  const source = await openDirectorySource(dataDirectory, findMasterKeys(dataDirectory, given), { owned: false });
  return {
    source,
    categories: await source.categories(),
    masterKey: source.masterKey,
    tokenKey: async () => readKeyFile(tokenKeyFile(dataDirectory)),
    checksumUpTo: (position) => source.checksumUpTo(position),
    close: () => source.close(),
  };
}

async function serversOf({ dataDirectory, masterKey: given }: Config, servers: NonNullable<Config['servers']>): Promise<Backed> {
  const masterKey = findMasterKeys(dataDirectory, given)[0];
  if (masterKey === undefined) throw new Error(`The master key is missing: neither ORDERTRAIL_MASTER_KEY nor the file ${masterKeyFile(dataDirectory)} is there. Nothing was copied.`);
  const source = await openServerEnd(servers, masterKey.key, { live: true });
  return {
    source,
    categories: source.categories,
    masterKey,
    tokenKey: () => source.adoptTokenKey(randomBytes(32)),
    checksumUpTo: undefined,
    close: () => source.close(),
  };
}
