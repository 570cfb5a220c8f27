// Rows of CSV text that comes in chunks cut anywhere. A record that cannot be read costs its first line only: reading begins again behind it,
// so that a quote which is never closed does not take the rest of the file along.
import { type CsvError, type InfoRecord, Parser } from 'csv-parse';
import type { Source } from './mapping';
import type { Row, RowRead } from './source-rows';

/** Bytes. A quoted field may run over lines: until here, a quote that is never closed is looked for its end. */
const RECORD_BYTES_MAX = 262_144;
const NEWLINE = 10;
const RETURN = 13;
/** What the parser says, in a sentence for a list of rows; anything else is listed with the parser's own. */
const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'A quote is opened and not closed',
  CSV_MAX_RECORD_SIZE: `A quote is opened and not closed, or the row is longer than ${RECORD_BYTES_MAX} bytes`,
  CSV_INVALID_CLOSING_QUOTE: 'A field goes on after its closing quote, or a quote is opened and not closed',
  INVALID_OPENING_QUOTE: 'A field has a quote in its middle',
};

/** Thrown while the parser runs: ends it as a fault of its own does. */
class BadRecord extends Error {}

export class CsvRows {
  private columns: readonly string[] | null;
  private parser: Parser;
  /** Physical line at `taken`. */
  line = 1;
  /** Text that may still be read again; it begins at the byte `keptFrom` of the parser's text. */
  private kept: Buffer = Buffer.alloc(0);
  private keptFrom = 0;
  /** Behind the end of the last record, in `kept`. */
  private taken = 0;
  /** The rest of a bad line is still to come. */
  private skipping = false;
  private rows: RowRead[] = [];

  constructor(
    private readonly file: string,
    private readonly source: Source,
  ) {
    this.columns = source.header;
    this.parser = this.parserAnew();
  }

  /** Null until the header is read. */
  get header(): readonly string[] | null {
    return this.columns;
  }

  async take(text: string): Promise<RowRead[]> {
    await this.write(Buffer.from(text));
    return this.given();
  }

  /** After the last chunk. */
  async end(): Promise<RowRead[]> {
    // Its last line is ended like the others, whether the file does so or not.
    await this.write(Buffer.from('\n'));
    while (!(await this.ended())) await this.restart();
    return this.given();
  }

  private given(): RowRead[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  private async write(chunk: Buffer): Promise<void> {
    let text = chunk;
    if (this.skipping) {
      const end = text.indexOf(NEWLINE);
      if (end < 0) return;
      this.skipping = false;
      this.line++;
      text = text.subarray(end + 1);
    }
    this.kept = this.kept.length === 0 ? text : Buffer.concat([this.kept, text]);
    if (await this.parsed(text)) this.forget();
    else await this.restart();
  }

  /** Behind the first line of the record that could not be read, as often as that happens in the text kept. */
  private async restart(): Promise<void> {
    do {
      this.forget();
      const end = this.kept.indexOf(NEWLINE);
      this.skipping = end < 0;
      this.kept = this.skipping ? Buffer.alloc(0) : this.kept.subarray(end + 1);
      if (!this.skipping) this.line++;
      this.keptFrom = 0;
      this.parser = this.parserAnew();
    } while (this.kept.length > 0 && !(await this.parsed(this.kept)));
    this.forget();
  }

  /** Drops the text of rows that are made. */
  private forget(): void {
    this.kept = this.kept.subarray(this.taken);
    this.keptFrom += this.taken;
    this.taken = 0;
  }

  /** False where a record is bad; it is listed then. */
  private async parsed(text: Buffer): Promise<boolean> {
    return this.heard(await new Promise(resolve => this.parser.write(text, resolve)));
  }

  private async ended(): Promise<boolean> {
    return this.heard(await new Promise(resolve => this.parser.once('error', resolve).once('end', resolve).end()));
  }

  private heard(error: Error | null | undefined): boolean {
    if (error === null || error === undefined) return true;
    this.passBlankLines();
    const code = (error as Partial<CsvError>).code;
    this.reject(error instanceof BadRecord ? error.message : (REASONS[code ?? ''] ?? error.message));
    return false;
  }

  private parserAnew(): Parser {
    const { delimiter, quote } = this.source;
    const parser = new Parser({
      delimiter,
      quote,
      escape: quote,
      // Both in one file as well. A byte order mark is gone by now: the text is decoded.
      record_delimiter: ['\r\n', '\n'],
      skip_empty_lines: true,
      max_record_size: RECORD_BYTES_MAX,
      // The header is ours to compare with; rows of another length are listed. Quotes are not relaxed: a stray one would swallow good lines unseen.
      relax_column_count: true,
      // Taken here and not from the stream, which forgets what nobody read when a later record is bad.
      on_record: (fields: string[], info: InfoRecord) => this.record(fields, info.bytes),
    });
    // Told to whoever wrote or ended.
    parser.on('error', () => {});
    return parser.resume();
  }

  /** `end`: behind the record, in bytes of the parser's text. The parser's own count of lines takes CRLF in a field for two. */
  private record(fields: string[], end: number): null {
    this.passBlankLines();
    const from = this.taken;
    const to = end - this.keptFrom;
    const ownLine = this.kept.indexOf(NEWLINE, from) + 1 >= to;
    const reason = this.columns === null ? this.heading(fields) : fields.length === this.columns.length ? null : `The row has ${fields.length} fields, the header ${this.columns.length}`;
    // Over several lines it is the quote that is wrong, and the lines behind the first are rows.
    if (reason !== null && !ownLine) throw new BadRecord(`A quote is opened and not closed, or: ${reason}`);
    if (reason !== null) this.reject(reason);
    else if (this.columns !== fields) this.rows.push({ file: this.file, line: this.line, row: rowOf(this.columns ?? [], fields), reason: null });
    this.moveTo(to, ownLine);
    return null;
  }

  private heading(fields: string[]): string | null {
    const twice = fields.find((name, i) => fields.indexOf(name) !== i);
    this.columns = fields;
    return twice === undefined ? null : `The header names the column "${twice}" twice`;
  }

  private passBlankLines(): void {
    for (let byte = this.kept[this.taken]; byte === NEWLINE || (byte === RETURN && this.kept[this.taken + 1] === NEWLINE); byte = this.kept[this.taken]) {
      this.taken++;
      if (byte === NEWLINE) this.line++;
    }
  }

  private moveTo(end: number, ownLine: boolean): void {
    if (ownLine) this.line++;
    else for (let at = this.kept.indexOf(NEWLINE, this.taken); at >= 0 && at < end; at = this.kept.indexOf(NEWLINE, at + 1)) this.line++;
    this.taken = end;
  }

  private reject(reason: string): void {
    this.rows.push({ file: this.file, line: this.line, row: null, reason });
  }
}

function rowOf(columns: readonly string[], fields: readonly string[]): Row {
  const row: Row = {};
  // An empty field is a missing one. It is set all the same, so that all rows have one shape.
  for (let i = 0; i < fields.length; i++) row[columns[i] as string] = fields[i] === '' ? undefined : fields[i];
  return row;
}
