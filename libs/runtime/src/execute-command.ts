// Loads a stream, decides, appends: the only way by which events come into the log.
// Of two racing commands one wins and the other decides again; a command that comes again is recognised by its id.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Command, type Decider, type DomainEvent, type NewEvent, type Position, type Recorded, type Rejection, categoryOf, isRejection } from '@app/kernel';
import type { PersonalData } from './personal-data';
import type { EventStore, ExpectedRevision } from './ports/event-store';

export type CommandResult =
  | {
      outcome: 'done';
      /** What the command made happen, opened; empty when there was nothing to do. */
      events: readonly DomainEvent[];
      /** Last revision of the stream then; -1 when it does not exist. */
      revision: number;
      /** Durable up to here. */
      position: Position;
      /** The command was known already: this is its first answer. */
      repeated: boolean;
    }
  | { outcome: 'refused'; rejection: Rejection };

export interface CommandExecutor {
  /** Throws `UnsettledConflict` when the stream kept changing under it; any other throw is a fault of the machinery. */
  execute(stream: string, command: Command): Promise<CommandResult>;
  /**
   * The state as of now, opened. `presumedNew`: the caller bears one that is older, and most streams like this do not exist: while that
   * proves right, one that is not known here is taken for empty without a look. What is executed on it is written only if it was.
   */
  load<S>(stream: string, presumedNew?: boolean): Promise<{ state: S; revision: number }>;
}

/** A decider of whatever kind, as the registry lists it. */
export type AnyDecider = Decider<never, never, never>;

interface ExecutorDeps {
  store: EventStore;
  deciders: Readonly<Record<string, AnyDecider>>;
  personalData: PersonalData;
  /** Adds to a command what it is decided by: settings, catalogue. */
  prepare?: (category: string, command: Command, state: unknown) => Command | Promise<Command>;
  /** Streams whose state is kept in memory; another process may have written meanwhile, a conflict then tells. */
  cachedStreamsMax?: number;
}

class UnsettledConflict extends Error {
  override readonly name = 'UnsettledConflict';
  constructor(stream: string, attempts: number) {
    super(`${stream} was changed by others ${attempts} times in a row while this command was decided. Try again.`);
  }
}

interface Loaded {
  state: unknown;
  /** Appended since and not yet evolved: most streams are not asked for again while they are remembered. */
  unfolded: DomainEvent[];
  revision: number;
  position: Position;
  commandIds: Set<string>;
  /** Nobody has looked whether the stream exists. */
  presumed?: boolean;
}

const ATTEMPTS_MAX = 20;
const CACHED_STREAMS_MAX = 2_000;
/** A wrong presumption costs an append in vain; a right one spares a read. */
const PRESUMED_SHARE_MIN = 0.5;
/** How much the latest counts. */
const LATEST_SHARE = 0.05;

export class DecidingExecutor implements CommandExecutor {
  private readonly cache: LRUCache<string, Loaded>;
  /** The last command in line for each stream: commands of one process for one stream go one after the other. */
  private readonly lines = new Map<string, Promise<unknown>>();
  /** Of the streams that callers presumed to be new lately, the share that were, by category. */
  private readonly newShare = new Map<string, number>();

  constructor(private readonly deps: ExecutorDeps) {
    this.cache = new LRUCache({ max: deps.cachedStreamsMax ?? CACHED_STREAMS_MAX });
  }

  execute(stream: string, command: Command): Promise<CommandResult> {
    const before = this.lines.get(stream);
    const run = before === undefined ? this.run(stream, command) : before.then(() => this.run(stream, command));
    const settled = run.then(ignore, ignore).then(() => {
      if (this.lines.get(stream) === settled) this.lines.delete(stream);
    });
    this.lines.set(stream, settled);
    return run;
  }

  async load<S>(stream: string, presumedNew = false): Promise<{ state: S; revision: number }> {
    const decider = this.deciderOf(stream);
    const loaded = presumedNew ? (this.cache.get(stream) ?? this.presumed(stream, decider) ?? (await this.fresh(stream, decider, true))) : await this.fresh(stream, decider);
    return { state: stateOf(decider, loaded) as S, revision: loaded.revision };
  }

  private async run(stream: string, command: Command): Promise<CommandResult> {
    const decider = this.deciderOf(stream);
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const cached = this.cache.get(stream);
      const loaded = cached ?? (await this.fresh(stream, decider));
      if (loaded.commandIds.has(command.id)) return this.answerAgain(stream, command.id);
      const state = stateOf(decider, loaded);
      const prepared = this.deps.prepare === undefined ? command : await this.deps.prepare(decider.category, command, state);
      const decision = decider.decide(prepared as never, state as never) as readonly DomainEvent[] | Rejection;
      if (isRejection(decision)) {
        // A refusal may rest on a state that another process has moved on from: look again before it is said.
        if (cached !== undefined && (await this.isStale(stream, loaded))) continue;
        return { outcome: 'refused', rejection: decision };
      }
      if (decision.length === 0) {
        if (cached !== undefined && (await this.isStale(stream, loaded))) continue;
        return { outcome: 'done', events: [], revision: loaded.revision, position: loaded.position, repeated: false };
      }
      const expected: ExpectedRevision = loaded.revision < 0 ? 'none' : loaded.revision;
      const result = await this.deps.store.append(stream, expected, await this.sealAll(decider, command, decision));
      if (loaded.presumed === true) this.learn(decider, loaded, result.outcome === 'appended');
      if (result.outcome === 'conflict') {
        this.cache.delete(stream);
        continue;
      }
      this.remember(stream, loaded, command.id, decision, result.revision, result.position);
      return { outcome: 'done', events: decision, revision: result.revision, position: result.position, repeated: false };
    }
    throw new UnsettledConflict(stream, ATTEMPTS_MAX);
  }

  private deciderOf(stream: string): AnyDecider {
    const decider = this.deps.deciders[categoryOf(stream)];
    if (decider === undefined) throw new Error(`No decider owns the stream ${stream}`);
    return decider;
  }

  private async isStale(stream: string, loaded: Loaded): Promise<boolean> {
    const newer = await this.deps.store.read(stream, loaded.revision + 1);
    if (loaded.presumed === true) this.learn(this.deciderOf(stream), loaded, newer.length === 0);
    if (newer.length === 0) return false;
    this.cache.delete(stream);
    return true;
  }

  /** Undefined while streams of the category are mostly not new. */
  private presumed(stream: string, decider: AnyDecider): Loaded | undefined {
    if ((this.newShare.get(decider.category) ?? 1) < PRESUMED_SHARE_MIN) return undefined;
    const loaded: Loaded = { ...this.empty(decider), presumed: true };
    this.cache.set(stream, loaded);
    return loaded;
  }

  private learn(decider: AnyDecider, loaded: Loaded, wasNew: boolean): void {
    loaded.presumed = false;
    const before = this.newShare.get(decider.category) ?? 1;
    this.newShare.set(decider.category, before + ((wasNew ? 1 : 0) - before) * LATEST_SHARE);
  }

  private empty(decider: AnyDecider): Loaded {
    return { state: decider.initial, unfolded: [], revision: -1, position: this.deps.store.origin, commandIds: new Set() };
  }

  private async fresh(stream: string, decider: AnyDecider, learning = false): Promise<Loaded> {
    const events = await this.deps.store.read(stream);
    const loaded = this.empty(decider);
    if (learning) this.learn(decider, loaded, events.length === 0);
    for (const event of events) {
      assertKnown(decider, event);
      const opened = { type: event.type, occurredAt: event.meta.occurredAt, data: await this.deps.personalData.open(event.type, event.data) };
      loaded.state = decider.evolve(loaded.state as never, opened as never);
      loaded.revision = event.revision;
      loaded.position = event.position;
      loaded.commandIds.add(event.meta.commandId);
    }
    // A stream that does not exist yet is remembered as well: whoever looked first appends next, and a conflict tells the rest.
    this.cache.set(stream, loaded);
    return loaded;
  }

  private remember(stream: string, loaded: Loaded, commandId: string, events: readonly DomainEvent[], revision: number, position: Position): void {
    loaded.commandIds.add(commandId);
    loaded.unfolded.push(...events);
    loaded.revision = revision;
    loaded.position = position;
    this.cache.set(stream, loaded);
  }

  private async answerAgain(stream: string, commandId: string): Promise<CommandResult> {
    const events: DomainEvent[] = [];
    let last: Recorded | undefined;
    for (const event of await this.deps.store.read(stream)) {
      if (event.meta.commandId !== commandId) continue;
      events.push({ type: event.type, occurredAt: event.meta.occurredAt, data: await this.deps.personalData.open(event.type, event.data) });
      last = event;
    }
    if (last === undefined) throw new Error(`${stream} holds no event of the command ${commandId}`);
    return { outcome: 'done', events, revision: last.revision, position: last.position, repeated: true };
  }

  private async sealAll(decider: AnyDecider, command: Command, events: readonly DomainEvent[]): Promise<NewEvent[]> {
    const sealed: NewEvent[] = [];
    for (const [index, event] of events.entries()) {
      const data = await this.deps.personalData.seal(event.type, event.data);
      sealed.push({
        id: eventId(command.id, index, { ...event, data }),
        type: event.type,
        version: (decider.eventTypes as Record<string, number>)[event.type] ?? fail(`${decider.category} does not declare ${event.type}`),
        data,
        meta: {
          occurredAt: event.occurredAt,
          actor: command.actor.id,
          actorRole: command.actor.role,
          commandId: command.id,
          correlationId: command.correlationId ?? command.id,
          ...(command.causationId === undefined ? {} : { causationId: command.causationId }),
        },
      });
    }
    return sealed;
  }
}

function stateOf(decider: AnyDecider, loaded: Loaded): unknown {
  for (const event of loaded.unfolded) loaded.state = decider.evolve(loaded.state as never, event as never);
  if (loaded.unfolded.length > 0) loaded.unfolded = [];
  return loaded.state;
}

function assertKnown(decider: AnyDecider, event: Recorded): void {
  const known = (decider.eventTypes as Record<string, number>)[event.type];
  if (known === undefined || event.version > known) {
    throw new Error(`${event.stream}@${event.revision} is ${event.type} version ${event.version}, which this release does not know. Run a release that does.`);
  }
}

/**
 * Of the command and of what was decided: an engine takes known ids for a repetition and answers as the first time, so another
 * decision on the same command by another process must have others. It is then a conflict, and the command is found in the stream.
 * Sealed, because an id stays when the key of a person is destroyed.
 */
function eventId(commandId: string, index: number, { type, occurredAt, data }: DomainEvent): string {
  return uuidOf(JSON.stringify([commandId, index, type, occurredAt, data]));
}

/** A UUID (version 8, RFC 9562) out of SHA-256 over a text. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function ignore(): void {
  // The outcome belongs to the caller of the command; the line only needs to know that it is over.
}

function fail(message: string): never {
  throw new Error(message);
}
