// Compares tables that move with the log at one position, and changes which of them is in use, in one step.
// Until then nobody sees anything of a table; the one that was in use stays for a rollback, older ones are dropped.
import type { Position } from '@app/kernel';
import { added, collectUnlike, compareRows, type Comparison } from './compare-rows';
import { checkpointOf, type FoldedTable } from './folded-table';
import { bringTo } from './follow-log';
import { type LivePointer, movePointer, readPointer, recordOutcome, type TableOfVersion } from './live-tables';
import { forgetParked, PARKED_EVENTS, PARKED_LANES, type ParkedLane } from './parking';
import type { EventReader } from './ports/event-store';
import type { ReadModelStore } from './ports/read-model-store';
import type { Signals } from './ports/signals';
import type { Member } from './projection-member';
import type { RebuildOutcome } from './projection-status';
import { OperationRefused } from './rebuild-job';

interface InUseDeps {
  log: EventReader;
  store: ReadModelStore;
  signals: Signals;
  open(member: Member, table: string): Promise<FoldedTable<unknown>>;
  signal: AbortSignal;
}

type Shadow = FoldedTable<unknown>;

const LANES_PAGE = 500;
const LEVEL_EVENTS_MAX = 20_000;

export class TablesInUse {
  constructor(private readonly deps: InUseDeps) {}

  /** Near the end of the log as it is; the rest is short. */
  async bringNear(shadows: readonly Shadow[]): Promise<void> {
    // What came in during the first round is less.
    for (let round = 0; round < 2; round++) await this.bring(shadows, await this.deps.log.end());
  }

  /**
   * Most rows are compared while both tables move; what is unlike then is looked at again while the live one is held, at the same
   * position: rows that were alike at the same event stay alike. `work` goes on under that hold.
   */
  async compared<T>(member: Member, shadow: Shadow, work: (found: Comparison) => Promise<T>): Promise<T> {
    const live = (await readPointer(this.deps.store, member.projection.name))?.pointer;
    // Rows of this version that nobody follows any more are only old: that says nothing.
    const isComparable = live !== undefined && (member.table !== undefined || live.version !== member.projection.version);
    const { keys, beyond } = isComparable ? await collectUnlike(this.deps.store, live.table, shadow.table) : { keys: [], beyond: { differences: 0, first: null } };
    return member.exclusively(async () => {
      await this.level(member, shadow);
      return work(isComparable ? added(await compareRows(this.deps.store, live.table, shadow.table, keys), beyond) : beyond);
    });
  }

  /** Under the hold of `compared`. */
  async replace(member: Member, shadow: Shadow, lastRebuild: RebuildOutcome, operation: string | null): Promise<void> {
    const before = await this.pointerOf(member);
    const { version } = member.projection;
    const previous = before === undefined ? null : { table: before.pointer.table, version: before.pointer.version };
    await this.move(member, shadow, before?.text, { table: shadow.table, version, previous, candidate: null, operation, lastRebuild });
    await this.drop(before?.pointer.previous, before?.pointer.candidate);
  }

  async keep(member: Member, { table }: Shadow, lastRebuild: RebuildOutcome, operation: string | null): Promise<void> {
    const { name, version } = member.projection;
    const before = await this.pointerOf(member);
    await recordOutcome(this.deps.store, name, { lastRebuild, operation, candidate: { table, version } });
    await this.drop(before?.pointer.candidate);
  }

  /** Puts the rows that were kept in use, where the live ones stand by then; those are kept for a rollback. */
  async switchToCandidate(member: Member, operation: string): Promise<LivePointer> {
    const before = await this.pointerOf(member);
    const candidate = this.usable(member, before?.pointer.candidate, 'CandidateMissing', 'no rows that were built and kept', `Build them first: ops projections rebuild ${member.projection.name} --keep.`);
    return this.exchange(member, candidate, ({ table, version, previous, lastRebuild }) => {
      const outcome = lastRebuild === null ? null : { ...lastRebuild, switched: true };
      return { next: { ...candidate, previous: { table, version }, candidate: null, operation, lastRebuild: outcome }, drop: previous };
    });
  }

  /** Puts the rows before back, brought up to where the live ones stand; a second rollback undoes the first. */
  async rollBack(member: Member, operation: string): Promise<LivePointer> {
    const before = await this.pointerOf(member);
    const previous = this.usable(member, before?.pointer.previous, 'PreviousMissing', 'no rows from before its last switch', 'There is nothing to go back to.');
    return this.exchange(member, previous, ({ table, version, candidate, lastRebuild }) => ({ next: { ...previous, previous: { table, version }, candidate, operation, lastRebuild }, drop: null }));
  }

  async discard(table: string): Promise<void> {
    const { store } = this.deps;
    for (const spec of [PARKED_LANES, PARKED_EVENTS]) await store.open(spec);
    // The checkpoint first: one without its table would pass off an empty table as loaded.
    const checkpoint = await store.checkpoint(checkpointOf(table));
    if (checkpoint !== undefined) await store.apply(checkpointOf(table), checkpoint, undefined, []);
    await forgetParked(store, table);
    await store.drop(table);
  }

  private usable(member: Member, found: TableOfVersion | null | undefined, rejection: string, what: string, hint: string): TableOfVersion {
    const { name, version } = member.projection;
    if (found == null) throw new OperationRefused(rejection, `The projection ${name} has ${what}. ${hint}`);
    if (found.version !== version) throw new OperationRefused('RowsOfOtherVersion', `Those rows of ${name} are of version ${found.version}; this release folds version ${version} and could not go on with them. Rebuild it instead.`);
    if (member.table === undefined) throw new OperationRefused('NotBuiltYet', `The projection ${name} has no rows of this version yet: it is being built.`);
    return found;
  }

  private async exchange(member: Member, { table }: TableOfVersion, to: (before: LivePointer) => { next: LivePointer; drop: TableOfVersion | null }): Promise<LivePointer> {
    const shadow = await this.deps.open(member, table);
    await this.bringNear([shadow]);
    return member.exclusively(async () => {
      await this.level(member, shadow);
      const before = (await this.pointerOf(member)) as { pointer: LivePointer; text: string };
      const { next, drop } = to(before.pointer);
      await this.move(member, shadow, before.text, next);
      await this.drop(drop);
      return next;
    });
  }

  private async move(member: Member, shadow: Shadow, from: string | undefined, next: LivePointer): Promise<void> {
    const { name } = member.projection;
    await movePointer(this.deps.store, name, from, next);
    member.table = shadow;
    this.deps.signals.publish('switched', { projection: name, table: shadow.table });
  }

  /** Both to the position of the one that is ahead, without whatever was skipped; what was taken up in the one is in the other too. */
  private async level({ table: live }: Member, shadow: Shadow): Promise<void> {
    await shadow.recover();
    if (live !== undefined) {
      await live.recover();
      const position = live.position > shadow.position ? live.position : shadow.position;
      await this.bring([live, shadow], position);
      await live.leaveOutSkipped();
      for (const key of await this.takenUp(live.table, shadow.table)) while ((await shadow.retry(key)).more);
    }
    await shadow.leaveOutSkipped();
  }

  /** Keys under which something is parked in the shadow that was taken up in the live table meanwhile. */
  private async takenUp(live: string, shadow: string): Promise<string[]> {
    const { store } = this.deps;
    const keys: string[] = [];
    for (let after: string | undefined; ; ) {
      const query = { where: { table: shadow }, limit: LANES_PAGE };
      const page = await store.find<ParkedLane>(PARKED_LANES.name, after === undefined ? query : { ...query, after });
      const lanes = await store.getMany(PARKED_LANES.name, page.rows.map(({ key }) => `${live}${key.slice(shadow.length)}`));
      for (const [i, { row }] of page.rows.entries()) if (lanes[i] === undefined) keys.push(row.key);
      after = page.rows.at(-1)?.cursor;
      if (!page.hasMore || after === undefined) return keys;
    }
  }

  private bring(tables: readonly Shadow[], to: Position): Promise<void> {
    const { log, store, signal } = this.deps;
    return bringTo(log, tables, to, signal, store.batchMax === undefined ? undefined : Math.min(LEVEL_EVENTS_MAX, store.batchMax.rows));
  }

  private async drop(...tables: (TableOfVersion | null | undefined)[]): Promise<void> {
    for (const found of tables) if (found != null) await this.discard(found.table);
  }

  private pointerOf(member: Member): ReturnType<typeof readPointer> {
    return readPointer(this.deps.store, member.projection.name);
  }
}
