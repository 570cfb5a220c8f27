// A log in a directory, as EventStoreDB keeps one: a chunk of records, and two checkpoints that say how far it is written and how far it is passed on.
// What comes while a flush is under way is flushed together after it. Records behind the writer's checkpoint were never acknowledged: they are dropped.
import { close, constants, fstatSync, fsync, ftruncateSync, mkdirSync, openSync, readSync, write } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const LENGTH_BYTES = 4;
const CHECKPOINT_BYTES = 8;
const closed = promisify(close);

/** What is done to an open file, by its handle; a test looks on. */
interface Disk {
  write(handle: number, bytes: Buffer, at: number): Promise<unknown>;
  sync(handle: number): Promise<void>;
}

const [written, synced] = [promisify(write), promisify(fsync)];
export const DISK: Disk = { write: (handle, bytes, at) => written(handle, bytes, 0, bytes.length, at), sync: synced };

export class LogDirectory {
  private readonly chunk: number;
  private readonly writer: number;
  private readonly chaser: number;
  /** Of the chunk. */
  private end = 0;
  private pending: Buffer[] = [];
  /** The mark of the last append, and of the last that is on disk. */
  private appended = 0;
  private durable = 0;
  private waiting: { mark: number; tell: () => void }[] = [];
  private flushing: Promise<void> | undefined;

  constructor(
    private readonly path: string,
    private readonly onFlushed: () => void,
    private readonly disk: Disk = DISK,
  ) {
    mkdirSync(path, { recursive: true });
    const [chunk, writer, chaser] = ['chunk-000000.000000', 'writer.chk', 'chaser.chk'].map((name) => openSync(join(path, name), constants.O_RDWR | constants.O_CREAT));
    this.chunk = chunk!;
    this.writer = writer!;
    this.chaser = chaser!;
  }

  /** Hands every batch that counts to `take`, in order. To be called first. */
  readAll(take: (frames: readonly Buffer[]) => void): void {
    const checkpoint = Buffer.alloc(CHECKPOINT_BYTES);
    readSync(this.writer, checkpoint, 0, CHECKPOINT_BYTES, 0);
    const end = Number(checkpoint.readBigUInt64LE());
    if (fstatSync(this.chunk).size < end) throw new Error(`The chunk in ${this.path} ends before its checkpoint, ${end}.`);
    while (this.end < end) {
      const length = this.read(LENGTH_BYTES, this.end).readUInt32LE(0);
      take(framesOf(this.read(length, this.end + LENGTH_BYTES)));
      this.end += LENGTH_BYTES + length;
    }
    ftruncateSync(this.chunk, end);
  }

  /** `mark` grows from append to append. */
  append(frames: readonly Buffer[], mark: number): void {
    this.pending.push(lengthOf(frames.reduce((bytes, frame) => bytes + LENGTH_BYTES + frame.length, 0)));
    for (const frame of frames) this.pending.push(lengthOf(frame.length), frame);
    this.appended = mark;
    this.flushing ??= this.flushAll();
  }

  /** Mark of the last append that is on disk. */
  get durableMark(): number {
    return this.durable;
  }

  /** Resolves when everything appended so far is on disk. */
  async flushed(): Promise<void> {
    const mark = this.appended;
    if (this.durable < mark) await new Promise<void>((tell) => this.waiting.push({ mark, tell }));
  }

  /** Once everything is on disk. */
  async close(): Promise<void> {
    await this.flushing;
    for (const handle of [this.chunk, this.writer, this.chaser]) await closed(handle);
  }

  private async flushAll(): Promise<void> {
    while (this.pending.length > 0) {
      // What comes in this turn comes along.
      await new Promise(setImmediate);
      await this.flush();
    }
    this.flushing = undefined;
  }

  private async flush(): Promise<void> {
    const mark = this.appended;
    const records = Buffer.concat(this.pending.splice(0));
    await this.disk.write(this.chunk, records, this.end);
    await this.disk.sync(this.chunk);
    this.end += records.length;
    const checkpoint = Buffer.alloc(CHECKPOINT_BYTES);
    checkpoint.writeBigUInt64LE(BigInt(this.end));
    for (const handle of [this.writer, this.chaser]) {
      await this.disk.write(handle, checkpoint, 0);
      await this.disk.sync(handle);
    }
    this.durable = mark;
    const told = this.waiting.filter((waiter) => waiter.mark <= mark);
    this.waiting = this.waiting.filter((waiter) => waiter.mark > mark);
    for (const { tell } of told) tell();
    this.onFlushed();
  }

  private read(bytes: number, at: number): Buffer {
    const buffer = Buffer.alloc(bytes);
    if (readSync(this.chunk, buffer, 0, bytes, at) < bytes) throw new Error(`The chunk in ${this.path} is torn at ${at}.`);
    return buffer;
  }
}

function framesOf(batch: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < batch.length; ) {
    const length = batch.readUInt32LE(at);
    frames.push(batch.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length));
    at += LENGTH_BYTES + length;
  }
  return frames;
}

function lengthOf(bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(LENGTH_BYTES);
  buffer.writeUInt32LE(bytes);
  return buffer;
}
