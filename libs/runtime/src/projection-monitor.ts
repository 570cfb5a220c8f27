// How far the projections are, read from the store and hinted by signals.
// Good in any thread, also beside a runner in another one.
import type { Position, Projection } from '@app/kernel';
import { checkpointOf } from './folded-table';
import { type LiveTables, readPointer } from './live-tables';
import { PARKED_EVENTS, PARKED_LANES, type ParkedLane } from './parking';
import type { Clock } from './ports/clock';
import type { EventReader } from './ports/event-store';
import { MissingTable, type ReadModelStore } from './ports/read-model-store';
import type { Signals } from './ports/signals';
import { type ProjectionStatus, readNotes } from './projection-status';

interface MonitorDeps {
  log: Pick<EventReader, 'end' | 'countUpTo' | 'origin'>;
  store: ReadModelStore;
  tables: LiveTables;
  signals: Signals;
  clock: Clock;
  projections: readonly Projection[];
  /** Names of those that a worker runs now, where that can be told; the notes of one that has died say otherwise. */
  running?: () => Promise<ReadonlySet<string>>;
}

/** The first event of a lane that waits, with those behind it. */
interface ParkedEvent {
  projection: string;
  /** What `retry` takes: the row's key, or the stream. */
  key: string;
  eventId: string;
  position: Position;
  error: string;
  attempts: number;
  waitingBehind: number;
}

/** A lost signal delays a waiter by no more than this. */
const RECHECK_MS = 100;
const PARKED_MAX = 1_000;

export class ProjectionMonitor {
  constructor(private readonly deps: MonitorDeps) {}

  async statuses(): Promise<ProjectionStatus[]> {
    const end = await this.deps.log.end();
    const notes = await readNotes(this.deps.store);
    const running = await this.deps.running?.();
    return Promise.all(
      this.deps.projections.map(async projection => {
        // Past the cache, and after the notes: where these say that a rebuild is over, its outcome is here.
        const pointer = (await readPointer(this.deps.store, projection.name))?.pointer;
        const position = (pointer === undefined ? undefined : await this.deps.store.checkpoint(checkpointOf(pointer.table))) ?? this.deps.log.origin;
        const note = running === undefined || running.has(projection.name) ? notes.get(projection.name) : undefined;
        const lag = position >= end ? 0 : await this.between(projection, position, end);
        return {
          name: projection.name,
          version: projection.version,
          state: note?.state ?? 'STOPPED',
          position,
          lag,
          eventsPerSecond: note?.eventsPerSecond ?? null,
          rebuild: note?.rebuild ?? null,
          lastRebuild: pointer?.lastRebuild ?? null,
          parked: pointer === undefined ? 0 : await this.parkedIn(pointer.table),
          canSwitch: pointer?.candidate?.version === projection.version,
          canRollBack: pointer?.previous?.version === projection.version,
          error: note?.error ?? null,
        };
      }),
    );
  }

  names(): string[] {
    return this.deps.projections.map(({ name }) => name);
  }

  /** What waits first under the key: a row's, or a stream's name. */
  async parkedUnder(projection: string, key: string): Promise<ParkedLane | undefined> {
    const table = (await readPointer(this.deps.store, projection))?.pointer.table;
    if (table === undefined) return undefined;
    const lanes = await this.orNothing(() => this.deps.store.getMany<ParkedLane>(PARKED_LANES.name, [`${table}|key:${key}`, `${table}|stream:${key}`]));
    const waiting = (lanes ?? []).flatMap(found => (found === undefined ? [] : [found.row]));
    return waiting.sort((a, b) => (a.position < b.position ? -1 : 1))[0];
  }

  /** Of one projection or of all, by position of the first event; at most 1,000. */
  async parkedEvents(projection?: string): Promise<ParkedEvent[]> {
    const names = this.names().filter(name => projection === undefined || name === projection);
    const found: ParkedEvent[] = [];
    for (const name of names) {
      const table = (await this.deps.tables.pointerOf(name))?.table;
      if (table === undefined) continue;
      const lanes = await this.orNothing(() => this.deps.store.find<ParkedLane>(PARKED_LANES.name, { where: { table }, limit: PARKED_MAX }));
      for (const { row } of lanes?.rows ?? []) {
        const { key, eventId, position, error, attempts, count } = row;
        found.push({ projection: name, key, eventId, position, error, attempts, waitingBehind: count - 1 });
      }
    }
    return found.sort((a, b) => (a.position < b.position ? -1 : 1)).slice(0, PARKED_MAX);
  }

  /** The log up to here is in the rows (or parked); the origin where nothing was projected yet. */
  async positionOf(projection: string): Promise<Position> {
    const table = (await this.deps.tables.pointerOf(projection))?.table;
    return (table === undefined ? undefined : await this.deps.store.checkpoint(checkpointOf(table))) ?? this.deps.log.origin;
  }

  /** True once all of them have seen the log up to the position; false when that takes longer than `timeoutMs`. */
  async waitFor(projections: readonly string[], position: Position, timeoutMs: number): Promise<boolean> {
    const waiting = new Set(projections);
    const { clock, signals } = this.deps;
    const over = new AbortController();
    let wake: () => void = () => undefined;
    const unsubscribe = signals.subscribe('projected', message => {
      if (!waiting.has(message.projection) || message.position < position) return;
      waiting.delete(message.projection);
      if (waiting.size === 0) wake();
    });
    try {
      const untilMs = Date.parse(clock.now()) + timeoutMs;
      for (;;) {
        for (const name of [...waiting]) if ((await this.positionOf(name)) >= position) waiting.delete(name);
        const leftMs = untilMs - Date.parse(clock.now());
        if (waiting.size === 0 || leftMs <= 0) return waiting.size === 0;
        const woken = new Promise<void>(resolve => (wake = resolve));
        await Promise.race([woken, clock.sleep(Math.min(leftMs, RECHECK_MS), over.signal)]);
      }
    } finally {
      unsubscribe();
      over.abort();
    }
  }

  private async between(projection: Projection, after: Position, upTo: Position): Promise<number> {
    const categories = Object.keys(projection.reads);
    const [all, seen] = await Promise.all([this.deps.log.countUpTo(upTo, categories), this.deps.log.countUpTo(after, categories)]);
    return Math.max(0, all - seen);
  }

  private async parkedIn(table: string): Promise<number> {
    return (await this.orNothing(() => this.deps.store.count(PARKED_EVENTS.name, { where: { table } }))) ?? 0;
  }

  /** Nothing was ever parked before the runner has first started. */
  private async orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof MissingTable) return undefined;
      throw error;
    }
  }
}
