// Who does what where several workers run: a named share of the work belongs to one of them at a time, for as long as it says so.
// A lease that was lost is over for good: its token is older than the next one's, and stores refuse what comes under it.

/** The share was lost, or never held: nothing more is done under it. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  constructor(readonly share: string) {
    super(`The lease on ${share} is not held any more.`);
  }
}

export interface Lease {
  readonly share: string;
  /** Rises with every grant of the share, also to the same worker. */
  readonly token: number;
  /** Aborts once the lease is lost or given back. */
  readonly lost: AbortSignal;
  /**
   * Throws LeaseLost unless it is held for sure: by a clock that also counts the time in which the process stood still. What is sent
   * without a transaction asks this first.
   */
  assertHeld(): void;
  /** Gives it back, so that another worker need not wait until it expires. */
  release(): Promise<void>;
}

export interface Leases {
  /** Undefined while somebody else holds the share. A grant outlasts its owner by a few seconds at most. */
  acquire(share: string): Promise<Lease | undefined>;
  /** Says that this worker is there for work, and answers how many there are, itself included. A stand-in only asks for the others. */
  workers(standIn: boolean): Promise<number>;
  /** Gives back everything that is held. */
  close(): Promise<void>;
}
