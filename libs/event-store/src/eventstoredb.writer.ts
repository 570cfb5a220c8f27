// Every append comes to one answer: written, conflicting, or, when its time is over, not known. Never a false failure, never a second event.
// Attempts repeat the same ids under the same expected revision; a conflict after an attempt in doubt is settled by reading.
import type { Position } from '@app/kernel';
import { AppendTooLarge, type AppendResult, type Clock, type ExpectedRevision, type Randomness } from '@app/runtime';
import { type Answer, AppendCall } from './eventstoredb.append-call';
import type { EventStoreDbConnection } from './eventstoredb.connection';
import { AppendUnanswered, AttemptFailed, isRefusal, ServerRefuses, StreamGone } from './eventstoredb.errors';
import type { Encoded } from './eventstoredb.event-data';
import type { EventStoreDbReads } from './eventstoredb.reads';
import { backOffMs, TimeLeft } from './eventstoredb.retry';

interface WriterDeps {
  connection: EventStoreDbConnection;
  reads: EventStoreDbReads;
  clock: Clock;
  random: Randomness;
  /** From when an append is taken in to its answer, whatever it waits for; milliseconds. */
  deadlineMs: number;
}

interface Asked {
  stream: string;
  expected: ExpectedRevision;
  batch: Encoded;
  /** As of an append. */
  atLast?: (() => void) | undefined;
}

interface Waiting {
  bytes: number;
  go: () => void;
}

/** Sent and not answered, at most; more gain nothing, and others wait here in order. */
const IN_FLIGHT_MAX = 256;
const IN_FLIGHT_BYTES_MAX = 16 * 1_048_576;
/** Part of the deadline that one attempt may take, so that a lost answer leaves time for others. */
const ATTEMPT_SHARE = 0.3;
const FIRST_BACK_OFF_MS = 25;
const MOST_BACK_OFF_MS = 500;

export class EventStoreDbWriter {
  readonly counts = { appends: 0, conflicts: 0, events: 0, retries: 0 };
  /** The last append in line for each stream. */
  private readonly lanes = new Map<string, Promise<unknown>>();
  private readonly waiting: Waiting[] = [];
  private inFlight = 0;
  private inFlightBytes = 0;
  private unanswered = 0;
  private idle: (() => void)[] = [];
  private readonly call: AppendCall;

  constructor(private readonly deps: WriterDeps) {
    this.call = new AppendCall(deps);
  }

  /** Taken in and not yet answered. */
  get held(): number {
    return this.unanswered;
  }

  /** Answers of one stream come in the order of the asking. */
  append(asked: Asked): Promise<AppendResult> {
    const { stream, batch } = asked;
    this.unanswered += 1;
    const before = this.lanes.get(stream);
    const left = new TimeLeft(this.deps.deadlineMs, this.deps.clock);
    const run = before === undefined ? this.admitted(asked, left) : before.then(() => this.admitted(asked, left));
    const settled: Promise<unknown> = run.then(
      result => this.settled(result, batch),
      () => undefined,
    ).then(() => {
      if (this.lanes.get(stream) === settled) this.lanes.delete(stream);
      this.unanswered -= 1;
      if (this.unanswered === 0) for (const wake of this.idle.splice(0)) wake();
    });
    this.lanes.set(stream, settled);
    return run;
  }

  /** Resolves when everything taken in has its answer. */
  async close(): Promise<void> {
    if (this.unanswered > 0) await new Promise<void>(resolve => this.idle.push(resolve));
    this.call.close();
  }

  private settled(result: AppendResult, batch: Encoded): void {
    if (result.outcome === 'conflict') this.counts.conflicts += 1;
    else {
      this.counts.appends += 1;
      this.counts.events += batch.events.length;
    }
  }

  /** Waits for its turn among the appends in flight. */
  private async admitted(asked: Asked, left: TimeLeft): Promise<AppendResult> {
    const { batch } = asked;
    if (this.waiting.length > 0 || !this.hasRoom(batch.bytes)) await new Promise<void>(go => this.waiting.push({ bytes: batch.bytes, go }));
    else this.take(batch.bytes);
    try {
      return await this.toAnswer(asked, left);
    } finally {
      this.inFlight -= 1;
      this.inFlightBytes -= batch.bytes;
      this.admitNext();
    }
  }

  private hasRoom(bytes: number): boolean {
    return this.inFlight === 0 || (this.inFlight < IN_FLIGHT_MAX && this.inFlightBytes + bytes <= IN_FLIGHT_BYTES_MAX);
  }

  private take(bytes: number): void {
    this.inFlight += 1;
    this.inFlightBytes += bytes;
  }

  private admitNext(): void {
    let next: Waiting | undefined;
    while ((next = this.waiting[0]) !== undefined && this.hasRoom(next.bytes)) {
      this.waiting.shift();
      this.take(next.bytes);
      next.go();
    }
  }

  private async toAnswer(asked: Asked, left: TimeLeft): Promise<AppendResult> {
    const { stream, expected, batch, atLast } = asked;
    const { clock, random, connection, deadlineMs } = this.deps;
    if (left.ms <= 0) throw new AppendUnanswered(stream, batch.events.length, true, connection.address, left.elapsedMs, new Error('those before it took all its time'));
    let inDoubt = false;
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.call.attempt({ stream, expected, events: batch.events, atLast }, Math.max(1, Math.min(deadlineMs * ATTEMPT_SHARE, left.ms)));
        return await this.understood(answer, asked, left, inDoubt);
      } catch (error) {
        if (!(error instanceof AttemptFailed)) throw error;
        if (isRefusal(error)) throw new ServerRefuses(connection.address, error);
        inDoubt ||= error.sent;
        const waitMs = backOffMs(attempt, FIRST_BACK_OFF_MS, MOST_BACK_OFF_MS, random);
        if (left.ms <= waitMs) throw new AppendUnanswered(stream, batch.events.length, !inDoubt, connection.address, left.elapsedMs, error);
        this.counts.retries += 1;
        await clock.sleep(waitMs);
      }
    }
  }

  /** `inDoubt`: an earlier attempt may have been written. */
  private async understood(answer: Answer, asked: Asked, left: TimeLeft, inDoubt: boolean): Promise<AppendResult> {
    const { stream, expected, batch } = asked;
    switch (answer.outcome) {
      case 'appended':
        return answer;
      case 'conflict': {
        const written = !inDoubt || revisionOf(answer.actual) <= revisionOf(expected) ? undefined : await this.readBack(asked, revisionOf(answer.actual), left);
        return written ?? answer;
      }
      case 'placeless': {
        const first = revisionOf(expected) + 1;
        const written = await this.readBack(asked, first + batch.events.length - 1, left);
        if (written === undefined) throw new AttemptFailed(14, 'the events are said to be there and cannot be read', true);
        return written;
      }
      case 'too large': {
        // The server counts two bytes for each character of a type.
        const bytes = batch.bytes + batch.events.reduce((sum, { type }) => sum + type.length, 0);
        throw new AppendTooLarge(stream, bytes, batch.events.length);
      }
      case 'gone':
        throw new StreamGone(stream);
    }
  }

  /** What stands where the batch would: our ids, all of them, or others'. */
  private async readBack({ stream, expected, batch }: Asked, actual: number, left: TimeLeft): Promise<AppendResult | undefined> {
    const first = revisionOf(expected) + 1;
    const count = batch.events.length;
    let found;
    try {
      found = await this.deps.reads.stream(stream, first, { maxCount: count, withinMs: Math.max(1, left.ms) });
    } catch (error) {
      throw new AppendUnanswered(stream, count, false, this.deps.connection.address, left.elapsedMs, error);
    }
    // A node that lags behind the one that answered knows less: ask again.
    if ((found.at(-1)?.revision ?? first - 1) < Math.min(actual, first + count - 1)) throw new AttemptFailed(14, 'the node that was read lags behind', true);
    const last = found.at(-1);
    const ours = found.length === count && found.every(({ id }, i) => id === batch.events[i]?.id);
    return ours && last !== undefined ? { outcome: 'appended', revision: last.revision, position: last.position satisfies Position } : undefined;
  }
}

function revisionOf(expected: ExpectedRevision): number {
  return expected === 'none' ? -1 : expected;
}
