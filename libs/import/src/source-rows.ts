// The rows of a source, CSV or NDJSON, each with file and line.
// A row that cannot be read is given with the reason, and the next one follows.
import { isSafeNumber, parse as parseLossless } from 'lossless-json';
import { CsvRows } from './csv-rows';
import type { Source } from './mapping';
import { type SourceFile, textOf } from './source-files';

export type Row = Record<string, unknown>;
export interface RowRead {
  file: string;
  /** The first physical line of the row. */
  line: number;
  row: Row | null;
  /** Why there is no row. */
  reason: string | null;
}

/** A longer line is no row of data: it is given as rejected. Characters. */
const LINE_LENGTH_MAX = 10_485_760;
/** Digits beyond what a double holds exactly. */
const LONG_NUMBER = /\d{16}|\d\.\d{15}|\d[eE]/;

interface RowReader {
  /** The first one of which nothing was given yet. */
  readonly line: number;
  take(text: string): RowRead[] | Promise<RowRead[]>;
  /** After the last text. */
  end(): RowRead[] | Promise<RowRead[]>;
}

/** Gives many rows at a time, files one after another. A file that breaks off is a rejected row behind its last good one. */
export async function* rowsOf(files: readonly SourceFile[], source: Source, read: (bytes: number) => void): AsyncGenerator<RowRead[]> {
  for (const file of files) {
    const reader: RowReader = source.format === 'csv' ? new CsvRows(file.name, source) : new NdjsonRows(file.name);
    try {
      for await (const text of textOf(file, source.encoding, read)) {
        const rows = await reader.take(text);
        if (rows.length > 0) yield rows;
      }
    } catch (error) {
      // What came of the line that broke off could look like a whole one.
      yield [rejected(file.name, reader.line, `The file cannot be read from here on: ${(error as Error).message}`)];
      continue;
    }
    const rows = await reader.end();
    if (rows.length > 0) yield rows;
  }
}

/** Columns of a CSV file; null where it ends, or cannot be read, before there is a header. */
export async function columnsOf(file: SourceFile, source: Source): Promise<readonly string[] | null> {
  const reader = new CsvRows(file.name, source);
  if (reader.header !== null) return reader.header;
  try {
    for await (const text of textOf(file, source.encoding, () => {})) {
      await reader.take(text);
      if (reader.header !== null) return reader.header;
    }
    await reader.end();
  } catch {
    // Told with its place when the rows are read.
  }
  return reader.header;
}

class NdjsonRows implements RowReader {
  /** Begin of a line of which the end is still to come. */
  private rest = '';
  line = 1;
  /** The line is too long: the rest of it is passed over. */
  private skipping = false;

  constructor(private readonly file: string) {}

  take(text: string): RowRead[] {
    const rows: RowRead[] = [];
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.next(line, rows);
    if (this.rest.length > LINE_LENGTH_MAX) this.skipping = true;
    if (this.skipping) this.rest = '';
    return rows;
  }

  end(): RowRead[] {
    const rows: RowRead[] = [];
    this.next(this.rest, rows);
    return rows;
  }

  private next(text: string, rows: RowRead[]): void {
    const line = this.line++;
    if (this.skipping) rows.push(rejected(this.file, line, 'The line is longer than any row may be'));
    else if (text.trim() !== '') rows.push(ndjsonRow(this.file, line, text));
    this.skipping = false;
  }
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

function rejected(file: string, line: number, reason: string): RowRead {
  return { file, line, row: null, reason };
}
