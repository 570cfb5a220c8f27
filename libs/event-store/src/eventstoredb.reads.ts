// Reads that end: of one stream or of $all, tried again over a broken connection and given up after their time.
// What a broken read has given is thrown away; it is answered whole or not at all.
import { type AllStreamResolvedEvent, BACKWARDS, END, type EventStoreDBClient, FORWARDS, type ResolvedEvent, START, type StreamingRead } from '@eventstore/db-client';
import type { Clock, Randomness } from '@app/runtime';
import type { Recorded } from '@app/kernel';
import { AT_LEADER, type EventStoreDbConnection } from './eventstoredb.connection';
import { isRefusal, noAnswer, ServerRefuses, ServerUnreachable, StreamGone, typeOf } from './eventstoredb.errors';
import { recordedOf } from './eventstoredb.event-data';
import { backOffMs, TimeLeft } from './eventstoredb.retry';

interface ReadsDeps {
  connection: EventStoreDbConnection;
  clock: Clock;
  random: Randomness;
  /** A read that does not begin to answer for so long is given up, attempts together. */
  deadlineMs: number;
}

type FromAll = { direction: 'forwards' | 'backwards'; maxCount?: number };

const FIRST_BACK_OFF_MS = 50;
const MOST_BACK_OFF_MS = 1000;
/** Events between the wire and us; the rest waits at the server. */
const READ_AHEAD = { highWaterMark: 256 };

export class EventStoreDbReads {
  constructor(private readonly deps: ReadsDeps) {}

  /** In order; empty when there is no such stream. */
  async stream(stream: string, fromRevision: number, options: { maxCount?: number; withinMs?: number } = {}): Promise<Recorded[]> {
    if (!Number.isSafeInteger(fromRevision) || fromRevision < 0) throw new TypeError(`Not a revision to read ${stream} from: ${fromRevision}`);
    try {
      return await this.patiently(options.withinMs ?? this.deps.deadlineMs, async left => {
        const events: Recorded[] = [];
        const { maxCount } = options;
        await this.drain(
          client => client.readStream(stream, { ...AT_LEADER, fromRevision: BigInt(fromRevision), ...(maxCount === undefined ? {} : { maxCount }) }, READ_AHEAD),
          ({ event }: ResolvedEvent) => {
            if (event !== undefined) events.push(recordedOf(event));
            return true;
          },
          left,
        );
        return events;
      });
    } catch (error) {
      if (typeOf(error) === 'stream-not-found') return [];
      if (typeOf(error) === 'stream-deleted') throw new StreamGone(stream);
      throw error;
    }
  }

  /** The log from one of its ends on, system events too, as long as `take` says true. `begin` runs before each attempt. */
  all({ direction, maxCount }: FromAll, begin: () => void, take: (event: AllStreamResolvedEvent) => boolean): Promise<void> {
    const options = direction === 'forwards' ? { direction: FORWARDS, fromPosition: START } as const : { direction: BACKWARDS, fromPosition: END } as const;
    return this.patiently(this.deps.deadlineMs, left => {
      begin();
      return this.drain(client => client.readAll({ ...AT_LEADER, ...options, ...(maxCount === undefined ? {} : { maxCount }) }, READ_AHEAD), take, left);
    });
  }

  private async patiently<T>(withinMs: number, read: (left: TimeLeft) => Promise<T>): Promise<T> {
    const { clock, random, connection } = this.deps;
    const left = new TimeLeft(withinMs, clock);
    for (let attempt = 1; ; attempt++) {
      try {
        return await read(left);
      } catch (error) {
        if (!(error instanceof ReadBroke)) throw error;
        const { cause } = error;
        if (typeOf(cause) === 'stream-not-found' || typeOf(cause) === 'stream-deleted') throw cause;
        if (isRefusal(cause)) throw new ServerRefuses(connection.address, cause);
        const waitMs = backOffMs(attempt, FIRST_BACK_OFF_MS, MOST_BACK_OFF_MS, random);
        if (left.ms <= waitMs) throw new ServerUnreachable(connection.address, cause);
        await clock.sleep(waitMs);
      }
    }
  }

  /** Ends early when `take` says so, and broken when nothing comes for as long as is left; a long read may take longer. What `take` throws goes through as it is. */
  private drain<E>(open: (client: EventStoreDBClient) => StreamingRead<E>, take: (event: E) => boolean, left: TimeLeft): Promise<void> {
    const reading = open(this.deps.connection.client);
    const done = new AbortController();
    return new Promise<void>((resolve, reject) => {
      let came = 0;
      const finish = (settle: () => void): void => {
        if (done.signal.aborted) return;
        done.abort();
        reading.on('error', ignore);
        settle();
        if (!reading.readableEnded) void reading.cancel().then(() => reading.destroy(), ignore);
      };
      reading.on('data', (event: E) => {
        if (done.signal.aborted) return;
        came += 1;
        try {
          if (!take(event)) finish(resolve);
        } catch (error) {
          finish(() => reject(error as Error));
        }
      });
      reading.on('end', () => finish(resolve));
      reading.on('error', (error: Error) => finish(() => reject(new ReadBroke(error))));
      const watch = async (): Promise<void> => {
        let before: number;
        let waitMs = Math.max(1, left.ms);
        do {
          before = came;
          await this.deps.clock.sleep(waitMs, done.signal);
          waitMs = this.deps.deadlineMs / 4;
        } while (came > before && !done.signal.aborted);
        finish(() => reject(new ReadBroke(noAnswer('no answer', true))));
      };
      void watch();
    });
  }
}

/** Of the connection, not of what was read. */
class ReadBroke extends Error {
  override readonly name = 'ReadBroke';
  constructor(override readonly cause: unknown) {
    super('A read broke', { cause });
  }
}

function ignore(): void {
  // A read that was given up may still break; nobody waits for it.
}
