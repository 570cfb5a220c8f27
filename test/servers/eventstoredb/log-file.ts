// A log in a file: one record for each batch, written before anybody is answered, so that a killed process loses nothing acknowledged.
// Of a record that was being written when the process died nothing is taken. (No fsync: a crash of the machine is not survived.)
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writevSync } from 'node:fs';

const LENGTH_BYTES = 4;

export class LogFile {
  private readonly handle: number;
  private end = 0;

  constructor(path: string) {
    this.handle = openSync(path, 'a+');
  }

  /** Hands every whole batch to `take`, in order, and forgets a torn one at the end. */
  readAll(take: (frames: readonly Buffer[]) => void): void {
    const size = fstatSync(this.handle).size;
    for (;;) {
      const header = this.read(LENGTH_BYTES, this.end);
      const length = header?.readUInt32LE(0) ?? 0;
      const batch = length === 0 || this.end + LENGTH_BYTES + length > size ? undefined : this.read(length, this.end + LENGTH_BYTES);
      if (batch === undefined) break;
      take(framesOf(batch));
      this.end += LENGTH_BYTES + length;
    }
    ftruncateSync(this.handle, this.end);
  }

  append(frames: readonly Buffer[]): void {
    const parts: Buffer[] = [lengthOf(frames.reduce((bytes, frame) => bytes + LENGTH_BYTES + frame.length, 0))];
    for (const frame of frames) parts.push(lengthOf(frame.length), frame);
    writevSync(this.handle, parts);
  }

  close(): void {
    closeSync(this.handle);
  }

  private read(bytes: number, at: number): Buffer | undefined {
    const buffer = Buffer.alloc(bytes);
    return readSync(this.handle, buffer, 0, bytes, at) === bytes ? buffer : undefined;
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
