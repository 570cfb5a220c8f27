// One owner at a time for a data directory: the lock is the operating system's and dies with the process, however it dies.
// `owner.json` only tells others whom to talk to; it is never what is locked.
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Instant } from '@app/kernel';
import { type Database, openDatabase, SqliteError } from '@app/sqlite';
import { DataDirectoryInUse, DataDirectoryUnusable } from './errors';
import { makeFolder } from './make-folder';

const LOCK_FILE = 'owner.db';
const OWNER_FILE = 'owner.json';

interface DataDirectoryOwner {
  pid: number;
  startedAt: Instant;
  /** Where the owner answers, once it does. */
  url?: string;
}

export class DataDirectory {
  private constructor(
    /** Absolute. */
    readonly path: string,
    private readonly lock: Database,
    private owner: DataDirectoryOwner,
  ) {}

  /** Makes the directory if needed and takes it. Throws DataDirectoryInUse when another process, or another part of this one, has it, and DataDirectoryUnusable. */
  static own(directory: string, details: { startedAt: Instant; url?: string }): DataDirectory {
    const path = resolve(directory);
    makeDataDirectory(path);
    const lock = tryLock(path);
    if (lock === undefined) {
      const owner = readOwner(path);
      throw new DataDirectoryInUse(path, owner?.pid, owner?.url);
    }
    chmodSync(path, 0o700);
    const own = new DataDirectory(path, lock, { pid: process.pid, ...details });
    own.write();
    return own;
  }

  /** Who has the directory now; undefined when nobody has, whatever an old `owner.json` says. */
  static ownerOf(directory: string): DataDirectoryOwner | undefined {
    const path = resolve(directory);
    const owner = readOwner(path);
    if (owner === undefined) return undefined;
    const lock = tryLock(path);
    lock?.close();
    return lock === undefined ? owner : undefined;
  }

  /** Tells others where this owner answers. */
  announce(url: string): void {
    this.owner = { ...this.owner, url };
    this.write();
  }

  /** Gives the directory free. Everything kept in it must be closed before. */
  release(): void {
    rmSync(join(this.path, OWNER_FILE), { force: true });
    this.lock.close();
  }

  private write(): void {
    const path = join(this.path, OWNER_FILE);
    writeFileSync(`${path}.new`, `${JSON.stringify(this.owner)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}

/** If needed, with mode 0700. Throws DataDirectoryUnusable. */
export function makeDataDirectory(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    throw new DataDirectoryUnusable(path, error as NodeJS.ErrnoException);
  }
}

/** An exclusive transaction that is never ended: another process meets SQLITE_BUSY. Undefined when somebody holds it. */
function tryLock(path: string): Database | undefined {
  let lock: Database | undefined;
  try {
    lock = openDatabase(join(path, LOCK_FILE), { journal: 'none', busyTimeoutMs: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if (error instanceof SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}

function readOwner(path: string): DataDirectoryOwner | undefined {
  try {
    return JSON.parse(readFileSync(join(path, OWNER_FILE), 'utf8')) as DataDirectoryOwner;
  } catch {
    // Missing, or torn by a crash of its writer: the lock alone decides.
    return undefined;
  }
}
