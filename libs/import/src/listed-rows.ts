// Rows listed for whoever reads the report: the first in memory, all beyond that in a file,
// so that a folder of nothing but dirt costs no memory.
import { appendFileSync, createReadStream, existsSync, rmSync, truncateSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { RejectedRow } from './joined-rows';

const IN_MEMORY_MAX = 500;
const WRITE_LENGTH = 65_536;

/** What a later run needs to go on with the same list. */
export interface ListedRowsMark {
  count: number;
  first: RejectedRow[];
  overflowBytes: number;
}

export class ListedRows {
  /** At most 500. */
  readonly first: RejectedRow[];
  count: number;
  private unwritten = '';
  private overflowBytes: number;

  /** `path`: the file for what does not fit in memory; made when needed. Without a mark the list begins anew. */
  constructor(
    private readonly path: string,
    mark: ListedRowsMark | undefined,
  ) {
    this.first = [...(mark?.first ?? [])];
    this.count = mark?.count ?? 0;
    this.overflowBytes = mark?.overflowBytes ?? 0;
    if (mark === undefined) rmSync(path, { force: true });
    else if (existsSync(path)) truncateSync(path, mark.overflowBytes);
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

  mark(): ListedRowsMark {
    this.write();
    return { count: this.count, first: this.first, overflowBytes: this.overflowBytes };
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
