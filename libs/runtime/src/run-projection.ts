// Runs many projections over one shared reading of the log. Those that are behind catch up by themselves and then join.
// A fault of the machinery stops one projection, is shown and tried again with growing pauses; the others go on.
import type { Position, Projection } from '@app/kernel';
import type { CommandExecutor } from './execute-command';
import { FoldedTable, ReadAgain } from './folded-table';
import { CATCH_UP_EVENTS_MAX, categoriesOf, earliestOf } from './follow-log';
import { firstPointer, readPointer, writePointer } from './live-tables';
import { assertNotNewer } from './newer-rows';
import { MemberOperations } from './operations/member-operations';
import { OperationsRunner } from './operations/run-operations';
import { type ParkedLane, warnOfParked } from './parking';
import type { Clock } from './ports/clock';
import type { EventBatch, EventReader } from './ports/event-store';
import { LeaseLost } from './ports/leases';
import type { ReadModelStore } from './ports/read-model-store';
import type { Signals } from './ports/signals';
import { Member } from './projection-member';
import { type RebuildOutcome, RunnerNotes } from './projection-status';
import { type RebuildResult, Rebuilds } from './rebuild';
import type { RebuildJob, RebuildRequest } from './rebuild-job';
import { restAfter } from './rest-between-batches';
import type { RunnerLogger } from './runner-logger';
import { SkippedEvents } from './skipped-events';

interface RunnerDeps {
  log: EventReader;
  store: ReadModelStore;
  signals: Signals;
  clock: Clock;
  projections: readonly Projection[];
  logger: RunnerLogger;
  /** Records operations; without it nothing that the log asks for is carried out, and what is built by itself is not recorded. */
  executor?: Pick<CommandExecutor, 'execute'>;
  /** Other processes, maybe of a newer release, run projections on this store: rows of a newer version are left alone unless somebody has asked for a rebuild. */
  amongOthers?: boolean;
  /** Rows of each projection kept in memory between commits; default 5,000, and 20,000 where transactions weigh. */
  rowsMax?: number;
  /** A new projection with more events than this before it is built as a rebuild, which is faster than following; default 20,000. */
  buildEventsMin?: number;
  /** Rows that lack more events than this, and more than a third of all, are built anew instead of following; default 100,000. */
  farBehindEventsMin?: number;
}

interface Verification {
  projection: string;
  rows: number;
  /** Both were compared as of here. */
  position: Position;
  differences: number;
  first: RebuildResult['first'];
}

/** One for each event of a batch: only rows that one event changes many of are left out, those of a board. */
const SIGNALLED_KEYS_MAX = CATCH_UP_EVENTS_MAX;
const PAUSE_FIRST_MS = 500;
const PAUSE_LAST_MS = 30_000;
const CLOSE_EVENTS_MAX = 1_000;
const ROWS_MAX = 5_000;
const ROWS_MAX_WHERE_TRANSACTIONS_WEIGH = 20_000;
const BUILD_EVENTS_MIN = 20_000;
const FAR_BEHIND_EVENTS_MIN = 100_000;
const FAR_BEHIND_SHARE = 1 / 3;

interface Convoy {
  members: Set<Member>;
  /** Ends the present subscription; the convoy begins the next one with whoever belongs to it then. */
  turn: AbortController;
}

export class ProjectionRunner {
  private readonly members: ReadonlyMap<string, Member>;
  private readonly notes: RunnerNotes;
  private readonly onParked: (lane: ParkedLane) => void;
  private readonly rebuilds: Rebuilds;
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private main: Convoy | undefined;
  private prepared: Promise<void> | undefined;
  private started = false;

  constructor(private readonly deps: RunnerDeps) {
    this.members = new Map(deps.projections.map(projection => [projection.name, new Member(projection)]));
    this.notes = new RunnerNotes(deps.store, () => this.nowMs());
    this.onParked = warnOfParked(deps.logger);
    const open = (member: Member, table: string): Promise<FoldedTable<unknown>> => this.openTable(member, table);
    this.rebuilds = new Rebuilds({ ...deps, notes: this.notes, open, onParked: this.onParked, ended: (members, error) => this.noteEnd(members, error) }, this.stopping.signal);
  }

  /** Returns once every projection is under way; what is behind catches up, what has a new version is built beside its old rows. */
  async start(): Promise<void> {
    if (this.started) return;
    await this.prepare();
    this.started = true;
    const members = [...this.members.values()];
    const operations = this.operationsRunner();
    await operations?.open();
    for (const member of members) if (await this.isFarBehind(member)) Object.assign(member, { table: undefined, lacks: 'far behind' });
    await this.embark(members.filter(member => member.table !== undefined));
    const jobs = await this.rebuilds.unfinished(members, operations?.pending);
    const unbuilt = members.filter(member => member.table === undefined && !jobs.some(job => job.members.includes(member)));
    for (const { projection } of unbuilt) this.notes.set(projection.name, { state: 'REBUILDING', error: null });
    if (operations !== undefined) return this.track(operations.run());
    for (const job of jobs) this.track(this.continueRebuild(job));
    const reasons = [...new Set(unbuilt.map(({ lacks }) => lacks))].join(', ');
    if (unbuilt.length > 0) this.track(this.continueRebuild({ members: unbuilt, by: 'system', reason: reasons, mode: 'switch', operations: {} }));
  }

  /** Rows are being built, verified or put in use: stopped now, another machine would have to fetch what is built and take it up again. */
  busy(): boolean {
    return this.rebuilds.isUnderWay;
  }

  /** Ends after the transaction that is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
    if (this.started) for (const { projection } of this.members.values()) this.notes.set(projection.name, { state: 'STOPPED', eventsPerSecond: null });
    await this.notes.settled();
  }

  /**
   * Builds beside the live rows, compares, and switches. One shared reading of the log for all of them. Runs also without `start`.
   * `begun` is called once it is sure to be carried out and the statuses show it; throws OperationRefused before that. Its outcome
   * stands in the statuses, also when it fails.
   */
  async rebuild(names: readonly string[], request: RebuildRequest & { keep?: boolean }, begun?: () => void): Promise<Record<string, RebuildOutcome>> {
    const results = await this.built(await this.jobOf(names, request, request.keep === true ? 'keep' : 'switch', begun));
    return Object.fromEntries(Object.entries(results).map(([name, { outcome }]) => [name, outcome]));
  }

  /** Builds shadows up to the live rows, compares all of them and drops the shadows; otherwise like `rebuild`. */
  async verify(names: readonly string[], request: RebuildRequest, begun?: () => void): Promise<Record<string, Verification>> {
    const results = await this.built(await this.jobOf(names, request, 'verify', begun));
    const found: Record<string, Verification> = {};
    for (const [projection, { outcome, position, first }] of Object.entries(results)) {
      const { table } = this.member(projection).table as FoldedTable<unknown>;
      found[projection] = { projection, rows: await this.deps.store.count(table, {}), position, differences: outcome.differences, first };
    }
    return found;
  }

  /** Takes up what is parked under the key, in order, all or up to the next event that fails. */
  async retry(name: string, key: string): Promise<{ resumed: number }> {
    await this.prepare();
    const member = this.member(name);
    let resumed = 0;
    for (let more = true; more; ) {
      const page = await member.exclusively(async () => {
        if (member.table === undefined) return { resumed: 0, more: false };
        await member.table.recover();
        try {
          return await member.table.retry(key);
        } catch (error) {
          await member.table.recover();
          throw error;
        }
      });
      resumed += page.resumed;
      more = page.more;
    }
    if (resumed > 0) this.publish(member, [key], resumed, true);
    return { resumed };
  }

  private prepare(): Promise<void> {
    this.prepared ??= this.openAll();
    return this.prepared;
  }

  private async openAll(): Promise<void> {
    for (const member of this.members.values()) {
      const { projection } = member;
      member.skipped = await SkippedEvents.read(this.deps.log, projection.name);
      let live = await readPointer(this.deps.store, projection.name);
      if (live === undefined) {
        const end = await this.deps.log.end();
        const ahead = await this.deps.log.countUpTo(end, Object.keys(projection.reads));
        if (ahead > (this.deps.buildEventsMin ?? BUILD_EVENTS_MIN)) continue;
        const pointer = firstPointer(projection, ahead === 0 ? undefined : end);
        await this.openTable(member, pointer.table);
        await writePointer(this.deps.store, projection.name, undefined, pointer);
        live = await readPointer(this.deps.store, projection.name);
      }
      member.lacks = 'new version';
      const version = live?.pointer.version ?? 0;
      if (this.deps.amongOthers === true) await assertNotNewer(projection, version, this.deps.log);
      if (live === undefined || version !== projection.version) continue;
      member.table = await this.openTable(member, live.pointer.table);
      await member.table.leaveOutSkipped();
    }
  }

  private openTable({ projection, skipped }: Member, table: string): Promise<FoldedTable<unknown>> {
    const { store, log, rowsMax = store.transactionsWeigh === true ? ROWS_MAX_WHERE_TRANSACTIONS_WEIGH : ROWS_MAX } = this.deps;
    return FoldedTable.open(store, projection, table, log.origin, { rowsMax, skipped, onParked: this.onParked });
  }

  private operationsRunner(): OperationsRunner | undefined {
    const { executor, log, clock, logger } = this.deps;
    if (executor === undefined) return undefined;
    const rows = new MemberOperations({
      rebuilds: this.rebuilds,
      member: name => this.member(name),
      build: job => this.built(job),
      buildUntilDone: job => this.untilBuilt(job),
      retry: (name, key) => this.retry(name, key),
    });
    return new OperationsRunner({ executor, log, clock, logger, projections: [...this.members.keys()], rows, signal: this.stopping.signal });
  }

  private async isFarBehind(member: Member): Promise<boolean> {
    if (member.table === undefined) return false;
    const [all, seen] = await this.countOf([member], member.position);
    return all - seen > (this.deps.farBehindEventsMin ?? FAR_BEHIND_EVENTS_MIN) && all - seen > all * FAR_BEHIND_SHARE;
  }

  /** Events of these, and those of them up to a position. */
  private async countOf(members: readonly Member[], upTo: Position): Promise<[number, number]> {
    const categories = categoriesOf(members.map(({ projection }) => ({ projection, position: upTo })));
    const end = await this.deps.log.end();
    const all = await this.deps.log.countUpTo(end, categories);
    return [all, upTo >= end ? all : await this.deps.log.countUpTo(upTo, categories)];
  }

  /** Those that stand close to the most advanced one go with it; the others go by themselves until they are there. */
  private async embark(members: readonly Member[]): Promise<void> {
    if (members.length === 0 || this.stopping.signal.aborted) return;
    const end = await this.deps.log.end();
    const groups = new Map<Position, Member[]>();
    for (const member of members) {
      if (member.position >= end) this.notes.set(member.projection.name, { state: 'LIVE', error: null });
      else this.notes.set(member.projection.name, { state: 'CATCHING_UP', error: null });
      groups.set(member.position, [...(groups.get(member.position) ?? []), member]);
    }
    for (const [position, group] of [...groups].sort(([a], [b]) => (a < b ? 1 : -1))) {
      const [all, seen] = position >= end ? [0, 0] : await this.countOf(group, position);
      if (this.main !== undefined && all - seen <= CLOSE_EVENTS_MAX) this.join(group);
      else this.track(this.travel({ members: new Set(group), turn: new AbortController() }));
    }
  }

  private join(group: Iterable<Member>): void {
    const main = this.main as Convoy;
    for (const member of group) main.members.add(member);
    main.turn.abort();
  }

  private async travel(convoy: Convoy): Promise<void> {
    this.main ??= convoy;
    while (!this.stopping.signal.aborted && convoy.members.size > 0) {
      convoy.turn = new AbortController();
      const members = [...convoy.members];
      const signal = AbortSignal.any([convoy.turn.signal, this.stopping.signal]);
      try {
        const batches = this.deps.log.subscribe({ after: earliestOf(members), categories: categoriesOf(members), batchSize: this.batchEvents, inBulk: true, signal });
        for await (const batch of batches) {
          const begunMs = this.nowMs();
          await Promise.all(members.filter(member => convoy.members.has(member)).map(member => this.take(convoy, member, batch)));
          if (signal.aborted) break;
          if (batch.live && convoy !== this.main && this.main !== undefined && this.main.members.size > 0) return this.join(convoy.members);
          await restAfter(batch, this.nowMs() - begunMs, { ...this.deps, batchEvents: this.batchEvents }, signal);
        }
      } catch (error) {
        if (signal.aborted) continue;
        for (const member of members) this.fail(convoy, member, error);
      }
    }
    for (const member of convoy.members) await member.exclusively(async () => void (await member.table?.land())).catch(() => undefined);
    if (this.main === convoy) this.main = undefined;
  }

  private async take(convoy: Convoy, member: Member, { events, position, live }: EventBatch): Promise<void> {
    try {
      const mayWait = !live && events.length >= this.batchEvents;
      const taken = await member.exclusively(() => (member.table as FoldedTable<unknown>).take(events, position, mayWait));
      member.failures = 0;
      // It had come further already, in another convoy or beside a rebuild.
      if ((taken.waits && taken.events === 0) || member.position > position) return;
      this.count(member, taken.events, live);
      this.publish(member, taken.keys, taken.events, live);
    } catch (error) {
      // The convoy begins again at the last commit of this one; those that have come further pass over what they have.
      if (error instanceof ReadAgain) convoy.turn.abort();
      else this.fail(convoy, member, error);
    }
  }

  private publish(member: Member, keys: readonly string[], events: number, live: boolean): void {
    const shown = keys.length <= SIGNALLED_KEYS_MAX ? { keys } : { keys: [], keysLeftOut: true as const };
    this.deps.signals.publish('projected', { projection: member.projection.name, position: member.position, ...shown, live, events });
  }

  private count(member: Member, events: number, live: boolean): void {
    const eventsPerSecond = member.rate(events, this.nowMs());
    const change: { state?: 'LIVE' | 'CATCHING_UP'; eventsPerSecond?: number } = eventsPerSecond === undefined ? {} : { eventsPerSecond };
    // Under load the end of the log moves on between two batches: that alone is not falling behind.
    if (live) change.state = 'LIVE';
    else if (events >= this.batchEvents) change.state = 'CATCHING_UP';
    if (this.notes.of(member.projection.name).state === 'REBUILDING') delete change.state;
    this.notes.set(member.projection.name, change);
  }

  private fail(convoy: Convoy, member: Member, error: unknown): void {
    if (!convoy.members.delete(member) || this.stopping.signal.aborted) return;
    const { name } = member.projection;
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const pauseMs = Math.min(PAUSE_FIRST_MS * 2 ** member.failures, PAUSE_LAST_MS);
    member.failures += 1;
    // Another worker may have it now, as it should be: whoever runs this one is ending it.
    if (error instanceof LeaseLost) this.deps.logger.info({ projection: name }, message);
    else this.deps.logger.error({ projection: name, error: message, pauseMs }, 'The projection has stopped and will be tried again.');
    this.notes.set(name, { state: 'STOPPED', error: message });
    this.track(this.comeBack(member, pauseMs));
  }

  private async comeBack(member: Member, pauseMs: number): Promise<void> {
    const { signal } = this.stopping;
    for (let pause = pauseMs; !signal.aborted; pause = Math.min(pause * 2, PAUSE_LAST_MS)) {
      await this.deps.clock.sleep(pause, signal);
      if (signal.aborted) return;
      try {
        await member.exclusively(() => (member.table as FoldedTable<unknown>).recover());
        await this.embark([member]);
        return;
      } catch (error) {
        this.deps.logger.error({ projection: member.projection.name, error: String(error) }, 'The projection cannot be resumed yet.');
      }
    }
  }

  private async jobOf(names: readonly string[], { by, reason }: RebuildRequest, mode: RebuildJob['mode'], begun: (() => void) | undefined): Promise<RebuildJob> {
    await this.prepare();
    return { members: names.map(name => this.member(name)), by, reason, mode, operations: {}, begun };
  }

  /** A stop waits for it, so that nothing works on a store that is closed. */
  private built(job: RebuildJob): Promise<Record<string, RebuildResult>> {
    const work = this.rebuildMembers(job);
    this.track(work.then(() => undefined, () => undefined));
    return work;
  }

  private async rebuildMembers(job: RebuildJob): Promise<Record<string, RebuildResult>> {
    const waiting = job.members.filter(member => member.table === undefined);
    const results = await this.rebuilds.run(job);
    if (this.started) await this.embark(waiting.filter(member => member.table !== undefined));
    await this.notes.settled();
    return results;
  }

  private noteEnd(members: readonly Member[], error: string | null): void {
    for (const { projection, table } of members) {
      const state = this.started && table !== undefined ? 'LIVE' : 'STOPPED';
      const rebuilding = this.notes.of(projection.name).state === 'REBUILDING';
      this.notes.set(projection.name, rebuilding ? { state, error: state === 'LIVE' ? null : error, rebuild: null } : { rebuild: null });
    }
  }

  /** What a start found to be built, where nothing is recorded. */
  private async continueRebuild(job: RebuildJob): Promise<void> {
    await this.untilBuilt(job).catch(() => undefined);
  }

  /** Where there are no rows a fault is tried again like any other; throws only when it is stopped. */
  private async untilBuilt(job: RebuildJob): Promise<Record<string, RebuildResult>> {
    for (let pauseMs = PAUSE_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_LAST_MS)) {
      this.stopping.signal.throwIfAborted();
      try {
        return await this.rebuildMembers({ ...job, lasting: true });
      } catch (error) {
        if (this.stopping.signal.aborted) throw error;
        const message = error instanceof Error ? error.message : String(error);
        for (const { projection } of job.members) this.notes.set(projection.name, { state: 'STOPPED', error: message });
        this.deps.logger.error({ projections: job.members.map(({ projection }) => projection.name), error: message }, 'The rebuild has stopped and will be tried again.');
        await this.deps.clock.sleep(pauseMs, this.stopping.signal);
      }
    }
  }

  private get batchEvents(): number {
    return Math.min(CATCH_UP_EVENTS_MAX, this.deps.store.batchMax?.rows ?? CATCH_UP_EVENTS_MAX);
  }

  private member(name: string): Member {
    const member = this.members.get(name);
    if (member === undefined) throw new RangeError(`There is no projection ${name}. Known: ${[...this.members.keys()].join(', ')}.`);
    return member;
  }

  private track(work: Promise<void>): void {
    const tracked = work.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }

  private nowMs(): number {
    return Date.parse(this.deps.clock.now());
  }
}
