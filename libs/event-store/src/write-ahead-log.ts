// Reads SQLite's write-ahead log by its published format, to say what SQLite passes over in silence:
// where its good frames end, and whether something torn or damaged comes after.
import { closeSync, openSync, readSync } from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

interface WalReport {
  missing: boolean;
  /** Bytes of the file; 0 when there is none. */
  bytes: number;
  /** Where the last whole commit ends. */
  committedBytes: number;
  /** Where the good frames end. */
  badOffset: number;
  /** A frame there is cut, damaged or without its commit; false when the log simply ends, or frames of an older round follow. */
  torn: boolean;
  /** What is found there. */
  what: string;
}

/** SQLite's running checksum over pairs of 32-bit words, from a place divisible by four. */
function checksum(bytes: Buffer, from: number, to: number, bigEndian: boolean, sum: [number, number]): void {
  let [a, b] = sum;
  if (bigEndian) {
    for (let i = from; i < to; i += 8) {
      a = (a + bytes.readUInt32BE(i) + b) >>> 0;
      b = (b + bytes.readUInt32BE(i + 4) + a) >>> 0;
    }
  } else {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + from, (to - from) / 4);
    for (let i = 0; i < words.length; i += 2) {
      a = (a + (words[i] ?? 0) + b) | 0;
      b = (b + (words[i + 1] ?? 0) + a) | 0;
    }
  }
  sum[0] = a >>> 0;
  sum[1] = b >>> 0;
}

export function inspectWal(path: string): WalReport {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { missing: true, bytes: 0, committedBytes: 0, badOffset: 0, torn: false, what: 'the file is missing' };
    throw error;
  }
  try {
    return inspect(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function inspect(descriptor: number): WalReport {
  const header = aligned(HEADER_BYTES);
  const headerBytes = readSync(descriptor, header, 0, HEADER_BYTES, 0);
  if (headerBytes === 0) return { missing: false, bytes: 0, committedBytes: 0, badOffset: 0, torn: false, what: 'the file is empty' };
  const magic = header.readUInt32BE(0);
  const pageBytes = header.readUInt32BE(8);
  const sum: [number, number] = [0, 0];
  checksum(header, 0, 24, magic === 0x377f0683, sum);
  const sound = (magic === 0x377f0682 || magic === 0x377f0683) && pageBytes >= 512 && pageBytes <= 65_536;
  if (headerBytes < HEADER_BYTES || !sound || sum[0] !== header.readUInt32BE(24) || sum[1] !== header.readUInt32BE(28)) {
    return { missing: false, bytes: headerBytes, committedBytes: 0, badOffset: 0, torn: true, what: 'its header is not whole' };
  }
  const frame = aligned(FRAME_HEADER_BYTES + pageBytes);
  let offset = HEADER_BYTES;
  let committedBytes = HEADER_BYTES;
  for (;;) {
    const bytes = readSync(descriptor, frame, 0, frame.length, offset);
    const ended = (torn: boolean, what: string): WalReport => ({ missing: false, bytes: offset + bytes, committedBytes, badOffset: offset, torn: torn || committedBytes < offset, what });
    if (bytes === 0) return ended(false, 'the file ends');
    const salted = bytes >= 16 && frame.readUInt32BE(8) === header.readUInt32BE(16) && frame.readUInt32BE(12) === header.readUInt32BE(20);
    // A frame of an older round has other salts: the usual end of a log that was begun anew.
    if (bytes >= 16 && !salted) return ended(false, 'the frame belongs to an older round or its head is damaged');
    if (bytes < frame.length) return ended(true, 'the frame is cut off');
    checksum(frame, 0, 8, magic === 0x377f0683, sum);
    checksum(frame, FRAME_HEADER_BYTES, frame.length, magic === 0x377f0683, sum);
    if (sum[0] !== frame.readUInt32BE(16) || sum[1] !== frame.readUInt32BE(20)) return ended(true, 'the checksum of the frame is wrong');
    offset += bytes;
    if (frame.readUInt32BE(4) !== 0) committedBytes = offset;
  }
}

/** A buffer that begins at a word, whatever pool small buffers are cut from. */
function aligned(bytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(bytes));
}
