// Reads the log through a connection of its own that never writes: by stream, in log order, or stream by stream for rebuilds.
// Sees whole commits only, each synced before it could be seen. No read keeps a transaction open while its consumer works.
import { join } from 'node:path';
import type { Position, Recorded } from '@app/kernel';
import type { Clock, EventBatch, EventReader, ScanBatch, ScanOptions, Signals, SubscribeOptions } from '@app/runtime';
import { type Database, openDatabase, type Statement } from '@app/sqlite';
import { EVENT_COLUMNS, recorded, type StoredRow } from './stored-row';
import { LOG_FILE, numberOf, ORIGIN, positionOf } from './log-schema';

const BATCH_EVENTS = 1000;
/** Positions looked at in one step when few of them match. */
const WINDOW_POSITIONS = 10_000;
/** A lost hint delays by so much. */
const POLL_MS = 500;
/** A longer stream is cut within, so that memory stays flat. */
const STREAM_BATCHES_MAX = 8;
const SAMPLES = 512;
/** Parsed events at hand for the next subscription. */
const RECENT_EVENTS = 512;

export class EmbeddedEventReader implements EventReader {
  readonly origin = ORIGIN;
  private readonly recent = Array.from<{ row: number; event: Recorded } | undefined>({ length: RECENT_EVENTS });
  private readonly byStream: Statement;
  private readonly last: Statement;
  private readonly closing = new AbortController();

  private constructor(
    private readonly database: Database,
    private readonly signals: Signals,
    private readonly clock: Clock,
  ) {
    this.byStream = prepareReadStream(database);
    this.last = database.prepare('SELECT coalesce(max(position), 0) FROM events').asArrays();
  }

  /** Opens beside the owner of the directory, in this process or thread or another one. The log must have been made. */
  static open(directory: string, deps: { signals: Signals; clock: Clock; cacheKib?: number }): EmbeddedEventReader {
    return new EmbeddedEventReader(openDatabase(join(directory, LOG_FILE), { readOnly: true, cacheKib: deps.cacheKib ?? 16_384 }), deps.signals, deps.clock);
  }

  async read(stream: string, fromRevision = 0): Promise<readonly Recorded[]> {
    return this.byStream.all<StoredRow>(stream, fromRevision).map(recorded);
  }

  /** Several subscriptions of a thread go side by side: what one has parsed the next one need not. Events are never changed. */
  private decoded(row: StoredRow): Recorded {
    const slot = row[0] % this.recent.length;
    const known = this.recent[slot];
    if (known?.row === row[0]) return known.event;
    const event = recorded(row);
    this.recent[slot] = { row: row[0], event };
    return event;
  }

  async *subscribe(options: SubscribeOptions): AsyncIterable<EventBatch> {
    const { categories, batchSize = BATCH_EVENTS } = options;
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    const next = this.database
      .prepare(
        `SELECT ${EVENT_COLUMNS} FROM events e CROSS JOIN streams s ON s.id = e.stream ` +
          `WHERE e.position > ? AND e.position <= ? AND s.category IN (${marks(categories)}) ORDER BY e.position LIMIT ?`,
      )
      .asArrays();
    let grown = true;
    let wake: (() => void) | undefined;
    const unsubscribe = this.signals.subscribe('appended', () => {
      grown = true;
      wake?.();
    });
    try {
      let at = numberOf(options.after ?? ORIGIN);
      let first = true;
      while (!signal.aborted) {
        grown = false;
        const end = this.lastPosition();
        const to = Math.min(at + Math.max(WINDOW_POSITIONS, batchSize), end);
        const rows = to > at ? next.all<StoredRow>(at, to, ...categories, batchSize) : [];
        const seen = rows.length === batchSize ? (rows.at(-1)?.[0] ?? to) : Math.max(to, at);
        const live = seen >= end;
        if (seen > at || first) {
          at = seen;
          first = false;
          yield { events: rows.map(row => this.decoded(row)), position: positionOf(at), live };
        }
        if (!live) await turn();
        else if (!grown && !signal.aborted) {
          const waited = new AbortController();
          const stop = (): void => waited.abort();
          wake = stop;
          signal.addEventListener('abort', stop, { once: true });
          await this.clock.sleep(POLL_MS, waited.signal);
          signal.removeEventListener('abort', stop);
          wake = undefined;
        }
      }
    } finally {
      unsubscribe();
    }
  }

  async *scan(options: ScanOptions): AsyncIterable<ScanBatch> {
    const { categories, signal, batchSize = BATCH_EVENTS } = options;
    const upTo = numberOf(options.upTo);
    const next = this.database
      .prepare(
        `SELECT ${EVENT_COLUMNS}, s.id FROM streams s CROSS JOIN events e INDEXED BY events_by_stream ON e.stream = s.id ` +
          `WHERE s.id > ? AND s.id <= ? AND e.position <= ? AND s.category IN (${marks(categories)}) ORDER BY s.id, e.revision LIMIT ?`,
      )
      .asArrays();
    const rest = this.database
      .prepare(
        `SELECT ${EVENT_COLUMNS}, s.id FROM streams s CROSS JOIN events e INDEXED BY events_by_stream ON e.stream = s.id ` +
          `WHERE s.id = ? AND e.revision > ? AND e.position <= ? AND s.category IN (${marks(categories)}) ORDER BY e.revision LIMIT ?`,
      )
      .asArrays();
    const lastStream = this.database.prepare('SELECT coalesce(max(id), 0) FROM streams').asArrays().get<[number]>()?.[0] ?? 0;
    const limit = batchSize * STREAM_BATCHES_MAX;
    let { stream: at, revision } = parseToken(options.after);
    for (;;) {
      if (signal?.aborted || this.closing.signal.aborted) return;
      if (revision !== undefined) {
        // A long stream that was cut: the rest of it, cut again where need be.
        const rows = rest.all<ScanRow>(at, revision, upTo, ...categories, limit);
        revision = rows.length === limit ? (rows.at(-1)?.[2] ?? revision) : undefined;
        if (rows.length > 0) yield { events: rows.map(recorded), token: tokenOf(at, revision) };
        continue;
      }
      if (at >= lastStream) return;
      const to = Math.min(at + batchSize, lastStream);
      let rows = next.all<ScanRow>(at, to, upTo, ...categories, batchSize + 1);
      if (rows.length <= batchSize) at = to;
      else {
        const cut = rows.at(-1)?.[8] ?? to;
        const whole = rows.findIndex(row => row[8] === cut);
        if (whole > 0) {
          rows = rows.slice(0, whole);
          at = cut - 1;
        } else {
          rows = rest.all<ScanRow>(cut, -1, upTo, ...categories, limit);
          at = cut;
          revision = rows.length === limit ? rows.at(-1)?.[2] : undefined;
        }
      }
      if (rows.length > 0) yield { events: rows.map(recorded), token: tokenOf(at, revision) };
      await turn();
    }
  }

  /** Exact for short logs, otherwise from evenly spaced samples. */
  async countUpTo(upTo: Position, categories: readonly string[]): Promise<number> {
    const last = Math.min(numberOf(upTo), this.lastPosition());
    const matching = `SELECT count(*) FROM events e CROSS JOIN streams s ON s.id = e.stream WHERE s.category IN (${marks(categories)}) AND e.position`;
    const step = Math.ceil(last / SAMPLES);
    if (step <= 16) return this.database.prepare(`${matching} <= ?`).asArrays().get<[number]>(...categories, last)?.[0] ?? 0;
    const sample = this.database.prepare(`${matching} = ?`).asArrays();
    let taken = 0;
    let hits = 0;
    for (let position = 1; position <= last; position += step, taken++) hits += sample.get<[number]>(...categories, position)?.[0] ?? 0;
    return Math.round((last * hits) / taken);
  }

  async end(): Promise<Position> {
    return positionOf(this.lastPosition());
  }

  /** Of all streams that there are. */
  async categories(): Promise<readonly string[]> {
    return this.database.prepare('SELECT DISTINCT category FROM streams ORDER BY category').asArrays().all<[string]>().map(([category]) => category);
  }

  /** Checksum of the log from its beginning up to a position: two logs with the same one hold the same events in the same order. */
  async checksumUpTo(position: Position): Promise<number> {
    return this.database.prepare('SELECT crc FROM events WHERE position = ?').asArrays().get<[number]>(numberOf(position))?.[0] ?? 0;
  }

  /** Ends subscriptions. */
  async close(): Promise<void> {
    this.closing.abort();
    this.database.close();
  }

  private lastPosition(): number {
    return this.last.get<[number]>()?.[0] ?? 0;
  }
}

type ScanRow = [...StoredRow, streamId: number];

function marks(values: readonly string[]): string {
  return values.map(() => '?').join(',');
}

export function prepareReadStream(database: Database): Statement {
  return database.prepare(`SELECT ${EVENT_COLUMNS} FROM streams s CROSS JOIN events e ON e.stream = s.id WHERE s.name = ? AND e.revision >= ? ORDER BY e.revision`).asArrays();
}

/** The last stream that was taken whole, or a stream and the last revision that was taken of it. */
function tokenOf(stream: number, revision: number | undefined): string {
  return revision === undefined ? String(stream) : `${stream}:${revision}`;
}

function parseToken(token: string | undefined): { stream: number; revision: number | undefined } {
  const parts = /^(\d+)(?::(\d+))?$/.exec(token ?? '0');
  if (parts === null) throw new TypeError(`Not a token of a scan of the embedded log: ${token}`);
  return { stream: Number(parts[1]), revision: parts[2] === undefined ? undefined : Number(parts[2]) };
}

/** Lets others have the event loop: reading is synchronous. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
