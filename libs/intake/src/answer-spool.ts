// Answers that the reader has not taken yet wait in a file, never in memory; who writes waits for the disk at most,
// never for the reader. The file goes with the spool, and what a crash left behind goes at the next start.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** So much goes from writer to reader without touching the disk. */
const MEMORY_BYTES_MAX = 256 * 1024;
/** So much may be on its way to the disk before a writer has to wait for it. */
const UNWRITTEN_BYTES_MAX = 1024 * 1024;
const READ_BYTES = 64 * 1024;
const SUFFIX = '.answers';

export class AnswerSpool implements AsyncIterable<Buffer> {
  /** Next for the reader; once the file holds anything, all that is newer goes there. */
  private memory: Buffer[] = [];
  private memoryBytes = 0;
  private unwritten: Buffer[] = [];
  private unwrittenBytes = 0;
  private file: FileHandle | undefined;
  private readonly path: string;
  private written = 0;
  private readTo = 0;
  private writing: Promise<void> | undefined;
  private ended = false;
  private discarded = false;
  private failure: Error | undefined;
  private wake: () => void = nothing;

  /** `name` must be used by no other spool of the folder. */
  constructor(private readonly folder: string, name: string) {
    this.path = join(folder, name + SUFFIX);
  }

  /** Removes what earlier processes left in the folder. At start, before any spool of it is in use. */
  static sweep(folder: string): void {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) if (name.endsWith(SUFFIX)) rmSync(join(folder, name), { force: true });
  }

  /** Bytes that are held in memory now. */
  get bytesInMemory(): number {
    return this.memoryBytes + this.unwrittenBytes;
  }

  /** Resolves at once, or when the disk has caught up. After `discard` it takes nothing and says nothing. */
  async write(text: string): Promise<void> {
    if (this.discarded || text === '') return;
    this.throwFailure();
    const bytes = Buffer.from(text, 'utf8');
    if (!this.usesFile() && this.memoryBytes + bytes.length <= MEMORY_BYTES_MAX) {
      this.memory.push(bytes);
      this.memoryBytes += bytes.length;
    } else {
      this.unwritten.push(bytes);
      this.unwrittenBytes += bytes.length;
      this.writing ??= this.writeOut();
      if (this.unwrittenBytes > UNWRITTEN_BYTES_MAX) await this.writing;
      this.throwFailure();
    }
    this.wake();
  }

  /** Nothing comes any more: the reader is done when it has read what there is. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  /** The reader is gone, or never came: everything is thrown away. */
  async discard(): Promise<void> {
    this.discarded = true;
    this.memory = [];
    this.memoryBytes = 0;
    this.unwritten = [];
    this.unwrittenBytes = 0;
    this.wake();
    await this.writing;
    const { file } = this;
    this.file = undefined;
    if (file === undefined) return;
    await file.close();
    await rm(this.path, { force: true });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        if (this.discarded) return;
        if (this.memory.length > 0) {
          const chunk = Buffer.concat(this.memory);
          this.memory = [];
          this.memoryBytes = 0;
          yield chunk;
        } else if (this.readTo < this.written) yield await this.readOn();
        else if (this.writing !== undefined) await this.writing;
        else if (this.failure !== undefined) throw this.failure;
        else if (this.ended) return;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      await this.discard();
    }
  }

  private usesFile(): boolean {
    return this.readTo < this.written || this.unwritten.length > 0 || this.writing !== undefined;
  }

  /** Throws what the disk refused, if it did. */
  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private async writeOut(): Promise<void> {
    try {
      if (this.file === undefined) {
        await mkdir(this.folder, { recursive: true });
        this.file = await open(this.path, 'w+', 0o600);
      }
      while (this.unwritten.length > 0) {
        const bytes = Buffer.concat(this.unwritten);
        this.unwritten = [];
        await writeWhole(this.file, bytes, this.written);
        this.written += bytes.length;
        this.unwrittenBytes = Math.max(0, this.unwrittenBytes - bytes.length);
        this.wake();
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.unwritten = [];
      this.unwrittenBytes = 0;
    } finally {
      this.writing = undefined;
      this.wake();
    }
  }

  private async readOn(): Promise<Buffer> {
    const length = Math.min(READ_BYTES, this.written - this.readTo);
    const { bytesRead, buffer } = await this.file!.read(Buffer.allocUnsafe(length), 0, length, this.readTo);
    if (bytesRead === 0) throw new Error('Waiting answers cannot be read: their file was cut short.');
    this.readTo += bytesRead;
    // All read and nothing on its way: the file starts again, so that a slow reader costs the room of what waits now.
    if (this.readTo === this.written && this.writing === undefined && this.unwritten.length === 0) {
      this.readTo = 0;
      this.written = 0;
    }
    return buffer.subarray(0, bytesRead);
  }
}

async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function nothing(): void {
  // Nobody sleeps.
}
