// Runs policies: each reads the log after its own checkpoint, gives its commands, and only then moves on.
// Killed in between it gives them again under the same ids, which their streams recognise; what it has rung for is a row.
import type { Command, Instant, Policy, Position, Projection, Recorded, Visit } from '@app/kernel';
import type { CommandExecutor } from './execute-command';
import { Bell } from './bell';
import { checkpointOf, FoldedTable, ReadAgain } from './folded-table';
import { tableName } from './live-tables';
import { warnOfParked } from './parking';
import { beginningOf, type PolicyAdoptions } from './policy-beginning';
import { PolicyCommands } from './policy-commands';
import type { Clock } from './ports/clock';
import type { EventReader } from './ports/event-store';
import { LeaseLost } from './ports/leases';
import { MissingTable, type ReadModelStore } from './ports/read-model-store';
import type { Signals } from './ports/signals';
import type { RunnerLogger } from './runner-logger';
import { restAfter } from './rest-between-batches';

interface PolicyRunnerDeps {
  log: EventReader;
  /** Private rows; no other runner uses this store. */
  store: ReadModelStore;
  /** A policy tells under its own name how far it has come. */
  signals: Signals;
  clock: Clock;
  executor: Pick<CommandExecutor, 'execute'>;
  policies: readonly Policy[];
  /** Left out, a policy without rows takes all that is in the log for history. */
  adoptions?: PolicyAdoptions;
  logger: RunnerLogger;
}

/** A todo with its timer, which the engine keeps. */
interface TimedRow {
  todo: unknown;
  due: Instant | null;
  /** The instant that was rung for already. */
  rung: Instant | null;
}

/** What is kept of a policy beside its rows. */
interface PolicyMarker {
  table: string;
  /** Events up to here only make rows: history before the policy was there, or what it has reacted to with other rows. */
  quietUntil: Position;
  /** Rows of the version before: they know what was rung for. */
  previous: string | null;
}

/** What made the policy give a command: its name in the ids, and the chain it belongs to. */
interface Cause {
  name: string;
  chain: Pick<Command, 'causationId' | 'correlationId'>;
}

/** Something else has failed before; that tells why. */
class HalfDone extends Error {
  override readonly name = 'HalfDone';
}

/** The policy was told to stop between two pages of a visit: the cause is taken up again at the next start. */
class VisitBrokenOff extends Error {
  override readonly name = 'VisitBrokenOff';
}

const BATCH_EVENTS = 500;
/** Of history, which only makes rows: as many batches as the store takes in a transaction are written together. */
const HISTORY_BATCH_EVENTS = 2_000;
const RING_ROWS = 100;
const VISIT_ROWS = 200;
const PAUSE_FIRST_MS = 500;
const PAUSE_LAST_MS = 30_000;
const SLEEP_LAST_MS = 3_600_000;
/** A todo whose `due` throws is looked at again after this. */
const FAULTY_PAUSE_MS = 60_000;

export class PolicyRunner {
  private readonly stopping = new AbortController();
  private running: Promise<void>[] = [];

  constructor(private readonly deps: PolicyRunnerDeps) {}

  /** Returns once every policy knows where it stands. */
  async start(): Promise<void> {
    const runs = await Promise.all(this.deps.policies.map(policy => PolicyRun.open(policy, this.deps, this.stopping.signal)));
    this.running = runs.map(run => run.run());
  }

  /** Ends after what is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }
}

class PolicyRun {
  private readonly commands: PolicyCommands;
  private table!: FoldedTable<TimedRow>;
  /** Of the event that is being taken. */
  private visits: readonly Visit[] = [];
  private visitedBy: Cause | undefined;
  /** Nothing rings before the log was read to its end: the event that stops a timer may lie there. */
  private caughtUp = false;
  /** Rings when rows have changed, and when timers may ring. */
  private readonly changed = new Bell();
  private line: Promise<unknown> = Promise.resolve();
  /** Rows in memory are ahead of those stored: something has failed, and nothing goes on before they are thrown away. */
  private isHalfDone = false;
  private readonly faulty = new Map<string, number>();

  private constructor(
    private readonly policy: Policy,
    private readonly deps: PolicyRunnerDeps,
    private readonly marker: PolicyMarker,
    private readonly stopping: AbortSignal,
  ) {
    this.commands = new PolicyCommands(policy, deps);
  }

  static async open(policy: Policy, deps: PolicyRunnerDeps, stopping: AbortSignal): Promise<PolicyRun> {
    const table = tableName(policy.todo.name, policy.todo.version, 1);
    const name = `policy/${policy.name}`;
    const text = await deps.store.checkpoint(name);
    let marker = text === undefined ? undefined : (JSON.parse(text) as PolicyMarker);
    if (marker === undefined) marker = { table, quietUntil: await beginningOf(policy, deps.log, deps.adoptions, stopping), previous: null };
    else if (marker.table !== table) {
      const reached = (await deps.store.checkpoint(checkpointOf(marker.table))) ?? deps.log.origin;
      if (marker.previous !== null) await forget(deps.store, marker.previous);
      marker = { table, quietUntil: reached > marker.quietUntil ? reached : marker.quietUntil, previous: marker.table };
    }
    await deps.store.apply(name, text, JSON.stringify(marker), []);
    const run = new PolicyRun(policy, deps, marker, stopping);
    run.table = await FoldedTable.open(deps.store, timed(policy), table, deps.log.origin, {
      rowsMax: 1_000,
      onFolded: (event, row, key) => run.react(event, row?.todo, key),
      beforeCommit: () => run.giveAll(),
      onParked: warnOfParked(deps.logger),
    });
    return run;
  }

  async run(): Promise<void> {
    let pauseMs = PAUSE_FIRST_MS;
    while (!this.stopping.aborted) {
      const turn = new AbortController();
      const signal = AbortSignal.any([turn.signal, this.stopping]);
      try {
        const before = this.table.position;
        try {
          await Promise.all([this.follow(signal), this.ring(signal)].map(part => part.finally(() => turn.abort())));
        } finally {
          if (this.table.position > before) pauseMs = PAUSE_FIRST_MS;
        }
      } catch (error) {
        await this.line.catch(() => undefined);
        if (error instanceof VisitBrokenOff) break;
        if (error instanceof ReadAgain) {
          this.commands.discard();
          this.visitedBy = undefined;
          this.isHalfDone = false;
          continue;
        }
        const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        // Another worker may have it now, as it should be: whoever runs this one is ending it.
        if (error instanceof LeaseLost) this.deps.logger.info({ policy: this.policy.name }, message);
        else this.deps.logger.error({ policy: this.policy.name, error: message, pauseMs }, 'The policy has stopped and will be tried again.');
        await this.deps.clock.sleep(pauseMs, this.stopping);
        pauseMs = Math.min(pauseMs * 2, PAUSE_LAST_MS);
        if (!this.stopping.aborted) await this.recover();
      }
    }
    await this.line.catch(() => undefined);
    await this.table.land().catch(() => undefined);
  }

  private async recover(): Promise<void> {
    this.commands.discard();
    this.visitedBy = undefined;
    this.caughtUp = false;
    try {
      await this.table.recover();
      this.isHalfDone = false;
    } catch (error) {
      this.deps.logger.error({ policy: this.policy.name, error: String(error) }, 'The policy cannot be resumed yet.');
    }
  }

  /** Ends where history does, to be begun again. */
  private async follow(signal: AbortSignal): Promise<void> {
    const categories = Object.keys(this.policy.todo.reads);
    const { quietUntil } = this.marker;
    const isHistory = this.table.position < quietUntil;
    const batchEvents = isHistory ? Math.min(HISTORY_BATCH_EVENTS, this.deps.store.batchMax?.rows ?? HISTORY_BATCH_EVENTS) : BATCH_EVENTS;
    for await (const { events, position, live } of this.deps.log.subscribe({ after: this.table.position, categories, batchSize: batchEvents, ...(isHistory && { inBulk: true as const }), signal })) {
      const begunMs = Date.parse(this.deps.clock.now());
      await this.exclusively(async () => {
        const couldRing = this.canRing();
        const changed = await this.take(events, position, isHistory && !live && events.length >= batchEvents && position < quietUntil);
        this.caughtUp ||= live;
        this.deps.signals.publish('projected', { projection: this.policy.name, position: this.table.position, keys: [], live, events: events.length });
        if (changed || (!couldRing && this.canRing())) this.changed.ring();
      });
      if (signal.aborted || (isHistory && position >= quietUntil)) return;
      await restAfter({ events }, Date.parse(this.deps.clock.now()) - begunMs, { ...this.deps, batchEvents }, signal);
    }
  }

  /** An event that asks for visits is taken by itself: those whom it visits are in the rows before it. True: rows were changed. `mayWait`: see FoldedTable. */
  private async take(events: readonly Recorded[], to: Position, mayWait: boolean): Promise<boolean> {
    let changed = false;
    let begun = 0;
    const upTo = async (end: number, position: Position): Promise<void> => {
      const { keys } = await this.table.take(events.slice(begun, end), position, mayWait);
      changed ||= keys.length > 0;
      begun = end;
    };
    for (const [at, event] of events.entries()) {
      const visits = this.visitsOf(event);
      if (visits.length === 0) continue;
      if (at > begun) await upTo(at, (events[at - 1] as Recorded).position);
      this.visits = visits;
      this.visitedBy = { name: `visit/${event.id}`, chain: chainOf(event) };
      await upTo(at + 1, event.position);
      this.visitedBy = undefined;
    }
    await upTo(events.length, to);
    return changed;
  }

  private visitsOf(event: Recorded): readonly Visit[] {
    if (this.policy.visits === undefined || event.position <= this.table.position || event.position <= this.marker.quietUntil) return [];
    return this.policy.visits(event);
  }

  /** Sleeps until the earliest timer, or until rows have changed. */
  private async ring(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const changed = this.changed.signal;
      const dueInMs = await this.exclusively(() => this.ringDue());
      await this.deps.clock.sleep(Math.min(dueInMs, SLEEP_LAST_MS), AbortSignal.any([changed, signal]));
    }
  }

  private canRing(): boolean {
    return this.caughtUp && this.table.position >= this.marker.quietUntil;
  }

  /** Answers after how many milliseconds to look again. */
  private async ringDue(): Promise<number> {
    if (!this.canRing()) return SLEEP_LAST_MS;
    const now = this.deps.clock.now();
    const nowMs = Date.parse(now);
    const sort = [{ field: 'due', direction: 'asc' }] as const;
    for (let after: string | undefined; ; ) {
      const query = { range: [{ field: 'due', gte: '' }], sort, limit: RING_ROWS };
      const { rows, hasMore } = await this.deps.store.find<TimedRow>(this.marker.table, after === undefined ? query : { ...query, after });
      const due = rows.filter(({ row }) => (row.due as Instant) <= now);
      const answered: string[] = [];
      for (const { key, row } of due) if (await this.ringOne(key, row, now, nowMs)) answered.push(key);
      if (answered.length > 0) await this.table.amend(answered, row => ({ ...row, due: null, rung: row.due }));
      const next = rows[due.length];
      if (next !== undefined) return Math.min(Date.parse(next.row.due as Instant) - nowMs, this.faulty.size > 0 ? FAULTY_PAUSE_MS : SLEEP_LAST_MS);
      if (!hasMore) return this.faulty.size > 0 ? FAULTY_PAUSE_MS : SLEEP_LAST_MS;
      after = rows.at(-1)?.cursor;
    }
  }

  /** True: the timer is done with. Its commands are given before its row is written. */
  private async ringOne(key: string, { todo, due }: TimedRow, now: Instant, nowMs: number): Promise<boolean> {
    if ((this.faulty.get(key) ?? 0) > nowMs) return false;
    if (await this.rungBefore(key, due)) return true;
    let answers: ReturnType<Policy['due']>;
    try {
      answers = this.policy.due(todo, now);
      this.faulty.delete(key);
    } catch (error) {
      this.faulty.set(key, nowMs + FAULTY_PAUSE_MS);
      this.deps.logger.error({ policy: this.policy.name, todo: key, error: String(error) }, 'A timer could not be answered and will be tried again.');
      return false;
    }
    for (const [index, { occasion, ...answer }] of answers.entries()) {
      const name = `due/${key}/${occasion}/${index}`;
      if ('field' in answer) await this.visit(answer, { name, chain: {} });
      else this.commands.plan(answer, name, {});
    }
    return true;
  }

  /** Rows made anew for another version know nothing of the timers that the rows before have rung for. */
  private async rungBefore(key: string, due: Instant | null): Promise<boolean> {
    const { previous } = this.marker;
    if (previous === null) return false;
    try {
      return (await this.deps.store.get<TimedRow>(previous, key))?.row.rung === due;
    } catch (error) {
      if (error instanceof MissingTable) return false;
      throw error;
    }
  }

  private react(event: Recorded, todo: unknown, key: string | undefined): void {
    if (event.position <= this.marker.quietUntil) return;
    for (const [index, intent] of this.policy.react(event, todo).entries()) this.commands.plan(intent, `event/${event.id}/${key ?? ''}/${index}`, chainOf(event));
  }

  private async giveAll(): Promise<void> {
    await this.commands.give();
    const { visitedBy } = this;
    if (visitedBy === undefined) return;
    for (const [index, visit] of this.visits.entries()) await this.visit(visit, { ...visitedBy, name: `${visitedBy.name}/${index}` });
  }

  /** Page by page through the rows as they were committed last, the commands of each before the next. */
  private async visit({ field, value, purpose }: Visit, { name, chain }: Cause): Promise<void> {
    const query = { where: { [`todo.${field}`]: value }, limit: VISIT_ROWS };
    for (let after: string | undefined; ; ) {
      if (this.stopping.aborted) throw new VisitBrokenOff();
      const { rows, hasMore } = await this.deps.store.find<TimedRow>(this.marker.table, after === undefined ? query : { ...query, after });
      for (const { key, row } of rows) {
        for (const [index, intent] of (this.policy.visited?.(row.todo, purpose) ?? []).entries()) this.commands.plan(intent, `${name}/${key}/${index}`, chain);
      }
      await this.commands.give();
      if (!hasMore) return;
      after = rows.at(-1)?.cursor;
    }
  }

  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.line.then(async () => {
      // What one has left half-done, without its commands, must not be committed by the next.
      if (this.isHalfDone) throw new HalfDone();
      this.isHalfDone = true;
      const result = await work();
      this.isHalfDone = false;
      return result;
    });
    this.line = run.catch(() => undefined);
    return run;
  }
}

function chainOf({ id, meta }: Recorded): Cause['chain'] {
  return { causationId: id, correlationId: meta.correlationId };
}

/** The checkpoint first: without its table it would pass off an empty one as made, should this version come back. */
async function forget(store: ReadModelStore, table: string): Promise<void> {
  const checkpoint = await store.checkpoint(checkpointOf(table));
  if (checkpoint !== undefined) await store.apply(checkpointOf(table), checkpoint, undefined, []);
  await store.drop(table);
}

/** The policy's todo as rows with timers. */
function timed(policy: Policy): Projection<TimedRow> {
  const { todo } = policy;
  return {
    name: todo.name,
    version: todo.version,
    reads: todo.reads,
    indexes: [...todo.indexes.map(index => ({ ...index, fields: index.fields.map(field => `todo.${field}`) })), { fields: ['due'] }],
    sharding: todo.sharding,
    keys: event => todo.keys(event),
    fold(row, event, key) {
      const folded = todo.fold(row?.todo, event, key);
      if (folded === undefined) return undefined;
      const due = policy.dueAt(folded) ?? null;
      const rung = row?.rung ?? null;
      return { todo: folded, due: due === rung ? null : due, rung };
    },
  };
}
