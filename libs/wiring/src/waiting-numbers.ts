// The order numbers that facts wait for, from their rows: what a process looks through at its start where others append too.
// Begins once the rows have seen the log as it stood, so that nothing is taken for waiting that was forwarded before.
import type { Position } from '@app/kernel';
import { waitingFacts, type WaitingFactRow } from '@app/projections';
import type { Clock, ProjectionMonitor, RowReader } from '@app/runtime';

const PAGE_ROWS = 500;
const LOOK_MS = 1_000;

interface WaitingNumbersDeps {
  rows: RowReader;
  monitor: Pick<ProjectionMonitor, 'positionOf'>;
  clock: Clock;
  signal: AbortSignal;
}

/** Each once, as far as rows of one number follow each other. Ends early when the signal aborts. */
export async function* waitingNumbers(seen: Position, { rows, monitor, clock, signal }: WaitingNumbersDeps): AsyncGenerator<string> {
  while (!signal.aborted && (await monitor.positionOf(waitingFacts.name)) < seen) await clock.sleep(LOOK_MS, signal);
  let last: string | null = null;
  for (let after: string | undefined; !signal.aborted; ) {
    const query = { range: [{ field: 'orderNumber', gte: '' }], sort: [{ field: 'orderNumber', direction: 'asc' as const }], limit: PAGE_ROWS };
    const page = await rows.find<WaitingFactRow>(waitingFacts.name, after === undefined ? query : { ...query, after });
    for (const { row } of page.rows) {
      if (row.orderNumber === null || row.orderNumber === last) continue;
      last = row.orderNumber;
      yield row.orderNumber;
    }
    after = page.rows.at(-1)?.cursor;
    if (!page.hasMore || after === undefined) return;
  }
}
