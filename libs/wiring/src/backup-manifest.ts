// `backup.json`: what a backup holds, up to where, and by what it is recognised as whole.
// It is written before the first event and again after the proof, so that an unfinished backup says that it is one.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant, Position } from '@app/kernel';

const MANIFEST_FILE = 'backup.json';
const FORMAT = 1;

export interface BackupManifest {
  format: typeof FORMAT;
  /** For people: what it is a copy of. */
  of: string;
  begunAt: Instant;
  /** Null: it was ended before it was whole. */
  completedAt: Instant | null;
  /** In the log that was copied; everything up to here is in the backup. */
  position: Position | null;
  /** The events lie in the backup in the order of the log that was copied and have its positions: so of a data directory, not of servers. */
  samePositions: boolean;
  events: number;
  streams: number;
  /** SHA-256 over the streams sorted by name, hex. */
  hash: string | null;
  customerKeys: {
    present: number;
    destroyed: number;
    /** Keyed by the master key. */
    digest: string | null;
    /** Each is wrapped by the master key and can be opened with it only. */
    wrapped: true;
  };
  /** Whether `keys/` is in the backup: master key and token key. */
  masterKeyIncluded: boolean;
}

/** Of a backup into which nothing was copied yet. */
export const EMPTY_BACKUP: Omit<BackupManifest, 'of' | 'begunAt' | 'samePositions'> = {
  format: FORMAT,
  completedAt: null,
  position: null,
  events: 0,
  streams: 0,
  hash: null,
  customerKeys: { present: 0, destroyed: 0, digest: null, wrapped: true },
  masterKeyIncluded: false,
};

/** Undefined where there is none. */
export function readManifest(folder: string): BackupManifest | undefined {
  const path = join(folder, MANIFEST_FILE);
  if (!existsSync(path)) return undefined;
  let manifest: Partial<BackupManifest>;
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8')) as Partial<BackupManifest>;
  } catch {
    throw new Error(`${path} cannot be read as JSON: this is no whole backup.`);
  }
  if (manifest.format !== FORMAT) throw new Error(`${path} was written by another release (format ${String(manifest.format)}, this one knows ${FORMAT}).`);
  return manifest as BackupManifest;
}

/** Whole or not at all. */
export function writeManifest(folder: string, manifest: BackupManifest): void {
  const path = join(folder, MANIFEST_FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  const directory = openSync(folder, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
