// One reading of the log for all that follow it in a process: an event is fetched and parsed once, however many want it.
// Who is behind what is kept here reads by themselves until they are not; who falls behind again does so again. Nothing is skipped.
// Where the reading breaks off all of them do so, until it is taken up again at the end of the log.
import { categoryOf, type Position, type Recorded } from '@app/kernel';
import { overriding } from './overriding';
import type { Clock } from './ports/clock';
import type { EventBatch, EventReader, SubscribeOptions } from './ports/event-store';
import type { RunnerLogger } from './runner-logger';

/** A batch as it came, and where it ended. */
interface Piece {
  to: Position;
  events: readonly Recorded[];
  live: boolean;
}

interface OneFeedDeps {
  log: EventReader;
  /** Of all who follow. */
  categories: readonly string[];
  clock: Clock;
  logger: Pick<RunnerLogger, 'error'>;
  /** Kept for those who are a little behind. */
  eventsMax?: number;
}

const EVENTS_KEPT = 8_000;
const BATCH_EVENTS = 1_000;
const PAUSE_FIRST_MS = 500;
const PAUSE_LAST_MS = 30_000;

export class OneFeedForMany {
  private pieces: Piece[] = [];
  private kept = 0;
  /** What is kept begins after it; undefined: nothing is, and everybody reads alone. */
  private start: Position | undefined;
  private wake = new AbortController();
  private begun: Promise<void> | undefined;
  private reading: Promise<void> | undefined;
  /** Before the reading is taken up again. */
  private pauseMs = PAUSE_FIRST_MS;
  private readonly closing = new AbortController();

  constructor(private readonly deps: OneFeedDeps) {}

  /** The log as before, whose subscriptions share one reading. */
  get log(): EventReader {
    return overriding(this.deps.log, { subscribe: (options) => this.subscribe(options) });
  }

  /** As the port says. */
  async *subscribe(options: SubscribeOptions): AsyncGenerator<EventBatch, void> {
    const { categories, batchSize = BATCH_EVENTS } = options;
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    const wanted = new Set(categories);
    const isShared = categories.every((category) => this.deps.categories.includes(category));
    if (isShared) await (this.begun ??= this.begin());
    let at = options.after ?? this.deps.log.origin;
    let saidLive = false;
    while (!signal.aborted) {
      if (!isShared || this.start === undefined || at < this.start) {
        for await (const batch of this.alone({ ...options, after: at, signal })) {
          at = batch.position;
          saidLive = batch.live;
          yield batch;
          if (isShared && this.start !== undefined && at >= this.start) break;
        }
        continue;
      }
      const { wake } = this;
      const batch = this.after(at, wanted, batchSize);
      if (batch.position === at && (saidLive || !batch.live)) await aborted([wake.signal, signal]);
      else {
        at = batch.position;
        saidLive = batch.live;
        yield batch;
      }
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.reading;
  }

  /** A subscription of one's own that is over when nobody reads it any more. */
  private async *alone(options: SubscribeOptions): AsyncGenerator<EventBatch, void> {
    const own = new AbortController();
    try {
      yield* this.deps.log.subscribe({ ...options, signal: AbortSignal.any([options.signal, own.signal]) });
    } finally {
      own.abort();
    }
  }

  /** What is kept after a position, as one batch. */
  private after(at: Position, wanted: ReadonlySet<string>, batchSize: number): EventBatch {
    const events: Recorded[] = [];
    let position = at;
    for (let place = this.placeAfter(at); place < this.pieces.length; place++) {
      const piece = this.pieces[place]!;
      for (const event of piece.events) {
        if (event.position <= at || !wanted.has(categoryOf(event.stream))) continue;
        if (events.length === batchSize) return { events, position: events.at(-1)!.position, live: false };
        events.push(event);
      }
      position = piece.to;
    }
    return { events, position, live: this.pieces.at(-1)?.live ?? false };
  }

  /** The first piece that ends after a position. */
  private placeAfter(at: Position): number {
    let low = 0;
    for (let high = this.pieces.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle]!.to <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private async begin(): Promise<void> {
    await this.open();
    this.reading = this.keepReading();
  }

  /** From the end of the log as it is now: who is behind it comes by themselves. */
  private async open(): Promise<void> {
    try {
      this.start = await this.deps.log.end();
    } catch (error) {
      this.brokeOff(error);
    }
  }

  private async keepReading(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      if (this.start !== undefined) await this.read(this.start);
      await this.deps.clock.sleep(this.pauseMs, signal);
      if (signal.aborted) return;
      this.pauseMs = Math.min(this.pauseMs * 2, PAUSE_LAST_MS);
      await this.open();
    }
  }

  private async read(after: Position): Promise<void> {
    const { log, categories } = this.deps;
    try {
      for await (const { events, position, live } of log.subscribe({ after, categories, batchSize: BATCH_EVENTS, signal: this.closing.signal })) this.take({ to: position, events, live });
    } catch (error) {
      this.brokeOff(error);
    }
    this.start = undefined;
    this.pieces = [];
    this.kept = 0;
    this.told();
  }

  /** Whoever follows goes on alone, and meets there what is wrong. */
  private brokeOff(error: unknown): void {
    const { pauseMs } = this;
    if (!this.closing.signal.aborted) this.deps.logger.error({ error: String(error), pauseMs }, 'What is read of the log for all broke off. Each reads alone until it is taken up again.');
  }

  private take(piece: Piece): void {
    this.pauseMs = PAUSE_FIRST_MS;
    const last = this.pieces.at(-1);
    // Events of others pass by without end: they only move on what is kept already.
    if (last !== undefined && piece.events.length === 0) [last.to, last.live] = [piece.to, piece.live];
    else this.pieces.push(piece);
    this.kept += piece.events.length;
    const { eventsMax = EVENTS_KEPT } = this.deps;
    while (this.pieces.length > 1 && this.kept > eventsMax) {
      const first = this.pieces.shift()!;
      this.kept -= first.events.length;
      this.start = first.to;
    }
    this.told();
  }

  private told(): void {
    const { wake } = this;
    this.wake = new AbortController();
    wake.abort();
  }
}

function aborted(signals: AbortSignal[]): Promise<void> {
  const any = AbortSignal.any(signals);
  return new Promise((resolve) => {
    if (any.aborted) resolve();
    else any.addEventListener('abort', () => resolve(), { once: true });
  });
}
