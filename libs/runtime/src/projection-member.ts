// One projection with the table in use and what is left out of it; its table changes hands only while nobody else works on it.
// Where there is no table yet, `lacks` says why one must be built.
import type { Position, Projection } from '@app/kernel';
import type { FoldedTable } from './folded-table';
import { SkippedEvents } from './skipped-events';

const RATE_MS = 1_000;

export class Member {
  table: FoldedTable<unknown> | undefined;
  lacks = 'new projection';
  skipped = new SkippedEvents();
  failures = 0;
  /** Events and the time that the rate is counted from. */
  private counted = { events: 0, sinceMs: 0 };
  private line: Promise<unknown> = Promise.resolve();

  constructor(readonly projection: Projection) {}

  get position(): Position {
    return (this.table as FoldedTable<unknown>).position;
  }

  /** Counts events that were taken; answers how many they are a second, once a second. */
  rate(events: number, nowMs: number): number | undefined {
    const { counted } = this;
    if (counted.sinceMs === 0) counted.sinceMs = nowMs;
    counted.events += events;
    const elapsedMs = nowMs - counted.sinceMs;
    if (elapsedMs < RATE_MS) return undefined;
    this.counted = { events: 0, sinceMs: nowMs };
    return Math.round((counted.events * 1_000) / elapsedMs);
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.line.then(work);
    this.line = run.catch(() => undefined);
    return run;
  }
}
