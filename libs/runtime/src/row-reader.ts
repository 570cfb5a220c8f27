// Rows by the name of their projection, whichever table is in use.
// A switch in the middle of a read is not noticed.
import type { Position } from '@app/kernel';
import { checkpointOf } from './folded-table';
import type { LiveTables } from './live-tables';
import { MissingTable, type ReadModelStore, type RowFilter, type RowPage, type RowQuery, type StoredRow } from './ports/read-model-store';

export class RowReader {
  constructor(
    private readonly store: ReadModelStore,
    private readonly tables: LiveTables,
  ) {}

  /** All readings throw NoLiveTable before a projection has been built for the first time. */
  get<Row>(projection: string, key: string): Promise<StoredRow<Row> | undefined> {
    return this.read(projection, table => this.store.get<Row>(table, key));
  }

  getMany<Row>(projection: string, keys: readonly string[]): Promise<readonly (StoredRow<Row> | undefined)[]> {
    return this.read(projection, table => this.store.getMany<Row>(table, keys));
  }

  /** Throws BadCursor. A cursor stays good when the table is switched. */
  find<Row>(projection: string, query: RowQuery): Promise<RowPage<Row>> {
    return this.read(projection, table => this.store.find<Row>(table, query));
  }

  count(projection: string, filter: RowFilter): Promise<number> {
    return this.read(projection, table => this.store.count(table, filter));
  }

  /** What is read after this reflects the log at least up to here; undefined: nothing yet. */
  position(projection: string): Promise<Position | undefined> {
    return this.read(projection, table => this.store.checkpoint(checkpointOf(table)));
  }

  private async read<T>(projection: string, work: (table: string) => Promise<T>): Promise<T> {
    try {
      return await work(await this.tables.tableOf(projection));
    } catch (error) {
      if (!(error instanceof MissingTable)) throw error;
      this.tables.forget(projection);
      return work(await this.tables.tableOf(projection));
    }
  }
}
