// One subscription of the client, pulled: events and marks come out in the order in which the server sent them.
// The client tells "caught up" and checkpoints ahead of the events that still lie in its buffer; here they wait for their place.
import type { AllStreamResolvedEvent, AllStreamSubscription, EventStoreDBClient, Filter } from '@eventstore/db-client';
import { streamNameFilter } from '@eventstore/db-client';
import type { Position } from '@app/kernel';
import { connectionEnded } from './eventstoredb.errors';
import { ORIGIN, placeOf, positionOf } from './eventstoredb.position';

/** "Caught up" and "fell behind" are the server's words; a checkpoint says how far it has looked. */
type Mark = { caughtUp: boolean } | { checkpoint: Position; /** Events that it has looked at since the mark before. */ passed: number };

interface FeedOptions<Taken> {
  /** Exclusive. */
  after: Position;
  streams: RegExp;
  batchSize: number;
  /** Of each event as it comes, so that what waits is no more than what is needed. What it throws, `next` throws in its place. */
  take: (event: AllStreamResolvedEvent) => Taken;
}

/** Events that the server looks at between two checkpoints while nothing matches. */
export const CHECKPOINT_EVENTS = 500;

export class Feed<Taken> {
  private readonly subscription: AllStreamSubscription;
  /** `at`: number of events that come before the mark. */
  private readonly marks: { at: number; mark: Mark }[] = [];
  /** Of the client's, not yet taken; at most one batch, the rest waits at the server. */
  private queue: ({ taken: Taken } | { thrown: unknown })[] = [];
  private queueAt = 0;
  private taken = 0;
  private broken: Error | undefined;
  /** Events that are worth waking for. */
  private awaited = 1;
  private wake: (() => void) | undefined;
  private readonly stir = (): void => this.wake?.();

  constructor(
    client: EventStoreDBClient,
    private readonly options: FeedOptions<Taken>,
    private readonly signal: AbortSignal,
  ) {
    const filter: Filter = streamNameFilter({
      regex: options.streams.source,
      maxSearchWindow: CHECKPOINT_EVENTS,
      checkpointInterval: 1,
      checkpointReached: async (_, place) => this.mark({ checkpoint: positionOf(place), passed: CHECKPOINT_EVENTS }),
    });
    this.subscription = client.subscribeToAll({ filter, fromPosition: options.after === ORIGIN ? 'start' : placeOf(options.after) });
    this.subscription
      .on('data', (event: AllStreamResolvedEvent) => this.came(event))
      .on('caughtUp', () => this.mark({ caughtUp: true }))
      .on('fellBehind', () => this.mark({ caughtUp: false }))
      .on('error', error => this.broke(error))
      .on('end', () => this.broke(connectionEnded('the server ended the subscription', true)))
      .on('close', () => this.broke(connectionEnded('the subscription was closed', true)));
    signal.addEventListener('abort', this.stir);
  }

  /** What the subscription died of. What had come before can still be taken. */
  get failure(): Error | undefined {
    return this.broken;
  }

  /** The next that is there already. */
  next(): { taken: Taken } | Mark | undefined {
    const mark = this.marks[0];
    if (mark !== undefined && mark.at <= this.taken) {
      this.marks.shift();
      return mark.mark;
    }
    const item = this.queue[this.queueAt];
    if (item === undefined) {
      this.queue = [];
      this.queueAt = 0;
      if (this.subscription.isPaused()) this.subscription.resume();
      return undefined;
    }
    this.queueAt += 1;
    this.taken += 1;
    if ('thrown' in item) throw item.thrown;
    return item;
  }

  /**
   * Resolves when there are so many events or a mark, when the subscription has died, or when the signal has aborted. To be called
   * when nothing is left.
   */
  changed(events: number): Promise<void> {
    if (this.broken !== undefined || this.signal.aborted || this.hasMark || this.queue.length - this.queueAt >= events) return Promise.resolve();
    this.awaited = events;
    return new Promise(resolve => {
      this.wake = () => {
        this.wake = undefined;
        resolve();
      };
    });
  }

  /** Gives the server free. */
  stop(): void {
    this.signal.removeEventListener('abort', this.stir);
    this.broken ??= new Error('stopped');
    const { subscription } = this;
    void subscription.unsubscribe().then(
      () => subscription.destroy(),
      () => subscription.destroy(),
    );
  }

  private came(event: AllStreamResolvedEvent): void {
    try {
      this.queue.push({ taken: this.options.take(event) });
    } catch (thrown) {
      this.queue.push({ thrown });
    }
    if (this.queue.length >= this.options.batchSize) this.subscription.pause();
    if (this.queue.length >= this.awaited || this.hasMark) this.stir();
  }

  /** The place of a mark has been reached, once what waits here is taken. */
  private get hasMark(): boolean {
    const mark = this.marks[0];
    return mark !== undefined && mark.at <= this.taken + this.queue.length - this.queueAt;
  }

  private mark(mark: Mark): void {
    const at = this.taken + this.queue.length - this.queueAt + this.subscription.readableLength;
    const last = this.marks.at(-1);
    // While nobody pulls, events of others may pass without end: of their checkpoints the last says it all.
    if (last?.at === at && 'checkpoint' in last.mark && 'checkpoint' in mark) last.mark = { checkpoint: mark.checkpoint, passed: last.mark.passed + mark.passed };
    else this.marks.push({ at, mark });
    this.stir();
  }

  private broke(error: Error): void {
    this.broken ??= error;
    this.stir();
  }
}
