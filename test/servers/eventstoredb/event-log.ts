// The log of a loopback EventStoreDB: $all in order, streams by name, ids by event. No append scans anything.
// A batch is whole or absent; with a directory it is on disk before anybody sees it or is answered.
import { randomUUID } from 'node:crypto';
import { decideAppend, type Expected } from './append-decision';
import { LogDirectory } from './log-directory';
import { comparePositions, eventOfFrame, frameOf, jsonDataOf, proposedJson, sizeOf, SOFT_DELETED, type LogPosition, type ProposedEvent, type StoredEvent, type StoredStream } from './stored-event';

export const APPEND_BYTES_MAX = 1024 * 1024;
/** Bytes of a record beside its content, so that positions have the gaps that they have on disk. */
const RECORD_OVERHEAD_BYTES = 127;
const INT64_MAX = '9223372036854775807';

export interface EventLogOptions {
  /** Keeps the log on disk, to go on with it after a kill; otherwise it is in memory. */
  directory?: string;
  /** Appends between two system events. 0: none but those of the start. */
  systemEventEvery: number;
  /** Whether both halves of a position are equal (24.6) or every batch has one commit behind its prepares (older versions, transactions). */
  positions: 'equal' | 'split';
  /** Unix time in ms. */
  now: () => number;
}

export type AppendOutcome =
  /** `position` is absent when nothing was asked to be written. */
  | { outcome: 'appended'; revision: number; position: LogPosition | undefined }
  | { outcome: 'wrong'; current: number | 'no_stream' }
  | { outcome: 'deleted' }
  | { outcome: 'tooLarge' };

export class EventLog {
  readonly all: StoredEvent[] = [];
  private readonly streams = new Map<string, StoredStream>();
  private readonly byId = new Map<string, StoredEvent>();
  private readonly readers = new Set<() => void>();
  private readonly disk: LogDirectory | undefined;
  private end = 0;
  private appends = 0;
  private waking = false;

  constructor(private readonly options: EventLogOptions) {
    if (options.directory !== undefined) {
      this.disk = new LogDirectory(options.directory, () => this.wakeReaders());
      this.disk.readAll((frames) => this.take(frames.map((frame) => eventOfFrame(frame, (name) => this.named(name)))));
    }
    this.writeStartEvents();
  }

  /** Unix time in ms. */
  nowMs(): number {
    return this.options.now();
  }

  /** Undefined when nothing was ever written to it. */
  stream(name: string): StoredStream | undefined {
    return this.streams.get(name);
  }

  append(stream: string, expected: Expected, events: readonly ProposedEvent[]): AppendOutcome {
    let bytes = 0;
    for (const event of events) bytes += sizeOf(event);
    if (bytes > APPEND_BYTES_MAX) return { outcome: 'tooLarge' };
    const existing = this.streams.get(stream);
    const ids = events.map(({ id }) => id);
    const decided = decideAppend(existing, expected, ids, (id) => this.inStream(existing, id));
    switch (decided.decision) {
      case 'deleted':
        return { outcome: 'deleted' };
      case 'wrong':
        return { outcome: 'wrong', current: decided.current };
      case 'repeated':
        return { outcome: 'appended', revision: decided.last.revision, position: decided.last };
      case 'write': {
        if (events.length === 0) return { outcome: 'appended', revision: (existing?.events.length ?? 0) - 1, position: undefined };
        if (decided.undelete) this.write(`$$${stream}`, [proposedJson(randomUUID(), '$metadata', { $tb: existing!.events.length })]);
        const last = this.write(stream, events);
        this.countAppend();
        return { outcome: 'appended', revision: last.revision, position: last };
      }
    }
  }

  /** Hides what was written; the next append goes on at its old revision. */
  delete(stream: string, expected: Expected): AppendOutcome {
    return this.ifExpected(stream, expected, () => {
      const metadata = proposedJson(randomUUID(), '$metadata', {});
      return this.write(`$$${stream}`, [{ ...metadata, data: Buffer.from(`{"$tb":${INT64_MAX}}`) }]);
    });
  }

  /** Ends a stream for ever. */
  tombstone(stream: string, expected: Expected): AppendOutcome {
    return this.ifExpected(stream, expected, () => this.write(stream, [proposedJson(randomUUID(), '$streamDeleted', {})]));
  }

  /** Index in $all of the first event behind `position`, or at it when `inclusive`. */
  indexAt(position: LogPosition, inclusive: boolean): number {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const compared = comparePositions(this.all[middle]!, position);
      if (compared < 0 || (compared === 0 && !inclusive)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Calls back soon after anything was written, once for many appends. Returns the way to stop that. */
  onWritten(reader: () => void): () => void {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  /** Resolves when everything written so far may be answered. */
  async flushed(): Promise<void> {
    await this.disk?.flushed();
  }

  /** How many of these, events of the log in its order, may be shown. */
  shown(events: readonly StoredEvent[]): number {
    let count = events.length;
    if (this.disk !== undefined) while (count > 0 && events[count - 1]!.commit > this.disk.durableMark) count -= 1;
    return count;
  }

  async close(): Promise<void> {
    this.readers.clear();
    await this.disk?.close();
  }

  private ifExpected(stream: string, expected: Expected, write: () => StoredEvent): AppendOutcome {
    const decided = decideAppend(this.streams.get(stream), expected, [], () => undefined);
    if (decided.decision === 'deleted') return { outcome: 'deleted' };
    if (decided.decision === 'wrong') return { outcome: 'wrong', current: decided.current };
    const written = write();
    return { outcome: 'appended', revision: written.revision, position: written };
  }

  private inStream(stream: StoredStream | undefined, id: string): StoredEvent | undefined {
    const event = this.byId.get(id);
    return event !== undefined && event.stream === stream ? event : undefined;
  }

  private named(name: string): StoredStream {
    let stream = this.streams.get(name);
    if (stream === undefined) this.streams.set(name, (stream = { name, events: [], truncateBefore: 0, tombstoned: false }));
    return stream;
  }

  private write(name: string, events: readonly ProposedEvent[]): StoredEvent {
    const stream = this.named(name);
    const prepares = events.map((event) => (this.end += RECORD_OVERHEAD_BYTES + sizeOf(event)));
    const commit = this.options.positions === 'split' ? (this.end += RECORD_OVERHEAD_BYTES) : undefined;
    const createdMs = this.options.now();
    const written = events.map((event, at): StoredEvent => {
      const position = { commit: commit ?? prepares[at]!, prepare: prepares[at]! };
      const revision = event.type === '$streamDeleted' ? Infinity : stream.events.length + at;
      return { id: event.id, stream, type: event.type, revision, ...position, frame: frameOf(event, name, revision, position, createdMs) };
    });
    this.disk?.append(written.map(({ frame }) => frame), written.at(-1)!.commit);
    this.take(written);
    if (!this.waking && this.disk === undefined) {
      this.waking = true;
      setImmediate(() => {
        this.waking = false;
        this.wakeReaders();
      });
    }
    return written.at(-1)!;
  }

  private wakeReaders(): void {
    for (const reader of this.readers) reader();
  }

  private take(events: readonly StoredEvent[]): void {
    for (const event of events) {
      this.all.push(event);
      this.end = Math.max(this.end, event.commit);
      if (event.revision === Infinity) event.stream.tombstoned = true;
      else {
        event.stream.events.push(event);
        this.byId.set(event.id, event);
      }
      if (event.type === '$metadata' && event.stream.name.startsWith('$$')) this.named(event.stream.name.slice(2)).truncateBefore = truncateBeforeOf(event);
    }
  }

  /** What a real server has in $all before anybody wrote anything. */
  private writeStartEvents(): void {
    this.write('$epoch-information', [proposedJson(randomUUID(), '$epoch-information', { epochNumber: this.stream('$epoch-information')?.events.length ?? 0 })]);
    if (this.stream('$users') !== undefined) return;
    this.write('$$$stats-127.0.0.1:2113', [proposedJson(randomUUID(), '$metadata', { $maxAge: 86_400 })]);
    this.write('$user-admin', [proposedJson(randomUUID(), '$UserCreated', { loginName: 'admin' })]);
    this.write('$users', [proposedJson(randomUUID(), '$User', 'admin')]);
    this.write('$settings', [proposedJson(randomUUID(), '$update', { $userStreamAcl: {} })]);
  }

  private countAppend(): void {
    this.appends += 1;
    const { systemEventEvery } = this.options;
    if (systemEventEvery > 0 && this.appends % systemEventEvery === 0) this.write('$stats-127.0.0.1:2113', [proposedJson(randomUUID(), '$statsCollected', { 'proc-mem': this.end })]);
  }
}

function truncateBeforeOf(metadata: StoredEvent): number {
  const { $tb } = jsonDataOf(metadata) as { $tb?: unknown };
  return typeof $tb !== 'number' ? 0 : $tb >= SOFT_DELETED ? SOFT_DELETED : $tb;
}
