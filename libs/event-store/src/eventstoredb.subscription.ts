// Subscriptions that outlive their servers: each event once and in log order, taken up again behind what the consumer has.
// Pulls: while the consumer works, at most the next batch is fetched.
import { categoryOf, type Position, type Recorded } from '@app/kernel';
import type { Clock, EventBatch, Randomness } from '@app/runtime';
import type { EventStoreDbConnection } from './eventstoredb.connection';
import { reasonOf } from './eventstoredb.errors';
import { recordedFrom } from './eventstoredb.event-data';
import { BATCH_BYTES_MAX, Feed } from './eventstoredb.feed';
import type { EventFrame } from './eventstoredb.frames';
import { ORIGIN } from './eventstoredb.position';
import { backOffMs } from './eventstoredb.retry';

interface FollowDeps {
  connection: EventStoreDbConnection;
  clock: Clock;
  random: Randomness;
  note: (line: string) => void;
  /** Position of the last of the events that `streams` lets through, or of one that comes later. */
  end: () => Promise<Position>;
}

interface FollowOptions {
  after: Position | undefined;
  /** What the server sends: the position moves with all of it. */
  streams: RegExp;
  /** What the consumer gets. */
  categories: readonly string[];
  batchSize: number;
  signal: AbortSignal;
}

/** Events of others that pass by before a batch without events says so. */
const PASSED_MAX = 10_000;
const FIRST_BACK_OFF_MS = 50;
const MOST_BACK_OFF_MS = 5_000;

/** Stays live until the signal aborts. Throws only for events that cannot be understood. */
export async function* follow(deps: FollowDeps, options: FollowOptions): AsyncGenerator<EventBatch, void> {
  const { signal } = options;
  const progress: Progress = { position: options.after ?? ORIGIN, failures: 0 };
  while (!signal.aborted) {
    let feed: Feed<Taken> | undefined;
    try {
      const end = await orFailure(unlessAborted(deps.end(), signal));
      if (signal.aborted) return;
      if (end instanceof Broken) await pause(deps, progress, end.cause, signal);
      else {
        feed = new Feed(deps.connection, { after: progress.position, streams: options.streams, batchSize: options.batchSize, take: takenFor(options.categories) }, signal);
        yield* batchesOf(feed, end, progress, options);
        if (feed.failure !== undefined && !signal.aborted) await pause(deps, progress, feed.failure, signal);
      }
    } finally {
      feed?.stop();
    }
  }
}

/** An event, or the position of one that nobody asked for. */
type Taken = Recorded | Position;

function takenFor(categories: readonly string[]): (event: EventFrame) => Taken {
  const wanted = new Set(categories);
  return event => {
    // Without a place in the log it stands before everything, and is passed over.
    const { stream, type, position = ORIGIN } = event;
    // The server's own mark of a stream that was deleted for good lies in that stream: it must not stop everybody for ever.
    return position !== ORIGIN && wanted.has(categoryOf(stream)) && !type.startsWith('$') ? recordedFrom(event.content(position)) : position;
  };
}

interface Progress {
  /** Everything up to here was given. */
  position: Position;
  /** Since something came last. */
  failures: number;
}

/** Until the feed dies or the signal aborts. */
async function* batchesOf(feed: Feed<Taken>, end: Position, progress: Progress, { batchSize, signal }: FollowOptions): AsyncGenerator<EventBatch, void> {
  let events: Recorded[] = [];
  let seen = progress.position;
  /** Of an event, checkpoints aside. */
  let last = progress.position;
  let bytes = 0;
  let passed = 0;
  let caughtUp = false;
  let saidLive = false;
  let waitedTurn = false;
  const batch = (live: boolean): EventBatch => {
    const given = { events, position: seen, live };
    events = [];
    bytes = 0;
    passed = 0;
    saidLive = live;
    progress.position = seen;
    return given;
  };
  for (;;) {
    if (signal.aborted) return;
    const item = feed.next();
    if (item === undefined) {
      if (feed.failure !== undefined) {
        if (events.length > 0) yield batch(false);
        return;
      }
      // A node that lags has caught up with itself only: live is who has what was acknowledged when the subscription began.
      const live = caughtUp && seen >= end;
      if (live && (events.length > 0 || seen > progress.position || !saidLive)) {
        // What is just arriving goes into the same batch.
        if (!waitedTurn) {
          waitedTurn = true;
          await turn();
        } else yield batch(true);
      } else await feed.changed(live ? 1 : batchSize);
      continue;
    }
    waitedTurn = false;
    progress.failures = 0;
    if ('caughtUp' in item) caughtUp = item.caughtUp;
    else if ('checkpoint' in item) {
      if (item.checkpoint > seen) seen = item.checkpoint;
      passed += item.passed;
    } else {
      const { taken } = item;
      const position = typeof taken === 'string' ? taken : taken.position;
      // Given already: a repetition.
      if (position <= last) continue;
      last = position;
      if (position > seen) seen = position;
      if (typeof taken !== 'string') {
        events.push(taken);
        bytes += item.bytes;
      }
      passed += 1;
    }
    if (events.length >= batchSize || bytes >= BATCH_BYTES_MAX || passed >= Math.max(PASSED_MAX, batchSize)) yield batch(false);
  }
}

async function pause({ connection, clock, random, note }: FollowDeps, progress: Progress, cause: unknown, signal: AbortSignal): Promise<void> {
  progress.failures += 1;
  const waitMs = backOffMs(progress.failures, FIRST_BACK_OFF_MS, MOST_BACK_OFF_MS, random);
  // The first says that it broke, the others would repeat it with each attempt.
  if (progress.failures === 1) note(`A subscription to EventStoreDB at ${connection.address} broke (${reasonOf(cause)}). It is taken up again behind position ${progress.position}.`);
  await clock.sleep(waitMs, signal);
}

class Broken {
  constructor(readonly cause: unknown) {}
}

function orFailure<T>(promise: Promise<T>): Promise<T | Broken> {
  return promise.catch((error: unknown) => new Broken(error));
}

/** Fails at once when the signal aborts. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => (stop = () => reject(new Error('aborted'))));
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
