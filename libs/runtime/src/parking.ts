// What a fold could not take waits here in order, with everything that came after it on the same lane; other lanes go on.
// A lane is a row's key, or a stream where it cannot be told which rows an event touches. It lies in the store, not in memory.
import type { Instant, Position, Recorded } from '@app/kernel';
import type { ReadModelStore, RowWrite, TableSpec } from './ports/read-model-store';
import type { RunnerLogger } from './runner-logger';

export const PARKED_LANES: TableSpec = { name: 'parked-lanes@1', indexes: [{ fields: ['table'] }, { fields: ['rows'] }] };
export const PARKED_EVENTS: TableSpec = { name: 'parked-events@1', indexes: [{ fields: ['lane', 'position'] }, { fields: ['table'] }] };

export interface ParkedLane {
  table: string;
  projection: string;
  kind: 'key' | 'stream';
  /** The row's key, or the stream. */
  key: string;
  /** When the first event of the lane was recorded. */
  since: Instant;
  /** Events that wait, the first included. */
  count: number;
  /** The first of them and why it could not be taken. */
  position: Position;
  eventId: string;
  error: string;
  attempts: number;
  /** Rows marked as stale because of a stream; of a key it is the row itself. */
  rows: string[];
}

export interface ParkedEntry {
  lane: string;
  table: string;
  position: Position;
  event: Recorded;
}

const STALE_ROWS_MAX = 1_000;
const ERROR_CHARS_MAX = 500;
const PAGE_ROWS = 500;

/** The parked lanes of one table: those of a batch are looked up together, changes wait for the commit of the batch. */
export class Lanes {
  private readonly known = new Map<string, ParkedLane | undefined>();
  private readonly changed = new Set<string>();
  private readonly entries = new Map<string, RowWrite>();
  private readonly begun: ParkedLane[] = [];
  private stored = 0;

  constructor(
    private readonly store: ReadModelStore,
    private readonly projection: string,
    private readonly table: string,
  ) {}

  /** Reads how many there are; nothing else is kept between batches. */
  async recover(): Promise<void> {
    this.forget();
    this.stored = await this.store.count(PARKED_LANES.name, { where: { table: this.table } });
  }

  /** False: no lane is parked, and there is nothing to look up. */
  get any(): boolean {
    return this.stored > 0 || this.changed.size > 0;
  }

  idOf(kind: ParkedLane['kind'], key: string): string {
    return `${this.table}|${kind}:${key}`;
  }

  async look(ids: Iterable<string>): Promise<void> {
    if (this.stored === 0) return;
    const missing = [...ids].filter(id => !this.known.has(id));
    const found = await this.store.getMany<ParkedLane>(PARKED_LANES.name, missing);
    missing.forEach((id, i) => this.known.set(id, found[i]?.row));
  }

  find(id: string): ParkedLane | undefined {
    return this.known.get(id);
  }

  park(kind: ParkedLane['kind'], key: string, event: Recorded, error: unknown): ParkedLane {
    const id = this.idOf(kind, key);
    const lane: ParkedLane = {
      table: this.table, projection: this.projection, kind, key, since: event.recordedAt, count: 0,
      position: event.position, eventId: event.id, error: sentenceOf(error), attempts: 1, rows: kind === 'key' ? [key] : [],
    };
    this.known.set(id, lane);
    this.begun.push(lane);
    this.append(id, event);
    return lane;
  }

  append(id: string, event: Recorded): void {
    const lane = this.known.get(id) as ParkedLane;
    lane.count += 1;
    if (event.position < lane.position) Object.assign(lane, { position: event.position, eventId: event.id });
    this.changed.add(id);
    const entry: ParkedEntry = { lane: id, table: this.table, position: event.position, event };
    const key = `${id}|${event.position}`;
    this.entries.set(key, { table: PARKED_EVENTS.name, key, row: entry });
  }

  staleRow(id: string, row: string): void {
    const lane = this.known.get(id);
    if (lane === undefined || lane.rows.includes(row) || lane.rows.length >= STALE_ROWS_MAX) return;
    lane.rows.push(row);
    this.changed.add(id);
  }

  /** The entry was taken after all. */
  remove(entry: ParkedEntry): void {
    const lane = this.known.get(entry.lane) as ParkedLane;
    lane.count -= 1;
    this.changed.add(entry.lane);
    const key = `${entry.lane}|${entry.position}`;
    this.entries.set(key, { table: PARKED_EVENTS.name, key, row: undefined });
    if (lane.count === 0) this.known.set(entry.lane, undefined);
  }

  /** The entry is now the first of its lane; `failed` when it has been tried again in vain. */
  head(entry: ParkedEntry, failed?: { error: unknown }): void {
    const lane = this.known.get(entry.lane) as ParkedLane;
    const same = lane.eventId === entry.event.id;
    if (failed !== undefined) Object.assign(lane, { error: sentenceOf(failed.error), attempts: same ? lane.attempts + 1 : 1 });
    Object.assign(lane, { position: entry.position, eventId: entry.event.id });
    this.changed.add(entry.lane);
  }

  writes(): RowWrite[] {
    const lanes = [...this.changed].map(id => ({ table: PARKED_LANES.name, key: id, row: this.known.get(id) }));
    return [...lanes, ...this.entries.values()];
  }

  /** Those that were begun since the last commit and still hold something. */
  get fresh(): readonly ParkedLane[] {
    return this.begun.filter(({ count }) => count > 0);
  }

  /** After the commit. */
  async settled(): Promise<void> {
    if (this.changed.size > 0) await this.recover();
    else this.forget();
  }

  forget(): void {
    this.known.clear();
    this.changed.clear();
    this.entries.clear();
    this.begun.length = 0;
  }
}

/** Removes everything parked of a table that is given up. */
export async function forgetParked(store: ReadModelStore, table: string): Promise<void> {
  for (const { name } of [PARKED_EVENTS, PARKED_LANES]) {
    for (;;) {
      const { rows } = await store.find(name, { where: { table }, limit: PAGE_ROWS });
      if (rows.length === 0) break;
      await store.apply(`forget/${table}`, undefined, undefined, rows.map(({ key }) => ({ table: name, key, row: undefined })));
    }
  }
}

/** Tells the log of this process of a lane that was begun: what comes behind it adds no line. */
export function warnOfParked(logger: Pick<RunnerLogger, 'warn'>): (lane: ParkedLane) => void {
  return ({ projection, table, kind, key, eventId, error }) =>
    logger.warn({ projection, table, [kind]: key, eventId, error }, 'An event could not be taken. It is parked, with what follows it there; the rest goes on.');
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, ERROR_CHARS_MAX);
}
