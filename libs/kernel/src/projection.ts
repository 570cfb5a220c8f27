// The pure shape of a read model: which rows an event touches, and what becomes of a row.
// A fold sees one row and one event, never the clock, other rows or opened personal data.
import type { Recorded } from './envelope';

/** An index over fields of the row (dotted paths); equality fields first, then the field that is sorted or ranged by. */
export interface RowIndex {
  fields: readonly string[];
  unique?: boolean;
}

export interface Projection<Row = unknown> {
  /** kebab-case; also the name of its table. */
  readonly name: string;
  /** A change of the fold raises it; rows of another version are rebuilt. */
  readonly version: number;
  /** Categories of the streams that it reads, with the event types known there: another type parks its key. */
  readonly reads: Readonly<Record<string, readonly string[]>>;
  readonly indexes: readonly RowIndex[];
  /** Rows the event touches; none: the event does not matter here. Must not throw for known types. */
  keys(event: Recorded): readonly string[];
  /** The row after the event; undefined deletes it. Pure; may change the row it is given and return it. */
  fold(row: Row | undefined, event: Recorded, key: string): Row | undefined;
}
