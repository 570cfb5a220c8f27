// One projection with the table in use and what is left out of it; its table changes hands only while nobody else works on it.
// Where there is no table yet, `lacks` says why one must be built.
import type { Position, Projection } from '@app/kernel';
import type { FoldedTable } from './folded-table';
import { SkippedEvents } from './skipped-events';

export class Member {
  table: FoldedTable<unknown> | undefined;
  lacks = 'new projection';
  skipped = new SkippedEvents();
  /** Events and the time that the rate is counted from. */
  counted = { events: 0, sinceMs: 0 };
  failures = 0;
  private line: Promise<unknown> = Promise.resolve();

  constructor(readonly projection: Projection) {}

  get position(): Position {
    return (this.table as FoldedTable<unknown>).position;
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.line.then(work);
    this.line = run.catch(() => undefined);
    return run;
  }
}
