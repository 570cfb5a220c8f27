// Whatever the text and wherever it is cut, the same rows come out, each at a line of its own behind the one before;
// behind an open quote every line that is whole by itself is still given.
import fc from 'fast-check';
import { CsvRows } from './csv-rows';
import type { Source } from './mapping';
import type { RowRead } from './source-rows';

const SOURCE: Source = {
  file: 'a.csv', format: 'csv', optional: false, delimiter: ',', quote: '"', header: ['x', 'y'], encoding: 'utf-8', key: null, parent: null, join: null, orphans: 'rejected', lookups: {},
};
const TEXT = fc.array(fc.constantFrom('"', ',', '\n', '\r\n', 'a', 'é', '""', '"x"', '1,2\n', '"p\r\nq",3\n'), { maxLength: 16 }).map(parts => parts.join(''));

async function rowsOf(pieces: readonly string[]): Promise<RowRead[]> {
  const reader = new CsvRows('a.csv', SOURCE);
  const rows: RowRead[] = [];
  for (const piece of pieces) rows.push(...(await reader.take(piece)));
  return [...rows, ...(await reader.end())];
}

describe('CsvRows', () => {
  it('gives the same rows however the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(TEXT, fc.integer({ min: 1, max: 4 }), async (text, length) => {
        const whole = await rowsOf([text]);
        expect(await rowsOf(text.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [])).toEqual(whole);
        const lines = whole.map(row => row.line);
        expect(lines.filter((line, i) => i > 0 && line <= (lines[i - 1] as number))).toEqual([]);
      }),
    );
  });

  it('gives every line behind a quote that is never closed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(30), fc.nat(30), async (before, after) => {
        const rows = await rowsOf([`${'1,2\n'.repeat(before)}3,"4\n${'5,6\n'.repeat(after)}`]);
        expect(rows.filter(({ row }) => row === null)).toMatchObject([{ line: before + 1, reason: 'A quote is opened and not closed' }]);
        expect(rows.map(({ line }) => line)).toEqual(Array.from({ length: before + 1 + after }, (_, i) => i + 1));
      }),
    );
  });
});
