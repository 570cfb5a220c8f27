// Says of a row that differs what happened to it: its events are folded again one by one and each state is held against the row.
// Read for one row only, and only where one differs: the stream of that name where it has one, else the log once more.
import { categoryOf, type Position, type Recorded } from '@app/kernel';
import { isSameRow, type RowDifference } from './compare-rows';
import { CATCH_UP_EVENTS_MAX } from './follow-log';
import type { EventReader } from './ports/event-store';
import type { Member } from './projection-member';

export interface Explanation {
  sentence: string;
  /** The event from which on the row differs; of a row that was changed from outside its last one. */
  eventId: string | null;
}

interface ExplainDeps {
  log: EventReader;
  member: Member;
  signal: AbortSignal;
}

/** Of rows with more events only what is missing at their end is found: leaving out each in turn costs the square. */
const TURNS_EVENTS_MAX = 300;

export async function explainDifference({ log, member, signal }: ExplainDeps, { key, rows }: RowDifference, upTo: Position): Promise<Explanation> {
  const { projection } = member;
  const touches = (event: Recorded): boolean => event.position <= upTo && known(member, event) && projection.keys(event).includes(key) && !isSkipped(member, event, key);
  const own = projection.reads[categoryOf(key)] === undefined ? [] : (await log.read(key)).filter(touches);
  if (own.length > 0) {
    const trial = new Trial(member, key, rows.live);
    for (const event of own) trial.take(event);
    // Other streams may touch the row as well.
    if (isSameRow(trial.row, rows.rebuilt)) return trial.explanation();
  }
  const trial = new Trial(member, key, rows.live);
  const batches = log.subscribe({ after: log.origin, categories: Object.keys(projection.reads), batchSize: CATCH_UP_EVENTS_MAX, signal });
  for await (const { events, position, live } of batches) {
    for (const event of events) if (touches(event)) trial.take(event);
    if (live || position >= upTo) break;
  }
  signal.throwIfAborted();
  return trial.explanation();
}

/** One row, made again event by event beside what it is. */
class Trial {
  row: unknown;
  private readonly events: Recorded[] = [];
  private count = 0;
  private parked = false;
  private last: Recorded | undefined;
  /** After how many events the row was last as it is live; what came then. */
  private equal: { after: Recorded | undefined; next: Recorded | undefined } | undefined;

  constructor(
    private readonly member: Member,
    private readonly key: string,
    private readonly live: unknown,
  ) {
    if (live === undefined) this.equal = { after: undefined, next: undefined };
  }

  /** As in the rows: behind an event that a fold cannot take nothing is folded any more. */
  take(event: Recorded): void {
    if (this.parked) return;
    try {
      this.row = this.member.projection.fold(structuredClone(this.row), event, this.key);
    } catch {
      this.parked = true;
      return;
    }
    this.count += 1;
    this.last = event;
    if (this.events.length <= TURNS_EVENTS_MAX) this.events.push(event);
    if (this.equal !== undefined && this.equal.next === undefined) this.equal.next = event;
    if (isSameRow(this.row, this.live)) this.equal = { after: event, next: undefined };
  }

  explanation(): Explanation {
    if (this.last === undefined) return { sentence: 'no event touches this row: it was made from outside', eventId: null };
    if (this.equal?.next !== undefined) {
      const { after, next } = this.equal;
      return { sentence: `the live row is as it was ${after === undefined ? 'before its first event' : `after ${named(after)}`}; ${named(next)} is missing`, eventId: next.id };
    }
    return this.inTurn() ?? { sentence: `the live row is as it was after none of its ${this.count} events: it was changed from outside; the last event is ${named(this.last)}`, eventId: this.last.id };
  }

  private inTurn(): Explanation | undefined {
    if (this.count > TURNS_EVENTS_MAX) return undefined;
    for (const [at, event] of this.events.entries()) {
      if (this.gives([...this.events.slice(0, at), ...this.events.slice(at + 1)])) return { sentence: `the live row lacks ${named(event)} and holds what came after it`, eventId: event.id };
      if (this.gives([...this.events.slice(0, at + 1), ...this.events.slice(at)])) return { sentence: `the live row holds ${named(event)} twice`, eventId: event.id };
    }
    return undefined;
  }

  private gives(events: readonly Recorded[]): boolean {
    try {
      let row: unknown;
      for (const event of events) row = this.member.projection.fold(structuredClone(row), event, this.key);
      return isSameRow(row, this.live);
    } catch {
      return false;
    }
  }
}

function known({ projection }: Member, { stream, type }: Recorded): boolean {
  return projection.reads[categoryOf(stream)]?.includes(type) ?? false;
}

function isSkipped({ skipped }: Member, { id, stream }: Recorded, key: string): boolean {
  return skipped.has(id, { kind: 'key', key }) || skipped.has(id, { kind: 'stream', key: stream });
}

function named({ type, stream, revision }: Recorded): string {
  return `${type} (${stream} revision ${revision})`;
}
