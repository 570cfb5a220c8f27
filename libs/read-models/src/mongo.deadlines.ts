// How long MongoDB may be silent before a connection on which an answer is waited for is closed; whoever asked then asks again on another one.
// The driver's own time-out of a socket does it, so what is sent or answered slowly but steadily takes as long as it needs.
import type { CommandOperationOptions } from 'mongodb';

/** Among the options of an operation: the driver heeds it there, though its types do not say so. */
type Within = Pick<CommandOperationOptions, 'comment'> & { socketTimeoutMS?: number };

/** Of everything for which nothing else is said. A dead peer is noticed by the driver sooner; this is for one whose packets get lost. */
export const ANSWER_MS_MAX = 10_000;
/** Of a table with millions of rows. */
export const INDEX_MS_MAX = 3_600_000;
const MS_A_ROW = 10;
/** So many are no more work than anything else. */
const FEW_ROWS = 100;

/** For an operation that may be silent for longer, or not as long. */
export function within(milliseconds: number): Within {
  return { socketTimeoutMS: milliseconds };
}

/** For rows that are read or written with one message. */
export function withinRows(rows: number): Within {
  return rows <= FEW_ROWS ? {} : within(ANSWER_MS_MAX + rows * MS_A_ROW);
}
