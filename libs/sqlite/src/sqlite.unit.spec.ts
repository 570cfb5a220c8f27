// What SQLite takes silently and wrongly is refused, and its errors are errors of this realm that name the file.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase, SqliteError, type SqliteValue } from './index';

describe('openDatabase', () => {
  let directory: string;
  let database: Database;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
    database = openDatabase(join(directory, 'a.db'));
    database.exec('CREATE TABLE t (a ANY, b ANY) STRICT');
  });
  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  it.each([[new Date(0)], [true], [undefined], [{}]])('refuses to bind %p', value => {
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)');
    expect(() => insert.run(1, value as unknown as SqliteValue)).toThrow(TypeError);
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
  });

  it('refuses missing and surplus values', () => {
    expect(() => database.prepare("INSERT INTO t VALUES (?, '?')").run()).toThrow('1 values are needed, 0 were given');
    expect(() => database.prepare('INSERT INTO t VALUES (?, 1)').run(1, 2)).toThrow(TypeError);
  });

  it('gives back what it was given', () => {
    database.prepare('INSERT INTO t VALUES (?, ?)').run('é 您', null);
    database.prepare('INSERT INTO t VALUES (?, ?)').run(1.5, new Uint8Array([1, 2]));
    const rows = database.prepare('SELECT a, b FROM t').asArrays().all<SqliteValue[]>();
    expect(rows[0]).toEqual(['é 您', null]);
    expect(rows[1]?.[0]).toBe(1.5);
    expect(Buffer.from(rows[1]?.[1] as Uint8Array)).toEqual(Buffer.from([1, 2]));
  });

  it('turns errors into real ones with a code', () => {
    database.exec('CREATE TABLE u (a INTEGER PRIMARY KEY)');
    const insert = database.prepare('INSERT INTO u VALUES (?)');
    insert.run(1);
    for (const [wrong, code] of [[() => insert.run(1), 'SQLITE_CONSTRAINT_PRIMARYKEY'], [() => database.exec('SELEC'), 'SQLITE_ERROR']] as const) {
      let caught: unknown;
      try {
        wrong();
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(SqliteError);
      expect(caught).toBeInstanceOf(Error);
      expect((caught as SqliteError).code).toBe(code);
      expect((caught as SqliteError).message).toContain('a.db');
    }
  });

  it('is durable, private and rolls back what throws', () => {
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(database.prepare('PRAGMA page_size').get()).toEqual({ page_size: 8192 });
    expect(statSync(join(directory, 'a.db')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'a.db-wal')).mode & 0o777).toBe(0o600);
    expect(() => database.transaction(() => { database.exec('INSERT INTO t VALUES (1, 1)'); throw new Error('no'); })).toThrow('no');
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
  });

  it('opens read-only without writing', () => {
    const reader = openDatabase(join(directory, 'a.db'), { readOnly: true });
    expect(() => reader.exec('DELETE FROM t')).toThrow(SqliteError);
    reader.close();
    expect(() => openDatabase(join(directory, 'missing.db'), { readOnly: true })).toThrow(SqliteError);
  });
});
