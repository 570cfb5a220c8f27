// From where a policy acts that has no rows at this place: rows were lost, or the log is a copy that was restored or moved elsewhere.
// What it has acted on before is told by the log: its commands name the event that was their cause.
import { categoryOf, type Policy, type Position } from '@app/kernel';
import { policyActor } from './policy-commands';
import type { EventReader } from './ports/event-store';

export interface PolicyAdoptions {
  /** The policy acts on what comes after; undefined: nobody has put it down. */
  positionOf(policy: string): Promise<Position | undefined>;
  /** Of all streams that policies give commands to. */
  categories: readonly string[];
}

/**
 * So many events before one that was acted on, some may not have been: batches are acted on together, and a copy puts the events of a stream
 * next to each other, though others came between.
 */
const UNSURE_EVENTS = 150_000;
/** So many events back a command may name its cause; what lies further back is acted on again, which changes nothing. */
const REMEMBERED_EVENTS = 400_000;
const READ_EVENTS = 2_000;

/**
 * Events up to this position were acted on, or are none of the policy's; those behind it may have been, and are recognised when their
 * commands are given again. Where the policy stands nowhere in the log, all of the log is history.
 */
export async function beginningOf(policy: Policy, log: EventReader, adoptions: PolicyAdoptions | undefined, signal: AbortSignal, { unsure = UNSURE_EVENTS, remembered = REMEMBERED_EVENTS } = {}): Promise<Position> {
  const end = await log.end();
  const adopted = await adoptions?.positionOf(policy.name);
  if (adoptions === undefined || adopted === undefined) return end;
  const read = new Remembered(new Set(Object.keys(policy.todo.reads)), unsure, remembered);
  const { id: actor } = policyActor(policy);
  let beginning = adopted;
  const own = new AbortController();
  try {
    for await (const { events, position, live } of log.subscribe({ after: adopted, categories: adoptions.categories, batchSize: READ_EVENTS, signal: AbortSignal.any([own.signal, signal]) })) {
      for (const { id, stream, position: at, meta } of events) {
        read.note(id, stream, at);
        const before = meta.actor === actor && meta.causationId !== undefined ? read.before(meta.causationId) : undefined;
        if (before !== undefined && before > beginning) beginning = before;
      }
      if (live || position >= end) break;
    }
  } finally {
    own.abort();
  }
  signal.throwIfAborted();
  return beginning;
}

/** The last events of what the policy reads, by their places among them. */
class Remembered {
  private readonly positions: Position[] = [];
  private readonly ids: string[] = [];
  private readonly places = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly categories: ReadonlySet<string>,
    private readonly unsure: number,
    private readonly max: number,
  ) {}

  note(id: string, stream: string, position: Position): void {
    if (!this.categories.has(categoryOf(stream))) return;
    const at = this.count % this.max;
    if (this.count >= this.max) this.places.delete(this.ids[at]!);
    [this.ids[at], this.positions[at]] = [id, position];
    this.places.set(id, this.count);
    this.count += 1;
  }

  /** Of the event that was taken certainly before this one. */
  before(id: string): Position | undefined {
    const place = this.places.get(id);
    if (place === undefined) return undefined;
    const earlier = place - this.unsure;
    return earlier < 0 || earlier < this.count - this.max ? undefined : this.positions[earlier % this.max];
  }
}
