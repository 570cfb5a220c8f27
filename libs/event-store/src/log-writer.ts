// Writes events inside a transaction that its caller holds: decides by revision and ids, numbers positions without gap, chains checksums.
// What an append is answered with takes earlier appends of the same transaction into account.
import { type AppendResult, type ExpectedRevision } from '@app/runtime';
import { categoryOf } from '@app/kernel';
import type { Database, SqliteValue, Statement } from '@app/sqlite';
import { LRUCache } from 'lru-cache';
import { chained, type LogState, positionOf, streamCrc } from './log-schema';

/** An event as it is stored: data and meta are one JSON text. */
export interface StoredEvent {
  id: string;
  type: string;
  version: number;
  body: string;
  /** Of an event that is copied from another log; otherwise the instant of the append. */
  recordedAtMs?: number;
}

interface Head {
  id: number;
  /** Last revision. */
  revision: number;
}

/** Rows that go into one statement: the calls into SQLite cost more than the rows. */
const ROWS_A_STATEMENT = 32;
const COLUMNS = 9;
const HEADS_CACHED = 50_000;

export class LogWriter {
  private readonly heads = new LRUCache<string, Head>({ max: HEADS_CACHED });
  private readonly pending: SqliteValue[] = [];
  private readonly insertMany: Statement;
  private readonly insertOne: Statement;
  private readonly insertStream: Statement;
  private readonly findHead: Statement;
  private readonly findIds: Statement;

  constructor(
    database: Database,
    private readonly state: LogState,
    private streams: number,
  ) {
    const values = `(${Array(COLUMNS).fill('?').join(',')})`;
    this.insertMany = database.prepare(`INSERT INTO events VALUES ${Array(ROWS_A_STATEMENT).fill(values).join(',')}`);
    this.insertOne = database.prepare(`INSERT INTO events VALUES ${values}`);
    this.insertStream = database.prepare('INSERT INTO streams VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING');
    this.findHead = database.prepare('SELECT s.id, max(e.revision) FROM streams s JOIN events e ON e.stream = s.id WHERE s.name = ?').asArrays();
    this.findIds = database.prepare('SELECT id, position FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?').asArrays();
  }

  append(stream: string, expected: ExpectedRevision, events: readonly StoredEvent[], recordedAtMs: number): AppendResult {
    const wanted = expected === 'none' ? -1 : expected;
    let head = this.heads.get(stream);
    if (head === undefined && wanted === -1) head = this.tryBegin(stream);
    head ??= this.lookUp(stream);
    if (head === undefined) return { outcome: 'conflict', actual: 'none' };
    if (head.revision !== wanted) return this.repeated(head, wanted, events) ?? { outcome: 'conflict', actual: head.revision };
    for (const event of events) this.insert(head, event, event.recordedAtMs ?? recordedAtMs);
    return { outcome: 'appended', revision: head.revision, position: positionOf(this.state.position) };
  }

  /** Gives SQLite what is still held back. Must come before the commit. */
  flush(): void {
    const { pending } = this;
    for (let at = 0; at < pending.length; at += COLUMNS) this.insertOne.run(...pending.slice(at, at + COLUMNS));
    pending.length = 0;
  }

  private insert(head: Head, event: StoredEvent, recordedAtMs: number): void {
    const { state } = this;
    const row = { position: ++state.position, stream: head.id, revision: ++head.revision, type: event.type, version: event.version, id: event.id, recordedAtMs, body: event.body };
    state.chain = chained(state.chain, row);
    this.pending.push(row.position, row.stream, row.revision, row.type, row.version, row.id, recordedAtMs, row.body, state.chain);
    if (this.pending.length === ROWS_A_STATEMENT * COLUMNS) {
      this.insertMany.run(...this.pending);
      this.pending.length = 0;
    }
  }

  /** The stream if it did not exist: one statement asks and makes it. */
  private tryBegin(stream: string): Head | undefined {
    const id = this.streams + 1;
    const category = categoryOf(stream);
    if (this.insertStream.run(id, category, stream, streamCrc(id, category, stream)).changes === 0) return undefined;
    this.streams = id;
    const head = { id, revision: -1 };
    this.heads.set(stream, head);
    return head;
  }

  private lookUp(stream: string): Head | undefined {
    this.flush();
    const [id, revision] = this.findHead.get<[number | null, number | null]>(stream) ?? [null, null];
    if (id === null || revision === null) return undefined;
    const head = { id, revision };
    this.heads.set(stream, head);
    return head;
  }

  /** The first answer, if exactly these events already follow the expected revision. */
  private repeated(head: Head, wanted: number, events: readonly StoredEvent[]): AppendResult | undefined {
    if (wanted + events.length > head.revision) return undefined;
    this.flush();
    const found = this.findIds.all<[string, number]>(head.id, wanted + 1, events.length);
    if (found.length !== events.length || found.some(([id], i) => id !== events[i]?.id)) return undefined;
    return { outcome: 'appended', revision: wanted + events.length, position: positionOf(found.at(-1)?.[1] ?? 0) };
  }
}
