// The rows that could not be taken: the first in memory, all beyond that in a file,
// so that a folder of nothing but dirt costs no memory.
import { appendFileSync, createReadStream, existsSync, rmSync, truncateSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { RejectedRow } from './joined-rows';

const IN_MEMORY_MAX = 500;
const WRITE_LENGTH = 65_536;

/** What a later run needs to go on with the same list. */
export interface RejectionsMark {
  count: number;
  first: RejectedRow[];
  overflowBytes: number;
}

export class Rejections {
  private first: RejectedRow[] = [];
  private unwritten = '';
  private overflowBytes = 0;
  count = 0;

  /** `path`: the file for what does not fit in memory; made when needed. */
  constructor(readonly path: string) {}

  resume(mark: RejectionsMark): void {
    this.first = [...mark.first];
    this.count = mark.count;
    this.overflowBytes = mark.overflowBytes;
    if (existsSync(this.path)) truncateSync(this.path, mark.overflowBytes);
  }

  startAnew(): void {
    rmSync(this.path, { force: true });
  }

  add(row: RejectedRow): void {
    this.count++;
    if (this.first.length < IN_MEMORY_MAX) {
      this.first.push(row);
      return;
    }
    this.unwritten += `${JSON.stringify(row)}\n`;
    if (this.unwritten.length > WRITE_LENGTH) this.write();
  }

  mark(): RejectionsMark {
    this.write();
    return { count: this.count, first: this.first, overflowBytes: this.overflowBytes };
  }

  /** At most the first 500. */
  listed(): readonly RejectedRow[] {
    return this.first;
  }

  /** All of them, in the order in which they were found. */
  async *all(): AsyncGenerator<RejectedRow> {
    this.write();
    yield* this.first;
    if (this.overflowBytes === 0) return;
    for await (const line of createInterface({ input: createReadStream(this.path), crlfDelay: Number.POSITIVE_INFINITY })) yield JSON.parse(line) as RejectedRow;
  }

  private write(): void {
    if (this.unwritten === '') return;
    appendFileSync(this.path, this.unwritten, { mode: 0o600 });
    this.overflowBytes += Buffer.byteLength(this.unwritten);
    this.unwritten = '';
  }
}
