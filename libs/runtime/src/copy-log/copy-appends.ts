// Appends that are under way to the target of a copy: never more than it takes at once, those of a stream in their order.
// The first failure ends it: nothing more is begun, and what was under way is waited for.
import type { Recorded } from '@app/kernel';
import type { ExpectedRevision } from '../ports/event-store';
import { type CopyTarget, TargetHoldsOther } from './copy-ends';

const BATCH_EVENTS = 500;
/** Half of what one append may take: what stores add to an event has room. */
const BATCH_BYTES = 524_288;

/** An event with its size as text. */
export interface SizedEvent {
  event: Recorded;
  bytes: number;
}

export class CopyAppends {
  private readonly streams = new Map<string, Promise<void>>();
  private readonly running = new Set<Promise<void>>();
  private failure: { error: unknown } | undefined;
  /** Events that are in the target. */
  copied = 0;

  constructor(private readonly target: CopyTarget) {}

  /** Events in the order of the log; returns when all are begun, and throws what an earlier append failed with. `next` is called between appends. */
  async begin(events: readonly SizedEvent[], next: () => void): Promise<void> {
    for (const batch of this.target.order === 'log' ? neighbours(events) : byStream(events)) {
      for (const piece of pieces(batch)) {
        while (this.running.size >= this.target.appendsMax) await Promise.race(this.running);
        if (this.failure !== undefined) throw this.failure.error;
        next();
        this.start(piece);
      }
    }
  }

  /** Waits for what is under way. */
  async finish(): Promise<void> {
    await Promise.all(this.running);
    if (this.failure !== undefined) throw this.failure.error;
  }

  private start(events: readonly Recorded[]): void {
    const { stream } = events[0]!;
    const before = this.target.order === 'log' ? undefined : this.streams.get(stream);
    const run = (before === undefined ? this.append(stream, events) : before.then(() => this.append(stream, events))).catch((error: unknown) => {
      this.failure ??= { error };
    });
    const over = run.then(() => {
      this.running.delete(over);
      if (this.streams.get(stream) === over) this.streams.delete(stream);
    });
    this.running.add(over);
    this.streams.set(stream, over);
  }

  private async append(stream: string, events: readonly Recorded[]): Promise<void> {
    if (this.failure !== undefined) return;
    const first = events[0]!.revision;
    const expected: ExpectedRevision = first === 0 ? 'none' : first - 1;
    const result = await this.target.append(stream, expected, events.map(copied));
    if (result.outcome === 'conflict') return this.goOn(stream, events, result.actual);
    this.copied += events.length;
  }

  /** Somebody has written to the stream since it was looked at: a copy that goes on beside this one, or other data. */
  private async goOn(stream: string, events: readonly Recorded[], actual: ExpectedRevision): Promise<void> {
    const { name, log } = this.target;
    const first = events[0]!.revision;
    if (actual === 'none' || actual < first) throw new Error(`The stream ${stream} of ${name} ends before revision ${first}, which was there a moment ago. Nothing more was written; begin again when nothing else writes there.`);
    const there = await log.read(stream, first);
    for (const [at, { id, revision }] of events.slice(0, there.length).entries()) {
      if (there[at]!.id.toLowerCase() !== id.toLowerCase()) throw new TargetHoldsOther(name, `another event than in the source stands at revision ${revision} of ${stream}`);
    }
    const rest = events.slice(there.length);
    if (rest.length > 0) await this.append(stream, rest);
  }
}

function copied({ id, type, version, data, meta, recordedAt }: Recorded): Pick<Recorded, 'id' | 'type' | 'version' | 'data' | 'meta' | 'recordedAt'> {
  return { id, type, version, data, meta, recordedAt };
}

/** Events of one stream that lie next to each other. */
function neighbours(events: readonly SizedEvent[]): SizedEvent[][] {
  const groups: SizedEvent[][] = [];
  for (const one of events) {
    const last = groups.at(-1);
    if (last?.[0]!.event.stream === one.event.stream) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

function byStream(events: readonly SizedEvent[]): Iterable<SizedEvent[]> {
  const groups = new Map<string, SizedEvent[]>();
  for (const one of events) {
    const group = groups.get(one.event.stream);
    if (group === undefined) groups.set(one.event.stream, [one]);
    else group.push(one);
  }
  return groups.values();
}

function* pieces(batch: readonly SizedEvent[]): Iterable<Recorded[]> {
  let piece: Recorded[] = [];
  let size = 0;
  for (const { event, bytes } of batch) {
    if (piece.length === BATCH_EVENTS || (piece.length > 0 && size + bytes > BATCH_BYTES)) {
      yield piece;
      [piece, size] = [[], 0];
    }
    piece.push(event);
    size += bytes;
  }
  yield piece;
}
