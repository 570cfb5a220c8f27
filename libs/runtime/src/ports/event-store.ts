// The log behind a port that suits an embedded engine and EventStoreDB alike.
// A conflict is an answer; whatever throws is a fault, after which nothing is known to be written.
import type { NewEvent, Position, Recorded } from '@app/kernel';

/** Revision the stream must have: its last one, or `none` when it must not exist yet. */
export type ExpectedRevision = number | 'none';

export type AppendResult =
  /** Durable. `revision` and `position` are those of the last event of the batch; a repeated batch answers as it did the first time. */
  | { outcome: 'appended'; revision: number; position: Position }
  /** Nothing was written; `actual` is what the stream has. */
  | { outcome: 'conflict'; actual: ExpectedRevision };

export interface EventBatch {
  events: readonly Recorded[];
  /** Everything up to here was seen, events of other categories included: what a checkpoint saves. */
  position: Position;
  /** True when nothing more was there at the time: the subscription is live. */
  live: boolean;
}

export interface SubscribeOptions {
  /** Exclusive; undefined starts at the beginning. */
  after?: Position;
  /** Only streams of these categories. */
  categories: readonly string[];
  /** At most so many events a batch. */
  batchSize?: number;
  /** Whoever reads only makes rows of it, as fast as it comes: such readings may be shared. */
  inBulk?: true;
  signal: AbortSignal;
}

export interface ScanOptions {
  /** Inclusive. */
  upTo: Position;
  categories: readonly string[];
  /** `token` of the last batch that was taken, to go on behind it. */
  after?: string;
  batchSize?: number;
  signal?: AbortSignal;
}

/** A piece of a scan. A token is good for the same `upTo` and categories only. */
export interface ScanBatch {
  events: readonly Recorded[];
  token: string;
}

/** Most bytes of one append, types and meta included, in every store (EventStoreDB's own limit). */
export const APPEND_BYTES_MAX = 1_048_576;

export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge';
  constructor(
    readonly stream: string,
    readonly bytes: number,
    readonly events: number,
  ) {
    super(`An append of ${events} events to ${stream} takes ${bytes} bytes; at most ${APPEND_BYTES_MAX} bytes can be written at once. Nothing was written: append fewer or smaller events.`);
  }
}

/** The reading half, for threads that do not own the log. */
export type EventReader = Omit<EventStore, 'append'>;

export interface EventStore {
  /**
   * Appends the whole batch or nothing, and answers once it is on disk. The same event ids again under the same
   * expected revision write nothing and answer as the first time, also after later events. An empty batch is a mistake and throws,
   * and so does one of more than APPEND_BYTES_MAX (AppendTooLarge).
   * The answer of an append that began later never comes before the answer of an earlier one to the same stream.
   * `atLast` is asked at the last moment before anything goes out, each time that it goes out again, too; what it throws is thrown, and
   * nothing goes out any more.
   */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[], atLast?: () => void): Promise<AppendResult>;
  /** Events of one stream from `fromRevision` (default 0) on, in order; empty when there are none. */
  read(stream: string, fromRevision?: number): Promise<readonly Recorded[]>;
  /** In log order, without gap or repetition, staying live at the end until the signal aborts. Pulls: nothing is read ahead of the consumer beyond one batch. */
  subscribe(options: SubscribeOptions): AsyncIterable<EventBatch>;
  /**
   * Every event up to a position once, for rebuilds: those of one stream in their order, the streams in whatever order
   * is cheapest for the engine.
   */
  scan(options: ScanOptions): AsyncIterable<ScanBatch>;
  /** A scan gives streams mixed as they were written: whoever folds them needs a row again long after it was touched. */
  readonly scansInLogOrder?: true;
  /** Number of events of these categories up to a position, for progress; may be an estimate. */
  countUpTo(upTo: Position, categories: readonly string[]): Promise<number>;
  /** Position of the last event acknowledged; the position before the first when the log is empty. */
  end(): Promise<Position>;
  /** Position before the first event. */
  readonly origin: Position;
  close(): Promise<void>;
}
