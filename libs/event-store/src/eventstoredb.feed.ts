// One subscription, pulled: events and marks come out in the order in which the server sent them.
// Read past the client's own stream, which makes each event into objects twice, and tells marks ahead of the events before them.
import { Empty } from '@eventstore/db-client/generated/shared_pb';
import { ReadReq } from '@eventstore/db-client/generated/streams_pb';
import type { Position } from '@app/kernel';
import type { EventStoreDbConnection, ReadCall } from './eventstoredb.connection';
import { connectionEnded } from './eventstoredb.errors';
import { type EventFrame, type Frame, frameOf } from './eventstoredb.frames';
import { ORIGIN, placeOf } from './eventstoredb.position';

/** "Caught up" and "fell behind" are the server's words; a checkpoint says how far it has looked. */
type Mark = { caughtUp: boolean } | { checkpoint: Position; /** Events that it has looked at since the mark before. */ passed: number };

interface FeedOptions<Taken> {
  /** Exclusive. */
  after: Position;
  streams: RegExp;
  batchSize: number;
  /** Of each event as it comes, so that what waits is no more than what is needed. What it throws, `next` throws in its place. */
  take: (event: EventFrame) => Taken;
}

/** An event, or what `take` has thrown of it. */
type Came<Taken> = { taken: Taken; bytes: number } | { thrown: unknown; bytes: number };

/** What may wait here, and what a batch may hold. */
export const BATCH_BYTES_MAX = 64 * 1024 * 1024;
/** Events that the server looks at between two checkpoints while nothing matches. */
export const CHECKPOINT_EVENTS = 500;

export class Feed<Taken> {
  /** What has come and is not yet taken; at most one batch, fetched while the consumer works on the one before, the rest waits at the server. */
  private queue: (Came<Taken> | Mark)[] = [];
  private queueAt = 0;
  private eventsWaiting = 0;
  private bytesWaiting = 0;
  private marksWaiting = 0;
  private call: ReadCall<Frame> | undefined;
  private broken: Error | undefined;
  /** Events that are worth waking for. */
  private awaited = 1;
  private wake: (() => void) | undefined;
  private readonly aborted = (): void => this.stop();

  constructor(
    connection: EventStoreDbConnection,
    private readonly options: FeedOptions<Taken>,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', this.aborted);
    void this.open(connection);
  }

  /** What the subscription died of. What had come before can still be taken. */
  get failure(): Error | undefined {
    return this.broken;
  }

  /** The next that is there already. */
  next(): { taken: Taken; bytes: number } | Mark | undefined {
    const item = this.queue[this.queueAt];
    if (item === undefined) return undefined;
    this.queueAt += 1;
    if ('bytes' in item) {
      this.eventsWaiting -= 1;
      this.bytesWaiting -= item.bytes;
    } else this.marksWaiting -= 1;
    if (this.queueAt === this.queue.length) {
      this.queue = [];
      this.queueAt = 0;
      if (this.call?.isPaused() === true) this.call.resume();
    }
    if ('thrown' in item) throw item.thrown;
    return item;
  }

  /**
   * Resolves when there are so many events (or as many as may wait) or a mark, when the subscription has died, or when the signal has aborted. To be called
   * when nothing is left.
   */
  changed(events: number): Promise<void> {
    if (this.broken !== undefined || this.signal.aborted || this.marksWaiting > 0 || this.eventsWaiting >= events || this.isFull) return Promise.resolve();
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
    this.signal.removeEventListener('abort', this.aborted);
    this.broke(new Error('stopped'));
    this.call?.cancel();
  }

  private async open(connection: EventStoreDbConnection): Promise<void> {
    try {
      const { call, failed } = await connection.openRead(requestOf(this.options), frameOf);
      this.call = call;
      call
        .on('data', (frame: Frame) => this.came(frame))
        .on('error', (error: Error) => {
          if (this.broken === undefined) void failed(error);
          this.broke(error);
        })
        .on('end', () => this.broke(connectionEnded('the server ended the subscription', true)))
        .on('close', () => this.broke(connectionEnded('the subscription was closed', true)));
      if (this.broken !== undefined) call.cancel();
    } catch (error) {
      this.broke(error as Error);
    }
  }

  private came(frame: Frame): void {
    if (this.broken !== undefined) return;
    if ('event' in frame) {
      this.queue.push(this.takenOf(frame.event));
      this.eventsWaiting += 1;
      this.bytesWaiting += frame.event.bytes;
      if (this.isFull) this.call?.pause();
      if (this.eventsWaiting >= this.awaited || this.isFull || this.marksWaiting > 0) this.wake?.();
    } else if (!('other' in frame)) this.mark('caughtUp' in frame ? frame : { ...frame, passed: CHECKPOINT_EVENTS });
  }

  private get isFull(): boolean {
    return this.queue.length >= this.options.batchSize || this.bytesWaiting >= BATCH_BYTES_MAX;
  }

  private takenOf(event: EventFrame): Came<Taken> {
    const { bytes } = event;
    try {
      return { taken: this.options.take(event), bytes };
    } catch (thrown) {
      return { thrown, bytes };
    }
  }

  private mark(mark: Mark): void {
    const last = this.queueAt < this.queue.length ? this.queue.at(-1) : undefined;
    // While nobody pulls, events of others may pass without end: of their checkpoints the last says it all.
    if (last !== undefined && 'checkpoint' in last && 'checkpoint' in mark) this.queue[this.queue.length - 1] = { checkpoint: mark.checkpoint, passed: last.passed + mark.passed };
    else {
      this.queue.push(mark);
      this.marksWaiting += 1;
    }
    this.wake?.();
  }

  private broke(error: Error): void {
    this.broken ??= error;
    this.wake?.();
  }
}

function requestOf({ after, streams }: Pick<FeedOptions<unknown>, 'after' | 'streams'>): ReadReq {
  const all = new ReadReq.Options.AllOptions();
  if (after === ORIGIN) all.setStart(new Empty());
  else {
    const { commit, prepare } = placeOf(after);
    all.setPosition(new ReadReq.Options.Position().setCommitPosition(String(commit)).setPreparePosition(String(prepare)));
  }
  const filter = new ReadReq.Options.FilterOptions()
    .setStreamIdentifier(new ReadReq.Options.FilterOptions.Expression().setRegex(streams.source))
    .setMax(CHECKPOINT_EVENTS)
    .setCheckpointintervalmultiplier(1);
  const options = new ReadReq.Options()
    .setAll(all)
    .setFilter(filter)
    .setSubscription(new ReadReq.Options.SubscriptionOptions())
    .setUuidOption(new ReadReq.Options.UUIDOption().setString(new Empty()));
  return new ReadReq().setOptions(options);
}
