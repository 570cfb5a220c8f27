// Builds tables anew beside the live ones from one shared reading of the log, compares them, and puts them in use, keeps or drops them.
// Killed anywhere it goes on from its last save; until the switch nobody sees anything of it, and the old rows stay for a rollback.
// However it ends, the outcome stands in the pointer before the status says that nothing goes on any more.
import type { Position } from '@app/kernel';
import { type Comparison, type RowDifference, sentenceOf } from './compare-rows';
import { type Explanation, explainDifference } from './explain-difference';
import type { FoldedTable } from './folded-table';
import { categoriesOf } from './follow-log';
import { type LivePointer, movePointer, partsOf, readPointer, recordOutcome, tableName } from './live-tables';
import { loadShadows } from './load-shadows';
import type { ParkedLane } from './parking';
import type { Clock } from './ports/clock';
import type { EventReader } from './ports/event-store';
import type { ReadModelStore } from './ports/read-model-store';
import type { Signals } from './ports/signals';
import type { Member } from './projection-member';
import type { RebuildOutcome, RunnerNotes } from './projection-status';
import { TablesInUse } from './put-in-use';
import { forgetJob, OperationRefused, type RebuildJob, type SavedJob, savedJobs, saveJob, tableIn } from './rebuild-job';

export interface RebuildResult {
  outcome: RebuildOutcome;
  /** Both were compared as of here. */
  position: Position;
  first: RowDifference | null;
}

interface RebuildDeps {
  log: EventReader;
  store: ReadModelStore;
  signals: Signals;
  clock: Clock;
  notes: RunnerNotes;
  open(member: Member, table: string): Promise<FoldedTable<unknown>>;
  onParked: (lane: ParkedLane) => void;
  /** Nothing goes on any more with these. */
  ended(members: readonly Member[], error: string | null): void;
}

export class Rebuilds {
  private readonly busy = new Set<string>();
  private readonly tables: TablesInUse;

  constructor(
    private readonly deps: RebuildDeps,
    private readonly signal: AbortSignal,
  ) {
    this.tables = new TablesInUse({ ...deps, signal });
  }

  /** Something is being built, verified or put in use. */
  get isUnderWay(): boolean {
    return this.busy.size > 0;
  }

  async run(job: RebuildJob): Promise<Record<string, RebuildResult>> {
    for (const { projection, table } of job.mode === 'switch' ? [] : job.members) {
      if (table === undefined) throw new OperationRefused('NotBuiltYet', `The projection ${projection.name} has no rows of this version yet: it is being built.`);
    }
    return this.carriedOut(job, async saved => {
      const { pending, done } = await this.split(job.members, saved);
      await loadShadows(pending, saved, { ...this.deps, signal: this.signal, progress: this.progressOf(pending, saved) });
      const shadows = await Promise.all(pending.map(async (member): Promise<[Member, FoldedTable<unknown>]> => [member, await this.deps.open(member, tableIn(saved, member))]));
      await this.tables.bringNear(shadows.map(([, shadow]) => shadow));
      const results: Record<string, RebuildResult> = done;
      for (const [member, shadow] of shadows) results[member.projection.name] = await this.finish(member, shadow, saved);
      return results;
    });
  }

  /** Answers what is in use then. Throws OperationRefused. */
  exchange(member: Member, which: 'switch' | 'rollback', operation: string): Promise<LivePointer> {
    return this.alone([member], () => (which === 'switch' ? this.tables.switchToCandidate(member, operation) : this.tables.rollBack(member, operation)));
  }

  /** The outcome that the operation has left, if it was carried out before its process died. */
  async outcomeOf(member: Member, operation: string): Promise<{ pointer: LivePointer; result: RebuildResult | null } | undefined> {
    const pointer = (await readPointer(this.store, member.projection.name))?.pointer;
    if (pointer?.operation !== operation) return undefined;
    return { pointer, result: pointer.lastRebuild === null ? null : { outcome: pointer.lastRebuild, position: this.deps.log.origin, first: null } };
  }

  /** The job that an earlier process began for one of these operations. */
  async savedFor(operations: readonly string[]): Promise<SavedJob | undefined> {
    return (await savedJobs(this.store)).find(saved => Object.values(saved.operations).some(id => operations.includes(id)));
  }

  /**
   * What an earlier process left. Those of operations that are still `pending` stay for whoever carries these out; where no operations
   * are recorded (undefined) the jobs to go on with are answered; the rest is cleared away. Jobs and tables of other projections belong
   * to other runners.
   */
  async unfinished(members: readonly Member[], pending: ReadonlySet<string> | undefined): Promise<RebuildJob[]> {
    const jobs: RebuildJob[] = [];
    for (const saved of await savedJobs(this.store)) {
      const own = members.filter(({ projection }) => saved.tables.some(table => table.projection === projection.name));
      if (own.length === 0) continue;
      const operations = Object.values(saved.operations);
      const fits = saved.tables.every(({ projection, version }) => own.some(member => member.projection.name === projection && member.projection.version === version));
      if (fits && operations.some(id => pending?.has(id))) continue;
      if (fits && pending === undefined && saved.mode === 'switch') jobs.push({ members: own, by: saved.by, reason: saved.reason, mode: 'switch', operations: saved.operations, saved });
      else {
        await this.recordFailure(own, saved, saved.mode === 'switch' ? 'It was begun for another version. Ask for it again.' : 'The process ended before it did. Ask for it again.');
        await this.clear(saved, own);
      }
    }
    await this.clean(members);
    return jobs;
  }

  private get store(): ReadModelStore {
    return this.deps.store;
  }

  /** Drops tables of these projections that nothing names any more. */
  private async clean(members: readonly Member[]): Promise<void> {
    const kept = new Set((await savedJobs(this.store)).flatMap(saved => saved.tables.map(({ table }) => table)));
    for (const { projection } of members) {
      const live = await readPointer(this.store, projection.name);
      if (live === undefined) continue;
      let { candidate } = live.pointer;
      if (candidate !== null && candidate.version !== projection.version) {
        candidate = null;
        await movePointer(this.store, projection.name, live.text, { ...live.pointer, candidate });
      }
      for (const found of [live.pointer, live.pointer.previous, candidate]) if (found !== null) kept.add(found.table);
    }
    const names = new Set(members.map(({ projection }) => projection.name));
    for (const table of await this.store.tables()) {
      if (names.has(partsOf(table)?.projection ?? '') && !kept.has(table)) await this.tables.discard(table);
    }
  }

  private async alone<T>(members: readonly Member[], work: () => Promise<T>): Promise<T> {
    const names = members.map(({ projection }) => projection.name);
    for (const name of names) if (this.busy.has(name)) throw new OperationRefused('RebuildUnderWay', `The projection ${name} is being rebuilt or verified already. Wait until that has ended.`);
    for (const name of names) this.busy.add(name);
    try {
      return await work();
    } finally {
      for (const name of names) this.busy.delete(name);
    }
  }

  private carriedOut<T>(job: RebuildJob, work: (saved: SavedJob) => Promise<T>): Promise<T> {
    const { members, begun } = job;
    return this.alone(members, async () => {
      const saved = job.saved ?? (await this.begin(job));
      try {
        if (job.saved === undefined) await this.announce(members, saved);
        begun?.();
        const result = await work(saved);
        await this.clear(saved, members);
        this.deps.ended(members, null);
        return result;
      } catch (error) {
        if (!this.signal.aborted && job.lasting !== true) await this.giveUp(members, saved, error);
        throw error;
      }
    });
  }

  private async announce(members: readonly Member[], saved: SavedJob): Promise<void> {
    this.note(members, saved, 0, null);
    await this.deps.notes.settled();
  }

  /** What cannot be cleared away or recorded now is cleared away at the next start, like after a kill. */
  private async giveUp(members: readonly Member[], saved: SavedJob, error: unknown): Promise<void> {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    try {
      await this.recordFailure(members, saved, message);
      await this.clear(saved, members);
    } catch {
      // The error that is on its way says more.
    }
    this.deps.ended(members, message);
  }

  private async begin(job: RebuildJob): Promise<SavedJob> {
    for (const earlier of await savedJobs(this.store)) {
      if (earlier.tables.some(({ projection }) => job.members.some(member => member.projection.name === projection))) await this.clear(earlier, job.members);
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
    const { by, reason, mode, operations } = job;
    const total = await this.deps.log.countUpTo(upTo, categoriesOf(job.members));
    const saved: SavedJob = { id: (tables[0] as { table: string }).table, mode, operations, tables, upTo, total, startedAt: this.deps.clock.now(), by, reason };
    await saveJob(this.store, saved);
    return saved;
  }

  /** Of a job that was killed between two of them a part is done. */
  private async split(members: readonly Member[], saved: SavedJob): Promise<{ pending: Member[]; done: Record<string, RebuildResult> }> {
    const pending: Member[] = [];
    const done: Record<string, RebuildResult> = {};
    for (const member of members) {
      const { name } = member.projection;
      const pointer = (await readPointer(this.store, name))?.pointer;
      const table = tableIn(saved, member);
      const isDone = pointer !== undefined && (pointer.table === table || pointer.candidate?.table === table || (pointer.operation !== null && pointer.operation === saved.operations[name]));
      if (isDone && pointer.lastRebuild !== null) done[name] = { outcome: pointer.lastRebuild, position: this.deps.log.origin, first: null };
      else pending.push(member);
    }
    return { pending, done };
  }

  private progressOf(members: readonly Member[], saved: SavedJob): (processed: number, resumedAt: number) => void {
    const sinceMs = Date.parse(this.deps.clock.now());
    return (processed, resumedAt) => {
      const seconds = (Date.parse(this.deps.clock.now()) - sinceMs) / 1_000;
      this.note(members, saved, processed, seconds > 0 ? Math.round((processed - resumedAt) / seconds) : null);
    };
  }

  private note(members: readonly Member[], { mode, total, startedAt }: SavedJob, processed: number, eventsPerSecond: number | null): void {
    const etaSeconds = eventsPerSecond ? Math.ceil(Math.max(0, total - processed) / eventsPerSecond) : null;
    const rebuild = { processed, total: Math.max(total, processed), eventsPerSecond, etaSeconds, startedAt };
    for (const { projection } of members) this.deps.notes.set(projection.name, mode === 'verify' ? { rebuild } : { state: 'REBUILDING', rebuild, error: null });
  }

  private async finish(member: Member, shadow: FoldedTable<unknown>, saved: SavedJob): Promise<RebuildResult> {
    const { name } = member.projection;
    const operation = saved.operations[name] ?? null;
    if (saved.mode === 'switch') {
      return this.tables.compared(member, shadow, async comparison => {
        const outcome = await this.outcome(member, shadow.position, comparison, null, saved);
        await this.tables.replace(member, shadow, outcome, operation);
        return { outcome, position: shadow.position, first: comparison.first };
      });
    }
    const { comparison, position } = await this.tables.compared(member, shadow, async found => ({ comparison: found, position: shadow.position }));
    const { first } = comparison;
    const explanation = first === null ? null : await explainDifference({ log: this.deps.log, member, signal: this.signal }, first, position);
    const outcome = await this.outcome(member, position, comparison, explanation, saved);
    if (saved.mode === 'keep') await this.tables.keep(member, shadow, outcome, operation);
    else await recordOutcome(this.store, name, { lastRebuild: outcome, operation });
    return { outcome, position, first };
  }

  private async outcome(member: Member, position: Position, { differences, first }: Comparison, explanation: Explanation | null, { mode, startedAt, by, reason }: SavedJob): Promise<RebuildOutcome> {
    const difference = first === null ? null : sentenceOf(first);
    return {
      startedAt,
      finishedAt: this.deps.clock.now(),
      processed: await this.deps.log.countUpTo(position, Object.keys(member.projection.reads)),
      differences,
      firstDifference: explanation === null ? difference : `${difference}; ${explanation.sentence}`,
      firstDifferingEventId: explanation?.eventId ?? null,
      switched: mode === 'switch',
      by,
      reason,
      error: null,
    };
  }

  /** For those that have no outcome of it yet. */
  private async recordFailure(members: readonly Member[], saved: SavedJob, error: string): Promise<void> {
    const { startedAt, by, reason } = saved;
    const { pending } = await this.split(members, saved);
    for (const { projection } of pending) {
      const processed = this.deps.notes.of(projection.name).rebuild?.processed ?? 0;
      const lastRebuild = { startedAt, finishedAt: this.deps.clock.now(), processed, differences: 0, firstDifference: null, firstDifferingEventId: null, switched: false, by, reason, error };
      await recordOutcome(this.store, projection.name, { lastRebuild });
    }
  }

  /** Removes the job, then those of its tables that nobody uses: killed between the two it leaves tables that the next start drops. */
  private async clear(saved: SavedJob, members: readonly Member[]): Promise<void> {
    await forgetJob(this.store, saved);
    for (const member of members) {
      const found = saved.tables.find(({ projection }) => projection === member.projection.name);
      const pointer = (await readPointer(this.store, member.projection.name))?.pointer;
      if (found !== undefined && ![pointer?.table, pointer?.previous?.table, pointer?.candidate?.table].includes(found.table)) await this.tables.discard(found.table);
    }
  }
}
