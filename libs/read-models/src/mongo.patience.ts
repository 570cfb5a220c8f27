// Tries again what a change of the primary, a conflict of transactions or a cut connection made fail, with growing pauses up to a deadline.
// What is given must bear being done twice: whether the first time counted is its own to find out.
import { MongoBulkWriteError, MongoError, MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import type { Clock } from '@app/runtime';

/** An election takes 3 s, a frozen primary 10 s; a server that starts again reads its journal first. */
const PATIENCE_MS = 45_000;
const PAUSE_FIRST_MS = 4;
const PAUSE_LAST_MS = 500;

const LABELS = ['TransientTransactionError', 'UnknownTransactionCommitResult', 'RetryableWriteError', 'RetryableError'];
/**
 * HostUnreachable, HostNotFound, LockTimeout, CursorNotFound, WriteConcernFailed, NetworkTimeout, ShutdownInProgress, WriteConflict,
 * FailedToSatisfyReadPreference, ReadConcernMajorityNotAvailableYet, PrimarySteppedDown, TransactionTooOld, CursorKilled, SnapshotUnavailable,
 * NoSuchTransaction, ExceededTimeLimit, PreparedTransactionInProgress, SocketException, NotWritablePrimary, InterruptedAtShutdown,
 * Interrupted (its session was killed), InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary.
 */
const CODES = new Set([6, 7, 24, 43, 64, 89, 91, 112, 133, 134, 189, 225, 237, 246, 251, 262, 267, 9001, 10107, 11600, 11601, 11602, 13435, 13436]);

const TOO_LARGE_FOR_CACHE = 359;
const NO_SUCH_TRANSACTION = 251;

/** The state of the server will settle: to be looked at again. */
export class Unsettled extends Error {
  override readonly name = 'Unsettled';
}

export class Patience {
  constructor(
    private readonly clock: Clock,
    private readonly patienceMs: number = PATIENCE_MS,
  ) {}

  /** Throws what the last attempt threw. */
  async persist<T>(work: (attempt: number) => Promise<T>): Promise<T> {
    // What takes long by itself, like an index of a large table, may fail late.
    let failingSinceMs: number | undefined;
    for (let attempt = 0; ; attempt++) {
      try {
        return await work(attempt);
      } catch (error) {
        failingSinceMs ??= performance.now();
        if (!mayPass(error) || performance.now() - failingSinceMs > this.patienceMs) throw error;
        await this.clock.sleep(Math.min(PAUSE_FIRST_MS * 2 ** attempt, PAUSE_LAST_MS));
      }
    }
  }
}

/** More in one transaction than the server's cache holds (TransactionTooLargeForCache); older servers pass on what their storage engine says. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof MongoError && ((error as MongoServerError).code === TOO_LARGE_FOR_CACHE || /transaction is too large and will not fit/.test(error.message));
}

/** The server has ended a transaction by itself; one that presses on its cache is ended again and again. */
export function isAborted(error: unknown): boolean {
  return error instanceof MongoError && (error as MongoServerError).code === NO_SUCH_TRANSACTION;
}

function mayPass(error: unknown): boolean {
  if (error instanceof Unsettled || error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (!(error instanceof MongoError)) return isOfSocket(error);
  if (LABELS.some(label => error.hasErrorLabel(label))) return true;
  if (error instanceof MongoBulkWriteError) {
    // A connection that is cut in the middle of a bulk comes as this, without labels and without a document that was refused.
    const refused = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    return refused.every(({ code }) => CODES.has(code));
  }
  return error instanceof MongoServerError && CODES.has(error.code as number);
}

/** While a large message waits to be written the driver lets the error of the socket through as it is, with the system call that failed. */
function isOfSocket(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}
