// The rows of one projection with their checkpoint: a batch of events becomes one transaction, or nothing.
// In catching up, where a transaction takes its time, the next batch is folded meanwhile.
// Parked events are taken up again in their order, up to the next one that fails.
import type { Position, Projection, Recorded } from '@app/kernel';
import { type FoldOptions, JournalNeeded, RowFold } from './fold-rows';
import { PARKED_EVENTS, PARKED_LANES, type ParkedEntry, type ParkedLane } from './parking';
import { BatchTooLarge, type ReadModelStore, type RowWrite, type TableSpec } from './ports/read-model-store';

interface TableOptions<Row> extends FoldOptions<Row> {
  /** Runs before each commit; what it throws undoes the batch. */
  beforeCommit?: () => Promise<void>;
}

/** Somebody else has moved the checkpoint: what was folded here was thrown away. */
class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';
  constructor(name: string) {
    super(`The checkpoint ${name} was moved by another writer; the batch was not written.`);
  }
}

/** It is recovered already, and does otherwise with what was not committed: that is to be read again. */
export class ReadAgain extends Error {
  override readonly name = 'ReadAgain';
  constructor(cause: Error) {
    super('What was not committed is to be read again.', { cause });
  }
}

const RETRY_EVENTS = 500;

export function checkpointOf(table: string): string {
  return `rows/${table}`;
}

/** Rows and events that were committed. */
interface Committed {
  keys: string[];
  events: number;
}

/** `waits`: of what was taken, or of what was taken before, something is not committed yet. */
interface Taken extends Committed {
  waits: boolean;
}

/** A transaction that nobody waits for yet. */
interface Flight extends Committed {
  to: Position;
  /** Never rejected while nobody waits for it: `landed` tells. */
  landed: Promise<{ error?: unknown }>;
}

const NOTHING: Committed = { keys: [], events: 0 };

export class FoldedTable<Row> {
  /** Everything up to here is folded; what lies behind `at` is not committed yet. */
  private seen: Position;
  /** Events folded and not committed. */
  private waiting = 0;
  /** Up to here a fold may throw: each batch is committed by itself. */
  private carefulTo: Position;
  private flight: Flight | undefined;

  private constructor(
    private readonly store: ReadModelStore,
    private readonly fold: RowFold<Row>,
    private readonly options: TableOptions<Row>,
    private readonly origin: Position,
    private at: Position,
  ) {
    this.seen = at;
    this.carefulTo = at;
  }

  static async open<Row>(store: ReadModelStore, projection: Projection<Row>, table: string, origin: Position, options: TableOptions<Row>): Promise<FoldedTable<Row>> {
    for (const spec of [tableSpec(projection, table), PARKED_LANES, PARKED_EVENTS]) await store.open(spec);
    const folded = new FoldedTable(store, new RowFold(projection, table, store, options), options, origin, origin);
    await folded.recover();
    return folded;
  }

  get table(): string {
    return this.fold.table;
  }

  get projection(): Projection<Row> {
    return this.fold.projection;
  }

  /** Everything up to here is in the rows or parked. */
  get position(): Position {
    return this.at;
  }

  /** After a throw: goes back to what is stored. */
  async recover(): Promise<void> {
    await this.flight?.landed;
    this.flight = undefined;
    await this.fold.recover();
    this.at = (await this.store.checkpoint(checkpointOf(this.table))) ?? this.origin;
    this.seen = this.at;
    this.waiting = 0;
    this.fold.journaling = true;
  }

  /**
   * Takes what it has not seen yet of a piece of the log that begins no later than its position. After a throw `recover` comes first.
   * `mayWait`: more is at hand, so the commit may be put off until the store's transaction is full, and is not waited for then. What a
   * transaction of an earlier take has thrown is thrown here. A fold that throws and a transaction that is too large end in ReadAgain.
   */
  async take(events: readonly Recorded[], to: Position, mayWait = false): Promise<Taken> {
    const before = mayWait ? NOTHING : await this.land();
    if (to > this.seen) await this.foldUnseen(events, to, mayWait);
    const max = this.store.batchMax;
    const gathers = mayWait && !this.fold.journaling && max !== undefined;
    if (gathers && this.waiting < max.events && this.fold.dirtyRows < max.rows) return { ...NOTHING, waits: true };
    if (this.seen === (this.flight?.to ?? this.at)) return { ...before, waits: this.flight !== undefined };
    if (gathers && !this.fold.lanes.any) {
      const landed = await this.land();
      await this.takeOff();
      return { ...landed, waits: true };
    }
    return { ...both(both(before, await this.land()), await this.commit()), waits: false };
  }

  /** Waits for the transaction that an earlier take has begun, and throws what it has thrown. */
  async land(): Promise<Committed> {
    const { flight } = this;
    if (flight === undefined) return NOTHING;
    const outcome = await flight.landed;
    // Until `recover` has thrown away what was folded since.
    if (outcome.error instanceof BatchTooLarge) {
      await this.recover();
      throw new ReadAgain(outcome.error);
    }
    if ('error' in outcome) throw outcome.error;
    this.flight = undefined;
    this.at = flight.to;
    await this.fold.settled();
    return { keys: flight.keys, events: flight.events };
  }

  /** Changes rows without an event, in one transaction. After a throw `recover` comes first. */
  async amend(keys: readonly string[], change: (row: Row) => Row): Promise<void> {
    await this.land();
    await this.fold.load(keys);
    for (const key of keys) this.fold.amend(key, change);
    await this.commit();
  }

  /**
   * Takes up what is parked under the key (a row's, or a stream's name): all of it, or up to the next event that fails.
   * One page at a call, so that other work comes between; `more`: call again.
   */
  async retry(key: string): Promise<{ resumed: number; more: boolean }> {
    const { lanes } = this.fold;
    const waiting = await this.lanesOf(key);
    const [id] = waiting;
    if (id === undefined) return { resumed: 0, more: false };
    const lane = lanes.find(id) as ParkedLane;
    const { rows } = await this.store.find<ParkedEntry>(PARKED_EVENTS.name, { where: { lane: id }, sort: [{ field: 'position', direction: 'asc' }], limit: RETRY_EVENTS });
    let resumed = 0;
    let failed = false;
    for (const { row: entry } of rows) {
      const isSkipped = this.options.skipped?.has(entry.event.id, lane) ?? false;
      const failure = isSkipped ? undefined : lane.kind === 'key' ? await this.takeUpKey(key, entry) : await this.takeUpStream(entry);
      if (failure !== undefined) {
        lanes.head(entry, failure);
        failed = true;
        break;
      }
      lanes.remove(entry);
      if (!isSkipped) resumed += 1;
    }
    const emptied = lanes.find(id) === undefined;
    if (emptied) await this.freshen(id, lane);
    if (!emptied && !failed) await this.nextHead(id, rows.at(-1)?.row.position);
    await this.commit();
    return { resumed, more: !failed && (!emptied || waiting.length > 1) };
  }

  /** The lane whose first event `retry` would take up first. */
  async parkedUnder(key: string): Promise<ParkedLane | undefined> {
    const [id] = await this.lanesOf(key);
    return id === undefined ? undefined : this.fold.lanes.find(id);
  }

  /** Takes up what waits behind events that were skipped after they had been parked here. After a throw `recover` comes first. */
  async leaveOutSkipped(): Promise<void> {
    const { lanes } = this.fold;
    const skipped = lanes.any ? (this.options.skipped?.all() ?? []) : [];
    for (const { kind, key } of skipped) {
      await lanes.look([lanes.idOf(kind, key)]);
      const lane = lanes.find(lanes.idOf(kind, key));
      if (lane === undefined || !(this.options.skipped?.has(lane.eventId, lane) ?? false)) continue;
      while ((await this.retry(key)).more);
    }
  }

  private async foldUnseen(events: readonly Recorded[], to: Position, mayWait: boolean): Promise<void> {
    const first = events[0];
    const fresh = first !== undefined && first.position <= this.seen ? events.filter(({ position }) => position > this.seen) : events;
    // So many events are not kept for folding again: where one throws, they are read again with them kept.
    if (this.seen === this.at) this.fold.journaling = !mayWait || this.at < this.carefulTo;
    try {
      await this.fold.fold(fresh);
    } catch (error) {
      if (!(error instanceof JournalNeeded)) throw error;
      await this.recover();
      this.carefulTo = to;
      throw new ReadAgain(error);
    }
    this.seen = to;
    this.waiting += fresh.length;
  }

  /** By the position of their first event. */
  private async lanesOf(key: string): Promise<string[]> {
    const { lanes } = this.fold;
    const ids = [lanes.idOf('key', key), lanes.idOf('stream', key)];
    await lanes.look(ids);
    const waiting = ids.filter(id => lanes.find(id) !== undefined);
    return waiting.sort((a, b) => ((lanes.find(a) as ParkedLane).position < (lanes.find(b) as ParkedLane).position ? -1 : 1));
  }

  private async takeUpKey(key: string, { event }: ParkedEntry): Promise<{ error: unknown } | undefined> {
    await this.fold.load([key]);
    return this.fold.tryFold(key, event);
  }

  private async takeUpStream({ event }: ParkedEntry): Promise<{ error: unknown } | undefined> {
    const step = this.fold.stepOf(event);
    if (step?.problem !== undefined) return { error: step.problem };
    const keys = step?.keys ?? [];
    if (keys.length === 0) return this.fold.tryWithoutRow(event);
    await this.fold.load(keys);
    await this.fold.lanes.look(keys.map(key => this.fold.lanes.idOf('key', key)));
    // A row that fails now is parked by itself: the stream is no longer in doubt.
    for (const key of keys) await this.fold.foldOrPark(key, event);
    return undefined;
  }

  /** Rows are fresh again unless another lane still holds events for them. */
  private async freshen(id: string, lane: ParkedLane): Promise<void> {
    const { lanes } = this.fold;
    await this.fold.load(lane.rows);
    await lanes.look(lane.rows.map(row => lanes.idOf('key', row)));
    for (const row of lane.rows) {
      if (lanes.find(lanes.idOf('key', row)) !== undefined) continue;
      const { rows } = await this.store.find(PARKED_LANES.name, { where: { rows: row, table: this.table }, limit: 2 });
      if (rows.every(({ key }) => key === id)) this.fold.markFresh(row);
    }
  }

  private async nextHead(lane: string, after: Position | undefined): Promise<void> {
    const range = after === undefined ? [] : [{ field: 'position', gt: after }];
    const { rows } = await this.store.find<ParkedEntry>(PARKED_EVENTS.name, { where: { lane }, range, sort: [{ field: 'position', direction: 'asc' }], limit: 1 });
    if (rows[0] !== undefined) this.fold.lanes.head(rows[0].row);
  }

  private async commit(): Promise<Committed> {
    await this.takeOff();
    return this.land();
  }

  /** Begins the transaction of all that was folded. None may be under way. */
  private async takeOff(): Promise<void> {
    await this.options.beforeCommit?.();
    const to = this.seen;
    const committed = { keys: this.fold.changedKeys(), events: this.waiting };
    this.waiting = 0;
    this.flight = { ...committed, to, landed: this.write(to, this.fold.send()).then(() => ({}), (error: unknown) => ({ error })) };
  }

  private async write(to: Position, writes: readonly RowWrite[]): Promise<void> {
    const name = checkpointOf(this.table);
    const from = this.at === this.origin ? await this.store.checkpoint(name) : this.at;
    const outcome = (from ?? this.origin) === this.at ? await this.store.apply(name, from, to, writes) : 'fenced';
    if (outcome === 'fenced') throw new CheckpointMoved(name);
  }
}

function both(first: Committed, second: Committed): Committed {
  if (first.events === 0 && first.keys.length === 0) return second;
  return { keys: [...new Set([...first.keys, ...second.keys])], events: first.events + second.events };
}

export function tableSpec({ indexes, sharding }: Pick<Projection, 'indexes' | 'sharding'>, table: string): TableSpec {
  return { name: table, indexes, sharding };
}
