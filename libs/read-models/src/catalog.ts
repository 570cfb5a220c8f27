// Which tables of rows the file holds, as of now:
// also those that another thread has made or dropped a moment ago.
import { MissingTable, type TableSpec } from '@app/runtime';
import type { Database, Statement } from '@app/sqlite';
import { layoutOf, type TableLayout } from './table-layout';

interface KnownTable {
  layout: TableLayout;
  /** Being loaded by a rebuild: nobody reads it yet. */
  loading: boolean;
}

export class Catalog {
  private readonly schemaVersion: Statement;
  private seen: number | undefined;
  private looked = false;
  private tables = new Map<string, KnownTable>();
  private elements = new Set<string>();

  constructor(private readonly database: Database) {
    this.schemaVersion = database.prepare('PRAGMA schema_version').asArrays();
  }

  static create(database: Database): void {
    database.transaction(() => {
      database.exec('CREATE TABLE IF NOT EXISTS catalog (name TEXT PRIMARY KEY NOT NULL, indexes TEXT NOT NULL, loading INTEGER NOT NULL) WITHOUT ROWID');
      database.exec('CREATE TABLE IF NOT EXISTS checkpoints (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID');
    });
  }

  names(): string[] {
    this.refresh();
    return [...this.tables.keys()];
  }

  find(name: string): KnownTable | undefined {
    this.refresh();
    const known = this.tables.get(name);
    if (known !== undefined) return known;
    this.looked = false;
    this.refresh();
    return this.tables.get(name);
  }

  layout(name: string): TableLayout {
    const known = this.find(name);
    if (known === undefined) throw new MissingTable(name);
    return known.layout;
  }

  /** Tells of an indexed field whether rows hold arrays there. */
  arraysOf(layout: TableLayout): (field: string) => boolean {
    this.refresh();
    if (this.elements.size === 0) return () => false;
    return field => this.elements.has(`e:${layout.name}:${field}`);
  }

  /** A table was made or dropped here. */
  changed(): void {
    this.seen = undefined;
  }

  /** In the transaction that makes the table. */
  add(spec: TableSpec, loading: boolean): void {
    this.database.prepare('INSERT INTO catalog (name, indexes, loading) VALUES (?, ?, ?)').run(spec.name, JSON.stringify(spec.indexes), loading ? 1 : 0);
    this.seen = undefined;
  }

  loaded(name: string): void {
    this.database.prepare('UPDATE catalog SET loading = 0 WHERE name = ?').run(name);
    this.seen = undefined;
  }

  remove(name: string): void {
    this.database.prepare('DELETE FROM catalog WHERE name = ?').run(name);
    this.seen = undefined;
  }

  /** SQLite counts a number up whenever any connection makes or drops a table: one cheap look tells that nothing has changed. */
  private refresh(): void {
    if (this.looked && this.seen !== undefined) return;
    this.looked = true;
    // One look serves all reads of this turn of the event loop.
    setImmediate(() => (this.looked = false));
    const version = this.schemaVersion.get<[number]>()?.[0];
    if (version === this.seen) return;
    const rows = this.database.prepare('SELECT name, indexes, loading FROM catalog ORDER BY name').all<{ name: string; indexes: string; loading: number }>();
    this.tables = new Map(rows.map(row => [row.name, { layout: layoutOf({ name: row.name, indexes: JSON.parse(row.indexes) }), loading: row.loading === 1 }]));
    const made = this.database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'e:%'`).all<{ name: string }>();
    this.elements = new Set(made.map(({ name }) => name));
    this.seen = version;
  }
}
