// The event log in EventStoreDB. An answer to an append means: on disk at the server; faults between here and there are waited out
// within a deadline, and nothing is written twice for it.
import { categoryOf, type NewEvent, type Position, type Recorded } from '@app/kernel';
import type { AppendResult, Clock, CopiedEvent, EventBatch, EventStore, ExpectedRevision, Randomness, ScanBatch, ScanOptions, SubscribeOptions } from '@app/runtime';
import { EventStoreDbConnection } from './eventstoredb.connection';
import { encoded } from './eventstoredb.event-data';
import { LogFigures } from './eventstoredb.figures';
import { ORIGIN, placeOf } from './eventstoredb.position';
import { EventStoreDbReads } from './eventstoredb.reads';
import { follow } from './eventstoredb.subscription';
import { EventStoreDbWriter } from './eventstoredb.writer';

interface EventStoreDbOptions {
  /** Connection string: esdb://USER:PASSWORD@HOST:2113, several hosts for a cluster. */
  url: string;
  /** Ours in this log. Subscriptions move over all of them, and over nothing else; left out: over all but system streams. */
  categories?: readonly string[];
  clock: Clock;
  random: Randomness;
  /** Takes lines for the operator: what broke and is taken up again. */
  note?: (line: string) => void;
  /** Within which an append or a read comes to its answer, attempts and waiting for its turn together; milliseconds, default 10,000. */
  deadlineMs?: number;
}

interface EventStoreDbStats {
  /** Appends answered as written or as repeated. */
  appends: number;
  conflicts: number;
  events: number;
  /** Attempts after the first. */
  retries: number;
  /** Appends taken in and not yet answered. */
  held: number;
  /** Always false: a server that comes back is written to again. */
  failed: boolean;
}

const BATCH_EVENTS = 1000;
const DEADLINE_MS = 10_000;
/** Between two looks at a node that lags behind. */
const LAG_POLL_MS = 200;

export class EventStoreDbEventStore implements EventStore {
  readonly origin = ORIGIN;
  readonly scansInLogOrder = true;
  private readonly knownTypes = new Set<string>();
  private readonly closing = new AbortController();
  private closed: Promise<void> | undefined;

  private constructor(
    private readonly connection: EventStoreDbConnection,
    private readonly reads: EventStoreDbReads,
    private readonly writer: EventStoreDbWriter,
    private readonly figures: LogFigures,
    private readonly options: EventStoreDbOptions & { deadlineMs: number },
  ) {}

  /** Throws ServerUnreachable or ServerRefuses when nothing can be read there, and a TypeError for a URL that cannot be used. */
  static async open(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
    const { clock, random, deadlineMs = DEADLINE_MS } = options;
    const connection = EventStoreDbConnection.of(options.url);
    const reads = new EventStoreDbReads({ connection, clock, random, deadlineMs });
    const writer = new EventStoreDbWriter({ connection, reads, clock, random, deadlineMs });
    const ours = options.categories === undefined ? undefined : new Set(options.categories);
    const figures = new LogFigures(reads, stream => (ours === undefined ? !stream.startsWith('$') : ours.has(categoryOf(stream))));
    try {
      await figures.endOfNode();
    } catch (error) {
      await connection.close();
      throw error;
    }
    return new EventStoreDbEventStore(connection, reads, writer, figures, { ...options, deadlineMs });
  }

  /** Hosts and ports, without credentials. */
  get address(): string {
    return this.connection.address;
  }

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[], atLast?: () => void): Promise<AppendResult> {
    return this.write(stream, expected, events, atLast);
  }

  /** As append, for events of another log: each keeps its recordedAt. Revision and position are given anew. */
  appendRecorded(stream: string, expected: ExpectedRevision, events: readonly CopiedEvent[]): Promise<AppendResult> {
    return this.write(stream, expected, events);
  }

  read(stream: string, fromRevision = 0): Promise<readonly Recorded[]> {
    return this.reads.stream(stream, fromRevision);
  }

  async *subscribe({ after, categories, batchSize = BATCH_EVENTS, signal }: SubscribeOptions): AsyncIterable<EventBatch> {
    const ours = this.options.categories;
    const streams = ours === undefined ? ALL_BUT_SYSTEM : streamsOf([...ours, ...categories]);
    yield* this.follow({ after, streams, categories, batchSize, signal: AbortSignal.any([signal, this.closing.signal]) });
  }

  /** In log order, which this engine gives cheapest. The token is the position reached. */
  async *scan({ upTo, categories, after = ORIGIN, batchSize = BATCH_EVENTS, signal }: ScanOptions): AsyncIterable<ScanBatch> {
    placeOf(after);
    placeOf(upTo);
    if (after >= upTo || categories.length === 0) return;
    const own = new AbortController();
    const ended = AbortSignal.any([own.signal, this.closing.signal, ...(signal === undefined ? [] : [signal])]);
    try {
      // `end` holds a subscription back from being live until the node has the whole piece.
      const batches = this.follow({ after, streams: streamsOf(categories), categories, batchSize, signal: ended }, () => this.reached(upTo, ended));
      for await (const { events, position, live } of batches) {
        const within = position > upTo ? events.filter(event => event.position <= upTo) : events;
        if (within.length > 0) yield { events: within, token: position < upTo ? position : upTo };
        if (live || position >= upTo) return;
      }
    } finally {
      own.abort();
    }
  }

  countUpTo(upTo: Position, categories: readonly string[]): Promise<number> {
    return this.figures.countUpTo(upTo, categories);
  }

  end(): Promise<Position> {
    return this.figures.end();
  }

  stats(): EventStoreDbStats {
    return { ...this.writer.counts, held: this.writer.held, failed: false };
  }

  /** Waits for the answers of what was taken in, ends subscriptions, then gives the connection free. Closing twice does nothing. */
  close(): Promise<void> {
    return (this.closed ??= this.shut());
  }

  private async shut(): Promise<void> {
    await this.writer.close();
    this.closing.abort();
    await this.connection.close();
  }

  private async write(stream: string, expected: ExpectedRevision, events: readonly NewEvent[], atLast?: () => void): Promise<AppendResult> {
    if (this.closed !== undefined) throw new Error('The event store is closed.');
    const result = await this.writer.append({ stream, expected, batch: encoded(stream, expected, events, this.knownTypes), atLast });
    if (result.outcome === 'appended') this.figures.appended(stream, result.position);
    return result;
  }

  private follow(options: Parameters<typeof follow>[1], end = (): Promise<Position> => this.figures.end()): AsyncGenerator<EventBatch, void> {
    const { clock, random, note = () => undefined } = this.options;
    return follow({ connection: this.connection, clock, random, note, end }, options);
  }

  /** Resolves with the origin once the node that answers has everything up to a position. */
  private async reached(upTo: Position, signal: AbortSignal): Promise<Position> {
    for (let waitedMs = 0; (await this.figures.endOfNode()) < upTo && !signal.aborted; waitedMs += LAG_POLL_MS) {
      if (waitedMs >= this.options.deadlineMs) throw new Error(`its log ends before position ${upTo}`);
      await this.options.clock.sleep(LAG_POLL_MS, signal);
    }
    return ORIGIN;
  }
}

const ALL_BUT_SYSTEM = /^[^$]/;

/** Streams of these categories, for EventStoreDB's own matching: the same in .NET. */
function streamsOf(categories: readonly string[]): RegExp {
  const names = [...new Set(categories)].sort().map(category => category.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^(?:${names.join('|')})(?:-|$)`);
}
