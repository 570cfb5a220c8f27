// Loads a stream, decides, appends: the only way by which events come into the log. Commands that wait for one stream are appended together.
// Of two racing commands one wins and the other decides again; a command that comes again is recognised by its id.
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Command, type Decider, type DomainEvent, type NewEvent, type Position, type Recorded, type Rejection, categoryOf, isRejection } from '@app/kernel';
import { foreignAt, isForeign } from './foreign-event';
import type { PersonalData } from './personal-data';
import { AppendTooLarge, type EventStore } from './ports/event-store';
import { RecentShare } from './recent-share';

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
   * The state as of now, opened. `presumedNew`: the caller bears one that is older, and most streams like this do not exist. While that
   * proves right, one that is not known here is taken for empty without a look; what is executed then is written only if it is.
   */
  load<S>(stream: string, presumedNew?: boolean): Promise<{ state: S; revision: number }>;
}

/** A decider of whatever kind, as the registry lists it. */
export type AnyDecider = Decider<never, never, never>;

interface ExecutorDeps {
  store: EventStore;
  deciders: Readonly<Record<string, AnyDecider>>;
  personalData: PersonalData;
  /**
   * Adds to a command what it is decided by: settings, catalogue. All commands with the same `together` were given before the first of
   * them is prepared; a command that is decided alone has none.
   */
  prepare?: (category: string, command: Command, state: unknown, together: object | undefined) => Command | Promise<Command>;
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

interface Asked {
  command: Command;
  answer: (result: CommandResult) => void;
  fail: (error: unknown) => void;
}

/** Of a command, as far as it is known before the append. */
type Decided =
  | { outcome: 'refused'; rejection: Rejection }
  | { outcome: 'repeated' }
  | { outcome: 'done'; events: readonly DomainEvent[]; revision: number };

/** One of several commands that were decided together has thrown. */
class DecidedAlone extends Error {}

const ATTEMPTS_MAX = 20;
/** Commands that are appended at once. */
const TOGETHER_MAX = 50;
const CACHED_STREAMS_MAX = 2_000;
/** A wrong presumption costs an append in vain; a right one spares a read. */
const PRESUMED_SHARE_MIN = 0.5;

export class DecidingExecutor implements CommandExecutor {
  private readonly cache: LRUCache<string, Loaded>;
  /** Commands that wait for their stream while others of it are being decided. */
  private readonly lines = new Map<string, Asked[]>();
  /** Of the streams that callers presumed to be new lately, the share that were, by category. */
  private readonly newShare = new Map<string, RecentShare>();

  constructor(private readonly deps: ExecutorDeps) {
    this.cache = new LRUCache({ max: deps.cachedStreamsMax ?? CACHED_STREAMS_MAX });
  }

  execute(stream: string, command: Command): Promise<CommandResult> {
    return new Promise((answer, fail) => {
      const asked = { command, answer, fail };
      const line = this.lines.get(stream);
      if (line !== undefined) line.push(asked);
      else {
        const opened = [asked];
        this.lines.set(stream, opened);
        void this.work(stream, opened);
      }
    });
  }

  async load<S>(stream: string, presumedNew = false): Promise<{ state: S; revision: number }> {
    const decider = this.deciderOf(stream);
    const loaded = presumedNew ? (this.cache.get(stream) ?? this.presumed(stream, decider) ?? (await this.fresh(stream, decider, true))) : await this.fresh(stream, decider);
    return { state: stateOf(decider, loaded) as S, revision: loaded.revision };
  }

  private async work(stream: string, line: Asked[]): Promise<void> {
    // What comes in the same turn of the event loop comes along.
    await new Promise(setImmediate);
    while (line.length > 0) await this.settle(stream, line.splice(0, TOGETHER_MAX));
    this.lines.delete(stream);
  }

  /** Answers each of them, in whatever way. */
  private async settle(stream: string, some: readonly Asked[]): Promise<void> {
    try {
      const results = await this.run(stream, some.map(({ command }) => command));
      for (const [at, { answer }] of some.entries()) answer(results[at] as CommandResult);
    } catch (error) {
      this.cache.delete(stream);
      // Nothing was appended: each gets what it earns by itself.
      if (error instanceof DecidedAlone || error instanceof AppendTooLarge) {
        if (some.length > 1) for (const one of some) await this.settle(stream, [one]);
        else some[0]!.fail(error instanceof DecidedAlone ? error.cause : error);
      } else for (const { fail } of some) fail(error);
    }
  }

  private async run(stream: string, commands: readonly Command[]): Promise<CommandResult[]> {
    const decider = this.deciderOf(stream);
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const cached = this.cache.get(stream);
      const loaded = cached ?? (await this.fresh(stream, decider));
      const before = { revision: loaded.revision, position: loaded.position };
      const append: NewEvent[] = [];
      const decided = await this.decideAll(stream, decider, loaded, commands, cached === undefined, append);
      if (decided === 'stale') continue;
      let { position } = before;
      if (append.length > 0) {
        const result = await this.deps.store.append(stream, before.revision < 0 ? 'none' : before.revision, append);
        if (loaded.presumed === true) this.learn(decider, loaded, result.outcome === 'appended');
        if (result.outcome === 'conflict') {
          this.cache.delete(stream);
          continue;
        }
        position = loaded.position = result.position;
        this.cache.set(stream, loaded);
      }
      const results: CommandResult[] = [];
      for (const [at, one] of decided.entries()) {
        if (one.outcome === 'repeated') results.push(await this.answerAgain(stream, (commands[at] as Command).id));
        else results.push(one.outcome === 'refused' ? one : { ...one, position, repeated: false });
      }
      return results;
    }
    throw new UnsettledConflict(stream, ATTEMPTS_MAX);
  }

  /** Each on what those before it have decided. What is loaded is as if all was appended already; `append` gets what is to be. */
  private async decideAll(stream: string, decider: AnyDecider, loaded: Loaded, commands: readonly Command[], isFresh: boolean, append: NewEvent[]): Promise<Decided[] | 'stale'> {
    const decided: Decided[] = [];
    let looked = isFresh;
    const together = commands.length > 1 ? commands : undefined;
    for (const command of commands) {
      if (loaded.commandIds.has(command.id)) {
        decided.push({ outcome: 'repeated' });
        continue;
      }
      let events: readonly DomainEvent[] | Rejection;
      let sealed: readonly NewEvent[] = [];
      try {
        const state = stateOf(decider, loaded);
        const prepared = this.deps.prepare === undefined ? command : await this.deps.prepare(decider.category, command, state, together);
        events = decider.decide(prepared as never, state as never) as readonly DomainEvent[] | Rejection;
        if (!isRejection(events)) sealed = await this.sealAll(decider, command, events);
      } catch (error) {
        throw new DecidedAlone('', { cause: error });
      }
      if (isRejection(events) || events.length === 0) {
        // It may rest on a state that another process has moved on from: look again before it is said.
        if (!looked && (await this.isStale(stream, loaded, append.length))) return 'stale';
        looked = true;
        decided.push(isRejection(events) ? { outcome: 'refused', rejection: events } : { outcome: 'done', events, revision: loaded.revision });
        continue;
      }
      append.push(...sealed);
      loaded.commandIds.add(command.id);
      loaded.unfolded.push(...events);
      loaded.revision += events.length;
      decided.push({ outcome: 'done', events, revision: loaded.revision });
    }
    return decided;
  }

  private deciderOf(stream: string): AnyDecider {
    const decider = this.deps.deciders[categoryOf(stream)];
    if (decider === undefined) throw new Error(`No decider owns the stream ${stream}`);
    return decider;
  }

  /** `ahead`: events that are decided and not yet appended. */
  private async isStale(stream: string, loaded: Loaded, ahead: number): Promise<boolean> {
    const newer = await this.deps.store.read(stream, loaded.revision - ahead + 1);
    if (loaded.presumed === true) this.learn(this.deciderOf(stream), loaded, newer.length === 0);
    if (newer.length === 0) return false;
    this.cache.delete(stream);
    return true;
  }

  /** Undefined while streams of the category are mostly not new. */
  private presumed(stream: string, decider: AnyDecider): Loaded | undefined {
    if (this.newShareOf(decider).value < PRESUMED_SHARE_MIN) return undefined;
    const loaded: Loaded = { ...this.empty(decider), presumed: true };
    this.cache.set(stream, loaded);
    return loaded;
  }

  private learn(decider: AnyDecider, loaded: Loaded, wasNew: boolean): void {
    loaded.presumed = false;
    this.newShareOf(decider).note(wasNew);
  }

  private newShareOf({ category }: AnyDecider): RecentShare {
    let share = this.newShare.get(category);
    if (share === undefined) this.newShare.set(category, (share = new RecentShare(1)));
    return share;
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
      const text = JSON.stringify(data);
      sealed.push({
        id: eventId(command.id, index, event, text),
        type: event.type,
        version: (decider.eventTypes as Record<string, number>)[event.type] ?? fail(`${decider.category} does not declare ${event.type}`),
        data,
        text,
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
  if (isForeign(event)) throw new Error(`${foreignAt(event)}. What its stream stands for is no longer known, so it takes no commands.`);
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
function eventId(commandId: string, index: number, { type, occurredAt }: DomainEvent, text: string): string {
  return uuidOf(`${JSON.stringify([commandId, index, type, occurredAt]).slice(0, -1)},${text}]`);
}

/** A UUID (version 8, RFC 9562) out of SHA-256 over a text. */
export function uuidOf(text: string): string {
  const hex = hash('sha256', text, 'hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function fail(message: string): never {
  throw new Error(message);
}
