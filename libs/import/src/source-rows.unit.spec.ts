// Rows come with their physical line, whatever is wrong with the ones before, from plain and gzip files, cut anywhere into chunks.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Source } from './mapping';
import { filesOf } from './source-files';
import { rowsOf } from './source-rows';

const CSV: Source = {
  file: 'a*.csv', format: 'csv', optional: false, delimiter: ',', quote: '"', header: null, encoding: 'utf-8', key: null, parent: null, join: null, orphans: 'rejected', lookups: {},
};

describe('rowsOf', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rows-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function read(source: Source, files: Record<string, string | Buffer>): Promise<string[]> {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const rows: string[] = [];
    for await (const some of rowsOf(await filesOf(folder, 'a', source), source, () => {})) {
      for (const { file, line, row, reason } of some) rows.push(`${file}:${line} ${row === null ? reason : JSON.stringify(row)}`);
    }
    return rows;
  }

  it('reads quotes, doubled quotes, lines in fields, empty fields, CRLF and a byte order mark', async () => {
    expect(await read(CSV, { 'a.csv': '\ufeffx,y,z\r\n1,"a,""b""",\r\n\r\n2,"line\r\nline",3\r\n4,5,6' })).toEqual([
      'a.csv:2 {"x":"1","y":"a,\\"b\\""}',
      'a.csv:4 {"x":"2","y":"line\\r\\nline","z":"3"}',
      'a.csv:6 {"x":"4","y":"5","z":"6"}',
    ]);
  });

  it('loses only the line that is wrong', async () => {
    const content = 'x,y\n1,2\n3\n"4,5\n6,7\n8,"9"\n1"0,1"1\n"12"3,4\n"13,14\n15,16\n';
    expect(await read(CSV, { 'a.csv': content })).toEqual([
      'a.csv:2 {"x":"1","y":"2"}',
      'a.csv:3 The row has 1 fields, the header 2',
      'a.csv:4 A field goes on after its closing quote, or a quote is opened and not closed',
      'a.csv:5 {"x":"6","y":"7"}',
      'a.csv:6 {"x":"8","y":"9"}',
      'a.csv:7 A field has a quote in its middle',
      'a.csv:8 A field goes on after its closing quote, or a quote is opened and not closed',
      'a.csv:9 A quote is opened and not closed',
      'a.csv:10 {"x":"15","y":"16"}',
    ]);
  });

  it('gives up a record over lines that is closed by the quote of another', async () => {
    expect(await read(CSV, { 'a.csv': 'x,y\n\n1,"2\n3,4\n5,6",7\r\n8,9' })).toEqual([
      'a.csv:3 A quote is opened and not closed, or: The row has 3 fields, the header 2',
      'a.csv:4 {"x":"3","y":"4"}',
      'a.csv:5 A field has a quote in its middle',
      'a.csv:6 {"x":"8","y":"9"}',
    ]);
  });

  it('counts every line and gives every row, wherever the text is cut and a quote is left open', async () => {
    // About 3 MB, read in pieces of 256 KiB; an open quote is given up after as much.
    const rows = Array.from({ length: 60_000 }, (_, i) => (i % 7 === 3 ? `${i},"two\r\nlines, ${i}"` : `${i},${'z'.repeat(i % 90)}`));
    rows[20_000] = '20000,"open';
    rows[40_000] = `40000,${'long'.repeat(100_000)}`;
    const plain = rows.map((row, i) => (i > 19_990 && i < 36_000 && i !== 20_000 ? row.replaceAll('"', '').replace('\r\n', ' / ').replace('lines,', 'lines') : row));
    const lines = plain.join('\n').split('\n');
    const given = await read(CSV, { 'a.csv': `x,y\n${plain.join('\n')}\n` });
    const bad = given.filter(row => !row.includes('{'));
    expect(bad).toEqual([20_000, 40_000].map(i => `a.csv:${lines.findIndex(line => line.startsWith(`${i},`)) + 2} A quote is opened and not closed, or the row is longer than 262144 bytes`));
    expect(given).toHaveLength(60_000);
    for (const row of [given[0], given[19_999], given[20_001], given[45_003], given[59_999]]) {
      const [, line, key] = /^a\.csv:(\d+) \{"x":"(\d+)"/.exec(row ?? '') ?? [];
      expect(lines[Number(line) - 2]).toMatch(new RegExp(`^${key},`));
    }
  });

  it('reads several files in the order of their names, gzip too, and says where one breaks off', async () => {
    const body = Array.from({ length: 200_000 }, (_, i) => `${i},${i * 7919}`).join('\n');
    const gzip = gzipSync(`x,y\n${body}\n`);
    const rows = await read(CSV, { 'a1.csv': 'x,y\n1,2\n', 'a2.csv.gz': gzip, 'a3.csv.gz': gzip.subarray(0, gzip.length / 2), 'a3.txt': '' });
    expect(rows.length).toBeGreaterThan(200_001);
    expect(rows[0]).toBe('a1.csv:2 {"x":"1","y":"2"}');
    expect(rows[1]).toBe('a2.csv.gz:2 {"x":"0","y":"0"}');
    expect(rows[200_000]).toBe(`a2.csv.gz:200001 {"x":"199999","y":"${199_999 * 7919}"}`);
    expect(rows.at(-1)).toMatch(/^a3\.csv\.gz:\d+ The file cannot be read from here on: unexpected end of file/);
    const [last, end] = rows.slice(-2).map(row => Number(/:(\d+) /.exec(row)?.[1]));
    expect(end).toBe(Number(last) + 1);
  });

  it('keeps long numbers of NDJSON as digits and rejects what is no object', async () => {
    const source: Source = { ...CSV, file: 'a.ndjson', format: 'ndjson' };
    expect(await read(source, { 'a.ndjson': '{"id":12345678901234567890,"n":1.5}\n[1]\n\n{"id":\n{"id":7}' })).toEqual([
      'a.ndjson:1 {"id":"12345678901234567890","n":1.5}',
      'a.ndjson:2 The line is not a JSON object',
      expect.stringContaining('a.ndjson:4 The line is not JSON: '),
      'a.ndjson:5 {"id":7}',
    ]);
  });
});
