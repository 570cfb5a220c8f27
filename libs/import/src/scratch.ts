// Rows wait here for the row they are joined to, on disk, so that memory does not grow with the files. The file is private and goes with the import.
// Nothing in it must outlive a crash: it is written without journal and without waiting for the disk.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase, type Statement } from '@app/sqlite';

export interface StoredRow {
  file: string;
  line: number;
  /** JSON. */
  text: string;
}

const SUFFIX = /-(wal|shm|journal)$/;
/** In use by this process. */
const open = new Set<string>();
/** The process that made it stands in its name; with it go the files that the engine keeps beside it. */
const NAME = /^import-.*-(\d+)\.scratch(-wal|-shm|-journal)?$/;

export function scratchPath(folder: string, key: string): string {
  return join(folder, `import-${key}-${process.pid}.scratch`);
}

/** Removes what killed imports left behind. `alone`: no other process imports with this folder; otherwise files of living processes stay. */
export function sweepScratch(folder: string, alone: boolean): void {
  for (const name of readdirSync(folder)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined || open.has(join(folder, name).replace(SUFFIX, ''))) continue;
    if (alone || !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  // A file of this process that is not open was left by one of the same number: in a container they begin at 1 each time.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export class Scratch {
  private readonly database: Database;
  private readonly insert: Statement;
  private readonly byKey: Statement;
  private readonly firstByKey: Statement;
  private readonly lost: Statement;
  private readonly relations = new Map<string, number>();
  private readonly files: string[] = [];

  constructor(readonly path: string) {
    this.remove();
    open.add(path);
    this.database = openDatabase(path, { journal: 'none', cacheKib: 65_536 });
    // Sorting for the index goes to disk, not to memory.
    this.database.exec('PRAGMA synchronous=OFF; PRAGMA temp_store=FILE');
    this.database.exec('CREATE TABLE stored (seq INTEGER PRIMARY KEY, relation INTEGER NOT NULL, key TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL, text TEXT NOT NULL) STRICT');
    this.insert = this.database.prepare('INSERT INTO stored (relation, key, file, line, text) VALUES (?, ?, ?, ?, ?)');
    this.byKey = this.database.prepare('SELECT file, line, text FROM stored WHERE relation = ? AND key = ? ORDER BY seq').asArrays();
    this.firstByKey = this.database.prepare('SELECT file, line, text FROM stored WHERE relation = ? AND key = ? ORDER BY seq LIMIT 1').asArrays();
    this.lost = this.database
      .prepare(
        `SELECT seq, key, file, line FROM stored AS child WHERE relation = ? AND seq > ?
         AND NOT EXISTS (SELECT 1 FROM stored AS parent WHERE parent.relation = ? AND parent.key = child.key) ORDER BY seq LIMIT 1000`,
      )
      .asArrays();
  }

  /** Many writes as one. Must not await. */
  together(work: () => void): void {
    this.database.transaction(work);
  }

  add(relation: string, key: string, row: StoredRow): void {
    this.insert.run(this.relation(relation), key, this.file(row.file), row.line, row.text);
  }

  /** Once all that is joined is in; later rows are found as well, only more slowly written. */
  index(): void {
    this.database.exec('CREATE INDEX IF NOT EXISTS by_key ON stored (relation, key)');
  }

  /** In the order in which they were added. */
  all(relation: string, key: string): StoredRow[] {
    return this.byKey.all<[number, number, string]>(this.relation(relation), key).map(row => this.stored(row));
  }

  first(relation: string, key: string): StoredRow | undefined {
    const row = this.firstByKey.get<[number, number, string]>(this.relation(relation), key);
    return row === undefined ? undefined : this.stored(row);
  }

  /** Rows of `relation` whose key no row of `parents` has, in the order in which they were added. */
  *orphans(relation: string, parents: string): Generator<{ key: string; file: string; line: number }> {
    for (let after = 0; ; ) {
      const rows = this.lost.all<[number, string, number, number]>(this.relation(relation), after, this.relation(parents));
      for (const [seq, key, file, line] of rows) {
        after = seq;
        yield { key, file: this.files[file] ?? '', line };
      }
      if (rows.length < 1000) return;
    }
  }

  close(): void {
    this.database.close();
    this.remove();
    open.delete(this.path);
  }

  private remove(): void {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(this.path + suffix, { force: true });
  }

  private stored([file, line, text]: [number, number, string]): StoredRow {
    return { file: this.files[file] ?? '', line, text };
  }

  private relation(name: string): number {
    let number = this.relations.get(name);
    if (number === undefined) this.relations.set(name, (number = this.relations.size));
    return number;
  }

  private file(name: string): number {
    const known = this.files.lastIndexOf(name);
    return known >= 0 ? known : this.files.push(name) - 1;
  }
}
