// The quick way and JSONata's own way give the same for every expression and row here.
import jsonata from 'jsonata';
import { compileExpression } from './expression';
import { mappingFunctions } from './expression-functions';
import { LocalTimeReader } from './local-time';

const functions = mappingFunctions(new LocalTimeReader('America/Sao_Paulo', ['yyyy-MM-dd HH:mm:ss']), { score: { '1': 0, '5': 10 } }, 2);
const rows: unknown[] = [
  {},
  { a: 'x', b: { c: 1 }, list: [{ p: '1.10' }, { p: '2.25' }, {}], one: [{ p: '7' }], none: [], n: 1234, at: '2018-11-04 00:30:00', s: '5' },
  { a: '', b: null, list: { p: '3' }, one: [[{ p: 1 }, { p: 2 }]], n: 0.1, flag: false },
  { a: 5, b: [{ c: [1] }], list: [{ p: ['1', '2'] }], one: 'text', n: -5 },
];

describe('compileExpression', () => {
  it.each([
    'a', 'b.c', 'list.p', 'one', 'one.p', 'none', 'none.p', '$row.a', '$parent.b.c', '$parent', '$', '"x"', '12', 'null', 'a & "-" & n', 'n & b', 'a = "x"', 'a != "x"',
    'a and n', 'a or n', '$exists(a)', '$not(a)', '$not($exists(none.p))', 'a ? n : "no"', 'flag ? 1', '(a)', '$total(list.p, n)', '$minor(n)', '$minor(n, 0)',
    '$instant(at)', '$latest($instant(at), $epoch(1600000000))', '$table("score", s)', '$decimal(n)',
  ])('runs %s quickly and as JSONata does', async text => {
    const quick = compileExpression(text, functions);
    expect(quick.simple).toBe(true);
    const slow = jsonata(text);
    for (const [name, implementation] of Object.entries(functions)) slow.registerFunction(name, implementation);
    for (const row of rows) {
      const parent = rows[1];
      const expected = await slow.evaluate(row, { row, parent }).then(
        (value: unknown) => ({ value: plain(value) }),
        (error: unknown) => ({ error: (error as Error).message }),
      );
      let got: unknown;
      try {
        got = { value: plain(quick.run(row, { row, parent })) };
      } catch (error) {
        got = { error: (error as Error).message };
      }
      expect(got).toEqual(expected);
    }
  });

  it.each(['list[0].p', 'list.{"q": p}', '$sum(list.n)', 'n + 1', '$uppercase(a)', 'list.p[]', 'list^(p).p', '$map([1,2], function($x) { $x })'])('leaves %s to JSONata', async text => {
    const expression = compileExpression(text, functions);
    expect(expression.simple).toBe(false);
    await expect(expression.run(rows[1], { row: rows[1], parent: undefined })).resolves.toEqual(await jsonata(text).evaluate(rows[1]));
  });

  it('says where a text is no expression', () => {
    expect(() => compileExpression('a.(', functions)).toThrow(/column 3\) in `a\.\(`/);
  });
});

describe('mapping functions', () => {
  const { instant, minor, total, epoch, latest } = functions as Record<string, (...args: unknown[]) => unknown>;

  it('reads the hour that summer time skips as the one after, the repeated one as the first', () => {
    expect(instant?.('2018-11-04 00:30:00')).toBe('2018-11-04T03:30:00.000Z');
    expect(instant?.('2018-11-03 23:59:59')).toBe('2018-11-04T02:59:59.000Z');
    expect(instant?.('2018-11-04 01:00:00')).toBe('2018-11-04T03:00:00.000Z');
    expect(instant?.('2018-02-17 23:30:00')).toBe('2018-02-18T01:30:00.000Z');
    expect(instant?.('2018-02-18 00:00:00')).toBe('2018-02-18T03:00:00.000Z');
    expect(instant?.('2018-06-30T12:00:00+02:00')).toBe('2018-06-30T10:00:00.000Z');
  });

  it.each(['2018-02-30 00:00:00', '2018-13-01 00:00:00', '2018-01-01 24:00:00', '2018-01-01', 'soon'])('refuses %s', text => {
    expect(() => instant?.(text)).toThrow(text);
  });

  it('adds decimals exactly', () => {
    expect(total?.(['0.1', '0.20'], 3)).toBe('3.30');
    expect(total?.('-0.05', '0.01')).toBe('-0.04');
    expect(total?.()).toBe('0');
    expect(minor?.('-5')).toBe('-0.05');
    expect(minor?.('12345678901234567890')).toBe('123456789012345678.90');
    expect(() => minor?.(1.5)).toThrow('whole number');
    expect(() => total?.('1,5')).toThrow('"1,5"');
  });

  it('takes seconds and milliseconds', () => {
    expect(epoch?.(1_500_000_000)).toBe('2017-07-14T02:40:00.000Z');
    expect(epoch?.('1500000000123', 'ms')).toBe('2017-07-14T02:40:00.123Z');
    expect(latest?.(undefined, '2018-01-01T00:00:00.000Z', ['2019-01-01T00:00:00.000Z'])).toBe('2019-01-01T00:00:00.000Z');
  });
});

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
