// One subscription of the client, pulled: events and marks come out in the order in which the server sent them.
// The client tells "caught up" and checkpoints ahead of the events that still lie in its buffer; here they wait for their place.
import type { AllStreamResolvedEvent, AllStreamSubscription, EventStoreDBClient, Filter } from '@eventstore/db-client';
import { streamNameFilter } from '@eventstore/db-client';
import type { Position } from '@app/kernel';
import { connectionEnded } from './eventstoredb.errors';
import { ORIGIN, placeOf, positionOf } from './eventstoredb.position';

/** `caught up` and `fell behind` are the server's words; a checkpoint says how far it has looked. */
export type FeedItem = { event: AllStreamResolvedEvent } | { caughtUp: boolean } | { checkpoint: Position };

/** Events between the wire and the consumer; the rest waits at the server. */
const READ_AHEAD = { highWaterMark: 64 };
/** Events that the server looks at between two checkpoints while nothing matches. */
export const CHECKPOINT_EVENTS = 500;

export class Feed {
  private readonly subscription: AllStreamSubscription;
  /** `at`: number of events that come before the mark. */
  private readonly marks: { at: number; mark: FeedItem }[] = [];
  private taken = 0;
  private broken: Error | undefined;
  private wake: (() => void) | undefined;
  private readonly stir = (): void => this.wake?.();

  /** Behind `after`, which is exclusive. */
  constructor(
    client: EventStoreDBClient,
    options: { after: Position; streams: RegExp },
    private readonly signal: AbortSignal,
  ) {
    const filter: Filter = streamNameFilter({
      regex: options.streams.source,
      maxSearchWindow: CHECKPOINT_EVENTS,
      checkpointInterval: 1,
      checkpointReached: async (_, place) => this.mark({ checkpoint: positionOf(place) }),
    });
    this.subscription = client.subscribeToAll({ filter, fromPosition: options.after === ORIGIN ? 'start' : placeOf(options.after) }, READ_AHEAD);
    this.subscription
      .on('readable', this.stir)
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
  next(): FeedItem | undefined {
    const mark = this.marks[0];
    if (mark !== undefined && mark.at <= this.taken) {
      this.marks.shift();
      return mark.mark;
    }
    const event = this.subscription.read() as AllStreamResolvedEvent | null;
    if (event === null) return undefined;
    this.taken += 1;
    return { event };
  }

  /** Resolves when there may be more, when the subscription has died, or when the signal has aborted. */
  changed(): Promise<void> {
    if (this.broken !== undefined || this.signal.aborted || this.marks.some(({ at }) => at <= this.taken) || this.subscription.readableLength > 0) return Promise.resolve();
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

  private mark(mark: FeedItem): void {
    this.marks.push({ at: this.taken + this.subscription.readableLength, mark });
    this.stir();
  }

  private broke(error: Error): void {
    this.broken ??= error;
    this.stir();
  }
}
