// One reading of the log for all that follow it in a process: an event is fetched and parsed once, however many want it.
// Who is behind what is kept here reads by themselves until they are not; who falls behind again does so again. Nothing is skipped.
import { categoryOf, type Position, type Recorded } from '@app/kernel';
import { overriding } from './overriding';
import type { EventBatch, EventReader, SubscribeOptions } from './ports/event-store';

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
  /** Kept for those who are a little behind. */
  eventsMax?: number;
}

const EVENTS_KEPT = 8_000;
const BATCH_EVENTS = 1_000;

export class OneFeedForMany {
  private pieces: Piece[] = [];
  private kept = 0;
  /** What is kept begins after it; undefined: nothing is, and everybody reads alone. */
  private start: Position | undefined;
  private wake = new AbortController();
  private begun: Promise<void> | undefined;
  private reading: Promise<void> | undefined;
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

  /** From the end of the log as it is now: who is behind it comes by themselves. */
  private async begin(): Promise<void> {
    const start = await this.deps.log.end();
    this.start = start;
    this.reading = this.read(start);
  }

  private async read(after: Position): Promise<void> {
    const { log, categories } = this.deps;
    try {
      for await (const { events, position, live } of log.subscribe({ after, categories, batchSize: BATCH_EVENTS, signal: this.closing.signal })) this.take({ to: position, events, live });
    } catch {
      // Whoever follows goes on alone, and meets there what is wrong.
    }
    this.start = undefined;
    this.pieces = [];
    this.told();
  }

  private take(piece: Piece): void {
    this.pieces.push(piece);
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
