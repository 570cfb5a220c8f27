// The pure shape of a read model: which rows an event touches, and what becomes of a row.
// A fold sees one row and one event, never the clock, other rows or opened personal data.
import type { Recorded } from './envelope';

/** An index over fields of the row (dotted paths); equality fields first, then the field that is sorted or ranged by. */
export interface RowIndex {
  fields: readonly string[];
}

/**
 * How rows lie where a store has several shards. `by-key`: spread by the hash of their key, for tables that grow with the log; a row is
 * read and written on one shard, a search asks all of them. `whole`: together on one shard, for few rows, of which a batch touches
 * many or which are asked for together. Stores without shards take no notice; a change holds for tables made from then on.
 */
export type Sharding = 'by-key' | 'whole';

/**
 * A row comes out the same whatever the order of the *streams*: live, events arrive in the order of the log; a rebuild reads
 * one stream after the other, each in its own order. So a row that several streams touch may add and subtract, keep a latest or
 * an earliest, and compare instants inside the events, but must not depend on which stream came first.
 *
 * Rows are JSON: no undefined inside, no Date, no Map. An event is folded by several projections and by none of them changed;
 * a fold may change its row, but nothing in it that it took from an event (copy first).
 */
export interface Projection<Row = unknown> {
  /** kebab-case; also the name of its table. */
  readonly name: string;
  /** A change of the fold or of the indexes raises it; rows of another version are rebuilt. */
  readonly version: number;
  /** Categories of the streams that it reads, with the event types known there: another type parks the stream. */
  readonly reads: Readonly<Record<string, readonly string[]>>;
  readonly indexes: readonly RowIndex[];
  readonly sharding: Sharding;
  /** Rows the event touches, each once; none: the event does not matter here. Must not throw for known types. */
  keys(event: Recorded): readonly string[];
  /** The row after the event; undefined deletes it. Throwing parks the key with everything after it. */
  fold(row: Row | undefined, event: Recorded, key: string): Row | undefined;
}
