// One copy of everything that cannot be computed again: the log, then the customer keys that its events need.
// What the target has of its own is found first, so that a refused copy has written nothing.
import { copyKeys, type KeyProof, refuseOtherKeys } from './copy-keys';
import { copyLog, type LogProof } from './copy-log';
import type { CopyProgress, CopySource, CopyTarget } from './copy-ends';

interface CopyOptions {
  source: CopySource;
  target: CopyTarget;
  /** Of all streams that are copied. */
  categories: readonly string[];
  /** Of the digests of the keys; 32 bytes that only those know who may open the keys. */
  digestKey: Uint8Array;
  /** Compares and writes nothing. */
  compareOnly: boolean;
  /** Ends the copy with its reason; what was written stays, and the next copy goes on from there. */
  signal: AbortSignal;
  progress: (progress: CopyProgress) => void;
}

export interface CopyProof {
  log: LogProof;
  keys: KeyProof;
}

/** Throws `TargetHoldsOther`. */
export async function copyStores(options: CopyOptions): Promise<CopyProof> {
  if (!options.compareOnly) await refuseOtherKeys(options);
  const log = await copyLog(options);
  return { log, keys: await copyKeys(options) };
}
