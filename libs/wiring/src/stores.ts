// What the product stands on, whichever engines keep it: one implementation for the data directory, one for the servers.
// Opening gives everything but the rows, which their worker may have to make first.
import type { Logger } from 'pino';
import type { Clock, CommandExecutor, EventStore, KeyVault, Randomness, ReadModelStore, Signals } from '@app/runtime';
import type { Secrets } from './secrets';
import type { Worker } from './worker';

/** Counted since the log was opened. */
interface LogFigures {
  appends: number;
  events: number;
  conflicts: number;
  /** A write has failed for good: nothing more is taken until a restart. */
  failed: boolean;
}

export type Log = EventStore & { stats(): LogFigures };

/** As an operator knows them, with addresses but no credentials. */
export interface StoreNames {
  log: string;
  rows: string;
}

export interface Stores {
  readonly names: StoreNames;
  readonly secrets: Secrets;
  readonly signals: Signals;
  readonly eventStore: Log;
  readonly keyVault: KeyVault;
  /** Nobody else appends to the log while these are open. */
  readonly soleWriter: boolean;
  /**
   * Projections and policies, as far as they are this process's work. `failed` is told when they cannot go on; the executor is for
   * what they decide, where no other process appends.
   */
  startWorker(failed: (error: Error) => void, executor: CommandExecutor): Promise<Worker>;
  /** Projections that some worker runs now; left out where this process runs all of them. */
  running?: () => Promise<ReadonlySet<string>>;
  /** To be called once the log has its first event. */
  begun?: () => Promise<void>;
  /** For reading; after the worker has started. */
  openRows(): Promise<ReadModelStore>;
  /** Tells other processes of this machine where this one answers. */
  announce(url: string): void;
  /** In the opposite order of opening. */
  close(): Promise<void>;
}

export interface StoresDeps {
  clock: Clock;
  random: Randomness;
  logger: Logger;
  /** The worker runs in the caller's thread. */
  inOneThread: boolean;
  /** Embedded: nothing depends on how fast the machine is. */
  repeatable?: boolean;
  /** The worker only stands in where there is none, and sends nothing. */
  standIn: boolean;
}
