// The rows of a source, CSV or NDJSON, each with file and line. A row that cannot be read is given with the reason, and the next one follows:
// a quote that is never closed costs its own line, not the rest of the file.
// CSV is split here: a line without quotes (nearly all) by one split, ten times as fast as the streaming parsers that look at each byte.
import { isSafeNumber, parse as parseLossless } from 'lossless-json';
import type { Source } from './mapping';
import { type Line, linesOf, type SourceFile } from './source-files';

export type Row = Record<string, unknown>;
export interface RowRead {
  file: string;
  /** The first physical line of the row. */
  line: number;
  row: Row | null;
  /** Why there is no row. */
  reason: string | null;
}

/** A quoted field may run over lines, up to this many characters. */
const RECORD_LENGTH_MAX = 262_144;
/** Digits beyond what a double holds exactly. */
const LONG_NUMBER = /\d{16}|\d\.\d{15}|\d[eE]/;

/** Gives many rows at a time, files one after another. A file that breaks off is a rejected row at the place. */
export async function* rowsOf(files: readonly SourceFile[], source: Source, read: (bytes: number) => void): AsyncGenerator<RowRead[]> {
  for (const file of files) {
    const take = source.format === 'csv' ? csvReader(file.name, source) : ndjsonReader(file.name);
    let last = 0;
    try {
      for await (const lines of linesOf(file, source.encoding, read)) {
        const rows = take(lines, false);
        last = lines.at(-1)?.number ?? last;
        if (rows.length > 0) yield rows;
      }
    } catch (error) {
      yield [{ file: file.name, line: last + 1, row: null, reason: `The file cannot be read from here on: ${(error as Error).message}` }];
    }
    const rows = take([], true);
    if (rows.length > 0) yield rows;
  }
}

type Reader = (lines: readonly Line[], ended: boolean) => RowRead[];

function ndjsonReader(file: string): Reader {
  return lines => {
    const rows: RowRead[] = [];
    for (const { number, text } of lines) {
      if (text === null) rows.push(rejected(file, number, 'The line is longer than any row may be'));
      else if (text.trim() !== '') rows.push(ndjsonRow(file, number, text));
    }
    return rows;
  };
}

function ndjsonRow(file: string, line: number, text: string): RowRead {
  try {
    // Numbers that a double cannot hold (ids mostly) come as strings of their digits.
    const row: unknown = LONG_NUMBER.test(text) ? parseLossless(text, undefined, { parseNumber: digits => (isSafeNumber(digits) ? Number(digits) : digits) }) : JSON.parse(text);
    if (row === null || typeof row !== 'object' || Array.isArray(row)) return rejected(file, line, 'The line is not a JSON object');
    return { file, line, row: row as Row, reason: null };
  } catch (error) {
    return rejected(file, line, `The line is not JSON: ${(error as Error).message}`);
  }
}

function csvReader(file: string, { delimiter, quote, header }: Source): Reader {
  let columns: readonly string[] | null = header;
  /** Lines of a record whose quote is still open: an odd number of quotes so far. */
  let open: Line[] = [];
  let openLength = 0;

  const record = (line: number, fields: string[]): RowRead | null => {
    if (columns === null) {
      columns = fields;
      const twice = fields.find((name, i) => fields.indexOf(name) !== i);
      return twice === undefined ? null : rejected(file, line, `The header names the column "${twice}" twice`);
    }
    if (fields.length !== columns.length) return rejected(file, line, `The row has ${fields.length} fields, the header ${columns.length}`);
    const row: Row = {};
    // An empty field is a missing one. It is set all the same, so that all rows have one shape.
    for (let i = 0; i < fields.length; i++) row[columns[i] as string] = fields[i] === '' ? undefined : fields[i];
    return { file, line, row, reason: null };
  };

  const give = (rows: RowRead[], reason: string, work: Line[]): void => {
    const [first, ...others] = open;
    if (first !== undefined) rows.push(rejected(file, first.number, reason));
    // Only the first line is lost: the others are read again as if it were not there.
    for (const other of others.reverse()) work.push(other);
    open = [];
    openLength = 0;
  };

  const next = (line: Line, rows: RowRead[], work: Line[]): void => {
    if (line.text === null) {
      rows.push(rejected(file, line.number, 'The line is longer than any row may be'));
      return;
    }
    const odd = quotesIn(line.text, quote) % 2 === 1;
    if (open.length === 0 && !odd) {
      const text = ended(line.text);
      const fields = text === '' ? null : text.includes(quote) ? quoted(text, delimiter, quote) : text.split(delimiter);
      const read = fields === null ? null : typeof fields === 'string' ? rejected(file, line.number, fields) : record(line.number, fields);
      if (read !== null) rows.push(read);
      return;
    }
    const first = open.length === 0;
    open.push(line);
    openLength += line.text.length;
    if (first || !odd) {
      if (openLength > RECORD_LENGTH_MAX) give(rows, 'A quote is opened and not closed', work);
      return;
    }
    const fields = quoted(ended(open.map(kept => kept.text).join('\n')), delimiter, quote);
    const read = typeof fields === 'string' ? rejected(file, line.number, fields) : record((open[0] as Line).number, fields);
    if (read !== null && read.row === null) {
      give(rows, `A quote is opened and not closed, or: ${read.reason}`, work);
      return;
    }
    if (read !== null) rows.push(read);
    open = [];
    openLength = 0;
  };

  return (lines, end) => {
    const rows: RowRead[] = [];
    const work = [...lines].reverse();
    for (;;) {
      for (let line = work.pop(); line !== undefined; line = work.pop()) next(line, rows, work);
      if (!end || open.length === 0) return rows;
      give(rows, 'A quote is opened and not closed', work);
    }
  };
}

function quotesIn(text: string, quote: string): number {
  let count = 0;
  for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1)) count++;
  return count;
}

function ended(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

/** The fields of a record with an even number of quotes; a sentence where a quote stands wrongly. */
function quoted(text: string, delimiter: string, quote: string): string[] | string {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] !== quote) {
      const end = text.indexOf(delimiter, at);
      const field = end < 0 ? text.slice(at) : text.slice(at, end);
      if (field.includes(quote)) return `field ${fields.length + 1} has a quote in its middle`;
      fields.push(field);
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let field = '';
    at++;
    for (;;) {
      const end = text.indexOf(quote, at);
      if (end < 0) return `field ${fields.length + 1} is not closed`;
      field += text.slice(at, end);
      at = end + 1;
      if (text[at] !== quote) break;
      field += quote;
      at++;
    }
    fields.push(field);
    if (at >= text.length) return fields;
    if (text[at] !== delimiter) return `field ${fields.length} goes on after its closing quote`;
    at++;
  }
}

function rejected(file: string, line: number, reason: string): RowRead {
  return { file, line, row: null, reason };
}
