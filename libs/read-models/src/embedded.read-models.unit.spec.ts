// What only this engine does: pages go along an index, a damaged file is named, a reader stands beside the writer.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowQuery } from '@app/runtime';
import { openDatabase } from '@app/sqlite';
import { EmbeddedReadModels } from './index';
import { filterOf, orderBy, piecesAfter, sortOf } from './row-query';
import { layoutOf } from './table-layout';

describe('embedded read models', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'read-models-'));
    path = join(directory, 'read-models.db');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const spec = { name: 'rows@1.1', indexes: [{ fields: ['status', 'at'] }, { fields: ['at'] }] };

  it.each<[string, RowQuery]>([
    ['equality, range and sort', { where: { status: 'A' }, range: [{ field: 'at', gte: '1' }], sort: [{ field: 'at', direction: 'desc' }], limit: 5 }],
    ['sort alone', { sort: [{ field: 'at', direction: 'asc' }], limit: 5 }],
    ['equality and sort, descending', { where: { status: 'A' }, sort: [{ field: 'at', direction: 'desc' }], limit: 5 }],
  ])('goes along an index without sorting: %s, also behind a cursor', async (_, query) => {
    const store = EmbeddedReadModels.open(path);
    await store.open(spec);
    await store.close();
    const database = openDatabase(path, { readOnly: true });
    const layout = layoutOf(spec);
    const order = sortOf(layout, query);
    for (const piece of [[], ...piecesAfter(order, ['5', 'k'])]) {
      const conditions = [...filterOf(layout, query, () => false), ...piece];
      const where = conditions.length === 0 ? '' : ` WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
      const plan = database
        .prepare(`EXPLAIN QUERY PLAN SELECT doc FROM ${layout.table}${where} ORDER BY ${orderBy(order)} LIMIT ?`)
        .all<{ detail: string }>(...conditions.flatMap(({ values }) => values), 5)
        .map(({ detail }) => detail)
        .join('; ');
      expect(plan).toContain('USING INDEX');
      expect(plan).not.toContain('TEMP B-TREE');
    }
    database.close();
  });

  it('says of a damaged file what to do', async () => {
    const store = EmbeddedReadModels.open(path);
    await store.open(spec);
    const row = { status: 'A', text: 'x'.repeat(900) };
    await store.apply('c', undefined, '1', Array.from({ length: 400 }, (_, i) => ({ table: spec.name, key: `k${i}`, row })));
    await store.close();
    const sound = readFileSync(path);
    const sentence = /^The read models in .*read-models\.db are damaged \(.*\)\. Delete that file with its -wal and -shm: everything in it is rebuilt from the log at the next start\.$/;
    writeFileSync(path, 'this is no database, however long it may be'.repeat(100));
    expect(() => EmbeddedReadModels.open(path)).toThrow(sentence);
    // Pages of rows are overwritten: the head is sound, so only the check or a read notices.
    const damaged = Buffer.from(sound);
    damaged.fill(0xaa, 5 * 8192, 20 * 8192);
    writeFileSync(path, damaged);
    expect(() => EmbeddedReadModels.open(path, { quickCheck: true })).toThrow(sentence);
    const opened = EmbeddedReadModels.open(path);
    await expect(opened.scan(spec.name, undefined, 1_000)).rejects.toThrow(sentence);
    await opened.close();
  });

  it('refuses to write through a reader, and to read what is not there', async () => {
    expect(() => EmbeddedReadModels.open(path, { readOnly: true })).toThrow('read-models.db');
    const writer = EmbeddedReadModels.open(path);
    const reader = EmbeddedReadModels.open(path, { readOnly: true });
    await writer.open(spec);
    await expect(reader.apply('c', undefined, '1', [{ table: spec.name, key: 'k', row: {} }])).rejects.toThrow();
    expect(await reader.tables()).toEqual([spec.name]);
    await expect(writer.open({ ...spec, indexes: [] })).rejects.toThrow('Raise the version');
    await reader.close();
    await writer.close();
  });
});
