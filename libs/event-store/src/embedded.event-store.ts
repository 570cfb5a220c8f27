// The event log in one SQLite file. An answer to an append means: on disk, in order, and noted as acknowledged on disk too.
// Opening verifies the whole log first; after a failed write nothing more is written by this process.
import { join } from 'node:path';
import type { NewEvent, Position, Recorded } from '@app/kernel';
import {
  APPEND_BYTES_MAX, AppendTooLarge, type AppendResult, type Clock, type CopiedEvent, type EventBatch, type EventStore, type ExpectedRevision,
  type Randomness, type ScanBatch, type ScanOptions, type Signals, type SubscribeOptions,
} from '@app/runtime';
import { type Database, openDatabase, type Statement } from '@app/sqlite';
import { AcknowledgedFile, syncDirectory } from './acknowledged-file';
import type { DataDirectory } from './data-directory';
import { EmbeddedEventReader, prepareReadStream } from './embedded.event-reader';
import { EmbeddedKeyVault } from './embedded.key-vault';
import { GroupCommit } from './group-commit';
import { APPLICATION_ID, FORMAT, LOG_FILE, type LogState, ORIGIN, positionOf, SCHEMA } from './log-schema';
import { LogWriter, type StoredEvent } from './log-writer';
import { recorded, type StoredRow } from './stored-row';
import { verifyLog } from './verify-log';

interface EmbeddedEventStoreOptions {
  directory: DataDirectory;
  clock: Clock;
  signals: Signals;
  /** Takes lines for the operator: what recovery cut or kept. */
  note?: (line: string) => void;
  /** Kibibytes; default 65,536. */
  cacheKib?: number;
  /** The disk is waited for in this thread: what happens beside an append does not depend on how fast it is. */
  syncHere?: boolean;
}

interface EmbeddedStats {
  /** Appends answered as written or as repeated. */
  appends: number;
  conflicts: number;
  events: number;
  /** Transactions. */
  groups: number;
  /** Appends and changes of keys taken in and not yet answered. */
  held: number;
  lastPosition: Position;
  /** A write has failed: every append is refused until a restart. */
  failed: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NAME = /^[^\p{Cc}\p{Cs}]{1,512}$/u;

/** Connections of failed stores: closing one would write what nobody knows to be sound. */
const abandoned: Database[] = [];

export class EmbeddedEventStore implements EventStore {
  readonly origin = ORIGIN;
  private readonly commits: GroupCommit;
  private readonly writer: LogWriter;
  private readonly readStream: Statement;
  private readonly knownTypes = new Set<string>();
  /** Instant of the running transaction. */
  private nowMs = 0;
  private closed: Promise<void> | undefined;
  private readonly counts = { appends: 0, conflicts: 0, events: 0 };

  private constructor(
    private readonly database: Database,
    private readonly acknowledged: AcknowledgedFile,
    private readonly state: LogState,
    private readonly reader: EmbeddedEventReader,
    deps: EmbeddedEventStoreOptions,
    streams: number,
  ) {
    this.readStream = prepareReadStream(database);
    this.writer = new LogWriter(database, state, streams);
    this.commits = new GroupCommit({
      database,
      acknowledged,
      state,
      begin: () => void (this.nowMs = Date.parse(deps.clock.now())),
      flush: () => this.writer.flush(),
      onAcknowledged: (now, before) => {
        if (now.position > before.position) deps.signals.publish('appended', { position: positionOf(now.position), events: now.position - before.position });
      },
    });
  }

  /** Throws DataDamaged, with the files as they were, when something acknowledged is missing or changed. */
  static async open(options: EmbeddedEventStoreOptions): Promise<EmbeddedEventStore> {
    const directory = options.directory.path;
    const path = join(directory, LOG_FILE);
    const found = await verifyLog(directory, options.note ?? (() => undefined));
    const database = openDatabase(path, { synchronous: 'full', cacheKib: options.cacheKib ?? 65_536 });
    try {
      database.exec('PRAGMA secure_delete=ON');
      if (found === undefined) create(database);
      // What was seen may so far be in memory only (a failed sync before the restart): now it is written and synced.
      const busy = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').asArrays().get<[number]>()?.[0];
      if (busy !== 0) throw new Error(`Another program is reading ${path}, so its recovery cannot be finished. Close that program and start again.`);
      syncDirectory(directory);
      const state: LogState = { position: found?.position ?? 0, chain: found?.chain ?? 0, keyChanges: found?.keyChanges ?? 0 };
      const turn = found?.turn;
      const acknowledged = turn === undefined ? AcknowledgedFile.create(directory, state, options.syncHere) : AcknowledgedFile.open(directory, turn, options.syncHere);
      await acknowledged.write(state);
      const reader = EmbeddedEventReader.open(directory, options);
      return new EmbeddedEventStore(database, acknowledged, state, reader, options, found?.streams ?? 0);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[], atLast?: () => void): Promise<AppendResult> {
    return this.commits.enqueue(() => {
      atLast?.();
      const { stored, bytes } = this.serialised(stream, expected, events);
      return { bytes, run: () => this.write(stream, expected, stored) };
    });
  }

  /** As `append`, with the instants at which another log recorded the events: for copies of logs. */
  appendRecorded(stream: string, expected: ExpectedRevision, events: readonly CopiedEvent[]): Promise<AppendResult> {
    return this.commits.enqueue(() => {
      const { stored, bytes } = this.serialised(stream, expected, events);
      events.forEach(({ recordedAt }, i) => (stored[i]!.recordedAtMs = Date.parse(recordedAt)));
      return { bytes, run: () => this.write(stream, expected, stored) };
    });
  }

  /** Resolves when everything taken in so far, changes of keys included, is answered; throws when writing has failed. */
  async settled(): Promise<void> {
    await this.commits.drain();
    if (this.commits.failed !== undefined) throw this.commits.failed;
  }

  /** What this process has appended is seen at once. */
  async read(stream: string, fromRevision = 0): Promise<readonly Recorded[]> {
    return this.readStream.all<StoredRow>(stream, fromRevision).map(recorded);
  }

  subscribe(options: SubscribeOptions): AsyncIterable<EventBatch> {
    return this.reader.subscribe(options);
  }

  scan(options: ScanOptions): AsyncIterable<ScanBatch> {
    return this.reader.scan(options);
  }

  countUpTo(upTo: Position, categories: readonly string[]): Promise<number> {
    return this.reader.countUpTo(upTo, categories);
  }

  async end(): Promise<Position> {
    return positionOf(this.commits.acknowledgedState.position);
  }

  /** Keys of the people in this log, written in one order with its events. `masterKey`: 32 bytes. */
  openKeyVault(masterKey: Uint8Array, random: Randomness): EmbeddedKeyVault {
    return new EmbeddedKeyVault({ database: this.database, commits: this.commits, state: this.state, masterKey, random });
  }

  stats(): EmbeddedStats {
    return { ...this.counts, groups: this.commits.groups, held: this.commits.held, lastPosition: positionOf(this.commits.acknowledgedState.position), failed: this.commits.failed !== undefined };
  }

  /** Answers what was taken in, ends subscriptions, then gives the files free. The directory stays owned. Closing twice does nothing. */
  close(): Promise<void> {
    return (this.closed ??= this.shut());
  }

  private async shut(): Promise<void> {
    await this.commits.close();
    await this.reader.close();
    if (this.commits.failed !== undefined) {
      abandoned.push(this.database);
      return;
    }
    this.commits.truncateWal();
    this.database.close();
    this.acknowledged.close();
  }

  private write(stream: string, expected: ExpectedRevision, stored: readonly StoredEvent[]): AppendResult {
    const before = this.state.position;
    const result = this.writer.append(stream, expected, stored, this.nowMs);
    if (result.outcome === 'conflict') this.counts.conflicts += 1;
    else this.counts.appends += 1;
    this.counts.events += this.state.position - before;
    return result;
  }

  /** Everything a caller can do wrong is found here, before anything is begun. */
  private serialised(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): { stored: StoredEvent[]; bytes: number } {
    if (!NAME.test(stream)) throw new TypeError(`Not a name for a stream: ${JSON.stringify(stream)}`);
    if (expected !== 'none' && !(Number.isSafeInteger(expected) && expected >= 0)) throw new TypeError(`Not a revision to expect of ${stream}: ${String(expected)}`);
    if (events.length === 0) throw new TypeError(`An append to ${stream} holds no events.`);
    let bytes = 0;
    const stored = events.map(({ id, type, version, data, text, meta }) => {
      if (!UUID.test(id)) throw new TypeError(`The id of an event for ${stream} is not a UUID: ${id}`);
      if (!this.knownTypes.has(type)) {
        if (!NAME.test(type)) throw new TypeError(`Not a name for an event type: ${JSON.stringify(type)}`);
        this.knownTypes.add(type);
      }
      if (!Number.isSafeInteger(version)) throw new TypeError(`The version of ${type} for ${stream} is not a whole number: ${version}`);
      const body = text === undefined ? JSON.stringify({ data, meta }) : `{"data":${text},"meta":${JSON.stringify(meta)}}`;
      bytes += type.length + body.length;
      return { id, type, version, body };
    });
    // A character takes at most three bytes in UTF-8: only what may be too large is counted exactly.
    if (bytes * 3 > APPEND_BYTES_MAX) bytes = stored.reduce((sum, { type, body }) => sum + Buffer.byteLength(type) + Buffer.byteLength(body), 0);
    if (bytes > APPEND_BYTES_MAX) throw new AppendTooLarge(stream, bytes, events.length);
    return { stored, bytes };
  }
}

function create(database: Database): void {
  database.transaction(() => {
    database.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${FORMAT}`);
    for (const sql of Object.values(SCHEMA)) database.exec(sql);
  });
}
