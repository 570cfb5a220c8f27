// Copies a log, stream by stream as it is, and proves that the copy is equal: the target is read back from its beginning.
// Ended anywhere it goes on when it is called again; a target that holds anything else is refused before anything is written.
import type { Position, Recorded } from '@app/kernel';
import { foreignAt, isForeign } from '../foreign-event';
import { CopyAppends, type SizedEvent } from './copy-appends';
import { type CopyProgress, type CopySource, type CopyTarget, TargetHoldsOther } from './copy-ends';
import { canonicalEvent } from './event-digest';
import { type LogSummary, StreamLedger } from './stream-ledger';

interface CopyLogOptions {
  source: CopySource;
  target: CopyTarget;
  /** Of all streams that are copied. */
  categories: readonly string[];
  /** Compares and writes nothing. */
  compareOnly: boolean;
  /** Ends the copy with its reason; what was written stays. */
  signal: AbortSignal;
  progress: (progress: CopyProgress) => void;
}

interface Difference {
  stream: string;
  /** The first one that is not the same, or that only one of them has. */
  revision: number;
  what: string;
}

export interface LogProof {
  /** Of the source: everything up to here is in the proof. */
  position: Position;
  source: LogSummary;
  /** As read back. */
  target: LogSummary;
  /** Events that this run has written. */
  copied: number;
  equal: boolean;
  /** In the first stream by name that differs. */
  difference: Difference | null;
}

/** Of one log alone, read from its beginning. */
export async function sumUpLog(log: CopySource['log'], categories: readonly string[], signal: AbortSignal, progress: (events: number) => void): Promise<LogSummary> {
  const { target: sum } = new StreamLedger();
  const upTo = await log.end();
  if (upTo > log.origin) {
    for await (const { events } of log.scan({ upTo, categories, batchSize: READ_EVENTS, signal })) {
      for (const event of events) sum.add(ours(event));
      progress(sum.events);
    }
    signal.throwIfAborted();
  }
  return sum.summary();
}

/** Events at hand for appends. In a log by time the events of a stream lie far apart: where a stream's go together, the more at hand, the larger the appends. */
const WINDOW_EVENTS = { log: 1_000, stream: 20_000 };
const WINDOW_BYTES = 32 * 1_048_576;
const READ_EVENTS = 1_000;

/** Throws `TargetHoldsOther`. */
export async function copyLog(options: CopyLogOptions): Promise<LogProof> {
  const position = await options.source.log.end();
  return new LogCopy(options, position, await options.source.log.countUpTo(position, options.categories)).run();
}

class LogCopy {
  private readonly ledger = new StreamLedger();

  constructor(
    private readonly options: CopyLogOptions,
    private readonly position: Position,
    /** Of the source; an estimate. */
    private readonly total: number,
  ) {}

  async run(): Promise<LogProof> {
    const { ledger } = this;
    const { target, compareOnly } = this.options;
    await this.readTarget('reading', this.total);
    const appends = new CopyAppends(target);
    if (ledger.target.events === 0 && !compareOnly) await this.copy(this.options.source.log.origin, appends, (event) => ledger.source.add(event));
    else {
      const missing = await this.compare();
      if (missing !== undefined && !compareOnly) {
        await this.copy(missing, appends, (event) => (event.revision < ledger.target.count(event.stream) ? undefined : Buffer.byteLength(canonicalEvent(event))));
      }
    }
    await target.settled();
    if (appends.copied > 0) {
      ledger.target.clear();
      await this.readTarget('proving', ledger.source.events);
    }
    return this.proof(appends.copied);
  }

  /** Reads the source beside what the target holds; answers after which position something is missing there, undefined when nothing is. */
  private async compare(): Promise<Position | undefined> {
    const { source, target } = this.ledger;
    let seen = this.options.source.log.origin;
    let missing: Position | undefined;
    let other: string | undefined;
    await this.follow(seen, 'comparing', (events, reached) => {
      for (const event of events) {
        source.add(event);
        const held = target.count(event.stream);
        if (event.revision >= held) missing ??= seen;
        else if (event.revision === held - 1 && !source.digest(event.stream).equals(target.digest(event.stream))) other ??= event.stream;
      }
      seen = reached;
    });
    other ??= this.ledger.longerInTarget();
    if (other !== undefined && !this.options.compareOnly) await this.refuse(other);
    return missing;
  }

  /** Copies what `sizeOf` gives a size in bytes. */
  private async copy(after: Position, appends: CopyAppends, sizeOf: (event: Recorded) => number | undefined): Promise<void> {
    const before = this.ledger.target.events;
    const tell = (): void => this.options.progress({ step: 'copying', done: before + appends.copied, total: Math.max(this.total, before + appends.copied) });
    const windowEvents = WINDOW_EVENTS[this.options.target.order];
    let window: SizedEvent[] = [];
    let bytes = 0;
    const begin = async (): Promise<void> => {
      const full = window;
      [window, bytes] = [[], 0];
      await appends.begin(full, () => {
        tell();
        this.options.signal.throwIfAborted();
      });
    };
    try {
      await this.follow(after, undefined, async (events) => {
        for (const event of events) {
          const size = sizeOf(event);
          if (size === undefined) continue;
          window.push({ event, bytes: size });
          bytes += size;
          if (window.length >= windowEvents || bytes >= WINDOW_BYTES) await begin();
        }
      });
      await begin();
    } finally {
      await appends.finish();
    }
    tell();
  }

  /** The source after a position, in the order of the log. */
  private async follow(after: Position, step: CopyProgress['step'] | undefined, take: (events: readonly Recorded[], reached: Position) => void | Promise<void>): Promise<void> {
    if (this.position <= after) return;
    const { source, categories, signal, progress } = this.options;
    let done = 0;
    for await (const { events, position } of source.log.subscribe({ after, categories, batchSize: READ_EVENTS, signal })) {
      const asked = events.filter((event) => event.position <= this.position);
      asked.forEach(ours);
      await take(asked, position);
      done += asked.length;
      if (step !== undefined) progress({ step, done, total: Math.max(this.total, done) });
      if (position >= this.position) return;
    }
    signal.throwIfAborted();
    throw new Error(`${source.name} ended before position ${this.position} was read.`);
  }

  private async readTarget(step: CopyProgress['step'], total: number): Promise<void> {
    const { log } = this.options.target;
    const { categories, signal, progress } = this.options;
    const upTo = await log.end();
    if (upTo <= log.origin) return;
    for await (const { events } of log.scan({ upTo, categories, batchSize: READ_EVENTS, signal })) {
      for (const event of events) {
        // A comparison counts it as what it is: an event that the source does not have.
        if (isForeign(event) && !this.options.compareOnly) throw new TargetHoldsOther(this.options.target.name, foreignAt(event));
        this.ledger.target.add(event);
      }
      progress({ step, done: this.ledger.target.events, total: Math.max(total, this.ledger.target.events) });
    }
    signal.throwIfAborted();
  }

  private async proof(copied: number): Promise<LogProof> {
    const source = this.ledger.source.summary();
    const target = this.ledger.target.summary();
    const stream = this.ledger.firstDifference();
    const difference = stream === undefined ? null : await this.locate(stream);
    return { position: this.position, source, target, copied, equal: difference === null && source.hash === target.hash, difference };
  }

  private async refuse(stream: string): Promise<never> {
    throw new TargetHoldsOther(this.options.target.name, (await this.locate(stream)).what);
  }

  private async locate(stream: string): Promise<Difference> {
    const { source, target } = this.options;
    const here = (await source.log.read(stream)).filter(({ position }) => position <= this.position).map(canonicalEvent);
    const there = (await target.log.read(stream)).map(canonicalEvent);
    const unlike = there.findIndex((event, revision) => event !== here[revision]);
    const revision = unlike < 0 ? there.length : unlike;
    const what =
      revision >= here.length
        ? `${stream} has ${there.length} events there and ${here.length} in the source`
        : revision >= there.length
          ? `${stream} lacks revision ${revision} and what follows`
          : `revision ${revision} of ${stream} is not the event of the source`;
    return { stream, revision, what };
  }
}

/** A copy would make it an event of ours, and leave out what it was. */
function ours(event: Recorded): Recorded {
  if (isForeign(event)) throw new Error(`${foreignAt(event)}: the log cannot be copied whole.`);
  return event;
}
