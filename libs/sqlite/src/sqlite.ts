// A typed door to SQLite: what SQLite would take silently and wrongly (Date, boolean, undefined, too few values) throws here,
// and its errors come out as errors of this realm with SQLite's own code.
// One engine on every Node: what is in the package was tried against damage and power cuts, the one inside Node changes with Node.
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';

export type SqliteValue = string | number | bigint | null | Uint8Array;

interface OpenOptions {
  readOnly?: boolean;
  /** `full`: a commit is on disk when it returns. `normal`: a power cut may take the last commits, never the order of them. Default `full`. */
  synchronous?: 'full' | 'normal';
  /** `none`: a crash in the middle of a write tears the file; for one that only carries a lock, or is thrown away after a crash. Default `wal`. */
  journal?: 'wal' | 'none';
  /** Bytes; counts when the file is made. Default 8192. */
  pageSize?: number;
  /** Kibibytes of page cache; default 16,384. */
  cacheKib?: number;
  /** How long to wait for another connection's lock; default 5,000. */
  busyTimeoutMs?: number;
}

interface RunResult {
  changes: number;
  lastInsertRowid: number | bigint;
}

/** `code` is SQLite's name with its extension where known: `SQLITE_BUSY`, `SQLITE_CORRUPT`, `SQLITE_IOERR_FSYNC`. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  constructor(
    readonly code: string,
    message: string,
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(`${message} (${code}, ${path})`, options);
  }
}

const NAMES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR', 2: 'SQLITE_INTERNAL', 3: 'SQLITE_PERM', 4: 'SQLITE_ABORT', 5: 'SQLITE_BUSY', 6: 'SQLITE_LOCKED', 7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY', 9: 'SQLITE_INTERRUPT', 10: 'SQLITE_IOERR', 11: 'SQLITE_CORRUPT', 12: 'SQLITE_NOTFOUND', 13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN', 15: 'SQLITE_PROTOCOL', 17: 'SQLITE_SCHEMA', 18: 'SQLITE_TOOBIG', 19: 'SQLITE_CONSTRAINT', 20: 'SQLITE_MISMATCH',
  21: 'SQLITE_MISUSE', 23: 'SQLITE_AUTH', 25: 'SQLITE_RANGE', 26: 'SQLITE_NOTADB',
  266: 'SQLITE_IOERR_READ', 522: 'SQLITE_IOERR_SHORT_READ', 778: 'SQLITE_IOERR_WRITE', 1034: 'SQLITE_IOERR_FSYNC', 1290: 'SQLITE_IOERR_DIR_FSYNC',
  1546: 'SQLITE_IOERR_TRUNCATE', 1555: 'SQLITE_CONSTRAINT_PRIMARYKEY', 2067: 'SQLITE_CONSTRAINT_UNIQUE',
};

function translated(path: string, error: unknown): SqliteError {
  if (error instanceof SqliteError) return error;
  // Native errors belong to another realm under Jest: neither instanceof nor their prototype can be trusted.
  const native = error as { message?: string; errcode?: number; sqliteExtendedCode?: number };
  const extended = native.sqliteExtendedCode ?? native.errcode ?? 0;
  const code = NAMES[extended] ?? NAMES[extended & 0xff] ?? 'SQLITE_MISUSE';
  return new SqliteError(code, native.message ?? String(error), path, { cause: error });
}

export class Statement {
  private readonly parameters: number;

  constructor(
    private readonly native: StatementSyncInstance,
    private readonly path: string,
    private readonly sql: string,
  ) {
    this.parameters = sql.replaceAll(/'[^']*'/g, '').split('?').length - 1;
  }

  run(...values: SqliteValue[]): RunResult {
    this.check(values);
    try {
      return this.native.run(...values);
    } catch (error) {
      throw translated(this.path, error);
    }
  }

  get<Row>(...values: SqliteValue[]): Row | undefined {
    this.check(values);
    try {
      return this.native.get(...values) as Row | undefined;
    } catch (error) {
      throw translated(this.path, error);
    }
  }

  all<Row>(...values: SqliteValue[]): Row[] {
    this.check(values);
    try {
      return this.native.all(...values) as Row[];
    } catch (error) {
      throw translated(this.path, error);
    }
  }

  /** Rows as arrays in column order from now on: cheaper than objects where there are many. */
  asArrays(): this {
    this.native.setReturnArrays(true);
    return this;
  }

  private check(values: readonly unknown[]): void {
    if (values.length !== this.parameters) {
      throw new TypeError(`${this.parameters} values are needed, ${values.length} were given: ${this.sql}`);
    }
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value === 'string' || typeof value === 'number' || value === null || typeof value === 'bigint' || ArrayBuffer.isView(value)) continue;
      const what = value instanceof Date ? 'a Date' : typeof value;
      throw new TypeError(`Value ${i + 1} is ${what}, which SQLite cannot hold: ${this.sql}`);
    }
  }
}

export class Database {
  private closed = false;

  constructor(
    private readonly native: DatabaseSyncInstance,
    readonly path: string,
  ) {}

  /** Parameters are positional (`?`) only. */
  prepare(sql: string): Statement {
    try {
      return new Statement(this.native.prepare(sql), this.path, sql);
    } catch (error) {
      throw translated(this.path, error);
    }
  }

  exec(sql: string): void {
    try {
      this.native.exec(sql);
    } catch (error) {
      throw translated(this.path, error);
    }
  }

  /** Runs `work` inside BEGIN IMMEDIATE and COMMIT; whatever it throws rolls back. Must not await. */
  transaction<T>(work: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      // After some failures (disk full, IO) SQLite has already rolled back by itself.
      if (this.native.isTransaction) this.exec('ROLLBACK');
      throw error;
    }
  }

  /** Closing twice does nothing. The last writer's close moves the write-ahead log into the file. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    try {
      this.native.close();
    } catch (error) {
      throw translated(this.path, error);
    }
  }
}

/** Opens or makes a database file (mode 0600). Read-only, the file must be there and is left as it is. */
export function openDatabase(path: string, options: OpenOptions = {}): Database {
  const { readOnly = false, journal = 'wal', synchronous = 'full', pageSize = 8192, cacheKib = 16_384, busyTimeoutMs = 5_000 } = options;
  if (!readOnly) createPrivate(path);
  let database: Database;
  try {
    database = new Database(new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs }), path);
  } catch (error) {
    throw translated(path, error);
  }
  try {
    if (!readOnly) database.exec(`PRAGMA page_size=${pageSize}; PRAGMA journal_mode=${journal === 'wal' ? 'WAL' : 'OFF'}; PRAGMA synchronous=${synchronous.toUpperCase()};`);
    database.exec(`PRAGMA cache_size=-${cacheKib}; PRAGMA temp_store=MEMORY;`);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** SQLite's companion files take over the mode of the file. An existing file must not be opened here: closing it would drop SQLite's locks. */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
