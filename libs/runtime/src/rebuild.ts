// Builds tables anew beside the live ones from one shared reading of the log, compares them and switches in one step.
// Killed anywhere it goes on from its last save; until the switch nobody sees anything of it, and the old rows stay for a rollback.
import type { Instant, Position, Projection } from '@app/kernel';
import { added, collectUnlike, compareRows, type Comparison, type RowDifference } from './compare-rows';
import { JournalNeeded, RowFold } from './fold-rows';
import { checkpointOf, type FoldedTable, tableSpec } from './folded-table';
import { bringTo, categoriesOf } from './follow-log';
import { partsOf, readPointer, tableName, writePointer } from './live-tables';
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
  mode: 'switch' | 'verify';
  /** Where an earlier process began it. */
  saved?: SavedJob;
}

interface SavedJob extends RebuildRequest {
  id: string;
  mode: 'switch' | 'verify';
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
}

/** A projection is rebuilt once at a time. */
class RebuildUnderWay extends Error {
  override readonly name = 'RebuildUnderWay';
  constructor(projection: string) {
    super(`The projection ${projection} is being rebuilt or verified already. Wait until that has ended.`);
  }
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
    return this.claimed(job.members, async () => {
      const saved = job.saved ?? (await this.begin(job));
      const { pending, done } = await this.split(job.members, saved);
      const shadows = await this.build(pending, saved);
      const outcomes: Record<string, RebuildOutcome> = done;
      for (const [member, shadow] of shadows) outcomes[member.projection.name] = await this.replace(member, shadow, saved);
      await this.store.apply(`${PREFIX}${saved.id}`, JSON.stringify(saved), undefined, []);
      return outcomes;
    });
  }

  async verify(member: Member): Promise<Verification> {
    return this.claimed([member], async () => {
      const { name } = member.projection;
      if (member.table === undefined) throw new RangeError(`The projection ${name} has no rows of this version yet.`);
      const saved = await this.begin({ members: [member], by: 'verification', reason: null, mode: 'verify' });
      try {
        const [[, shadow]] = (await this.build([member], saved)) as [[Member, FoldedTable<unknown>]];
        const live = member.table.table;
        const { comparison, position } = await this.compared(member, shadow, async found => ({ comparison: found, position: shadow.position }));
        return { projection: name, rows: await this.store.count(live, {}), position, ...comparison };
      } finally {
        this.deps.notes.set(name, { rebuild: null });
        if (!this.signal.aborted) await this.abandon(saved);
      }
    });
  }

  /** What an earlier process left: jobs to go on with; whatever cannot be gone on with is cleared away. */
  async unfinished(members: readonly Member[]): Promise<RebuildJob[]> {
    const byName = new Map(members.map(member => [member.projection.name, member]));
    const jobs: RebuildJob[] = [];
    for (const saved of await this.savedJobs()) {
      const own = saved.tables.map(({ projection, version }) => [byName.get(projection)].find(member => member?.projection.version === version));
      if (saved.mode === 'verify' || own.some(member => member === undefined)) await this.abandon(saved);
      else jobs.push({ members: own as Member[], by: saved.by, reason: saved.reason, mode: 'switch', saved });
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

  private async claimed<T>(members: readonly Member[], work: () => Promise<T>): Promise<T> {
    const names = members.map(({ projection }) => projection.name);
    for (const name of names) if (this.busy.has(name)) throw new RebuildUnderWay(name);
    for (const name of names) this.busy.add(name);
    try {
      return await work();
    } finally {
      for (const name of names) this.busy.delete(name);
    }
  }

  private async begin(job: RebuildJob): Promise<SavedJob> {
    for (const earlier of await this.savedJobs()) {
      if (earlier.tables.some(({ projection }) => job.members.some(member => member.projection.name === projection))) await this.abandon(earlier);
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

  private progressOf(members: readonly Member[], { mode, total, startedAt }: SavedJob, resumedAt: number): (processed: number) => void {
    const sinceMs = Date.parse(this.deps.clock.now());
    const note = (processed: number): void => {
      const seconds = (Date.parse(this.deps.clock.now()) - sinceMs) / 1_000;
      const eventsPerSecond = seconds > 0 ? Math.round((processed - resumedAt) / seconds) : null;
      const etaSeconds = eventsPerSecond ? Math.ceil(Math.max(0, total - processed) / eventsPerSecond) : null;
      const rebuild = { processed, total: Math.max(total, processed), eventsPerSecond, etaSeconds, startedAt };
      for (const { projection } of members) this.deps.notes.set(projection.name, mode === 'verify' ? { rebuild } : { state: 'REBUILDING', rebuild, error: null });
    };
    note(resumedAt);
    return note;
  }

  private async replace(member: Member, shadow: FoldedTable<unknown>, saved: SavedJob): Promise<RebuildOutcome> {
    return this.compared(member, shadow, async comparison => {
      const { name, version } = member.projection;
      const before = await readPointer(this.store, name);
      const outcome: RebuildOutcome = {
        startedAt: saved.startedAt,
        finishedAt: this.deps.clock.now(),
        processed: await this.deps.log.countUpTo(shadow.position, Object.keys(member.projection.reads)),
        differences: comparison.differences,
        firstDifference: comparison.first === null ? null : sentenceOf(comparison.first),
        switched: true,
        by: saved.by,
        reason: saved.reason,
      };
      const previous = before === undefined ? null : { table: before.pointer.table, version: before.pointer.version };
      const pointer = { table: shadow.table, version, previous, lastRebuild: outcome };
      if ((await writePointer(this.store, name, before?.text, pointer)) === 'fenced') throw new Error(`Another process has switched ${name}; this rebuild was not used.`);
      member.table = shadow;
      this.deps.signals.publish('switched', { projection: name, table: shadow.table });
      const older = before?.pointer.previous?.table;
      if (older !== undefined) await this.discard(older);
      return outcome;
    });
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

  private async abandon(saved: SavedJob): Promise<void> {
    for (const { projection, table } of saved.tables) {
      const pointer = (await readPointer(this.store, projection))?.pointer;
      if (pointer?.table !== table) await this.discard(table);
    }
    await this.store.apply(`${PREFIX}${saved.id}`, JSON.stringify(saved), undefined, []);
  }

  private async discard(table: string): Promise<void> {
    for (const spec of [PARKED_LANES, PARKED_EVENTS]) await this.store.open(spec);
    await this.store.drop(table);
    await forgetParked(this.store, table);
    const checkpoint = await this.store.checkpoint(checkpointOf(table));
    if (checkpoint !== undefined) await this.store.apply(checkpointOf(table), checkpoint, undefined, []);
  }
}

function sentenceOf({ key, path, live, rebuilt }: RowDifference): string {
  return `${key}${path === '' ? '' : ` ${path}`}: ${JSON.stringify(live)} live, ${JSON.stringify(rebuilt)} rebuilt`;
}
