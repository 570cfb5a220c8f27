// What stands in the database about shares and who holds them.
// It is written by whoever grants them and by the stores that work under them, so its shape has one place.
import type { Binary } from 'mongodb';

/** In `leases`. */
export interface LeaseDocument {
  /** The share. */
  _id: string;
  token: number;
  /** The attempt that was granted. */
  owner: string;
  until: Date;
  /** Of the owner's transactions: they must be ended before the share changes hands. */
  sessions?: Binary[];
  /** Of owners before, until they are ended. */
  former?: Binary[];
  /** Collections of checkpoints that some owner has moved under this share. */
  checkpoints?: string[];
}

/** In `fences`: given its token by whoever grants the lease, touched by every transaction under it. */
export interface FenceDocument {
  /** The share. */
  _id: string;
  token: number;
  transactions?: number;
}

/** Of a checkpoint: the lease under which it was moved last and may move alone. A take-over takes the token away. */
export interface CheckpointLease {
  share?: string;
  token?: number;
}
