// Lines are the same wherever the chunks end.
import fc from 'fast-check';
import { LineSplitter } from './line-splitter';

function split(bytes: Buffer, cuts: readonly number[], bytesMax?: number): { kind: string; text?: string; bytes: number }[] {
  const splitter = new LineSplitter(bytesMax);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  const lines: { kind: string; text?: string; bytes: number }[] = [];
  let start = 0;
  for (const place of [...places, bytes.length]) {
    lines.push(...splitter.push(bytes.subarray(start, place)));
    start = place;
  }
  return [...lines, ...splitter.end()];
}

test('any text, cut anywhere, with any line ends, with or without the last', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll(/[\r\n\ufeff]/g, ' '));
  fc.assert(
    fc.property(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\n\n', '\n \r\n'))), line, fc.array(fc.nat(2_000)), fc.boolean(), (pairs, last, cuts, mark) => {
      const text = pairs.map(([content, end]) => content + end).join('') + last;
      const expected = [...pairs.map(([content]) => content), last].filter((content) => !/^[ \t\r]*$/.test(content));
      const bytes = Buffer.from((mark ? '\ufeff' : '') + text, 'utf8');
      expect(split(bytes, cuts).map((found) => found.text)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('a line that is too long is told by its length and costs nobody else', () => {
  const bytes = Buffer.from(`{"a":1}\n${'x'.repeat(500)}\n{"b":2}\n${'y'.repeat(101)}`);
  for (const cuts of [[], [20, 200, 300, 509, 512], Array.from({ length: bytes.length }, (_, i) => i)]) {
    expect(split(bytes, cuts, 100)).toEqual([
      { kind: 'text', text: '{"a":1}', bytes: 7 }, { kind: 'tooLong', bytes: 500 }, { kind: 'text', text: '{"b":2}', bytes: 7 }, { kind: 'tooLong', bytes: 101 },
    ]);
  }
});

test('bytes that are no UTF-8 are kept byte for byte; a replacement character that was sent is let be', () => {
  const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xd6]), Buffer.from('"}\n{"b":"\ufffd"}')]);
  expect(split(bytes, [7])).toEqual([
    { kind: 'lossy', text: '{"a":"\u00c0\u00d6"}', bytes: 10 }, { kind: 'text', text: '{"b":"\ufffd"}', bytes: 11 },
  ]);
});
