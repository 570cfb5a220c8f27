// Rows of read models behind a port that suits SQLite and MongoDB alike.
// Rows and checkpoint change in one transaction that begins by comparing the checkpoint: killed anywhere, it ends as if never killed.
import type { Instant, Position, RowIndex, Sharding } from '@app/kernel';

/** What a store must know to keep rows. Tables of other versions or generations of the same projection are other tables. */
export interface TableSpec {
  /** Physical name: letters, digits, `-`, `_`, `@`, `.`. */
  name: string;
  indexes: readonly RowIndex[];
  /** Default `whole`. */
  sharding?: Sharding;
}

export interface StoredRow<Row = unknown> {
  key: string;
  row: Row;
  /** Set while an event for the row is parked: the row may be stale since then. */
  staleSince?: Instant;
  /** Of the latest event folded into the row. */
  position?: Position;
}

export type Scalar = string | number | boolean | null;

export interface RowFilter {
  /**
   * Field (dotted path) equals the value, or one of the values; a field that holds an array equals what any of its elements equals.
   * Null equals a field that is null or missing. Fields without an index are looked at row by row.
   */
  where?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  /** Field lies in a range of values of the bound's own type. Strings compare bytewise. Null and arrays are in no range. */
  range?: readonly { field: string; gte?: Scalar; gt?: Scalar; lte?: Scalar; lt?: Scalar }[];
}

export interface RowQuery extends RowFilter {
  /** Ties are broken by key, in the direction of the last sort field. Nulls sort first ascending, numbers before strings. */
  sort?: readonly { field: string; direction: 'asc' | 'desc' }[];
  limit: number;
  /** Cursor of a row of an earlier answer to the same query; only the bounds of its ranges may have moved since. Anything else throws BadCursor. */
  after?: string;
}

export interface RowPage<Row = unknown> {
  rows: readonly (StoredRow<Row> & { cursor: string })[];
  hasMore: boolean;
}

export interface RowWrite {
  table: string;
  key: string;
  /** undefined deletes. */
  row: unknown;
  staleSince?: Instant;
  position?: Position;
  /** The table has no row of this key, as whoever alone writes it knows: an engine may insert it without a look. One that is there nevertheless makes `apply` throw, or is replaced. */
  isNew?: true;
}

export interface ReadModelStore {
  /** What one transaction should hold while catching up, where it is worth waiting for more: a row that many events touch is written once. May change with each that was written. */
  readonly batchMax?: { events: number; rows: number };
  /** A transaction costs much beside its rows: it goes over a network to the disks of others. */
  readonly transactionsWeigh?: boolean;
  /** Creates table and indexes where missing. Opening a table twice does nothing. */
  open(table: TableSpec): Promise<void>;
  get<Row>(table: string, key: string): Promise<StoredRow<Row> | undefined>;
  /** In the order of the keys; missing ones are undefined. */
  getMany<Row>(table: string, keys: readonly string[]): Promise<readonly (StoredRow<Row> | undefined)[]>;
  find<Row>(table: string, query: RowQuery): Promise<RowPage<Row>>;
  count(table: string, filter: RowFilter): Promise<number>;
  /** Rows in key order, page by page. */
  scan<Row>(table: string, afterKey: string | undefined, limit: number): Promise<readonly StoredRow<Row>[]>;
  /**
   * Keys, in order, that only one of the tables has or whose rows are not the same text or not of the same position: rows that may
   * differ. What is not among them is equal.
   */
  unlike(a: string, b: string, afterKey: string | undefined, limit: number): Promise<readonly string[]>;
  /**
   * Writes rows (of any tables) and moves the checkpoint of `name` from `from` to `to`, all or nothing. undefined: no checkpoint.
   * `fenced`: the checkpoint was not `from`; nothing was written. Ordered by key within a table the writes are cheapest.
   */
  apply(name: string, from: string | undefined, to: string | undefined, writes: readonly RowWrite[]): Promise<'applied' | 'fenced'>;
  /** Opaque text that `apply` last saved under the name. */
  checkpoint(name: string): Promise<string | undefined>;
  /** All checkpoints whose name begins so. */
  checkpoints(prefix: string): Promise<Readonly<Record<string, string>>>;
  /**
   * Starts loading fresh tables for a rebuild, or goes on with a load of the same name and tables. They have no indexes until `finish`.
   */
  bulk(job: string, tables: readonly TableSpec[]): Promise<BulkLoad>;
  /** Removes a table, if it is there. */
  drop(table: string): Promise<void>;
  tables(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Loading of tables that nobody reads yet. Survives a kill at its last `save`. */
export interface BulkLoad {
  /** The token of the last save, if the tables were already being loaded. */
  readonly resumedAt: string | undefined;
  /** Writes rows (also of other open tables) and the token of the scan in one transaction. */
  save(writes: readonly RowWrite[], token: string): Promise<void>;
  /** Builds the indexes and ends the load. Interrupted, it is done again. */
  finish(): Promise<void>;
}

/** The cursor was not made by this query, or is no cursor at all. */
export class BadCursor extends Error {
  constructor(reason: string) {
    super(`The cursor cannot be used: ${reason}. Ask again without it.`);
    this.name = 'BadCursor';
  }
}

/** The table is not there: never opened, or dropped since its name was looked up. */
export class MissingTable extends Error {
  constructor(readonly table: string) {
    super(`There is no table ${table} in the read models.`);
    this.name = 'MissingTable';
  }
}

/** More in one transaction than the engine holds: nothing was written. `batchMax` says less from now on. */
export class BatchTooLarge extends Error {
  override readonly name = 'BatchTooLarge';
  constructor(rows: number, cause?: unknown) {
    super(`A transaction of ${rows} rows was too large for the cache of the database. It is taken up again in smaller ones.`, { cause });
  }
}

/** The rows cannot be read. Nothing is lost by deleting them: the log rebuilds them. */
export class DamagedReadModels extends Error {
  constructor(place: string, cause: string) {
    super(`The read models in ${place} are damaged (${cause}). Delete that file with its -wal and -shm: everything in it is rebuilt from the log at the next start.`);
    this.name = 'DamagedReadModels';
  }
}
