// What the runner of projections tells about itself, kept in the store so that every thread and process can read it.
// Written when a state changes and at most once a second while something goes on.
import type { Instant, Position } from '@app/kernel';
import type { ReadModelStore } from './ports/read-model-store';

type ProjectionState = 'LIVE' | 'CATCHING_UP' | 'REBUILDING' | 'STOPPED';

interface RebuildProgress {
  /** Events. */
  processed: number;
  total: number;
  /** Null while it cannot be told. */
  eventsPerSecond: number | null;
  etaSeconds: number | null;
  startedAt: Instant;
}

export interface RebuildOutcome {
  startedAt: Instant;
  finishedAt: Instant;
  /** Events. */
  processed: number;
  /** Rows that are not as the live ones were; says nothing where there is an error. */
  differences: number;
  /** Key, path and both values of the first of them. */
  firstDifference: string | null;
  /** From this event on the first of them differs; null in a rebuild that was put in use at once. */
  firstDifferingEventId: string | null;
  switched: boolean;
  by: string;
  reason: string | null;
  /** Why it ended without a result; null where it has one. */
  error: string | null;
}

export interface ProjectionStatus {
  name: string;
  version: number;
  state: ProjectionState;
  position: Position;
  /** Events of its categories that it has not seen; an estimate where the store estimates. */
  lag: number;
  eventsPerSecond: number | null;
  rebuild: RebuildProgress | null;
  lastRebuild: RebuildOutcome | null;
  /** Events that wait. */
  parked: number;
  /** Rows that were built and kept wait for a switch. */
  canSwitch: boolean;
  /** The rows before are there and of this version. */
  canRollBack: boolean;
  /** Why it is stopped. */
  error: string | null;
}

interface RunnerNote {
  state: ProjectionState;
  error: string | null;
  eventsPerSecond: number | null;
  rebuild: RebuildProgress | null;
}

const PREFIX = 'status/';
const EVERY_MS = 1_000;

export async function readNotes(store: ReadModelStore): Promise<Map<string, RunnerNote>> {
  const notes = await store.checkpoints(PREFIX);
  return new Map(Object.entries(notes).map(([name, text]) => [name.slice(PREFIX.length), JSON.parse(text) as RunnerNote]));
}

/** The notes of one runner. A note that cannot be written is left out: the next one tells more. */
export class RunnerNotes {
  private readonly notes = new Map<string, { note: RunnerNote; writtenAtMs: number }>();
  private line: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: ReadModelStore,
    private readonly nowMs: () => number,
  ) {}

  of(projection: string): RunnerNote {
    return this.notes.get(projection)?.note ?? { state: 'CATCHING_UP', error: null, eventsPerSecond: null, rebuild: null };
  }

  set(projection: string, change: Partial<RunnerNote>): void {
    const before = this.notes.get(projection);
    const note = { ...this.of(projection), ...change };
    const calm = before !== undefined && before.note.state === note.state && before.note.error === note.error && (before.note.rebuild === null) === (note.rebuild === null);
    const nowMs = this.nowMs();
    const due = !calm || nowMs - before.writtenAtMs >= EVERY_MS;
    this.notes.set(projection, { note, writtenAtMs: due ? nowMs : before.writtenAtMs });
    if (due) this.line = this.line.then(() => this.write(projection)).catch(() => undefined);
  }

  /** Resolves when everything noted so far is stored. */
  async settled(): Promise<void> {
    await this.line;
  }

  private async write(projection: string): Promise<void> {
    const name = `${PREFIX}${projection}`;
    await this.store.apply(name, await this.store.checkpoint(name), JSON.stringify(this.of(projection)), []);
  }
}
