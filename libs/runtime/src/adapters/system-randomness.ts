// Randomness of the operating system, drawn in blocks:
// a nonce for every sealed group must not cost a system call.
import { randomFillSync, randomUUID } from 'node:crypto';
import type { Randomness } from '../ports/clock';

const POOL_BYTES = 8192;

export class SystemRandomness implements Randomness {
  private pool = new Uint8Array(0);
  private used = 0;

  uuid(): string {
    return randomUUID();
  }

  bytes(length: number): Uint8Array {
    if (length > POOL_BYTES / 4) return randomFillSync(new Uint8Array(length));
    if (this.used + length > this.pool.length) {
      this.pool = randomFillSync(new Uint8Array(POOL_BYTES));
      this.used = 0;
    }
    const bytes = this.pool.slice(this.used, this.used + length);
    // What was handed out is nowhere else any more.
    this.pool.fill(0, this.used, this.used + length);
    this.used += length;
    return bytes;
  }
}
