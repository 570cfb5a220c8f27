// What every store of read models must do, whatever it keeps them in.
// A spec beside an adapter only calls this.
import { BadCursor, MissingTable, type ReadModelStore, type RowFilter, type RowQuery, type RowWrite } from './read-model-store';

/** Opens the same place as often as asked; a second opening stands for a restart or another process. */
interface ReadModelPlace {
  open(): Promise<ReadModelStore>;
  /** For one that only reads, beside a writer. */
  reader(): Promise<ReadModelStore>;
  dispose(): Promise<void>;
}

interface Parcel {
  id?: string;
  status: string | null;
  at?: string | null;
  total?: number;
  tags?: unknown[];
  place?: { city?: string | null; codes?: unknown[] };
  urgent?: boolean;
}

const INDEXES = [{ fields: ['status', 'at'] }, { fields: ['place.city'] }, { fields: ['total'] }, { fields: ['tags'] }];
let tables = 0;

export function readModelStoreContract(name: string, make: () => ReadModelPlace): void {
  describe(`read models: ${name}`, () => {
    let place: ReadModelPlace;
    let store: ReadModelStore;
    let table: string;
    beforeEach(async () => {
      place = make();
      store = await place.open();
      table = `parcels-${process.pid}-${tables++}@1.1`;
      await store.open({ name: table, indexes: INDEXES });
    });
    afterEach(async () => {
      await store.drop(table);
      await store.close();
      await place.dispose();
    });

    const put = async (rows: Record<string, Parcel>): Promise<void> => {
      const writes = Object.entries(rows).map(([key, row]) => ({ table, key, row }));
      const now = await store.checkpoint(`rows/${table}`);
      expect(await store.apply(`rows/${table}`, now, String(Number(now ?? 0) + 1), writes)).toBe('applied');
    };
    const keysOf = async (query: Partial<RowQuery>): Promise<string[]> => (await store.find(table, { limit: 100, ...query })).rows.map(({ key }) => key);
    const all = async (query: RowQuery): Promise<string[][]> => {
      const pages: string[][] = [];
      for (let after: string | undefined; ; ) {
        const page = await store.find(table, after === undefined ? query : { ...query, after });
        pages.push(page.rows.map(({ key }) => key));
        after = page.rows.at(-1)?.cursor;
        if (!page.hasMore || after === undefined) return pages;
      }
    };

    describe('rows and checkpoint', () => {
      it('gives back rows as they were written, with what the engine notes on them', async () => {
        const row = { status: 'é 您 😀', nested: { list: [1, 1.5, null, { a: "it's" }], empty: {} }, big: 9007199254740991, no: false, zero: 0, text: '' };
        await store.apply('c', undefined, '1', [{ table, key: 'k', row, staleSince: '2026-01-09T02:00:00.000Z', position: '0007' }]);
        expect(await store.get(table, 'k')).toEqual({ key: 'k', row, staleSince: '2026-01-09T02:00:00.000Z', position: '0007' });
        await store.apply('c', '1', '2', [{ table, key: 'k', row: { status: 'b' } }]);
        expect(await store.get(table, 'k')).toEqual({ key: 'k', row: { status: 'b' } });
        expect(await store.get(table, 'other')).toBeUndefined();
      });

      it('answers many keys in their order', async () => {
        await put({ a: { status: 'A' }, b: { status: 'B' }, c: { status: 'C' } });
        for (const keys of [['c', 'x', 'a'], ['c', 'x', 'a', 'b', 'y', 'a'], []]) {
          expect((await store.getMany<Parcel>(table, keys)).map(found => found?.key)).toEqual(keys.map(key => ('abc'.includes(key) ? key : undefined)));
        }
      });

      it('writes nothing when the checkpoint is not the one expected', async () => {
        const writes: RowWrite[] = [{ table, key: 'k', row: { status: 'A' } }];
        expect(await store.apply('c', 'x', '1', writes)).toBe('fenced');
        expect(await store.apply('c', undefined, '1', writes)).toBe('applied');
        expect(await store.apply('c', undefined, '2', [{ table, key: 'k', row: { status: 'B' } }])).toBe('fenced');
        expect(await store.apply('c', '0', undefined, [{ table, key: 'k', row: undefined }])).toBe('fenced');
        expect((await store.get<Parcel>(table, 'k'))?.row.status).toBe('A');
        expect(await store.checkpoint('c')).toBe('1');
        expect(await store.apply('c', '1', undefined, [{ table, key: 'k', row: undefined }])).toBe('applied');
        expect([await store.checkpoint('c'), await store.get(table, 'k')]).toEqual([undefined, undefined]);
      });

      it('writes all or nothing', async () => {
        const writes: RowWrite[] = [{ table, key: 'k', row: { status: 'A' } }, { table: 'never-opened@1.1', key: 'k', row: {} }];
        await expect(store.apply('c', undefined, '1', writes)).rejects.toThrow(MissingTable);
        expect([await store.checkpoint('c'), await store.get(table, 'k')]).toEqual([undefined, undefined]);
      });

      it('of racing appliers of one step one wins', async () => {
        const outcomes = await Promise.all(Array.from({ length: 8 }, (_, i) => store.apply('c', undefined, `${i}`, [{ table, key: 'k', row: { status: `${i}` } }])));
        expect(outcomes.filter(outcome => outcome === 'applied')).toHaveLength(1);
        expect((await store.get<Parcel>(table, 'k'))?.row.status).toBe(await store.checkpoint('c'));
      });

      it('lists checkpoints by the beginning of their name', async () => {
        for (const checkpoint of ['rows/a@1', 'rows/b@1', 'live/a', 'rows%']) await store.apply(checkpoint, undefined, `of ${checkpoint}`, []);
        expect(await store.checkpoints('rows/')).toEqual({ 'rows/a@1': 'of rows/a@1', 'rows/b@1': 'of rows/b@1' });
        expect(await store.checkpoints('none')).toEqual({});
      });

      it('is there after a restart, and visible to a reader opened before', async () => {
        const reader = await place.reader();
        await put({ a: { status: 'A', at: '1' } });
        await store.open({ name: `${table}x`, indexes: [] });
        expect((await reader.get<Parcel>(table, 'a'))?.row.status).toBe('A');
        expect(await reader.count(`${table}x`, {})).toBe(0);
        await store.drop(`${table}x`);
        await expect(reader.count(`${table}x`, {})).rejects.toThrow(MissingTable);
        await reader.close();
        await store.close();
        store = await place.open();
        await store.open({ name: table, indexes: INDEXES });
        expect(await keysOf({ where: { status: 'A' } })).toEqual(['a']);
      });
    });

    describe('find and count', () => {
      const both = async (filter: RowFilter): Promise<string[]> => {
        const keys = await keysOf(filter);
        expect(await store.count(table, filter)).toBe(keys.length);
        return keys;
      };

      it('by equality and one of, with and without an index', async () => {
        await put({
          a: { status: 'A', id: 'x', total: 1, place: { city: '北京' }, urgent: true },
          b: { status: 'B', id: 'y', total: 1, place: { city: null }, urgent: false },
          c: { status: null, total: 0.5, place: {} },
          d: { status: 'A', id: 'x' },
        });
        expect(await both({})).toEqual(['a', 'b', 'c', 'd']);
        expect(await both({ where: { status: 'A' } })).toEqual(['a', 'd']);
        expect(await both({ where: { status: ['A', 'B'], total: 1 } })).toEqual(['a', 'b']);
        expect(await both({ where: { status: [] } })).toEqual([]);
        expect(await both({ where: { status: null } })).toEqual(['c']);
        expect(await both({ where: { 'place.city': null } })).toEqual(['b', 'c', 'd']);
        expect(await both({ where: { 'place.city': ['北京', null] } })).toEqual(['a', 'b', 'c', 'd']);
        expect(await both({ where: { id: 'x' } })).toEqual(['a', 'd']);
        expect(await both({ where: { id: null } })).toEqual(['c']);
        expect(await both({ where: { id: ['y', null] } })).toEqual(['b', 'c']);
        expect(await both({ where: { urgent: true } })).toEqual(['a']);
        expect(await both({ where: { urgent: false } })).toEqual(['b']);
        expect(await both({ where: { place: 'x', status: 'A' } })).toEqual([]);
        expect(await both({ where: { total: '1' } })).toEqual([]);
      });

      it('by any element of an array', async () => {
        await put({
          a: { status: 'A', tags: ['red', 'big', 'red'], place: { codes: [1, 'one'] } },
          b: { status: 'B', tags: ['green'], place: { codes: [] } },
          c: { status: 'C', tags: [] },
          d: { status: 'D', tags: [['red'], { red: 'red' }, 7] },
        });
        expect(await both({ where: { tags: 'red' } })).toEqual(['a']);
        expect(await both({ where: { tags: ['big', 'green', 7] } })).toEqual(['a', 'b', 'd']);
        expect(await both({ where: { 'place.codes': 'one' } })).toEqual(['a']);
        expect(await both({ where: { 'place.codes': [1, 2] } })).toEqual(['a']);
        expect(await both({ where: { tags: null } })).toEqual([]);
        expect(await both({ range: [{ field: 'tags', gte: '' }] })).toEqual([]);
        expect(await both({ range: [{ field: 'place.codes', gte: '' }] })).toEqual([]);
        await put({ a: { status: 'A', tags: ['blue'] }, b: { status: 'B' } });
        expect(await both({ where: { tags: ['red', 'green', 'blue'] } })).toEqual(['a']);
      });

      it('by ranges of the type of the bound', async () => {
        await put({
          a: { status: 'A', at: '2026-01-01', total: 5 },
          b: { status: 'A', at: '2026-01-02', total: -1.5 },
          c: { status: 'A', at: null, total: 10 },
          d: { status: 'A' },
          e: { status: 'A', at: 7 as unknown as string, total: '5' as unknown as number, id: '9' },
        });
        expect(await both({ where: { status: 'A' }, range: [{ field: 'at', gte: '2026-01-01', lt: '2026-01-02' }] })).toEqual(['a']);
        expect(await both({ range: [{ field: 'at', lte: '2026-01-02' }] })).toEqual(['a', 'b']);
        expect(await both({ range: [{ field: 'total', gt: 5 }] })).toEqual(['c']);
        expect(await both({ range: [{ field: 'total', gte: 5 }, { field: 'total', lt: 10 }] })).toEqual(['a']);
        expect(await both({ range: [{ field: 'total', lt: 0 }] })).toEqual(['b']);
        expect(await both({ range: [{ field: 'id', gt: 1 }] })).toEqual([]);
        expect(await both({ range: [{ field: 'id', gt: '1' }] })).toEqual(['e']);
        expect(await both({ range: [{ field: 'total', gte: null }] })).toEqual([]);
      });

      it('compares strings byte by byte', async () => {
        await put({ a: { status: '\u{1F600}' }, b: { status: '\uFF5E' }, c: { status: 'B' }, d: { status: 'a' }, e: { status: 'É' } });
        expect(await keysOf({ sort: [{ field: 'status', direction: 'asc' }] })).toEqual(['c', 'd', 'e', 'b', 'a']);
        expect(await keysOf({ range: [{ field: 'status', gt: '\uFF5E' }] })).toEqual(['a']);
      });

      it.each([['at', 'asc'], ['at', 'desc'], ['total', 'asc'], ['total', 'desc'], ['id', 'asc'], ['id', 'desc']] as const)('pages by %s %s without gap or repetition', async (field, direction) => {
        const values = [null, 'a', 'b', 'b', 'c', null, 'b', undefined, 'd', 'a'];
        const rows = values.map((value, i): [string, Parcel] => [`k${i}`, { status: i % 3 === 0 ? 'A' : 'B', at: value, id: value, total: value?.charCodeAt(0) } as Parcel]);
        await put(Object.fromEntries(rows));
        const rank = ([, row]: [string, Parcel]): string => row.at ?? '';
        const forwards = rows.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : a[0] < b[0] ? -1 : 1)).map(([key]) => key);
        const expected = direction === 'asc' ? forwards : forwards.toReversed();
        for (const limit of [1, 3, 10, 11]) {
          const pages = await all({ sort: [{ field, direction }], limit });
          expect(pages.flat()).toEqual(expected);
          expect(pages).toHaveLength(Math.ceil(10 / limit));
          const some = await all({ where: { status: 'B' }, sort: [{ field, direction }], limit });
          expect(some.flat()).toEqual(expected.filter(key => Number(key.slice(1)) % 3 !== 0));
        }
      });

      it('pages by several fields in several directions', async () => {
        const rows: [string, Parcel][] = [];
        for (let i = 0; i < 24; i++) rows.push([`k${String(i).padStart(2, '0')}`, { status: ['A', 'B', null][i % 3] as string, total: i % 4, at: i % 2 ? 'x' : null }]);
        await put(Object.fromEntries(rows));
        const expected = rows
          .toSorted(([ak, a], [bk, b]) => (a.status ?? '').localeCompare(b.status ?? '') || (b.total ?? 0) - (a.total ?? 0) || (a.at ?? '').localeCompare(b.at ?? '') || ak.localeCompare(bk))
          .map(([key]) => key);
        const sort = [{ field: 'status', direction: 'asc' }, { field: 'total', direction: 'desc' }, { field: 'at', direction: 'asc' }] as const;
        for (const limit of [1, 5, 24]) expect((await all({ sort, limit })).flat()).toEqual(expected);
      });

      it('goes on from a cursor though its row has gone or moved, with rows that came meanwhile', async () => {
        await put({ a: { status: 'A', at: '1' }, c: { status: 'A', at: '3' }, d: { status: 'A', at: '4' } });
        const query: RowQuery = { sort: [{ field: 'at', direction: 'asc' }], limit: 2 };
        const first = await store.find(table, query);
        await store.apply('x', undefined, '1', [{ table, key: 'c', row: undefined }, { table, key: 'b', row: { status: 'A', at: '2' } }, { table, key: 'e', row: { status: 'A', at: '35' } }]);
        const second = await store.find(table, { ...query, after: first.rows[1]!.cursor });
        expect(second.rows.map(({ key }) => key)).toEqual(['e', 'd']);
      });

      it('goes on from a cursor though the bound of a range has moved, as one at the instant of asking does', async () => {
        await put({ a: { status: 'A', at: '1' }, b: { status: 'A', at: '2' }, c: { status: 'A', at: '3' }, d: { status: 'A', at: '4' } });
        const query = (lt: string): RowQuery => ({ range: [{ field: 'at', lt }], sort: [{ field: 'at', direction: 'asc' }], limit: 1 });
        const { cursor } = (await store.find(table, query('3'))).rows[0]!;
        expect(await keysOf({ ...query('4'), after: cursor, limit: 9 })).toEqual(['b', 'c']);
        for (const range of [[], [{ field: 'at', lte: '3' }], [{ field: 'status', lt: '3' }]]) await expect(store.find(table, { ...query('3'), range, after: cursor })).rejects.toThrow(BadCursor);
      });

      it('refuses a cursor that is none, or of another query', async () => {
        await put({ a: { status: 'A' }, b: { status: 'A' } });
        const { rows } = await store.find(table, { where: { status: 'A' }, limit: 1 });
        const cursor = rows[0]!.cursor;
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(await keysOf({ where: { status: 'A' }, after: cursor, limit: 7 })).toEqual(['b']);
        for (const after of ['', 'nonsense', '!"§', Buffer.from('[]').toString('base64url'), Buffer.from('{"a":1}').toString('base64url'), `${cursor}x`]) {
          await expect(store.find(table, { where: { status: 'A' }, limit: 1, after })).rejects.toThrow(BadCursor);
        }
        for (const other of [{ where: { status: 'B' } }, {}, { where: { status: 'A' }, sort: [{ field: 'at', direction: 'asc' }] }] as const) {
          await expect(store.find(table, { ...other, limit: 1, after: cursor })).rejects.toThrow(BadCursor);
        }
      });

      it('takes any name and value as such', async () => {
        const evil = `x' OR '1'='1"; DROP TABLE x; --`;
        await put({ [evil]: { status: evil, id: evil }, b: { status: 'B', [evil.replace(/["?]/g, '')]: 'odd' } as Parcel });
        expect(await keysOf({ where: { status: evil, id: evil } })).toEqual([evil]);
        expect(await keysOf({ where: { [evil.replace(/["?]/g, '')]: 'odd' } })).toEqual(['b']);
        expect((await store.get<Parcel>(table, evil))?.row.status).toBe(evil);
        await expect(store.open({ name: evil, indexes: [] })).rejects.toThrow(TypeError);
      });
    });

    describe('comparison', () => {
      it('names the rows of two tables that may differ, page by page', async () => {
        const other = `${table}o`;
        await store.open({ name: other, indexes: [] });
        const write = (into: string, key: string, text: string, position: string): RowWrite => ({ table: into, key, row: { text }, position });
        await store.apply('x', undefined, '1', [
          ...['a', 'b', 'c', 'd', 'f'].map(key => write(table, key, key, '1')),
          write(other, 'a', 'a', '1'), write(other, 'b', 'changed', '1'), write(other, 'c', 'c', '2'), write(other, 'e', 'e', '1'), write(other, 'f', 'f', '1'),
        ]);
        expect(await store.unlike(table, other, undefined, 10)).toEqual(['b', 'c', 'd', 'e']);
        expect(await store.unlike(other, table, 'b', 2)).toEqual(['c', 'd']);
        expect((await store.scan(table, 'a', 2)).map(({ key }) => key)).toEqual(['b', 'c']);
        await store.drop(other);
      });
    });

    describe('bulk load', () => {
      it('takes rows and the token together, goes on after a kill, and ends as an ordinary table', async () => {
        const specs = [{ name: `${table}b`, indexes: INDEXES }, { name: `${table}c`, indexes: [] }];
        const load = await store.bulk(`job-${table}`, specs);
        expect(load.resumedAt).toBeUndefined();
        await load.save([{ table: specs[0]!.name, key: 'a', row: { status: 'A' } }, { table: specs[1]!.name, key: 'x', row: {} }, { table, key: 'noted', row: { status: 'N' } }], 'one');
        await expect(load.save([{ table: specs[0]!.name, key: 'b', row: {} }, { table: 'nowhere', key: 'b', row: {} }], 'two')).rejects.toThrow(MissingTable);
        await store.close();
        store = await place.open();
        const again = await store.bulk(`job-${table}`, specs);
        expect(again.resumedAt).toBe('one');
        expect((await store.getMany<Parcel>(specs[0]!.name, ['a', 'b'])).map(found => found?.row.status)).toEqual(['A', undefined]);
        await again.save([{ table: specs[0]!.name, key: 'b', row: { status: 'A', tags: ['t'] } }, { table: specs[0]!.name, key: 'a', row: { status: 'C' } }], 'two');
        await again.finish();
        expect((await store.find(specs[0]!.name, { where: { status: 'A', tags: 't' }, limit: 5 })).rows.map(({ key }) => key)).toEqual(['b']);
        expect(await store.count(specs[1]!.name, {})).toBe(1);
        // What is finished is no longer being loaded: the same job begins anew.
        expect((await store.bulk(`job-${table}`, specs)).resumedAt).toBeUndefined();
        expect(await store.count(specs[1]!.name, {})).toBe(0);
        for (const spec of specs) await store.drop(spec.name);
        expect((await store.tables()).filter(known => known.startsWith(table))).toEqual([table]);
      });
    });
  });
}
