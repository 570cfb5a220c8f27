// Carries out what the log says was asked of projections: what is pending at the start, then what comes.
// Tables change hands once at a time, parked events are taken up beside that; every end is recorded, under an id derived from the request.
import { type Actor, type Command, type Position, type Recorded } from '@app/kernel';
import { type CommandExecutor, uuidOf } from '../execute-command';
import { isForeign } from '../foreign-event';
import type { LivePointer } from '../live-tables';
import type { ParkedLane } from '../parking';
import type { Clock } from '../ports/clock';
import type { EventReader } from '../ports/event-store';
import { LeaseLost } from '../ports/leases';
import { OperationRefused } from '../rebuild-job';
import type { RebuildResult } from '../rebuild';
import type { RunnerLogger } from '../runner-logger';
import type { RecordFailure, RecordInUse, RecordRebuilt, RecordRetried, RecordSkipped, RequestRebuild } from './projection.commands';
import { concernsTables, type Operation, type OperationsState, projectionDecider, rebuildModeOf } from './projection.decider';
import { OPERATIONS_CATEGORY, operationsStream, type ProjectionEvent, type RebuildMode } from './projection.events';

/** What is done to rows; whatever is refused throws OperationRefused. Each may be given again after a kill. */
export interface OperatedRows {
  /** Why rows must be built; undefined where they are there. */
  lacks(projection: string): string | undefined;
  rebuild(mode: RebuildMode, operations: ReadonlyMap<string, Operation>): Promise<Readonly<Record<string, RebuildResult>>>;
  exchange(projection: string, which: 'switch' | 'rollback', operationId: string): Promise<LivePointer>;
  retry(projection: string, key: string): Promise<{ resumed: number }>;
  /** `record` makes it so; afterwards a retry takes up what waits behind it. */
  skip(projection: string, key: string, eventId: string, record: (lane: ParkedLane) => Promise<void>): Promise<void>;
}

interface OperationsDeps {
  log: Pick<EventReader, 'read' | 'end' | 'subscribe'>;
  executor: Pick<CommandExecutor, 'execute'>;
  clock: Clock;
  logger: Pick<RunnerLogger, 'info' | 'error'>;
  projections: readonly string[];
  rows: OperatedRows;
  signal: AbortSignal;
}

type Outcome = Omit<RecordRebuilt, keyof Command> | Omit<RecordInUse, keyof Command> | Omit<RecordSkipped, keyof Command> | Omit<RecordRetried, keyof Command> | Omit<RecordFailure, keyof Command>;
type OutcomeType = (RecordRebuilt | RecordInUse | RecordSkipped | RecordRetried | RecordFailure)['type'];

const ACTOR: Actor = { id: 'ordertrail', role: 'system' };
const PAUSE_FIRST_MS = 500;
const PAUSE_LAST_MS = 30_000;
/** So long the rest of a batch is waited for: its requests are written one after the other. */
const GATHER_MS = 2_000;

export class OperationsRunner {
  private readonly states = new Map<string, { state: OperationsState; revision: number }>();
  private readonly underWay = new Set<string>();
  private readonly gathering = new Map<string, 'waiting' | 'over'>();
  /** The last of the parked events that are taken up, by projection: in the order of the requests. */
  private readonly lines = new Map<string, Promise<void>>();
  private readonly running = new Set<Promise<void>>();
  private position: Position = '';
  /** Builds are being asked for: their requests are not seen yet. */
  private isAsking = false;

  constructor(private readonly deps: OperationsDeps) {}

  /** Reads what is on record. */
  async open(): Promise<void> {
    this.position = await this.deps.log.end();
    for (const projection of this.deps.projections) {
      this.states.set(projection, { state: projectionDecider.initial, revision: -1 });
      for (const event of await this.deps.log.read(operationsStream(projection))) this.take(event);
    }
  }

  /** Ids of what was asked for and has not ended. */
  get pending(): ReadonlySet<string> {
    return new Set([...this.states.values()].flatMap(({ state }) => state.pending.map(({ operationId }) => operationId)));
  }

  /** Until the signal aborts; then what is under way has ended too. */
  async run(): Promise<void> {
    const { log, clock, logger, signal } = this.deps;
    this.dispatch();
    for (let pauseMs = PAUSE_FIRST_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, PAUSE_LAST_MS)) {
      try {
        for await (const { events, position } of log.subscribe({ after: this.position, categories: [OPERATIONS_CATEGORY], signal })) {
          for (const event of events) this.take(event);
          this.position = position;
          if (events.length > 0) this.dispatch();
          pauseMs = PAUSE_FIRST_MS;
          if (signal.aborted) break;
        }
      } catch (error) {
        if (!signal.aborted) logger.error({ error: String(error), pauseMs }, 'Operations on projections cannot be followed and will be tried again.');
      }
      await clock.sleep(pauseMs, signal);
    }
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private take(event: Recorded): void {
    const entry = this.states.get(event.stream.slice(OPERATIONS_CATEGORY.length + 1));
    if (entry === undefined || event.revision <= entry.revision) return;
    // Somebody else's: it asks for nothing.
    if (!isForeign(event)) entry.state = projectionDecider.evolve(entry.state, { type: event.type, occurredAt: event.meta.occurredAt, data: event.data } as ProjectionEvent);
    entry.revision = event.revision;
  }

  /** Begins whatever is pending and not begun: so that a start and a request are the same. */
  private dispatch(): void {
    if (this.deps.signal.aborted) return;
    const batches = new Map<string, Map<string, Operation>>();
    for (const [projection, { state }] of this.states) {
      for (const operation of state.pending) {
        const { operationId, batch } = operation;
        if (this.underWay.has(operationId)) continue;
        if (batch !== null) batches.set(batch.id, (batches.get(batch.id) ?? new Map<string, Operation>()).set(projection, operation));
        else if (concernsTables(operation)) this.begin([operation], () => this.exchange(projection, operation));
        else this.inLine(projection, operation);
      }
    }
    for (const [id, operations] of batches) if (this.isGathered(id, operations)) this.begin([...operations.values()], () => this.rebuild(operations));
    this.build();
  }

  /** What has no rows is built without being asked for. */
  private build(): void {
    const lacking = [...this.states].filter(([projection, { state }]) => this.deps.rows.lacks(projection) !== undefined && !state.pending.some(concernsTables)).map(([projection]) => projection);
    if (lacking.length === 0 || this.isAsking) return;
    this.isAsking = true;
    const batch = { id: uuidOf(`projection/builds/${lacking.join()}/${this.position}`), projections: lacking };
    const asked = async (): Promise<void> => {
      for (const projection of lacking) {
        const reason = this.deps.rows.lacks(projection) ?? null;
        const command: RequestRebuild = { type: 'RequestRebuild', id: uuidOf(`${batch.id}/${projection}`), actor: ACTOR, at: this.deps.clock.now(), mode: 'SWITCH', reason, batch };
        await this.send(projection, command);
      }
    };
    this.track(asked().finally(() => (this.isAsking = false)));
  }

  private isGathered(id: string, operations: ReadonlyMap<string, Operation>): boolean {
    const [first] = operations.values();
    const awaited = first?.batch?.projections.filter(name => {
      const known = this.states.get(name)?.state;
      return known !== undefined && !operations.has(name) && !known.ended.some(({ batch }) => batch?.id === id);
    });
    if (awaited === undefined || awaited.length === 0 || this.gathering.get(id) === 'over') return true;
    if (!this.gathering.has(id)) {
      this.gathering.set(id, 'waiting');
      this.track(
        this.deps.clock.sleep(GATHER_MS, this.deps.signal).then(() => {
          this.gathering.set(id, 'over');
          this.dispatch();
        }),
      );
    }
    return false;
  }

  private begin(operations: readonly Pick<Operation, 'operationId'>[], work: () => Promise<void>): void {
    for (const { operationId } of operations) this.underWay.add(operationId);
    this.track(work());
  }

  private inLine(projection: string, operation: Operation): void {
    const before = this.lines.get(projection) ?? Promise.resolve();
    this.begin([operation], () => {
      const run = before.then(() => this.takeUp(projection, operation));
      this.lines.set(projection, run);
      return run;
    });
  }

  private async rebuild(operations: ReadonlyMap<string, Operation>): Promise<void> {
    const [first] = operations.values();
    const mode = rebuildModeOf(first as Operation) ?? 'SWITCH';
    this.deps.logger.info({ projections: [...operations.keys()], mode, by: first?.requestedBy, reason: first?.reason }, 'rebuild begun');
    await this.orFailure(operations, async () => {
      const results = await this.deps.rows.rebuild(mode, operations);
      for (const [projection, operation] of operations) {
        const { startedAt, finishedAt, processed, differences, firstDifference, firstDifferingEventId, switched } = (results[projection] as RebuildResult).outcome;
        await this.record(projection, operation, 'RecordRebuilt', {
          operationId: operation.operationId, outcome: { mode, startedAt, finishedAt, processed, differences, firstDifference, firstDifferingEventId, switched },
        });
        const ended = { projection, mode, by: operation.requestedBy, startedAt, finishedAt, processed, differences, firstDifference };
        this.deps.logger.info(ended, mode === 'VERIFY' ? 'rebuild ended: verified' : switched ? 'rebuild ended: switched' : 'rebuild ended: kept for a switch');
      }
    });
  }

  private exchange(projection: string, operation: Operation): Promise<void> {
    return this.orFailure(new Map([[projection, operation]]), async () => {
      const { operationId, kind } = operation;
      const { table, previous } = await this.deps.rows.exchange(projection, kind === 'ROLLBACK' ? 'rollback' : 'switch', operationId);
      await this.record(projection, operation, 'RecordInUse', { operationId, outcome: { table, former: previous?.table ?? '' } });
      this.deps.logger.info({ projection, by: operation.requestedBy, table, former: previous?.table }, kind === 'ROLLBACK' ? 'rolled back' : 'switched');
    });
  }

  private takeUp(projection: string, operation: Operation): Promise<void> {
    return this.orFailure(new Map([[projection, operation]]), async () => {
      const { operationId, kind } = operation;
      const key = operation.key as string;
      if (kind === 'SKIP' && !operation.skipped) {
        await this.deps.rows.skip(projection, key, operation.eventId as string, ({ kind: lane, eventId, position, error, key: laneKey }) =>
          this.record(projection, operation, 'RecordSkipped', { operationId, skipped: { lane: lane === 'key' ? 'KEY' : 'STREAM', key: laneKey, eventId, position, error } }));
      }
      const { resumed } = await this.deps.rows.retry(projection, key);
      await this.record(projection, operation, 'RecordRetried', { operationId, resumed });
      this.deps.logger.info({ projection, by: operation.requestedBy, key, resumed }, kind === 'SKIP' ? 'parked event skipped' : 'parked events retried');
    });
  }

  /** What is interrupted by a stop, or belongs to somebody else by now, stays pending. */
  private async orFailure(operations: ReadonlyMap<string, Operation>, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.deps.signal.aborted || error instanceof LeaseLost) return;
      const isRefused = error instanceof OperationRefused;
      const rejection = isRefused ? error.rejection : null;
      const message = isRefused ? error.message : error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const fields = { operations: [...operations].map(([projection, { kind, operationId }]) => ({ projection, kind, operationId })), error: message };
      if (isRefused) this.deps.logger.info(fields, 'An operation was refused.');
      else this.deps.logger.error(fields, 'An operation has failed.');
      for (const [projection, operation] of operations) await this.record(projection, operation, 'RecordFailure', { operationId: operation.operationId, rejection, error: message });
    }
  }

  private record(projection: string, { operationId }: Operation, type: OutcomeType, outcome: Outcome): Promise<void> {
    const id = uuidOf(`projection/${projection}/${operationId}/${type}`);
    return this.send(projection, { ...outcome, type, id, actor: ACTOR, at: this.deps.clock.now(), correlationId: operationId } as Command);
  }

  /** As often as it takes: what was done must not stay pending because the log could not be written for a while. */
  private async send(projection: string, command: Command): Promise<void> {
    const { executor, clock, logger, signal } = this.deps;
    for (let pauseMs = PAUSE_FIRST_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, PAUSE_LAST_MS)) {
      try {
        const result = await executor.execute(operationsStream(projection), command);
        if (result.outcome === 'refused') logger.info({ projection, command: command.type, rejection: result.rejection.rejection }, 'A record of an operation was refused.');
        return;
      } catch (error) {
        logger.error({ projection, command: command.type, error: String(error), pauseMs }, 'An operation cannot be recorded yet.');
        await clock.sleep(pauseMs, signal);
      }
    }
    signal.throwIfAborted();
  }

  private track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        if (!this.deps.signal.aborted) this.deps.logger.error({ error: String(error) }, 'An operation was left pending.');
      })
      .finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }
}
