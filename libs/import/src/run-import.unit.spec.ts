// What is promised of a run: wrong mappings send nothing, an interrupted run goes on where it was acknowledged, a failing sink ends it, the list of dirt is bounded.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportItem, ImportOutcome } from './import-sink';
import { MappingError, readMapping } from './mapping';
import { type ImportOptions, runImport } from './run-import';

const MAPPING = {
  system: 'WS',
  zone: 'Asia/Shanghai',
  sources: { facts: { file: 'facts.csv', format: 'csv' } },
  topics: [{ topic: 'statuses', from: 'facts', item: { externalId: 'id', status: 'status', at: '$epoch(at)' } }],
};

describe('runImport', () => {
  let folder: string;
  let workFolder: string;
  let items: ImportItem[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'import-'));
    workFolder = join(folder, 'work');
    items = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const rows = (count: number, id: (i: number) => string = String): void =>
    writeFileSync(join(folder, 'facts.csv'), `id,status,at\n${Array.from({ length: count }, (_, i) => `${id(i)},s${i},${i % 10 === 9 ? 'x' : i}`).join('\n')}\n`);
  const options = (changes: Partial<ImportOptions> = {}, answer: (item: ImportItem) => Promise<string> | string = () => 'ACCEPTED'): ImportOptions => {
    let now = 0;
    return {
      folder,
      mapping: JSON.stringify(MAPPING),
      history: false,
      workFolder,
      alone: true,
      target: 'here',
      resume: true,
      progress: () => {},
      nowMs: () => (now += 1000),
      sink: {
        take: async some => {
          items.push(...some);
          const outcomes: ImportOutcome[] = [];
          for (const item of some) outcomes.push({ externalId: null, orderNumber: null, outcome: await answer(item), errors: ['why'] });
          return outcomes;
        },
        close: async () => {},
      },
      ...changes,
    };
  };

  it.each<[string, object, RegExp]>([
    ['an unknown field', { zones: 1 }, /must NOT have additional properties \(zones\)/],
    ['a wrong topic', { topics: [{ topic: 'order', from: 'facts', item: { a: 'b' } }] }, /\/topics\/0\/topic must be equal to one of the allowed values/],
    ['an unknown source', { topics: [{ topic: 'orders', from: 'fact', item: { a: 'b' } }] }, /\/topics\/0\/from names "fact", which is no source/],
    ['a wrong expression', { topics: [{ topic: 'orders', from: 'facts', item: { a: { b: 'c.(' } } }] }, /\/topics\/0\/item\/a\/b .* \(column 3\) in `c\.\(`/],
    ['an unknown zone', { zone: 'Mars/Base' }, /\/zone or \/localTimes: .*Mars/i],
    ['a format without a day', { localTimes: ['HH:mm'] }, /does not name the year/],
    ['a circle', { sources: { facts: { file: 'f', format: 'csv', key: 'a', parent: 'more', join: 'b' }, more: { file: 'f', format: 'csv', key: 'a', parent: 'facts', join: 'b' } } }, /joined to itself in a circle/],
    ['a join without a key', { sources: { facts: { file: 'f', format: 'csv' }, more: { file: 'f', format: 'csv', parent: 'facts', join: 'b' } } }, /\/sources\/facts needs a key/],
    ['an unknown encoding', { sources: { facts: { file: 'facts.csv', format: 'csv', encoding: 'klingon' } } }, /\/sources\/facts\/encoding "klingon" is not known/],
    ['a quote that is the delimiter', { sources: { facts: { file: 'facts.csv', format: 'csv', delimiter: '"' } } }, /\/sources\/facts has the same character as delimiter and as quote/],
    ['a missing file', { sources: { facts: { file: 'facts-*.csv', format: 'csv' } } }, /No file in .* is "facts-\*\.csv"/],
    ['a column that is not there', { topics: [{ topic: 'statuses', from: 'facts', item: { externalId: 'idd', status: "$row.status & '-' & stat", at: '$epoch(at)' } }] },
      /facts\.csv has no column "idd" \(\/topics\/0\/item\/externalId\) and no column "stat" \(\/topics\/0\/item\/status\); its columns are "id", "status", "at"$/],
    ['a key that is no column', { sources: { facts: { file: 'facts.csv', format: 'csv', key: 'no' } } }, /facts\.csv has no column "no" \(\/sources\/facts\/key\)/],
    ['a column of rows looked up and joined', {
      sources: {
        facts: { file: 'facts.csv', format: 'csv', key: 'id', lookups: { state: { source: 'states', by: 'stat' } } },
        states: { file: 'facts.csv', format: 'csv', header: ['a', 'b'], key: 'a' },
        more: { file: 'facts.csv', format: 'csv', parent: 'facts', join: 'idd' },
      },
      topics: [{ topic: 'statuses', from: 'facts', when: '$exists(more.whom)', item: { externalId: 'state.c', lines: { forEach: 'more', item: { lineId: 'x', sku: '$row.y', title: 'state.c' } }, at: '[more.z][0]' } }],
    }, /"stat" \(\/sources\/facts\/lookups\/state\/by\) and no column "y" \(.*\/lines\/item\/sku\); .* no column "c" \(\/topics\/0\/item\/externalId\); its columns are "a", "b"\. .* no column "idd" \(.*\/join\) and no column "whom" \(.*\/when\) and no column "x" \(.*\) and no column "state" \(.*\/title\);/],
  ])('names the place of %s before anything is sent', async (_, changes, message) => {
    rows(1);
    const failed = await runImport(options({ mapping: JSON.stringify({ ...MAPPING, ...changes }) })).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(MappingError);
    expect((failed as Error).message).toMatch(message);
    expect(items).toEqual([]);
  });

  it('says which mapping is no JSON', () => {
    expect(() => readMapping('{"system":', 'The mapping shop.json')).toThrow(/^The mapping shop\.json is not JSON: /);
  });

  it('judges no column of what JSONata computes, of a file without a header, or of an element that is no row', async () => {
    rows(1);
    const item = { externalId: 'id', status: '[nothing][0]', reason: 'facts[none = 1].what', at: '$epoch(at)' };
    const topics = [{ topic: 'statuses', from: 'facts', item }, { topic: 'statuses', from: 'facts', forEach: 'status', item: { status: 'word' } }];
    await runImport(options({ mapping: JSON.stringify({ ...MAPPING, topics }) }));
    expect(items.length).toBeGreaterThan(0);
    writeFileSync(join(folder, 'facts.csv'), '');
    expect((await runImport(options())).complete).toBe(true);
  });

  it('goes on after an abort where it was acknowledged, and ends with the same report', async () => {
    rows(30_000);
    const abort = new AbortController();
    const first = await runImport(options({ signal: abort.signal }, () => {
      if (items.length > 9_000) abort.abort();
      return 'ACCEPTED';
    }));
    expect(first.complete).toBe(false);
    const sentFirst = items.length;
    items.length = 0;
    const second = await runImport(options());
    expect(second.resumedRows).toBeGreaterThan(5_000);
    expect(items.length).toBe(27_000 - sentFirst);
    expect(second).toMatchObject({ complete: true, sent: 27_000, outcomes: { statuses: { ACCEPTED: 27_000 } } });
    expect(second.rejected.count).toBe(3_000);
    const lines = new Set<number>();
    for await (const { line } of second.rejected.all()) lines.add(line);
    expect(lines.size).toBe(3_000);
    expect(second.rejected.first).toHaveLength(500);
    items.length = 0;
    await runImport(options());
    expect(items).toHaveLength(27_000);
  });

  it('does not take over the progress of another target, mapping or file', async () => {
    rows(5_000);
    const failing = (): Promise<unknown> => runImport(options({}, () => (items.length > 2_500 ? Promise.reject(new Error('no')) : 'ACCEPTED')));
    await expect(failing()).rejects.toThrow('no');
    expect(readdirSync(workFolder).filter(name => name.endsWith('.json'))).toHaveLength(1);
    expect((await runImport(options({ target: 'there' }))).resumedRows).toBe(0);
    expect((await runImport(options({ resume: false }))).resumedRows).toBe(0);
    rows(5_001);
    expect((await runImport(options())).resumedRows).toBe(0);
  });

  it('ends with what the sink throws, and sends no more', async () => {
    rows(50_000);
    await expect(runImport(options({}, () => Promise.reject(new Error('The disk is full'))))).rejects.toThrow('The disk is full');
    expect(items.length).toBeLessThan(10_000);
    expect(readdirSync(workFolder).filter(name => name.includes('scratch'))).toEqual([]);
  });

  it('never has one order in two batches at once', async () => {
    rows(12_000, i => String(i % 7));
    let running = 0;
    let most = 0;
    const { sink } = options();
    await runImport(options({ sink: { ...sink, take: async some => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return sink.take(some);
    } } }));
    expect(most).toBe(1);
    expect(items.map(item => Number((item.payload as { status: string }).status.slice(1)))).toEqual(Array.from({ length: 12_000 }, (_, i) => i).filter(i => i % 10 !== 9));
  });

  it('lists what is in quarantine among the rows that could not be taken, what orders refused apart', async () => {
    rows(3);
    const { rejected, refused, outcomes } = await runImport(options({}, item => ['REFUSED', 'QUARANTINED', 'DUPLICATE'][Number((item.payload as { externalId: string }).externalId)] as string));
    expect(refused).toMatchObject({ count: 1, first: [{ file: 'facts.csv', line: 2, reason: 'statuses: why' }] });
    expect(rejected).toMatchObject({ count: 1, first: [{ file: 'facts.csv', line: 3, reason: 'statuses: why' }] });
    expect(outcomes).toEqual({ statuses: { REFUSED: 1, QUARANTINED: 1, DUPLICATE: 1 } });
  });

  it('goes on with both lists where they are longer than memory holds', async () => {
    rows(20_000);
    const answer = (item: ImportItem): string => (Number((item.payload as { externalId: string }).externalId) % 4 === 0 ? 'REFUSED' : 'ACCEPTED');
    const failing = runImport(options({}, item => (items.length > 12_000 ? Promise.reject(new Error('no')) : answer(item))));
    await expect(failing).rejects.toThrow('no');
    const { rejected, refused } = await runImport(options({}, answer));
    for (const [list, count] of [[rejected, 2_000], [refused, 5_000]] as const) {
      const lines = new Set<number>();
      for await (const { line } of list.all()) lines.add(line);
      expect([list.count, list.first.length, lines.size]).toEqual([count, 500, count]);
    }
  });

  it('sweeps what killed imports left, but nothing of living ones unless it is alone', async () => {
    rows(1);
    mkdirSync(workFolder);
    const left = [`import-a-${process.pid}.scratch`, 'import-b-4194999.scratch-wal', `import-c-${process.ppid}.scratch`, 'import-d.rejected.ndjson'];
    for (const name of left) writeFileSync(join(workFolder, name), '');
    await runImport(options({ alone: false }));
    expect(readdirSync(workFolder).sort()).toEqual(left.slice(2));
    await runImport(options());
    expect(readdirSync(workFolder)).toEqual([left[3]]);
  });
});
