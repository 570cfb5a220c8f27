// Rows of read models behind a port that suits SQLite and MongoDB alike.
// Rows and checkpoint change in one transaction that begins by comparing the checkpoint: killed anywhere, it ends as if never killed.
import type { Instant, Position, RowIndex } from '@app/kernel';

/** What a store must know to keep rows. Tables of other versions or generations of the same projection are other tables. */
export interface TableSpec {
  /** Physical name: letters, digits, `-`, `_`, `@`, `.`. */
  name: string;
  indexes: readonly RowIndex[];
}

export interface StoredRow<Row = unknown> {
  key: string;
  row: Row;
  /** Set while an event for the row is parked: the row may be stale since then. */
  staleSince?: Instant;
}

export type Scalar = string | number | boolean | null;

export interface RowFilter {
  /** Field (dotted path) equals the value, or one of the values. */
  where?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  /** Field lies in a range. Null is in no range. */
  range?: readonly { field: string; gte?: Scalar; gt?: Scalar; lte?: Scalar; lt?: Scalar }[];
}

export interface RowQuery extends RowFilter {
  /** Ties are broken by key, in the direction of the last sort field. Nulls sort first ascending. */
  sort?: readonly { field: string; direction: 'asc' | 'desc' }[];
  limit: number;
  /** Cursor from an earlier answer to the same query. */
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
}

export interface Checkpoint {
  position: Position;
}

export interface ReadModelStore {
  /** Creates table and indexes where missing. Opening a table twice does nothing. */
  open(table: TableSpec): Promise<void>;
  get<Row>(table: string, key: string): Promise<StoredRow<Row> | undefined>;
  /** In the order of the keys; missing ones are undefined. */
  getMany<Row>(table: string, keys: readonly string[]): Promise<readonly (StoredRow<Row> | undefined)[]>;
  find<Row>(table: string, query: RowQuery): Promise<RowPage<Row>>;
  count(table: string, filter: RowFilter): Promise<number>;
  /** All rows in key order, page by page, for comparison. */
  scan<Row>(table: string, afterKey: string | undefined, limit: number): Promise<readonly StoredRow<Row>[]>;
  /**
   * Writes rows (of any tables) and moves the checkpoint of `name` from `from` to `to`, all or nothing.
   * `fenced`: the checkpoint was not `from`; nothing was written. Ordered by key within a table the writes are cheapest.
   */
  apply(name: string, from: string | undefined, to: string | undefined, writes: readonly RowWrite[]): Promise<'applied' | 'fenced'>;
  /** Opaque text that `apply` last saved under the name. */
  checkpoint(name: string): Promise<string | undefined>;
  /** All checkpoints whose name begins so. */
  checkpoints(prefix: string): Promise<Readonly<Record<string, string>>>;
  /** A fresh table for a rebuild: rows come by `insert`, each key once or again, indexes are made by `finish`. */
  bulk(table: TableSpec): Promise<BulkLoad>;
  /** Removes a table, if it is there. */
  drop(table: string): Promise<void>;
  tables(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Loading of a table that nobody reads yet. Survives a kill at its last `save`. */
export interface BulkLoad {
  getMany<Row>(keys: readonly string[]): Promise<readonly (StoredRow<Row> | undefined)[]>;
  /** Writes rows and the token of the scan in one transaction. */
  save(writes: readonly Omit<RowWrite, 'table'>[], token: string): Promise<void>;
  /** The token of the last save, if the table was already being loaded. */
  readonly resumedAt: string | undefined;
  /** Builds the indexes. */
  finish(): Promise<void>;
}
