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

  /** All readings throw NoLiveTable before there is a table; lists and counts also while rows of its first build are missing. */
  get<Row>(projection: string, key: string): Promise<StoredRow<Row> | undefined> {
    return this.read(projection, table => this.store.get<Row>(table, key));
  }

  getMany<Row>(projection: string, keys: readonly string[]): Promise<readonly (StoredRow<Row> | undefined)[]> {
    return this.read(projection, table => this.store.getMany<Row>(table, keys));
  }

  /** Throws BadCursor. A cursor stays good when the table is switched. */
  find<Row>(projection: string, query: RowQuery): Promise<RowPage<Row>> {
    return this.read(projection, table => this.store.find<Row>(table, query), 'all');
  }

  /** As `find`, but of the rows that there are by now. */
  findSoFar<Row>(projection: string, query: RowQuery): Promise<RowPage<Row>> {
    return this.read(projection, table => this.store.find<Row>(table, query));
  }

  count(projection: string, filter: RowFilter): Promise<number> {
    return this.read(projection, table => this.store.count(table, filter), 'all');
  }

  /** What is read after this reflects the log at least up to here; undefined: nothing yet. */
  position(projection: string): Promise<Position | undefined> {
    return this.read(projection, table => this.store.checkpoint(checkpointOf(table)));
  }

  /** For figures made of rows one by one: throws NoLiveTable while some may be missing. */
  async assertBuilt(projection: string): Promise<void> {
    await this.tables.builtTableOf(projection);
  }

  private async read<T>(projection: string, work: (table: string) => Promise<T>, wanted: 'all' | 'so far' = 'so far'): Promise<T> {
    const tableOf = (): Promise<string> => (wanted === 'all' ? this.tables.builtTableOf(projection) : this.tables.tableOf(projection));
    try {
      return await work(await tableOf());
    } catch (error) {
      if (!(error instanceof MissingTable)) throw error;
      this.tables.forget(projection);
      return work(await tableOf());
    }
  }
}
