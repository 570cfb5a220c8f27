// Read models in one SQLite file: rows and checkpoint change in one transaction, readers in other threads see whole transactions only.
// A power cut may take the last transactions (never a part of one): the log still has what they were made of.
import type {
  BulkLoad, ReadModelStore, RowFilter, RowPage, RowQuery, RowWrite, Scalar, StoredRow, TableSpec,
} from '@app/runtime';
import { DamagedReadModels, MissingTable } from '@app/runtime';
import { type Database, openDatabase, SqliteError, type SqliteValue, type Statement } from '@app/sqlite';
import { fingerprintOf, readCursor, writeCursor } from './cursor';
import { filterOf, orderBy, piecesAfter, sortOf, type Condition } from './row-query';
import { Catalog } from './catalog';
import { columnValue, createElements, createIndexes, createTable, layoutOf, type TableLayout, valueAt } from './table-layout';

interface EmbeddedReadModelsOptions {
  /** For a thread that only reads: a connection of its own, beside the one that writes. The file must be there. */
  readOnly?: boolean;
  /** Reads the whole file once at opening, about a second for each 500 MB. */
  quickCheck?: boolean;
}

type RowTuple = [key: string, position: string | null, staleSince: string | null, doc: string, ...place: SqliteValue[]];

const ROW = 'key, position, stale_since, doc';
const STATEMENTS_MAX = 400;

export class EmbeddedReadModels implements ReadModelStore {
  private readonly statements = new Map<string, Statement>();
  private readonly catalog: Catalog;
  private readonly applying: { work: () => 'applied' | 'fenced'; resolve: (outcome: 'applied' | 'fenced') => void; reject: (error: unknown) => void }[] = [];

  private constructor(
    private readonly database: Database,
    private readonly path: string,
    private readonly readOnly: boolean,
  ) {
    this.catalog = new Catalog(database);
  }

  /** Throws DamagedReadModels where the file cannot be read as what it should be. */
  static open(path: string, options: EmbeddedReadModelsOptions = {}): EmbeddedReadModels {
    let database: Database | undefined;
    try {
      database = openDatabase(path, { readOnly: options.readOnly ?? false, synchronous: 'normal', cacheKib: 32_768 });
      if (!options.readOnly) {
        database.exec('PRAGMA wal_autocheckpoint = 4000');
        Catalog.create(database);
      }
      const verdict = options.quickCheck ? database.prepare('PRAGMA quick_check(1)').get<{ quick_check: string }>()?.quick_check : 'ok';
      if (verdict !== 'ok') throw new DamagedReadModels(path, verdict?.replaceAll('\n', ' ') ?? 'no answer of the check');
      const store = new EmbeddedReadModels(database, path, options.readOnly ?? false);
      store.catalog.names();
      return store;
    } catch (error) {
      closeQuietly(database);
      throw damaged(path, error);
    }
  }

  open(spec: TableSpec): Promise<void> {
    return this.run(() => {
      const known = this.catalog.find(spec.name);
      const layout = layoutOf(spec);
      if (known !== undefined && JSON.stringify(known.layout.indexes) !== JSON.stringify(spec.indexes)) {
        throw new Error(`The table ${spec.name} exists with other indexes. Raise the version of its projection.`);
      }
      if (known !== undefined) return;
      this.database.transaction(() => {
        this.database.exec(createTable(layout));
        for (const statement of createIndexes(layout)) this.database.exec(statement);
        this.catalog.add(spec, false);
      });
    });
  }

  get<Row>(table: string, key: string): Promise<StoredRow<Row> | undefined> {
    return this.run(() => this.getRow<Row>(this.catalog.layout(table), key));
  }

  getMany<Row>(table: string, keys: readonly string[]): Promise<readonly (StoredRow<Row> | undefined)[]> {
    return this.run(() => {
      const layout = this.catalog.layout(table);
      if (keys.length < 4) return keys.map(key => this.getRow<Row>(layout, key));
      const found = this.rows<Row>(`SELECT ${ROW} FROM ${layout.table} WHERE key IN (SELECT value FROM json_each(?))`, [JSON.stringify(keys)]);
      const byKey = new Map(found.map(row => [row.key, row]));
      return keys.map(key => byKey.get(key));
    });
  }

  find<Row>(table: string, query: RowQuery): Promise<RowPage<Row>> {
    return this.run(() => {
      const layout = this.catalog.layout(table);
      const filter = filterOf(layout, query, this.catalog.arraysOf(layout));
      const order = sortOf(layout, query);
      const fingerprint = fingerprintOf(query);
      const pieces = query.after === undefined ? [[]] : piecesAfter(order, readCursor(query.after, fingerprint, order.length).map(columnValue));
      const columns = [ROW, ...order.slice(0, -1).map(({ expression }) => expression)].join(', ');
      const read = (): RowTuple[] => {
        const found: RowTuple[] = [];
        for (const piece of pieces) {
          const { sql, values } = all([...filter, ...piece]);
          const wanted = query.limit + 1 - found.length;
          found.push(...this.statement(`SELECT ${columns} FROM ${layout.table}${sql} ORDER BY ${orderBy(order)} LIMIT ?`).all<RowTuple>(...values, wanted));
          if (found.length > query.limit) break;
        }
        return found;
      };
      const tuples = pieces.length === 1 ? read() : this.inOneSnapshot(read);
      const rows = tuples.slice(0, query.limit).map(tuple => ({
        ...storedRow<Row>(tuple),
        cursor: writeCursor(fingerprint, [...(tuple.slice(4) as Scalar[]), tuple[0]]),
      }));
      return { rows, hasMore: tuples.length > query.limit };
    });
  }

  count(table: string, filter: RowFilter): Promise<number> {
    return this.run(() => {
      const layout = this.catalog.layout(table);
      const { sql, values } = all(filterOf(layout, filter, this.catalog.arraysOf(layout)));
      return this.statement(`SELECT count(*) FROM ${layout.table}${sql}`).get<[number]>(...values)?.[0] ?? 0;
    });
  }

  scan<Row>(table: string, afterKey: string | undefined, limit: number): Promise<readonly StoredRow<Row>[]> {
    return this.run(() => {
      const layout = this.catalog.layout(table);
      return this.rows<Row>(`SELECT ${ROW} FROM ${layout.table} WHERE key > ? ORDER BY key LIMIT ?`, [afterKey ?? '', limit]);
    });
  }

  unlike(a: string, b: string, afterKey: string | undefined, limit: number): Promise<readonly string[]> {
    return this.run(() => {
      const [left, right] = [this.catalog.layout(a).table, this.catalog.layout(b).table];
      const after = afterKey ?? '';
      // Two statements along the key, not one with UNION: that would sort everything for each page.
      const changed = `SELECT l.key FROM ${left} AS l LEFT JOIN ${right} AS r ON r.key = l.key
        WHERE l.key > ? AND (r.key IS NULL OR l.position IS NOT r.position OR l.doc <> r.doc) ORDER BY l.key LIMIT ?`;
      const added = `SELECT r.key FROM ${right} AS r WHERE r.key > ? AND NOT EXISTS (SELECT 1 FROM ${left} AS l WHERE l.key = r.key) ORDER BY r.key LIMIT ?`;
      const keys = this.inOneSnapshot(() => [changed, added].flatMap(sql => this.statement(sql).all<[string]>(after, limit)));
      return keys.map(([key]) => key).sort(bytewise).slice(0, limit);
    });
  }

  /** What comes in one turn of the event loop shares a transaction: several projections take the same batch then. */
  apply(name: string, from: string | undefined, to: string | undefined, writes: readonly RowWrite[]): Promise<'applied' | 'fenced'> {
    return new Promise((resolve, reject) => {
      this.applying.push({ work: () => this.applyNow(name, from, to, writes), resolve, reject });
      if (this.applying.length === 1) setImmediate(() => this.applyAll());
    });
  }

  private applyAll(): void {
    const together = this.applying.splice(0);
    try {
      const outcomes = this.database.transaction(() => together.map(({ work }) => work()));
      for (const [i, { resolve }] of together.entries()) resolve(outcomes[i]!);
    } catch (error) {
      // One of them cannot be written. Nothing is; then each for itself, so that it fails alone.
      if (together.length === 1) return together[0]!.reject(damaged(this.path, error));
      for (const { work, resolve, reject } of together) this.run(() => this.database.transaction(work)).then(resolve, reject);
    }
  }

  private applyNow(name: string, from: string | undefined, to: string | undefined, writes: readonly RowWrite[]): 'applied' | 'fenced' {
    if (this.readCheckpoint(name) !== from) return 'fenced';
    this.write(writes);
    this.writeCheckpoint(name, to);
    return 'applied';
  }

  checkpoint(name: string): Promise<string | undefined> {
    return this.run(() => this.readCheckpoint(name));
  }

  checkpoints(prefix: string): Promise<Readonly<Record<string, string>>> {
    return this.run(() =>
      Object.fromEntries(
        this.statement('SELECT name, value FROM checkpoints WHERE substr(name, 1, length(?)) = ? ORDER BY name').all<[string, string]>(prefix, prefix),
      ),
    );
  }

  bulk(job: string, tables: readonly TableSpec[]): Promise<BulkLoad> {
    return this.run(() => {
      const checkpoint = `bulk/${job}`;
      const resumedAt = tables.every(({ name }) => this.catalog.find(name)?.loading) ? this.readCheckpoint(checkpoint) : undefined;
      if (resumedAt === undefined) {
        this.database.transaction(() => {
          for (const spec of tables) {
            this.dropTable(spec.name);
            this.database.exec(createTable(layoutOf(spec)));
            this.catalog.add(spec, true);
          }
          this.writeCheckpoint(checkpoint, undefined);
        });
      }
      return {
        resumedAt,
        save: (writes, token) =>
          this.run(() =>
            this.database.transaction(() => {
              this.write(writes);
              this.writeCheckpoint(checkpoint, token);
            }),
          ),
        finish: () =>
          this.run(() => {
            for (const spec of tables) {
              // One at a time, so that a kill between two of them leaves the first made.
              for (const statement of createIndexes(layoutOf(spec))) this.database.exec(statement);
            }
            this.database.transaction(() => {
              for (const { name } of tables) this.catalog.loaded(name);
              this.writeCheckpoint(checkpoint, undefined);
            });
          }),
      };
    });
  }

  drop(table: string): Promise<void> {
    return this.run(() => this.database.transaction(() => this.dropTable(table)));
  }

  tables(): Promise<readonly string[]> {
    return this.run(() => this.catalog.names());
  }

  async close(): Promise<void> {
    if (this.applying.length > 0) this.applyAll();
    this.statements.clear();
    if (!this.readOnly) {
      try {
        // SQLite leaves its log beside the file when a statement is still prepared at the close.
        this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // Damaged or read by another one: the next opening sees to it.
      }
    }
    this.database.close();
  }

  private getRow<Row>(layout: TableLayout, key: string): StoredRow<Row> | undefined {
    const tuple = this.statement(`SELECT ${ROW} FROM ${layout.table} WHERE key = ?`).get<RowTuple>(key);
    return tuple === undefined ? undefined : storedRow(tuple);
  }

  private rows<Row>(sql: string, values: readonly SqliteValue[]): StoredRow<Row>[] {
    return this.statement(sql).all<RowTuple>(...values).map(tuple => storedRow<Row>(tuple));
  }

  /** Inside a transaction. */
  private write(writes: readonly RowWrite[]): void {
    for (const { table, key, row, staleSince, position } of writes) {
      const layout = this.catalog.layout(table);
      const arrays = this.catalog.arraysOf(layout);
      if (row === undefined) {
        this.statement(`DELETE FROM ${layout.table} WHERE key = ?`).run(key);
      } else {
        const fields: SqliteValue[] = [];
        for (const column of layout.columns.values()) fields.push(columnValue(valueAt(row, column.path)));
        this.statement(layout.upsert).run(key, position ?? null, staleSince ?? null, ...fields, JSON.stringify(row));
      }
      for (const [field, { path, elements }] of layout.columns) {
        const value = row === undefined ? undefined : valueAt(row, path);
        if (!arrays(field)) {
          if (!Array.isArray(value)) continue;
          this.database.exec(createElements(layout, field));
          this.catalog.changed();
        }
        this.statement(`DELETE FROM ${elements} WHERE key = ?`).run(key);
        const distinct = new Set(Array.isArray(value) ? value.map(columnValue).filter(element => element !== null) : []);
        for (const element of distinct) this.statement(`INSERT INTO ${elements} (value, key) VALUES (?, ?)`).run(element, key);
      }
    }
  }

  private dropTable(name: string): void {
    const known = this.catalog.find(name);
    if (known === undefined) return;
    for (const { elements } of known.layout.columns.values()) this.database.exec(`DROP TABLE IF EXISTS ${elements}`);
    this.database.exec(`DROP TABLE ${known.layout.table}`);
    this.catalog.remove(name);
  }

  private readCheckpoint(name: string): string | undefined {
    return this.statement('SELECT value FROM checkpoints WHERE name = ?').get<[string]>(name)?.[0];
  }

  private writeCheckpoint(name: string, value: string | undefined): void {
    if (value === undefined) this.statement('DELETE FROM checkpoints WHERE name = ?').run(name);
    else this.statement('INSERT INTO checkpoints (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(name, value);
  }

  /** Several reads that see the same state, whatever another thread commits between them. */
  private inOneSnapshot<T>(work: () => T): T {
    this.database.exec('BEGIN');
    try {
      return work();
    } finally {
      this.database.exec('COMMIT');
    }
  }

  /** Statements are kept prepared, the longest unused one goes first. */
  private statement(sql: string): Statement {
    const known = this.statements.get(sql);
    if (known !== undefined) {
      if (this.statements.size > STATEMENTS_MAX / 2) {
        this.statements.delete(sql);
        this.statements.set(sql, known);
      }
      return known;
    }
    const oldest = this.statements.size >= STATEMENTS_MAX ? this.statements.keys().next().value : undefined;
    if (oldest !== undefined) this.statements.delete(oldest);
    const prepared = this.database.prepare(sql).asArrays();
    this.statements.set(sql, prepared);
    return prepared;
  }

  private async run<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw damaged(this.path, error);
    }
  }
}

function all(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { sql: '', values: [] };
  return { sql: ` WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`, values: conditions.flatMap(({ values }) => values) };
}

function storedRow<Row>([key, position, staleSince, doc]: RowTuple): StoredRow<Row> {
  const stored: StoredRow<Row> = { key, row: JSON.parse(doc) as Row };
  if (staleSince !== null) stored.staleSince = staleSince;
  if (position !== null) stored.position = position;
  return stored;
}

function damaged(path: string, error: unknown): unknown {
  if (!(error instanceof SqliteError)) return error;
  // Errors of a read in progress come without their code, so the words count too.
  if (error.code.startsWith('SQLITE_CORRUPT') || error.code === 'SQLITE_NOTADB' || /disk image is malformed|is not a database/.test(error.message)) return new DamagedReadModels(path, error.code);
  // Another thread has dropped it between the look into the catalogue and the read.
  const missing = /no such table: "?t:([^" ]+)/.exec(error.message)?.[1];
  return missing === undefined ? error : new MissingTable(missing);
}

/** As SQLite orders keys; JavaScript's own order differs at surrogates. */
function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function closeQuietly(database: Database | undefined): void {
  try {
    database?.close();
  } catch {
    // What made the opening fail says more than this does.
  }
}
