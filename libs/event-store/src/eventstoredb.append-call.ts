// Appends in flight over one call to EventStoreDB, each told its own outcome, once, within its time.
// The client's own batch append has one table for all connections: an error of one fails the callers of all, and an answer that comes
// after that throws where nobody can catch it. So the call is the client's, the table ours.
import { WrongExpectedVersion } from '@eventstore/db-client/generated/shared_pb';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import type { AppendResult, Clock, ExpectedRevision, Randomness } from '@app/runtime';
import { type AppendAnswer, appendFrame } from './eventstoredb.append-frames';
import type { BatchAppendCall, EventStoreDbConnection } from './eventstoredb.connection';
import { AttemptFailed, codeOf, connectionEnded, noAnswer, reasonOf } from './eventstoredb.errors';
import type { EncodedEvent } from './eventstoredb.event-data';

export type Answer =
  | AppendResult
  /** Durable, at a place that the server does not tell. */
  | { outcome: 'placeless' }
  /** EventStoreDB's own limit; nothing was written. */
  | { outcome: 'too large' }
  /** The stream is tombstoned; nothing was written. */
  | { outcome: 'gone' };

interface Attempt {
  stream: string;
  expected: ExpectedRevision;
  events: readonly EncodedEvent[];
  /** Asked right before it is sent; what it throws the attempt is rejected with, and nothing is sent. */
  atLast?: (() => void) | undefined;
}

interface Pending {
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
  /** Tick at which it was sent; undefined before. */
  sentAt: number | undefined;
  /** Tick. */
  until: number;
}

/** How finely time-outs are kept. */
const TICK_MS = 50;
/** The server's own deadline lies far behind ours: its clock may be another. */
const SERVER_DEADLINE_MS = 600_000;
const CODE_OF_REFUSAL = 7;

interface AppendCallDeps {
  connection: EventStoreDbConnection;
  clock: Clock;
  random: Randomness;
}

export class AppendCall {
  private readonly pending = new Map<string, Pending>();
  private current: Promise<BatchAppendCall> | undefined;
  private live: BatchAppendCall | undefined;
  /** Presumes the current call dead. */
  private abandon: ((error: AttemptFailed) => void) | undefined;
  private tick = 0;
  private answeredAt = 0;
  private ticking: AbortController | undefined;

  constructor(private readonly deps: AppendCallDeps) {}

  /** One attempt. Rejects with AttemptFailed when its outcome is not known. */
  attempt({ stream, expected, events, atLast }: Attempt, withinMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const id = this.deps.random.uuid();
      const pending: Pending = { resolve, reject, sentAt: undefined, until: this.tick + Math.ceil(withinMs / TICK_MS) };
      const send = (call: BatchAppendCall): void => {
        // It may have waited too long for the connection: then it is not sent any more.
        if (!this.pending.has(id)) return;
        try {
          const frame = appendFrame({ id, stream, expected, events, deadlineMs: Date.parse(this.deps.clock.now()) + SERVER_DEADLINE_MS });
          atLast?.();
          pending.sentAt = this.tick;
          call.write(frame);
        } catch (error) {
          // No attempt will do better.
          this.pending.delete(id);
          reject(error as Error);
        }
      };
      const unsent = (error: unknown): void => {
        if (this.pending.delete(id)) reject(new AttemptFailed(codeOf(error) ?? 14, reasonOf(error), false, error));
      };
      this.pending.set(id, pending);
      if (this.ticking === undefined) void this.watch();
      if (this.live !== undefined) send(this.live);
      else this.open().then(call => (call === this.live ? send(call) : unsent(connectionEnded('the connection broke', false))), unsent);
    });
  }

  /** To be called when nothing is in flight. */
  close(): void {
    this.ticking?.abort();
    this.live?.end();
    this.live = undefined;
    this.current = undefined;
  }

  private open(): Promise<BatchAppendCall> {
    return (this.current ??= this.connect());
  }

  private connect(): Promise<BatchAppendCall> {
    const opening = this.deps.connection.openAppends().then(({ call, failed }) => {
      const over = (error: AttemptFailed): void => {
        if (this.current !== opening) return;
        this.current = undefined;
        this.live = undefined;
        this.abandon = undefined;
        this.failSent(error);
      };
      call.on('data', (answer: AppendAnswer) => this.answered(answer));
      call.on('error', (error: Error) => {
        over(new AttemptFailed(codeOf(error) ?? 14, reasonOf(error), true, error));
        void failed(error);
      });
      call.on('end', () => over(connectionEnded('the server ended the connection', true)));
      this.abandon = error => {
        over(error);
        call.cancel();
        void failed(Object.assign(new Error(error.message), { code: 14, details: error.message }));
      };
      this.live = call;
      return call;
    });
    opening.catch(() => {
      if (this.current === opening) this.current = undefined;
    });
    return opening;
  }

  private answered({ id, result }: AppendAnswer): void {
    this.answeredAt = this.tick;
    const pending = this.pending.get(id);
    // Late, or a second time: whoever asked has been told, or has asked again.
    if (pending === undefined) return;
    this.pending.delete(id);
    try {
      pending.resolve(outcomeOf(result));
    } catch (error) {
      pending.reject(error);
    }
  }

  private failSent(error: AttemptFailed): void {
    for (const [id, pending] of this.pending) {
      if (pending.sentAt === undefined) continue;
      this.pending.delete(id);
      pending.reject(error);
    }
  }

  /** Ends what waits too long; a call on which nothing at all was answered meanwhile is taken for dead. */
  private async watch(): Promise<void> {
    const stop = new AbortController();
    this.ticking = stop;
    while (this.pending.size > 0 && !stop.signal.aborted) {
      await this.deps.clock.sleep(TICK_MS, stop.signal);
      this.tick += 1;
      let silent = false;
      for (const [id, { until, sentAt, reject }] of this.pending) {
        if (until > this.tick) continue;
        this.pending.delete(id);
        reject(noAnswer(sentAt === undefined ? 'no connection' : 'no answer', sentAt !== undefined));
        silent ||= sentAt !== undefined && this.answeredAt <= sentAt;
      }
      if (silent) this.abandon?.(noAnswer('no answer', true));
    }
    if (this.ticking === stop) this.ticking = undefined;
  }
}

function outcomeOf(result: AppendAnswer['result']): Answer {
  if (!('revision' in result)) return failureOf(result);
  const { revision, position } = result;
  return position === undefined ? { outcome: 'placeless' } : { outcome: 'appended', revision, position };
}

function failureOf(answer: BatchAppendResp): Answer {
  const error = answer.getError();
  const details = error?.getDetails();
  const name = details?.getTypeName() ?? '';
  if (name === 'event_store.client.WrongExpectedVersion') {
    const wrong = details!.unpack(bytes => WrongExpectedVersion.deserializeBinary(bytes), name);
    return { outcome: 'conflict', actual: wrong?.hasCurrentStreamRevision() ? Number(wrong.getCurrentStreamRevision()) : 'none' };
  }
  if (name === 'event_store.client.MaximumAppendSizeExceeded') return { outcome: 'too large' };
  if (name === 'event_store.client.StreamDeleted') return { outcome: 'gone' };
  const code = name === 'event_store.client.AccessDenied' ? CODE_OF_REFUSAL : (error?.getCode() ?? 2);
  throw new AttemptFailed(code, error?.getMessage() || name || 'an answer of an unknown kind', true);
}
