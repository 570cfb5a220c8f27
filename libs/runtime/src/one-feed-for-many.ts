// One reading of the log for all that follow it in a process: an event is fetched and parsed once, however many want it.
// Who is behind what is kept here reads by themselves until they are not; who falls behind again does so again. Nothing is skipped.
// Where the reading breaks off all of them do so, until it is taken up again at the end of the log.
import { aborted, Bell } from './bell';
import { KeptPieces, type Piece } from './kept-pieces';
import { overriding } from './overriding';
import { ownSubscription } from './own-subscription';
import type { Clock } from './ports/clock';
import type { EventBatch, EventReader, SubscribeOptions } from './ports/event-store';
import type { RunnerLogger } from './runner-logger';

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
  /** Undefined: nothing is kept, and everybody reads alone. */
  private kept: KeptPieces | undefined;
  /** Rings when something came, and when nothing is kept any more. */
  private readonly came = new Bell();
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
      const { kept } = this;
      const came = this.came.signal;
      if (!isShared || kept === undefined || at < kept.start) {
        for await (const batch of ownSubscription(this.deps.log, { ...options, after: at, signal })) {
          at = batch.position;
          saidLive = batch.live;
          yield batch;
          if (isShared && this.kept !== undefined && at >= this.kept.start) break;
        }
        continue;
      }
      const batch = kept.after(at, wanted, batchSize);
      if (batch.position === at && (saidLive || !batch.live)) await aborted([came, signal]);
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

  private async begin(): Promise<void> {
    await this.open();
    this.reading = this.keepReading();
  }

  /** From the end of the log as it is now: who is behind it comes by themselves. */
  private async open(): Promise<void> {
    try {
      this.kept = new KeptPieces(await this.deps.log.end());
    } catch (error) {
      this.brokeOff(error);
    }
  }

  private async keepReading(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      if (this.kept !== undefined) await this.read(this.kept);
      await this.deps.clock.sleep(this.pauseMs, signal);
      if (signal.aborted) return;
      this.pauseMs = Math.min(this.pauseMs * 2, PAUSE_LAST_MS);
      await this.open();
    }
  }

  private async read(kept: KeptPieces): Promise<void> {
    const { log, categories } = this.deps;
    try {
      const batches = log.subscribe({ after: kept.start, categories, batchSize: BATCH_EVENTS, signal: this.closing.signal });
      for await (const { events, position, live } of batches) this.take(kept, { to: position, events, live });
    } catch (error) {
      this.brokeOff(error);
    }
    this.kept = undefined;
    this.came.ring();
  }

  /** Whoever follows goes on alone, and meets there what is wrong. */
  private brokeOff(error: unknown): void {
    const { pauseMs } = this;
    if (!this.closing.signal.aborted) this.deps.logger.error({ error: String(error), pauseMs }, 'What is read of the log for all broke off. Each reads alone until it is taken up again.');
  }

  private take(kept: KeptPieces, piece: Piece): void {
    this.pauseMs = PAUSE_FIRST_MS;
    kept.take(piece);
    const { eventsMax = EVENTS_KEPT } = this.deps;
    while (kept.endOfFirst !== undefined && kept.events > eventsMax) kept.forgetFirst();
    this.came.ring();
  }
}
