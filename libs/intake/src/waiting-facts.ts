// Facts that name an order number nobody knows yet wait in a stream of that number, until its order comes.
// Both sides write first and look then, so whichever comes second finds the other; looking again is harmless.
import { type Fact, type FactSetAside, type FactsForwarded, type ForwardFacts, type ReportFact, type SetFactAside, waitingStream } from '@app/domain';
import type { Actor, Position, Rejection } from '@app/kernel';
import type { Clock, CommandExecutor, CommandResult, EventStore } from '@app/runtime';
import { commandIdAt, factIdOf, reportCommandId } from './identities';

/** Where others write as well. */
export type SharedLog = Pick<EventStore, 'scan' | 'end'>;

interface WaitingDeps {
  executor: CommandExecutor;
  eventStore: Pick<EventStore, 'read'>;
  clock: Clock;
}

/** Who sent a fact; `history`: by an import of past orders. */
interface Sender {
  system: string;
  actor: Actor;
  history: boolean;
}

const CATEGORY = 'waiting';
/** Orders of so long share a look. */
const LOOK_PAUSE_MS = 100;
const NONE: ReadonlyMap<string, CommandResult> = new Map();

export class WaitingFacts {
  /** Numbers that facts wait or waited for; undefined: the log must be asked. */
  private awaited: Set<string> | undefined;
  /** Of a log that others write to as well: `awaited` knows what they set aside up to here. */
  private shared: { log: SharedLog; seen: Position; signal: AbortSignal } | undefined;
  /** Created here since, and what is to be done where facts of others wait for them. */
  private created = new Map<string, () => Promise<unknown>>();
  private looking = false;

  constructor(private readonly deps: WaitingDeps) {}

  /**
   * For the only writer of the log: learns once which numbers facts wait for, so that a new order need not ask. Answers
   * those whose facts were not forwarded yet; their orders may be here already, if a crash came between the two.
   */
  async learn(log: Pick<EventStore, 'scan' | 'end'>): Promise<readonly string[]> {
    const aside = new Map<string, number>();
    for await (const { events } of log.scan({ upTo: await log.end(), categories: [CATEGORY] })) {
      for (const event of events) {
        const { orderNumber, factIds } = event.data as { orderNumber: string; factIds?: string[] };
        aside.set(orderNumber, (aside.get(orderNumber) ?? 0) + (factIds === undefined ? 1 : -factIds.length));
      }
    }
    const open = [...aside].flatMap(([orderNumber, count]) => (count > 0 ? [orderNumber] : []));
    this.awaited = new Set(open);
    return open;
  }

  /**
   * For one of several writers: `numbers` are those that facts waited for at `seen`, at least. From then on a new order need not ask;
   * what others set aside is looked through for many orders at once, soon after they were created.
   */
  share(log: SharedLog, seen: Position, numbers: ReadonlySet<string>, signal: AbortSignal): void {
    this.awaited = new Set(numbers);
    this.shared = { log, seen, signal };
  }

  /**
   * As `forward` for an order that was created just now. What another process set aside a moment ago may be forwarded after this
   * resolved: it is in the log, and so is the order, for whoever starts after a crash in between.
   */
  forwardToNew(orderNumber: string, orderStream: string, keep: KeepRefused): Promise<ReadonlyMap<string, CommandResult>> {
    const { awaited, shared } = this;
    if (awaited !== undefined && !awaited.has(orderNumber)) {
      if (shared === undefined) return Promise.resolve(NONE);
      this.created.set(orderNumber, () => this.forward(orderNumber, orderStream, keep));
      if (!this.looking) void this.look(shared);
      return Promise.resolve(NONE);
    }
    return this.forward(orderNumber, orderStream, keep);
  }

  /** The fact waits, durably, under the number. */
  setAside(orderNumber: string, fact: Fact, { actor, history, system }: Sender): Promise<CommandResult> {
    this.awaited?.add(orderNumber);
    const stream = waitingStream(orderNumber);
    const factId = factIdOf(stream, fact, system);
    const command: SetFactAside = {
      type: 'SetFactAside', id: `aside-${factId}`, actor, at: this.deps.clock.now(), system, factId, fact, history,
      ref: { platform: null, externalId: null, orderNumber },
    };
    return this.deps.executor.execute(stream, command);
  }

  /**
   * Gives the facts that wait for the number to its order and marks them as forwarded. Run again, also by others at the
   * same time, it does nothing twice. Answers what became of each, by the id that the fact has with its order; what the
   * order refuses to record is handed to `keep` before it is marked.
   */
  async forward(orderNumber: string, orderStream: string, keep: KeepRefused): Promise<ReadonlyMap<string, CommandResult>> {
    const stream = waitingStream(orderNumber);
    const results = new Map<string, CommandResult>();
    const events = await this.deps.eventStore.read(stream);
    if (events.length === 0) return results;
    const forwarded = new Set(events.flatMap((event) => (event.type === 'FactsForwarded' ? (event.data as FactsForwarded['data']).factIds : [])));
    const factIds: string[] = [];
    for (const event of events) {
      if (event.type !== 'FactSetAside') continue;
      const { factId, history, system, payload } = event.data as FactSetAside['data'];
      if (forwarded.has(factId)) continue;
      const fact = payload as Fact;
      const actor: Actor = { id: event.meta.actor, role: event.meta.actorRole };
      // Under the id that the same fact has when it comes straight to the order: then it is one.
      const direct = factIdOf(orderStream, fact, system);
      const command: Omit<ReportFact, 'context'> = {
        type: 'ReportFact', id: reportCommandId(direct), actor, at: this.deps.clock.now(), correlationId: event.meta.correlationId, causationId: event.id,
        ref: { platform: null, externalId: null, orderNumber }, fact, factId: direct, system,
      };
      const result = await this.deps.executor.execute(orderStream, command);
      if (result.outcome === 'refused') await keep(orderNumber, fact, result.rejection, { system, actor, history });
      results.set(direct, result);
      factIds.push(factId);
    }
    if (factIds.length === 0) return results;
    const command: ForwardFacts = {
      type: 'ForwardFacts', id: commandIdAt('forward', stream, events.length), actor: FORWARDER, at: this.deps.clock.now(), orderNumber, stream: orderStream, factIds,
    };
    await this.deps.executor.execute(stream, command);
    return results;
  }

  /**
   * Until nothing new is left. A fact that is set aside after the end was read finds the order by itself: whoever sets aside looks then,
   * and the order is in the log.
   */
  private async look(shared: NonNullable<typeof this.shared>): Promise<void> {
    const { log, signal } = shared;
    this.looking = true;
    while (this.created.size > 0 && !signal.aborted) {
      await this.deps.clock.sleep(LOOK_PAUSE_MS, signal);
      const { created } = this;
      this.created = new Map();
      try {
        const end = await log.end();
        for await (const { events } of log.scan({ upTo: end, after: shared.seen, categories: [CATEGORY], signal })) {
          for (const { data } of events) this.awaited!.add((data as { orderNumber: string }).orderNumber);
        }
        if (signal.aborted) return;
        shared.seen = end;
        for (const [orderNumber, forward] of created) {
          if (this.awaited!.has(orderNumber)) await forward();
          created.delete(orderNumber);
        }
      } catch {
        // The store does not answer: what is left is looked at again.
        for (const [orderNumber, forward] of created) this.created.set(orderNumber, forward);
      }
    }
    this.looking = false;
  }
}

/** Takes over a fact that the order could not record. */
export type KeepRefused = (orderNumber: string, fact: Fact, rejection: Rejection, sender: Sender) => Promise<unknown>;

const FORWARDER: Actor = { id: 'intake', role: 'system' };
