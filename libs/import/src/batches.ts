// Sends items in batches, several in flight, and knows how far everything before is acknowledged. Two batches in flight never hold the same order,
// so that its facts are taken in the order of the files. No more is prepared than is sent: `add` waits while enough is in flight.
import type { ImportOutcome, ImportSink } from './import-sink';
import type { PlannedItem } from './item-plan';
import type { RejectedRow } from './joined-rows';

const ITEMS_PER_BATCH = 1_000;
const IN_FLIGHT_MAX = 6;

interface Batch {
  items: PlannedItem[];
  /** What of its rows could not be made. */
  rejected: RejectedRow[];
  orders: Set<string>;
  /** Rows of the source done when this batch and all before it are. */
  rows: number;
  /** Null until answered. */
  outcomes: readonly ImportOutcome[] | null;
}

/** A batch that is answered like all before it. */
export interface Acknowledged {
  items: readonly PlannedItem[];
  outcomes: readonly ImportOutcome[];
  rejected: readonly RejectedRow[];
  /** Rows of the source that are done, without a gap from the beginning. */
  rows: number;
}

export class Batches {
  private current: Batch;
  /** Sent, oldest first; an answered one stays while one before it is not. */
  private readonly sent: Batch[] = [];
  private readonly inFlight = new Map<Batch, Promise<void>>();
  private failure: { error: unknown } | null = null;

  /** `acknowledged` is called for one batch after the other, in the order of their rows. */
  constructor(
    private readonly sink: ImportSink,
    private readonly acknowledged: (batch: Acknowledged) => void,
    rowsDone: number,
  ) {
    this.current = empty(rowsDone);
  }

  /** All that comes of one row. Throws what the sink threw. A promise where something must be waited for. */
  add(items: readonly PlannedItem[], rejected: readonly RejectedRow[], rowsDone: number): Promise<void> | undefined {
    const clash = this.inFlight.size > 0 && items.some(item => this.isInFlight(orderOf(item)));
    if (clash) return this.drained().then(() => this.add(items, rejected, rowsDone));
    for (const item of items) {
      this.current.items.push(item);
      const order = orderOf(item);
      if (order !== null) this.current.orders.add(order);
    }
    for (const row of rejected) this.current.rejected.push(row);
    this.current.rows = rowsDone;
    return this.current.items.length + this.current.rejected.length >= ITEMS_PER_BATCH ? this.dispatch() : undefined;
  }

  /** Sends what is left and waits for every answer. */
  async flush(): Promise<void> {
    await this.dispatch();
    await this.drained();
  }

  /** Waits for what is in flight, whatever comes of it, and sends nothing more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.inFlight.values());
  }

  private async dispatch(): Promise<void> {
    while (this.inFlight.size >= IN_FLIGHT_MAX) await Promise.race(this.inFlight.values());
    this.check();
    const batch = this.current;
    this.current = empty(batch.rows);
    this.sent.push(batch);
    // Not at once: a batch that is done before it stands here would stand here for ever.
    this.inFlight.set(batch, Promise.resolve().then(() => this.send(batch)));
  }

  private async send(batch: Batch): Promise<void> {
    try {
      const outcomes = batch.items.length === 0 ? [] : await this.sink.take(batch.items.map(({ topic, payload }) => ({ topic, payload })));
      if (outcomes.length !== batch.items.length) throw new Error(`${batch.items.length} items were sent and ${outcomes.length} answered`);
      batch.outcomes = outcomes;
      this.advance();
    } catch (error) {
      this.failure ??= { error };
    } finally {
      this.inFlight.delete(batch);
    }
  }

  private advance(): void {
    for (let first = this.sent[0]; first !== undefined && first.outcomes !== null; first = this.sent[0]) {
      this.sent.shift();
      this.acknowledged({ items: first.items, outcomes: first.outcomes, rejected: first.rejected, rows: first.rows });
    }
  }

  private async drained(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.race(this.inFlight.values());
    this.check();
  }

  private isInFlight(order: string | null): boolean {
    if (order === null) return false;
    for (const batch of this.inFlight.keys()) if (batch.orders.has(order)) return true;
    return false;
  }

  private check(): void {
    if (this.failure !== null) throw this.failure.error;
  }
}

function empty(rows: number): Batch {
  return { items: [], rejected: [], orders: new Set(), rows, outcomes: null };
}

/** By its external id or number, whichever it names; SKUs have neither. */
function orderOf({ payload }: PlannedItem): string | null {
  const name = payload['externalId'] ?? payload['orderNumber'];
  return name === undefined || name === null ? null : String(name);
}
