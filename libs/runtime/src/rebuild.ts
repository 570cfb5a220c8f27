// Builds tables anew beside the live ones from one shared reading of the log, compares them and switches in one step.
// Killed anywhere it goes on from its last save; until the switch nobody sees anything of it, and the old rows stay for a rollback.
// However it ends, the outcome stands in the pointer before the status says that nothing goes on any more.
import type { Instant, Position, Projection } from '@app/kernel';
import { added, collectUnlike, compareRows, type Comparison, type RowDifference, sentenceOf } from './compare-rows';
import { JournalNeeded, RowFold } from './fold-rows';
import { checkpointOf, type FoldedTable, tableSpec } from './folded-table';
import { bringTo, categoriesOf } from './follow-log';
import { movePointer, partsOf, readPointer, recordOutcome, tableName } from './live-tables';
import { forgetParked, PARKED_EVENTS, PARKED_LANES } from './parking';
import type { Clock } from './ports/clock';
import type { EventReader, ScanOptions } from './ports/event-store';
import type { BulkLoad, ReadModelStore } from './ports/read-model-store';
import type { Signals } from './ports/signals';
import type { RebuildOutcome, RunnerNotes } from './projection-status';
import type { Member } from './run-projection';

export interface RebuildRequest {
  /** Who asked for it. */
  by: string;
  reason: string | null;
}

export interface Verification {
  projection: string;
  rows: number;
  /** Both were compared as of here. */
  position: Position;
  differences: number;
  first: RowDifference | null;
}

export interface RebuildJob extends RebuildRequest {
  members: readonly Member[];
  mode: RebuildMode;
  /** Where an earlier process began it. */
  saved?: SavedJob;
  /** Called once it is sure to be carried out and the status shows it. */
  begun?: (() => void) | undefined;
  /** Whoever gave it tries it again: what is built stays there after a failure. */
  lasting?: boolean;
}

/** A verification compares and drops what it has built. */
export type RebuildMode = 'switch' | 'verify';

interface SavedJob extends RebuildRequest {
  id: string;
  mode: RebuildMode;
  tables: { projection: string; version: number; table: string }[];
  upTo: Position;
  total: number;
  startedAt: Instant;
}

/** Where a scan stands. */
interface ScanState {
  after: string | undefined;
  processed: number;
}

interface RebuildDeps {
  log: EventReader;
  store: ReadModelStore;
  signals: Signals;
  clock: Clock;
  notes: RunnerNotes;
  open(projection: Projection, table: string): Promise<FoldedTable<unknown>>;
  /** Nothing goes on any more with these. */
  ended(members: readonly Member[], error: string | null): void;
}

/** Not now: a projection is rebuilt once at a time, and only rows can be verified. */
class RebuildRefused extends Error {
  override readonly name = 'RebuildRefused';
}

const PREFIX = 'rebuild/';
const SCAN_EVENTS = 2_000;
const SAVE_ROWS = 10_000;
const SAVE_EVENTS = 20_000;
/** An order's events come together here, so few rows are needed again later. */
const ROWS_MAX = 2_000;

export class Rebuilds {
  private readonly busy = new Set<string>();

  constructor(
    private readonly deps: RebuildDeps,
    private readonly signal: AbortSignal,
  ) {}

  async run(job: RebuildJob): Promise<Record<string, RebuildOutcome>> {
    return this.carriedOut(job, async saved => {
      const { pending, done } = await this.split(job.members, saved);
      const shadows = await this.build(pending, saved);
      const outcomes: Record<string, RebuildOutcome> = done;
      for (const [member, shadow] of shadows) outcomes[member.projection.name] = await this.replace(member, shadow, saved);
      return outcomes;
    });
  }

  async verify(job: RebuildJob): Promise<Record<string, Verification>> {
    for (const { projection, table } of job.members) {
      if (table === undefined) throw new RebuildRefused(`The projection ${projection.name} has no rows of this version yet: it is being built.`);
    }
    return this.carriedOut(job, async saved => {
      const found: Record<string, Verification> = {};
      for (const [member, shadow] of await this.build(job.members, saved)) {
        const { name } = member.projection;
        const live = (member.table as FoldedTable<unknown>).table;
        const { comparison, position } = await this.compared(member, shadow, async comparison => ({ comparison, position: shadow.position }));
        found[name] = { projection: name, rows: await this.store.count(live, {}), position, ...comparison };
        await recordOutcome(this.store, name, await this.outcomeOf(member, position, comparison, saved));
      }
      return found;
    });
  }

  /** What an earlier process left: jobs to go on with; whatever cannot be gone on with is cleared away. */
  async unfinished(members: readonly Member[]): Promise<RebuildJob[]> {
    const byName = new Map(members.map(member => [member.projection.name, member]));
    const jobs: RebuildJob[] = [];
    for (const saved of await this.savedJobs()) {
      const own = saved.tables.map(({ projection, version }) => [byName.get(projection)].find(member => member?.projection.version === version));
      if (saved.mode === 'verify' || own.some(member => member === undefined)) {
        await this.recordFailure(saved, saved.mode === 'verify' ? 'The process ended before the verification did. Ask for it again.' : 'It was begun for another version. Ask for it again.');
        await this.clear(saved);
      } else jobs.push({ members: own as Member[], by: saved.by, reason: saved.reason, mode: 'switch', saved });
    }
    const kept = new Set(jobs.flatMap(job => job.saved?.tables.map(({ table }) => table) ?? []));
    for (const { projection } of members) {
      const live = (await readPointer(this.store, projection.name))?.pointer;
      for (const table of [live?.table, live?.previous?.table]) if (table !== undefined) kept.add(table);
    }
    for (const table of await this.store.tables()) {
      if (byName.has(partsOf(table)?.projection ?? '') && !kept.has(table)) await this.discard(table);
    }
    return jobs;
  }

  private get store(): ReadModelStore {
    return this.deps.store;
  }

  private async carriedOut<T>(job: RebuildJob, work: (saved: SavedJob) => Promise<T>): Promise<T> {
    const { members, begun } = job;
    const names = members.map(({ projection }) => projection.name);
    for (const name of names) if (this.busy.has(name)) throw new RebuildRefused(`The projection ${name} is being rebuilt or verified already. Wait until that has ended.`);
    for (const name of names) this.busy.add(name);
    try {
      const saved = job.saved ?? (await this.begin(job));
      try {
        if (job.saved === undefined) await this.announce(members, saved);
        begun?.();
        const result = await work(saved);
        await this.clear(saved);
        this.deps.ended(members, null);
        return result;
      } catch (error) {
        if (!this.signal.aborted && job.lasting !== true) await this.giveUp(members, saved, error);
        throw error;
      }
    } finally {
      for (const name of names) this.busy.delete(name);
    }
  }

  private async announce(members: readonly Member[], saved: SavedJob): Promise<void> {
    this.note(members, saved, 0, null);
    await this.deps.notes.settled();
  }

  /** What cannot be cleared away or recorded now is cleared away at the next start, like after a kill. */
  private async giveUp(members: readonly Member[], saved: SavedJob, error: unknown): Promise<void> {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    try {
      await this.recordFailure(saved, message);
      await this.clear(saved);
    } catch {
      // The error that is on its way says more.
    }
    this.deps.ended(members, message);
  }

  private async begin(job: RebuildJob): Promise<SavedJob> {
    for (const earlier of await this.savedJobs()) {
      if (earlier.tables.some(({ projection }) => job.members.some(member => member.projection.name === projection))) await this.clear(earlier);
    }
    const upTo = await this.deps.log.end();
    const taken = (await this.store.tables()).map(partsOf);
    const tables = await Promise.all(
      job.members.map(async ({ projection: { name, version } }) => {
        const last = (await readPointer(this.store, name))?.pointer.table;
        const generations = [...taken, last === undefined ? undefined : partsOf(last)].filter(parts => parts?.projection === name && parts.version === version);
        return { projection: name, version, table: tableName(name, version, 1 + Math.max(0, ...generations.map(parts => parts?.generation ?? 0))) };
      }),
    );
    const { by, reason, mode } = job;
    const total = await this.deps.log.countUpTo(upTo, categoriesOf(job.members));
    const saved: SavedJob = { id: (tables[0] as { table: string }).table, mode, tables, upTo, total, startedAt: this.deps.clock.now(), by, reason };
    await this.store.apply(`${PREFIX}${saved.id}`, undefined, JSON.stringify(saved), []);
    return saved;
  }

  /** Of a job that was killed between two switches a part is done. */
  private async split(members: readonly Member[], saved: SavedJob): Promise<{ pending: Member[]; done: Record<string, RebuildOutcome> }> {
    const pending: Member[] = [];
    const done: Record<string, RebuildOutcome> = {};
    for (const member of members) {
      const pointer = (await readPointer(this.store, member.projection.name))?.pointer;
      if (pointer?.table === this.tableFor(member, saved) && pointer.lastRebuild !== null) done[member.projection.name] = pointer.lastRebuild;
      else pending.push(member);
    }
    return { pending, done };
  }

  private async build(members: readonly Member[], saved: SavedJob): Promise<[Member, FoldedTable<unknown>][]> {
    const tables = members.map(member => this.tableFor(member, saved));
    const loaded = await Promise.all(tables.map(table => this.store.checkpoint(checkpointOf(table))));
    if (loaded.includes(undefined)) await this.load(members, saved);
    const shadows = await Promise.all(members.map(async (member, i): Promise<[Member, FoldedTable<unknown>]> => [member, await this.deps.open(member.projection, tables[i] as string)]));
    // What came in during the scan, then what came in during that: the rest is short.
    for (let round = 0; round < 2; round++) await bringTo(this.deps.log, shadows.map(([, shadow]) => shadow), await this.deps.log.end(), this.signal);
    return shadows;
  }

  private async load(members: readonly Member[], saved: SavedJob): Promise<void> {
    for (const spec of [PARKED_LANES, PARKED_EVENTS]) await this.store.open(spec);
    const specs = members.map(member => tableSpec(member.projection, this.tableFor(member, saved)));
    const load = await this.store.bulk(saved.id, specs);
    if (load.resumedAt === undefined) for (const { name } of specs) await forgetParked(this.store, name);
    const folds = members.map(({ projection }, i) => new RowFold(projection, (specs[i] as { name: string }).name, this.store, { rowsMax: ROWS_MAX }));
    const begin = load.resumedAt === undefined ? { after: undefined, processed: 0 } : (JSON.parse(load.resumedAt) as ScanState);
    const progress = this.progressOf(members, saved, begin.processed);
    const scan = { upTo: saved.upTo, categories: categoriesOf(members), batchSize: SCAN_EVENTS, signal: this.signal };
    // Events are not kept for folding again: that costs half the speed. Where a fold throws, the piece since the last save is read
    // again with them kept.
    let state: ScanState = begin;
    for (let journaling = false; ; journaling = true) {
      for (const fold of folds) {
        await fold.recover();
        fold.journaling = journaling;
      }
      try {
        await this.scan(folds, load, scan, state, reached => (state = reached), progress);
        break;
      } catch (error) {
        if (!(error instanceof JournalNeeded)) throw error;
      }
    }
    await load.finish();
    for (const { name } of specs) await this.store.apply(checkpointOf(name), undefined, saved.upTo, []);
  }

  private async scan(folds: readonly RowFold<unknown>[], load: BulkLoad, options: ScanOptions, from: ScanState, saved: (state: ScanState) => void, progress: (processed: number) => void): Promise<void> {
    let { after, processed } = from;
    let unsaved = 0;
    const save = async (): Promise<void> => {
      if (unsaved === 0) return;
      await load.save(folds.flatMap(fold => fold.writes()), JSON.stringify({ after, processed } satisfies ScanState));
      for (const fold of folds) {
        await fold.settled();
        fold.journaling = false;
      }
      saved({ after, processed });
      unsaved = 0;
    };
    for await (const { events, token } of this.deps.log.scan(after === undefined ? options : { ...options, after })) {
      for (const fold of folds) await fold.fold(events);
      after = token;
      processed += events.length;
      unsaved += events.length;
      progress(processed);
      if (unsaved >= SAVE_EVENTS || folds.reduce((rows, fold) => rows + fold.dirtyRows, 0) >= SAVE_ROWS) await save();
    }
    // An aborted scan ends like a complete one.
    this.signal.throwIfAborted();
    await save();
  }

  private progressOf(members: readonly Member[], saved: SavedJob, resumedAt: number): (processed: number) => void {
    const sinceMs = Date.parse(this.deps.clock.now());
    const note = (processed: number): void => {
      const seconds = (Date.parse(this.deps.clock.now()) - sinceMs) / 1_000;
      const eventsPerSecond = seconds > 0 ? Math.round((processed - resumedAt) / seconds) : null;
      this.note(members, saved, processed, eventsPerSecond);
    };
    note(resumedAt);
    return note;
  }

  private note(members: readonly Member[], { mode, total, startedAt }: SavedJob, processed: number, eventsPerSecond: number | null): void {
    const etaSeconds = eventsPerSecond ? Math.ceil(Math.max(0, total - processed) / eventsPerSecond) : null;
    const rebuild = { processed, total: Math.max(total, processed), eventsPerSecond, etaSeconds, startedAt };
    for (const { projection } of members) this.deps.notes.set(projection.name, mode === 'verify' ? { rebuild } : { state: 'REBUILDING', rebuild, error: null });
  }

  private async replace(member: Member, shadow: FoldedTable<unknown>, saved: SavedJob): Promise<RebuildOutcome> {
    return this.compared(member, shadow, async comparison => {
      const { name, version } = member.projection;
      const before = await readPointer(this.store, name);
      const outcome = await this.outcomeOf(member, shadow.position, comparison, saved);
      const previous = before === undefined ? null : { table: before.pointer.table, version: before.pointer.version };
      const pointer = { table: shadow.table, version, previous, lastRebuild: outcome };
      await movePointer(this.store, name, before?.text, pointer);
      member.table = shadow;
      this.deps.signals.publish('switched', { projection: name, table: shadow.table });
      const older = before?.pointer.previous?.table;
      if (older !== undefined) await this.discard(older);
      return outcome;
    });
  }

  private async outcomeOf(member: Member, position: Position, { differences, first }: Comparison, { mode, startedAt, by, reason }: SavedJob): Promise<RebuildOutcome> {
    return {
      startedAt,
      finishedAt: this.deps.clock.now(),
      processed: await this.deps.log.countUpTo(position, Object.keys(member.projection.reads)),
      differences,
      firstDifference: first === null ? null : sentenceOf(first),
      switched: mode === 'switch',
      by,
      reason,
      error: null,
    };
  }

  /** For those of the job that have no outcome of it yet. */
  private async recordFailure({ tables, startedAt, by, reason }: SavedJob, error: string): Promise<void> {
    for (const { projection } of tables) {
      if ((await readPointer(this.store, projection))?.pointer.lastRebuild?.startedAt === startedAt) continue;
      const processed = this.deps.notes.of(projection).rebuild?.processed ?? 0;
      await recordOutcome(this.store, projection, { startedAt, finishedAt: this.deps.clock.now(), processed, differences: 0, firstDifference: null, switched: false, by, reason, error });
    }
  }

  /**
   * Most rows are compared while both tables move; what is unlike then is looked at again while the live one is held, at the same
   * position: rows that were alike at the same event stay alike. `work` goes on under that hold.
   */
  private async compared<T>(member: Member, shadow: FoldedTable<unknown>, work: (found: Comparison) => Promise<T>): Promise<T> {
    const live = (await readPointer(this.store, member.projection.name))?.pointer.table;
    if (live === undefined) return member.exclusively(() => work({ differences: 0, first: null }));
    const { keys, beyond } = await collectUnlike(this.store, live, shadow.table);
    return member.exclusively(async () => {
      if (member.table !== undefined) {
        await member.table.recover();
        const position = member.table.position > shadow.position ? member.table.position : shadow.position;
        await bringTo(this.deps.log, [member.table, shadow], position, this.signal);
      }
      return work(added(await compareRows(this.store, live, shadow.table, keys), beyond));
    });
  }

  private tableFor(member: Member, saved: SavedJob): string {
    return (saved.tables.find(({ projection }) => projection === member.projection.name) as { table: string }).table;
  }

  private async savedJobs(): Promise<SavedJob[]> {
    return Object.values(await this.store.checkpoints(PREFIX)).map(text => JSON.parse(text) as SavedJob);
  }

  /** Removes the job, then those of its tables that are not in use: killed between the two it leaves tables that the next start drops. */
  private async clear(saved: SavedJob): Promise<void> {
    await this.store.apply(`${PREFIX}${saved.id}`, JSON.stringify(saved), undefined, []);
    for (const { projection, table } of saved.tables) {
      const pointer = (await readPointer(this.store, projection))?.pointer;
      if (pointer?.table !== table) await this.discard(table);
    }
  }

  private async discard(table: string): Promise<void> {
    for (const spec of [PARKED_LANES, PARKED_EVENTS]) await this.store.open(spec);
    // The checkpoint first: one without its table would pass off an empty table as loaded.
    const checkpoint = await this.store.checkpoint(checkpointOf(table));
    if (checkpoint !== undefined) await this.store.apply(checkpointOf(table), checkpoint, undefined, []);
    await forgetParked(this.store, table);
    await this.store.drop(table);
  }
}
