// Readings of the log by those who are far behind and read in bulk: who is at about the same place reads on with the others, so that an
// event is fetched and parsed once for all of them. All go at the pace of the slowest, who is left behind where the others would wait
// too long; then they read alone until they are where others are. Nothing is skipped.
import type { Position } from '@app/kernel';
import { aborted, Bell } from './bell';
import { KeptPieces } from './kept-pieces';
import { overriding } from './overriding';
import { ownSubscription } from './own-subscription';
import type { Clock } from './ports/clock';
import type { EventBatch, EventReader, ScanBatch, ScanOptions, SubscribeOptions } from './ports/event-store';

interface ReadTogetherDeps {
  log: EventReader;
  /** Of all who read together. */
  categories: readonly string[];
  /** Makes up most of the log: whoever does not want it reads alone, and far less. */
  most: string;
  clock: Clock;
  /** Between the slowest and the fastest. */
  eventsMax?: number;
}

interface Traveller {
  at: Position;
}

const EVENTS_KEPT = 20_000;
const BATCH_EVENTS = 2_000;
/** Of what is kept, read at once. */
const PIECE_SHARE = 0.1;
/** So long all wait for the slowest to take a piece. */
const PATIENCE_MS = 5_000;

/** One reading, and those who take part in it. */
class Journey {
  readonly travellers = new Set<Traveller>();
  readonly ending = new AbortController();
  isOver = false;
  /** Nothing more comes before the slowest have moved on. */
  isFull = false;
  /** Rings when something came, when it is full, and when it is over. */
  readonly came = new Bell();
  /** Rings when somebody has taken something, or has left. */
  readonly moved = new Bell();

  constructor(readonly kept: KeptPieces) {}

  covers(at: Position): boolean {
    return at >= this.kept.start && at <= this.kept.end;
  }
}

export class ReadTogether {
  private readonly journeys = new Set<Journey>();
  private readonly readings = new Set<Promise<void>>();
  private readonly closing = new AbortController();
  private readonly eventsMax: number;

  constructor(private readonly deps: ReadTogetherDeps) {
    this.eventsMax = deps.eventsMax ?? EVENTS_KEPT;
  }

  /** The log as before, whose readings in bulk are shared. */
  get log(): EventReader {
    const { log } = this.deps;
    return overriding(log, {
      subscribe: (options) => (options.inBulk === true && this.isShared(options.categories) ? this.subscribe(options) : log.subscribe(options)),
      scan: (options) => (log.scansInLogOrder === true && this.isShared(options.categories) ? this.scan(options) : log.scan(options)),
    });
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.readings);
  }

  private isShared(categories: readonly string[]): boolean {
    return categories.includes(this.deps.most) && categories.every((category) => this.deps.categories.includes(category));
  }

  /** As the port says. */
  private async *subscribe(options: SubscribeOptions): AsyncGenerator<EventBatch, void> {
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    let at = options.after ?? this.deps.log.origin;
    while (!signal.aborted) {
      const journey = this.journeyFrom(at);
      for await (const batch of this.along(journey, { ...options, after: at, signal })) {
        at = batch.position;
        yield batch;
      }
      if (signal.aborted) return;
      // Left behind, or the reading broke off: then what is wrong is met alone.
      for await (const batch of ownSubscription(this.deps.log, { ...options, after: at, signal })) {
        at = batch.position;
        yield batch;
        if (this.journeyOf(at) !== undefined) break;
      }
    }
  }

  /** As the port says, of a log that scans in its order. */
  private async *scan(options: ScanOptions): AsyncGenerator<ScanBatch, void> {
    const { upTo, after = this.deps.log.origin, signal = new AbortController().signal } = options;
    let at = after;
    if (at < upTo) {
      for await (const { events, position, live } of this.subscribe({ ...options, after, batchSize: options.batchSize ?? BATCH_EVENTS, signal })) {
        const within = position > upTo ? events.filter((event) => event.position <= upTo) : events;
        at = position < upTo ? position : upTo;
        if (within.length > 0) yield { events: within, token: at };
        if (live || at >= upTo) break;
      }
    }
    // What is live here may be behind there: the log itself says when all was seen.
    if (at < upTo && !signal.aborted) yield* this.deps.log.scan({ ...options, after: at });
  }

  /** Until the traveller is left behind or the journey is over. */
  private async *along(journey: Journey, { after, categories, batchSize = BATCH_EVENTS, signal }: SubscribeOptions): AsyncGenerator<EventBatch, void> {
    const traveller: Traveller = { at: after ?? this.deps.log.origin };
    const wanted = new Set(categories);
    let saidLive = false;
    journey.travellers.add(traveller);
    try {
      while (!signal.aborted && traveller.at >= journey.kept.start) {
        const { isOver, isFull } = journey;
        const came = journey.came.signal;
        const batch = journey.kept.after(traveller.at, wanted, batchSize);
        const isAllThereIs = batch.live || isOver || isFull;
        // Less than was asked for says that nothing more is at hand.
        if (batch.events.length === batchSize || (isAllThereIs && (batch.position > traveller.at || (batch.live && !saidLive)))) {
          saidLive = batch.live;
          yield batch;
          traveller.at = batch.position;
          journey.moved.ring();
        } else if (isOver) return;
        else await aborted([came, signal]);
      }
    } finally {
      this.leave(journey, traveller);
    }
  }

  private journeyOf(at: Position): Journey | undefined {
    return [...this.journeys].find((journey) => journey.covers(at));
  }

  private journeyFrom(at: Position): Journey {
    const found = this.journeyOf(at);
    if (found !== undefined) return found;
    const journey = new Journey(new KeptPieces(at));
    this.journeys.add(journey);
    const reading = this.read(journey).finally(() => this.readings.delete(reading));
    this.readings.add(reading);
    return journey;
  }

  private async read(journey: Journey): Promise<void> {
    const { log, categories } = this.deps;
    const signal = AbortSignal.any([journey.ending.signal, this.closing.signal]);
    try {
      const batchSize = Math.ceil(this.eventsMax * PIECE_SHARE);
      for await (const { events, position, live } of log.subscribe({ after: journey.kept.start, categories, batchSize, signal })) {
        journey.kept.take({ to: position, events, live });
        journey.came.ring();
        await this.makeRoom(journey, signal);
      }
    } catch {
      // Each meets alone what is wrong.
    }
    this.journeys.delete(journey);
    journey.isOver = true;
    journey.came.ring();
  }

  /** While too much is kept, and everybody may still be behind the first piece of it. */
  private async makeRoom(journey: Journey, signal: AbortSignal): Promise<void> {
    while (journey.kept.events > this.eventsMax && !signal.aborted) {
      const { endOfFirst } = journey.kept;
      if (endOfFirst === undefined) break;
      if (!journey.isFull) {
        journey.isFull = true;
        journey.came.ring();
      }
      await this.untilTaken(journey, endOfFirst, signal);
      for (const traveller of journey.travellers) if (traveller.at < endOfFirst) this.leave(journey, traveller);
      journey.kept.forgetFirst();
    }
    journey.isFull = false;
  }

  /** Until everybody has come so far, or the others have waited long enough. */
  private async untilTaken(journey: Journey, position: Position, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const waited = this.deps.clock.sleep(PATIENCE_MS, AbortSignal.any([enough.signal, signal])).then(() => enough.abort());
    while (!enough.signal.aborted && [...journey.travellers].some(({ at }) => at < position)) await aborted([journey.moved.signal, enough.signal]);
    enough.abort();
    await waited;
  }

  private leave(journey: Journey, traveller: Traveller): void {
    journey.travellers.delete(traveller);
    journey.moved.ring();
    if (journey.travellers.size > 0) return;
    this.journeys.delete(journey);
    journey.ending.abort();
  }
}
