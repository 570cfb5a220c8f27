// Hints between processes: what any worker commits to the read models, told to every process by a change stream on the checkpoints.
// Only of tables in use. A stream that breaks is opened again where it was and everything is looked at anew; nothing depends on a hint for correctness.
import { type ChangeStream, type Collection, type MongoClient, MongoServerError, type ResumeToken } from 'mongodb';
import { type Clock, LocalSignals, type Signals, type SignalTopics } from '@app/runtime';
import type { CheckpointDocument } from './mongo.apply';
import { Patience } from './mongo.patience';

interface MongoSignalsOptions {
  /** Of `connectMongo`; stays open at `close`. */
  client: MongoClient;
  database: string;
  /** Of the read models. */
  space: string;
  clock: Clock;
  /** Takes lines for the operator. */
  note?: (line: string) => void;
}

interface Moved {
  operationType: string;
  fullDocument?: CheckpointDocument;
}

const LIVE = 'live/';
const ROWS = 'rows/';
/** Opening and closing take up to so long, and while nothing happens the server is asked as often. */
const AWAIT_MS = 200;
const REOPEN_FIRST_MS = 100;
const REOPEN_LAST_MS = 5_000;
/** InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost: it was cut off for longer than the server looks back. */
const HISTORY_LOST = [260, 280, 286];

export class MongoSignals implements Signals {
  private readonly local = new LocalSignals();
  private readonly checkpoints: Collection<CheckpointDocument>;
  /** Projection by the table in use. */
  private readonly projections = new Map<string, string>();
  private readonly closing = new AbortController();
  private stream: ChangeStream | undefined;
  /** What was told up to here. */
  private seen: ResumeToken;
  private following: Promise<void> = Promise.resolve();

  private constructor(private readonly options: MongoSignalsOptions) {
    const { client, database, space } = options;
    this.checkpoints = client.db(database).collection(`${space}.checkpoints`);
  }

  /** Resolves once what is committed from then on is told. */
  static async open(options: MongoSignalsOptions): Promise<MongoSignals> {
    const signals = new MongoSignals(options);
    await new Patience(options.clock).persist(() => signals.begin());
    signals.following = signals.follow();
    return signals;
  }

  /** What is told of projections comes by the change stream, to this process as to the others; the rest stays here. */
  publish<T extends keyof SignalTopics>(topic: T, message: SignalTopics[T]): void {
    if (topic === 'appended') this.local.publish(topic, message);
  }

  subscribe<T extends keyof SignalTopics>(topic: T, listener: (message: SignalTopics[T]) => void): () => void {
    return this.local.subscribe(topic, listener);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.stream?.close().catch(() => undefined);
    await this.following;
    this.local.close();
  }

  /** The stream is open before the pointers are read, so that no switch falls in between. */
  private async begin(): Promise<void> {
    await this.stream?.close().catch(() => undefined);
    const stream = this.checkpoints.watch([{ $match: { 'documentKey._id': { $regex: `^(${LIVE}|${ROWS})` }, operationType: { $in: ['insert', 'replace', 'update'] } } }], {
      readPreference: 'primary',
      maxAwaitTimeMS: AWAIT_MS,
      ...(this.seen == null ? {} : { startAfter: this.seen }),
    });
    this.stream = stream;
    // The cursor is made by the first look.
    const first = (await stream.tryNext()) as Moved | null;
    this.projections.clear();
    for (const pointer of await this.checkpoints.find({ _id: { $regex: `^${LIVE}` } }).toArray()) this.switched(pointer);
    // What happened since the stream before can no longer be known.
    if (this.seen == null) await this.tellGap();
    if (first?.fullDocument !== undefined) this.tell(first.fullDocument);
  }

  private async follow(): Promise<void> {
    const { clock, note = () => undefined } = this.options;
    let pauseMs = REOPEN_FIRST_MS;
    while (!this.closing.signal.aborted) {
      try {
        if (this.stream === undefined) await this.begin();
        for (;;) {
          const change = (await this.stream!.next()) as Moved;
          pauseMs = REOPEN_FIRST_MS;
          if (change.fullDocument !== undefined) this.tell(change.fullDocument);
        }
      } catch (error) {
        if (this.closing.signal.aborted) return;
        if (pauseMs === REOPEN_FIRST_MS) note(`Hints from MongoDB broke off (${error instanceof Error ? error.message : String(error)}). They are taken up again.`);
        this.seen = error instanceof MongoServerError && HISTORY_LOST.includes(error.code as number) ? undefined : (this.stream?.resumeToken ?? this.seen);
        await this.stream?.close().catch(() => undefined);
        this.stream = undefined;
        await clock.sleep(pauseMs, this.closing.signal);
        pauseMs = Math.min(pauseMs * 2, REOPEN_LAST_MS);
      }
    }
  }

  private tell(checkpoint: CheckpointDocument): void {
    if (checkpoint._id.startsWith(LIVE)) return this.switched(checkpoint);
    const projection = this.projections.get(checkpoint._id.slice(ROWS.length));
    if (projection === undefined || checkpoint.value === undefined) return;
    const { value, keys } = checkpoint;
    const changed = keys === undefined ? { keys: [], keysLeftOut: true as const } : { keys };
    this.local.publish('projected', { projection, position: value, ...changed, live: true, events: changed.keys.length });
  }

  private async tellGap(): Promise<void> {
    const tables = [...this.projections.keys()].map(table => `${ROWS}${table}`);
    for (const { _id, value, op } of await this.checkpoints.find({ _id: { $in: tables } }).toArray()) this.tell({ _id, op, ...(value === undefined ? {} : { value }) });
  }

  private switched({ _id, value }: CheckpointDocument): void {
    const projection = _id.slice(LIVE.length);
    for (const [table, of] of this.projections) if (of === projection) this.projections.delete(table);
    if (value === undefined) return;
    const { table } = JSON.parse(value) as { table: string };
    this.projections.set(table, projection);
    this.local.publish('switched', { projection, table });
  }
}
