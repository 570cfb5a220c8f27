// The file `acknowledged`: how far the log was when its last answer was given, synced before that answer.
// Two slots in blocks of their own take turns: a write torn by a power cut leaves the one before it whole.
import { closeSync, fdatasync, fdatasyncSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { DataDamaged } from './errors';
import type { LogState } from './log-schema';

export const ACKNOWLEDGED_FILE = 'acknowledged';
const BLOCK_BYTES = 4096;
const SLOT_BYTES = 40;
const MAGIC = 0x4f544143;

interface Slot extends LogState {
  turn: number;
}

function encode(slot: Slot): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeBigUInt64BE(BigInt(slot.turn), 4);
  bytes.writeBigUInt64BE(BigInt(slot.position), 12);
  bytes.writeUInt32BE(slot.chain, 20);
  bytes.writeBigUInt64BE(BigInt(slot.keyChanges), 24);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, SLOT_BYTES - 4)), SLOT_BYTES - 4);
  return bytes;
}

function decode(bytes: Buffer): Slot | undefined {
  if (bytes.readUInt32BE(0) !== MAGIC || crc32(bytes.subarray(0, SLOT_BYTES - 4)) !== bytes.readUInt32BE(SLOT_BYTES - 4)) return undefined;
  return {
    turn: Number(bytes.readBigUInt64BE(4)),
    position: Number(bytes.readBigUInt64BE(12)),
    chain: bytes.readUInt32BE(20),
    keyChanges: Number(bytes.readBigUInt64BE(24)),
  };
}

/** Undefined when there is no such file. Throws DataDamaged when neither slot can be read. */
export function readAcknowledged(directory: string): Slot | undefined {
  const path = join(directory, ACKNOWLEDGED_FILE);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (bytes.length !== 2 * BLOCK_BYTES) throw new DataDamaged(path, `byte ${bytes.length}`, `it must be ${2 * BLOCK_BYTES} bytes long and is ${bytes.length}`);
  const slots = [decode(bytes.subarray(0, SLOT_BYTES)), decode(bytes.subarray(BLOCK_BYTES, BLOCK_BYTES + SLOT_BYTES))].filter(slot => slot !== undefined);
  const newest = slots.sort((a, b) => b.turn - a.turn)[0];
  if (newest === undefined) throw new DataDamaged(path, 'bytes 0 and 4096', 'neither of its two slots can be read');
  return newest;
}

export class AcknowledgedFile {
  private constructor(
    private readonly descriptor: number,
    private turn: number,
    readonly path: string,
    private readonly syncHere: boolean,
  ) {}

  /** Makes the file whole and synced before it gets its name. */
  static create(directory: string, state: LogState, syncHere = false): AcknowledgedFile {
    const path = join(directory, ACKNOWLEDGED_FILE);
    const bytes = Buffer.alloc(2 * BLOCK_BYTES);
    encode({ ...state, turn: 0 }).copy(bytes, 0);
    encode({ ...state, turn: 1 }).copy(bytes, BLOCK_BYTES);
    const descriptor = openSync(`${path}.new`, 'w', 0o600);
    writeSync(descriptor, bytes, 0, bytes.length, 0);
    fsyncSync(descriptor);
    renameSync(`${path}.new`, path);
    syncDirectory(dirname(path));
    return new AcknowledgedFile(descriptor, 1, path, syncHere);
  }

  static open(directory: string, turn: number, syncHere = false): AcknowledgedFile {
    const path = join(directory, ACKNOWLEDGED_FILE);
    return new AcknowledgedFile(openSync(path, 'r+'), turn, path, syncHere);
  }

  /** Resolves when the state is on disk. One write at a time. The sync waits in the thread pool, so that the next group can be committed meanwhile, unless it is to wait here. */
  async write(state: LogState): Promise<void> {
    this.turn += 1;
    const bytes = encode({ ...state, turn: this.turn });
    writeSync(this.descriptor, bytes, 0, SLOT_BYTES, (this.turn % 2) * BLOCK_BYTES);
    if (this.syncHere) return fdatasyncSync(this.descriptor);
    await new Promise<void>((resolve, reject) => fdatasync(this.descriptor, error => (error ? reject(error) : resolve())));
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** A new name is on disk only when its directory is. */
export function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
