// Lines out of chunks of bytes, wherever the chunks end: within a line, a character, a line end.
// A line that is too long is dropped while it passes, so it costs no memory and no other line.
import { isUtf8 } from 'node:buffer';

export const LINE_BYTES_MAX = 10 * 1024 * 1024;

/** `lossy`: the bytes are no UTF-8; the text holds each byte as the character of its number (Latin-1). */
export type Line = { kind: 'text'; text: string; bytes: number } | { kind: 'lossy'; text: string; bytes: number } | { kind: 'tooLong'; bytes: number };

const NEWLINE = 0x0a;
const REPLACEMENT = '\ufffd';
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export class LineSplitter {
  private pieces: Buffer[] = [];
  private length = 0;
  private first = true;

  constructor(private readonly bytesMax = LINE_BYTES_MAX) {}

  /** Lines that end in this chunk; blank ones are left out. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.finish(chunk.subarray(start, end), lines);
      start = end + 1;
    }
    if (start < chunk.length) this.keep(chunk.subarray(start));
    return lines;
  }

  /** The last line, when it had no line end. Not to be asked when the sender broke off. */
  end(): Line[] {
    const lines: Line[] = [];
    this.finish(Buffer.alloc(0), lines);
    return lines;
  }

  private keep(piece: Buffer): void {
    this.length += piece.length;
    if (this.length <= this.bytesMax) this.pieces.push(piece);
    else this.pieces = [];
  }

  private finish(tail: Buffer, lines: Line[]): void {
    const bytes = this.length + tail.length;
    if (bytes > this.bytesMax) lines.push({ kind: 'tooLong', bytes });
    else if (bytes > 0) this.read(this.length === 0 ? tail : Buffer.concat([...this.pieces, tail], bytes), lines);
    this.pieces = [];
    this.length = 0;
  }

  private read(raw: Buffer, lines: Line[]): void {
    let line = raw;
    if (line[line.length - 1] === CARRIAGE_RETURN) line = line.subarray(0, -1);
    if (this.first && line.subarray(0, 3).equals(BYTE_ORDER_MARK)) line = line.subarray(3);
    this.first = false;
    if (isBlank(line)) return;
    const text = line.toString('utf8');
    // What is no UTF-8 decodes to replacement characters, which a good text holds only where it was sent one.
    const lossy = text.includes(REPLACEMENT) && !isUtf8(line);
    lines.push(lossy ? { kind: 'lossy', text: line.toString('latin1'), bytes: line.length } : { kind: 'text', text, bytes: line.length });
  }
}

function isBlank(line: Buffer): boolean {
  for (let i = 0; i < line.length; i++) {
    const byte = line[i];
    if (byte !== 0x20 && byte !== 0x09 && byte !== CARRIAGE_RETURN) return false;
  }
  return true;
}
