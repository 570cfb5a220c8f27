// Rows of a load in a file of this machine, as documents, with the token of the scan and how many of the load's pieces are in it, in one transaction.
// Folding here and inserting once at the end costs the server a fraction of what bulk upserts would.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MissingTable, type RowWrite, type StoredRow } from '@app/runtime';
import { type Database, openDatabase } from '@app/sqlite';
import { bytesOf, documentIn, documentOf, storedRow } from './mongo.documents';

type RowTuple = [key: string, doc: Uint8Array];

/** A row as it is saved: the place of its table in the load, and the document that it will be in the server; null: deleted. */
export type SavedRow = [table: number, key: string, doc: Uint8Array | null];

/** The same load was begun again by somebody else, who goes on with it. */
class LoadTakenOver extends Error {
  override readonly name = 'LoadTakenOver';
  constructor() {
    super('Another worker goes on with this load; nothing was saved.');
  }
}

export class Scratch {
  private readonly tables: ReadonlyMap<string, string>;

  private constructor(
    private readonly database: Database,
    private readonly path: string,
    private readonly owner: string,
    names: readonly string[],
  ) {
    this.tables = new Map(names.map((name, i) => [name, `rows_${i}`]));
  }

  static exists(directory: string, id: string): boolean {
    return existsSync(pathOf(directory, id));
  }

  /** Opened again, whoever had it open before can no longer save. Throws where the file cannot be read. */
  static open(directory: string, id: string, names: readonly string[], owner: string): Scratch {
    const path = pathOf(directory, id);
    const database = openDatabase(path, { synchronous: 'normal', cacheKib: 65_536 });
    try {
      database.exec('PRAGMA wal_autocheckpoint = 4000');
      const scratch = new Scratch(database, path, owner, names);
      scratch.prepare();
      return scratch;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Removes the files of loads that are over. */
  static sweep(directory: string, prefix: string, isOver: (id: string) => boolean): void {
    if (!existsSync(directory)) return;
    for (const file of readdirSync(directory)) {
      const id = file.startsWith(prefix) && file.endsWith('.db') ? file.slice(0, -'.db'.length) : undefined;
      if (id !== undefined && isOver(id)) remove(pathOf(directory, id));
    }
  }

  get token(): string | undefined {
    return this.database.prepare('SELECT token FROM load').get<{ token: string | null }>()?.token ?? undefined;
  }

  /** Pieces of the load that are in here: all up to this number. */
  get pieces(): number {
    return this.database.prepare('SELECT pieces FROM load').get<{ pieces: number }>()?.pieces ?? 0;
  }

  has(table: string): boolean {
    return this.tables.has(table);
  }

  getMany<Row>(table: string, keys: readonly string[]): (StoredRow<Row> | undefined)[] {
    const found = this.database.prepare(`SELECT key, doc FROM ${this.nameOf(table)} WHERE key IN (SELECT value FROM json_each(?))`).asArrays().all<RowTuple>(JSON.stringify(keys));
    const byKey = new Map(found.map(([key, doc]) => [key, storedRow<Row>(documentIn(doc))]));
    return keys.map(key => byKey.get(key));
  }

  /** What of these lies in tables of the load, for `save`. */
  rowsOf(writes: readonly RowWrite[]): SavedRow[] {
    const places = new Map([...this.tables.keys()].map((table, place) => [table, place]));
    return writes.flatMap((write): SavedRow[] => {
      const place = places.get(write.table);
      return place === undefined ? [] : [[place, write.key, write.row === undefined ? null : bytesOf(documentOf(write))]];
    });
  }

  /** The file may lose what it saved last when the machine loses power: it is taken over from the server again. */
  save(rows: readonly SavedRow[], token: string, pieces: number): void {
    this.owned(() => {
      for (const [place, table] of [...this.tables.values()].entries()) this.write(table, rows.filter(row => row[0] === place));
      this.database.prepare('UPDATE load SET token = ?, pieces = ?').run(token, pieces);
    });
  }

  /** Documents of all rows in the order of their keys. */
  *pages(table: string, rows: number): Generator<Uint8Array[]> {
    const page = this.database.prepare(`SELECT key, doc FROM ${this.nameOf(table)} WHERE key > ? ORDER BY key LIMIT ?`).asArrays();
    for (let after = ''; ; ) {
      const tuples = page.all<RowTuple>(after, rows);
      if (tuples.length === 0) return;
      yield tuples.map(([, doc]) => doc);
      after = (tuples.at(-1) as RowTuple)[0];
    }
  }

  close(): void {
    this.database.close();
  }

  remove(): void {
    this.database.close();
    remove(this.path);
  }

  private prepare(): void {
    this.database.transaction(() => {
      this.database.exec('CREATE TABLE IF NOT EXISTS load (owner TEXT NOT NULL, token TEXT, pieces INTEGER NOT NULL DEFAULT 0)');
      for (const table of this.tables.values()) {
        this.database.exec(`CREATE TABLE IF NOT EXISTS ${table} (key TEXT PRIMARY KEY NOT NULL, doc BLOB NOT NULL)`);
      }
      if (this.database.prepare('UPDATE load SET owner = ?').run(this.owner).changes === 0) this.database.prepare('INSERT INTO load (owner) VALUES (?)').run(this.owner);
    });
  }

  private owned(work: () => void): void {
    this.database.transaction(() => {
      if (this.database.prepare('SELECT owner FROM load').get<{ owner: string }>()?.owner !== this.owner) throw new LoadTakenOver();
      work();
    });
  }

  private write(name: string, rows: readonly SavedRow[]): void {
    if (rows.length === 0) return;
    const upsert = this.database.prepare(`INSERT INTO ${name} (key, doc) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET doc = excluded.doc`);
    const drop = this.database.prepare(`DELETE FROM ${name} WHERE key = ?`);
    for (const [, key, doc] of rows) {
      if (doc === null) drop.run(key);
      else upsert.run(key, doc);
    }
  }

  private nameOf(table: string): string {
    const name = this.tables.get(table);
    if (name === undefined) throw new MissingTable(table);
    return name;
  }
}

function pathOf(directory: string, id: string): string {
  return join(directory, `${id}.db`);
}

function remove(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}
