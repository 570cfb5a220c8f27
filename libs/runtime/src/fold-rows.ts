// Folds events into rows in memory: each row is read once, changed by as many events as come, and written once.
// While rows are being written, others may be folded already, and the same ones too: those are copied first.
// A fold that throws leaves its row as it was before the event; the event and what follows it on its key are parked.
import { categoryOf, type Position, type Projection, type Recorded } from '@app/kernel';
import { Lanes, type ParkedLane } from './parking';
import type { ReadModelStore, RowWrite } from './ports/read-model-store';
import type { SkippedEvents } from './skipped-events';

interface RowState<Row> {
  row: Row | undefined;
  staleSince: string | undefined;
  position: Position | undefined;
  dirty: boolean;
  /** The table has it, as of the last commit. */
  stored: boolean;
  /** This very object is being written. */
  lent: boolean;
}

interface Step {
  event: Recorded;
  /** With a problem: the rows that are known to be touched nevertheless. */
  keys: readonly string[];
  problem: unknown;
}

export interface FoldOptions<Row> {
  /** Rows kept between commits. */
  rowsMax: number;
  /** Left out as if they were not in the log. */
  skipped?: SkippedEvents;
  /** Called for each row after its fold, or once without one where an event touches none. Throwing counts as a throwing fold. */
  onFolded?: (event: Recorded, row: Row | undefined, key: string | undefined) => void;
  /** Told of each lane that was begun, once it is stored. */
  onParked?: (lane: ParkedLane) => void;
}

/** A row must be made again and what it was made from was not kept: go back to the last commit and fold again with a journal. */
export class JournalNeeded extends Error {
  override readonly name = 'JournalNeeded';
}

const LOAD_ROWS = 2_000;

export class RowFold<Row> {
  readonly lanes: Lanes;
  /** Off, nothing is kept of the events; a fold that throws then ends in JournalNeeded. */
  journaling = true;
  private readonly rows = new Map<string, RowState<Row>>();
  private readonly known: ReadonlyMap<string, ReadonlySet<string>>;
  private readonly dirty = new Set<string>();
  /** What is being written: whether the table has the row afterwards. */
  private readonly sent = new Map<string, boolean>();
  private lanesSent = false;
  /** What was folded since the last commit, to fold a row again after a throw. */
  private journal: { event: Recorded; keys: readonly string[] }[] = [];
  private journalByKey: Map<string, Recorded[]> | undefined;
  private touched: string | undefined;

  constructor(
    readonly projection: Projection<Row>,
    readonly table: string,
    private readonly store: ReadModelStore,
    private readonly options: FoldOptions<Row>,
  ) {
    this.lanes = new Lanes(store, projection.name, table);
    this.known = new Map(Object.entries(projection.reads).map(([category, types]) => [category, new Set(types)]));
  }

  get dirtyRows(): number {
    return this.dirty.size;
  }

  async fold(events: readonly Recorded[]): Promise<void> {
    const steps: Step[] = [];
    const missing = new Set<string>();
    this.touched = undefined;
    for (const event of events) {
      const step = this.stepOf(event);
      if (step === undefined) continue;
      steps.push(step);
      for (const key of step.keys) this.touch(key, missing);
    }
    await this.load(missing);
    if (this.lanes.any) {
      await this.lanes.look(new Set(steps.flatMap(({ event, keys }) => [this.lanes.idOf('stream', event.stream), ...keys.map(key => this.lanes.idOf('key', key))])));
    }
    for (const step of steps) {
      if (step.problem === undefined && !this.lanes.any) {
        // The usual way, without a promise for each event.
        const failed = this.foldAll(step, 0);
        if (failed !== undefined) await this.goOn(step, failed);
      } else {
        await this.carefully(step);
      }
    }
  }

  /**
   * Rows and parked events to be written; rows in the order of their keys. From now on no row is dirty; once they are written, and
   * before any others are sent, `settled` is to be called. Events may be folded meanwhile, if none was parked until now.
   */
  send(): RowWrite[] {
    const keys = [...this.dirty].sort();
    const writes = keys.map((key): RowWrite => {
      const state = this.rows.get(key) as RowState<Row>;
      const { row, staleSince, position, stored } = state;
      const write: RowWrite = { table: this.table, key, row };
      if (!stored && row !== undefined) write.isNew = true;
      if (staleSince !== undefined) write.staleSince = staleSince;
      if (position !== undefined) write.position = position;
      state.dirty = false;
      state.lent = true;
      this.sent.set(key, row !== undefined);
      return write;
    });
    this.dirty.clear();
    this.lanesSent = this.lanes.any;
    return [...writes, ...this.lanes.writes()];
  }

  changedKeys(): string[] {
    return [...this.dirty];
  }

  /** What was sent is stored. */
  async settled(): Promise<void> {
    for (const [key, stored] of this.sent) {
      const state = this.rows.get(key) as RowState<Row>;
      state.lent = false;
      state.stored = stored;
    }
    this.sent.clear();
    this.journal = [];
    this.journalByKey = undefined;
    if (this.lanesSent) {
      for (const lane of this.lanes.fresh) this.options.onParked?.(lane);
      await this.lanes.settled();
    }
    let surplus = this.rows.size - this.options.rowsMax;
    for (const [key, { dirty }] of this.rows) {
      if (surplus-- <= 0) break;
      if (!dirty) this.rows.delete(key);
    }
  }

  /** Forgets everything that is not committed, and what it was made from. */
  async recover(): Promise<void> {
    this.rows.clear();
    this.dirty.clear();
    this.sent.clear();
    this.journal = [];
    this.journalByKey = undefined;
    await this.lanes.recover();
  }

  async load(keys: Iterable<string>): Promise<void> {
    const wanted = [...keys].filter(key => !this.rows.has(key));
    for (let i = 0; i < wanted.length; i += LOAD_ROWS) {
      const page = wanted.slice(i, i + LOAD_ROWS);
      const found = await this.store.getMany<Row>(this.table, page);
      page.forEach((key, j) => {
        const stored = found[j];
        this.rows.set(key, { row: stored?.row, staleSince: stored?.staleSince, position: stored?.position, dirty: false, stored: stored !== undefined, lent: false });
      });
    }
  }

  /** The row must be loaded. Answers what the fold has thrown; the row is then as before. */
  async tryFold(key: string, event: Recorded): Promise<{ error: unknown } | undefined> {
    const failed = this.foldOne(key, event);
    if (failed !== undefined) await this.foldAgain(key);
    else this.note(event, [key]);
    return failed;
  }

  /** Tells of an event without rows; answers what was thrown. */
  tryWithoutRow(event: Recorded): { error: unknown } | undefined {
    try {
      this.options.onFolded?.(event, undefined, undefined);
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  /** Changes a row that is loaded, without an event. */
  amend(key: string, change: (row: Row) => Row): void {
    const state = this.rows.get(key) as RowState<Row>;
    if (state.row === undefined) return;
    state.row = change(own(state) as Row);
    this.soil(key, state);
  }

  markStale(key: string, since: string): void {
    const state = this.rows.get(key);
    if (state === undefined || state.row === undefined || state.staleSince !== undefined) return;
    state.staleSince = since;
    this.soil(key, state);
  }

  /** The row must be loaded. */
  markFresh(key: string): void {
    const state = this.rows.get(key) as RowState<Row>;
    if (state.staleSince === undefined) return;
    state.staleSince = undefined;
    this.soil(key, state);
  }

  /** Rows of the event, or why they cannot be told; undefined: it does not matter here. */
  stepOf(event: Recorded): Step | undefined {
    const types = this.known.get(categoryOf(event.stream));
    if (types === undefined) return undefined;
    let problem: unknown = types.has(event.type) ? undefined : new Error(`The type ${event.type} is not known to the projection ${this.projection.name}.`);
    let keys: readonly string[] = [];
    try {
      keys = this.projection.keys(event);
    } catch (error) {
      problem ??= error;
    }
    if (problem === undefined && keys.length === 0 && this.options.onFolded === undefined) return undefined;
    const step = { event, keys, problem };
    const skipped = this.options.skipped?.of(event.id);
    return skipped === undefined || skipped.length === 0 ? step : this.without(skipped, step);
  }

  /** What is left of it; undefined: nothing. */
  private without(skipped: ReturnType<SkippedEvents['of']>, step: Step): Step | undefined {
    if (skipped.some(({ kind, key }) => kind === 'stream' && key === step.event.stream)) return undefined;
    const keys = step.keys.filter(key => !skipped.some(lane => lane.kind === 'key' && lane.key === key));
    return keys.length === 0 && step.problem === undefined ? undefined : { ...step, keys };
  }

  private touch(key: string, missing: Set<string>): void {
    // Events of one row often follow each other.
    if (key === this.touched) return;
    this.touched = key;
    const state = this.rows.get(key);
    if (state === undefined) {
      missing.add(key);
    } else {
      this.rows.delete(key);
      this.rows.set(key, state);
    }
  }

  /** Folds until one throws; answers where. */
  private foldAll({ event, keys }: Step, from: number): { at: number; error: unknown } | undefined {
    for (let at = from; at < keys.length; at++) {
      const failed = this.foldOne(keys[at] as string, event);
      if (failed !== undefined) return { at, ...failed };
    }
    if (keys.length === 0) {
      const failed = this.tryWithoutRow(event);
      if (failed !== undefined) return { at: 0, ...failed };
    }
    this.note(event, keys);
    return undefined;
  }

  private async goOn(step: Step, failed: { at: number; error: unknown }): Promise<void> {
    const { event, keys } = step;
    if (keys.length === 0) {
      this.lanes.park('stream', event.stream, event, failed.error);
      return;
    }
    for (let at = 0; at < failed.at; at++) this.note(event, [keys[at] as string]);
    await this.parkKey(keys[failed.at] as string, event, failed.error);
    for (let at = failed.at + 1; at < keys.length; at++) await this.foldOrPark(keys[at] as string, event);
  }

  private async carefully({ event, keys, problem }: Step): Promise<void> {
    const lane = this.lanes.idOf('stream', event.stream);
    const parked = this.lanes.find(lane);
    if (problem !== undefined || parked !== undefined) {
      if (parked === undefined) this.lanes.park('stream', event.stream, event, problem);
      else this.lanes.append(lane, event);
      const since = this.lanes.find(lane)?.since ?? event.recordedAt;
      for (const key of keys) {
        this.markStale(key, since);
        this.lanes.staleRow(lane, key);
      }
      return;
    }
    for (const key of keys) await this.foldOrPark(key, event);
    if (keys.length > 0) return;
    const failed = this.tryWithoutRow(event);
    if (failed !== undefined) this.lanes.park('stream', event.stream, event, failed.error);
  }

  async foldOrPark(key: string, event: Recorded): Promise<void> {
    const lane = this.lanes.idOf('key', key);
    if (this.lanes.find(lane) !== undefined) {
      this.lanes.append(lane, event);
      return;
    }
    const failed = this.foldOne(key, event);
    if (failed !== undefined) await this.parkKey(key, event, failed.error);
    else this.note(event, [key]);
  }

  private async parkKey(key: string, event: Recorded, error: unknown): Promise<void> {
    await this.foldAgain(key);
    this.lanes.park('key', key, event, error);
    this.markStale(key, event.recordedAt);
  }

  private foldOne(key: string, event: Recorded): { error: unknown } | undefined {
    const state = this.rows.get(key) as RowState<Row>;
    try {
      const row = this.projection.fold(own(state), event, key);
      this.options.onFolded?.(event, row, key);
      state.row = row;
    } catch (error) {
      return { error };
    }
    if (state.position === undefined || event.position > state.position) state.position = event.position;
    this.soil(key, state);
    return undefined;
  }

  private soil(key: string, state: RowState<Row>): void {
    if (state.dirty) return;
    state.dirty = true;
    this.dirty.add(key);
  }

  private note(event: Recorded, keys: readonly string[]): void {
    if (!this.journaling) return;
    const step = { event, keys };
    this.journal.push(step);
    if (this.journalByKey !== undefined) this.index(this.journalByKey, step);
  }

  private index(index: Map<string, Recorded[]>, { event, keys }: { event: Recorded; keys: readonly string[] }): void {
    for (const key of keys) {
      const events = index.get(key);
      if (events === undefined) index.set(key, [event]);
      else events.push(event);
    }
  }

  /** A fold may have changed the row before it threw: it is made again from the stored one. */
  private async foldAgain(key: string): Promise<void> {
    if (!this.journaling) throw new JournalNeeded();
    if (this.journalByKey === undefined) {
      const index = new Map<string, Recorded[]>();
      for (const step of this.journal) this.index(index, step);
      this.journalByKey = index;
    }
    const state = this.rows.get(key) as RowState<Row>;
    let row = (await this.store.get<Row>(this.table, key))?.row;
    for (const event of this.journalByKey.get(key) ?? []) row = this.projection.fold(row, event, key);
    state.row = row;
  }
}

/** The row, to be changed. */
function own<Row>(state: RowState<Row>): Row | undefined {
  if (state.lent) {
    state.row = structuredClone(state.row);
    state.lent = false;
  }
  return state.row;
}
