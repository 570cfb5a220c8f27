// From items to commands: reads each, gives it to its stream, answers once it is durable. Items of one stream are taken
// in the order in which they came, also across calls; streams do not wait for each other. Nothing sent is lost.
import { externalIdIn, type OrderState, orderStream, type ReportFact, skuStream, type TakeOrder, waitingStream } from '@app/domain';
import { type Actor, isRejection, type Position, type Rejection, reject } from '@app/kernel';
import type { Clock, CommandExecutor, CommandResult, EventStore, Randomness } from '@app/runtime';
import { LRUCache } from 'lru-cache';
import { Catalogue } from './catalogue';
import { contentIdOf, factIdOf, reportCommandId, takeCommandId } from './identities';
import { parseJson } from './json-text';
import { Lanes } from './lanes';
import { factOutcome, type IntakeOutcome, numberIn, orderOutcome, settled, type Settlement } from './outcomes';
import { type IntakeSource, Quarantine, type QuarantineResult } from './quarantine';
import { type FactReading, type OrderReading, readPayload, type Reading } from './reading';
import { SerialBlocks } from './serial-blocks';
import { isTopic } from './topics';
import { type KeepRefused, type SharedLog, WaitingFacts } from './waiting-facts';

/**
 * As text where it came as text: then what cannot be read is kept exactly as it was sent. A payload beside it says that
 * it was parsed already, by `parseBody` or `parseJson`, which lose no digit.
 */
export type IntakeItem = { topic: string; text: string; payload?: unknown } | { topic: string; payload: unknown; text?: string };

interface IntakeDeps {
  executor: CommandExecutor;
  eventStore: Pick<EventStore, 'read'>;
  clock: Clock;
  random: Randomness;
  /** IANA name of the business time zone. */
  zone: string;
  /** Order of a number; undefined only after the look-up has seen the end of the log. */
  lookUpOrder(orderNumber: string): Promise<{ stream: string } | undefined>;
}

/** `outcomes` rejects when the store fails; what was durable before stays, and sent again it is a duplicate. */
interface BegunIntake {
  outcomes: Promise<readonly IntakeOutcome[]>;
}

type ReprocessResult = { outcome: 'done'; item: IntakeOutcome; position: string } | { outcome: 'refused'; rejection: Rejection };

/** Numbers given a moment ago, whose rows may not be there yet. */
const RECENT_NUMBERS_MAX = 20_000;
const READ_AT_ONCE_MAX = 500;
const LOOK_UPS_AT_ONCE_MAX = 50;
const ATTEMPTS_MAX = 5;

/** A reading and the stream that it belongs to; not `known`: a fact whose order number nobody knows. */
type Placed = { stream: string; reading: Reading; known: boolean };

export class Intake {
  private readonly lanes = new Lanes();
  private readonly serials: SerialBlocks;
  private readonly waiting: WaitingFacts;
  private readonly catalogue: Catalogue;
  private readonly quarantine: Quarantine;
  private readonly recent = new LRUCache<string, string>({ max: RECENT_NUMBERS_MAX });
  private readonly keepRefused: KeepRefused = (orderNumber, fact, rejection, sender) => {
    const { topic, ...rest } = fact;
    return this.quarantine.keep(topic, JSON.stringify({ orderNumber, ...rest }), reasonsOf(rejection), null, { ...sender, omits: [] });
  };

  constructor(private readonly deps: IntakeDeps) {
    this.serials = new SerialBlocks(deps);
    this.waiting = new WaitingFacts(deps);
    this.catalogue = new Catalogue(deps);
    this.quarantine = new Quarantine(deps);
  }

  /**
   * For the only writer of the log, before anything is taken: learns which facts wait for a number. Then `repaired`
   * forwards those whose order is here already, because a crash came between the two.
   */
  async resume(log: Pick<EventStore, 'scan' | 'end'>, signal: AbortSignal): Promise<{ repaired: Promise<void> }> {
    const open = await this.waiting.learn(log);
    return { repaired: this.repair(open, signal) };
  }

  /**
   * For one of several writers of a log: `waiting` are the numbers that facts waited for at `seen`, at least. Forwards those whose
   * order is here, because a crash came between the two; knowing them all, it need not ask the log for each new order.
   */
  async joinOthers(log: SharedLog, { seen, waiting }: { seen: Position; waiting: AsyncIterable<string> }, signal: AbortSignal): Promise<void> {
    const numbers = new Set<string>();
    for await (const orderNumber of waiting) {
      numbers.add(orderNumber);
      await this.repair([orderNumber], signal);
    }
    if (!signal.aborted) this.waiting.share(log, seen, numbers, signal);
  }

  /** Outcomes in the order of the items, once all of them are durable. */
  async take(items: readonly IntakeItem[], source: IntakeSource): Promise<readonly IntakeOutcome[]> {
    return (await this.begin(items, source)).outcomes;
  }

  /** Resolves as soon as the items are in line: what is begun later for the same orders comes after them. */
  async begin(items: readonly IntakeItem[], source: IntakeSource): Promise<BegunIntake> {
    const readings: Reading[] = [];
    for (const [index, item] of items.entries()) {
      if (index % READ_AT_ONCE_MAX === READ_AT_ONCE_MAX - 1) await new Promise(setImmediate);
      readings.push(readItem(item, source.system));
    }
    const streams = await this.lookUpAll(readings);
    const outcomes = Array.from<IntakeOutcome>({ length: items.length });
    const tasks = readings.map((reading, index) => {
      const placed = placeOf(reading, streams, index);
      const run = async (inLine: () => void): Promise<void> => {
        outcomes[index] = await this.takeOrKeep(items[index]!, placed, source, inLine);
      };
      // A fact for an order that is known by its stream needs to know nothing of what came before.
      return { stream: placed.stream, alone: reading.kind !== 'fact' || !placed.known, run };
    });
    const over = this.lanes.run(tasks).then(() => outcomes);
    // Whoever begins may look at the outcome later, or never.
    over.catch(ignore);
    return { outcomes: over };
  }

  /** Keeps a body that is not even JSON, once per content. */
  keepUnreadable(topic: string, text: string, reasons: readonly string[], source: IntakeSource): Promise<IntakeOutcome> {
    return this.quarantine.keep(topic, text, reasons, null, source);
  }

  /** Has a quarantined payload read again by the present rules; still unreadable, that is recorded and refused with the reasons. */
  async reprocess(quarantineId: string, actor: Actor): Promise<ReprocessResult> {
    const kept = await this.quarantine.find(quarantineId);
    if (isRejection(kept)) return { outcome: 'refused', rejection: kept };
    const source: IntakeSource = { ...kept.source, actor };
    const reading = readItem({ topic: kept.topic, text: kept.text }, source.system);
    const streams = await this.lookUpAll([reading]);
    const taken: { settlement?: Settlement } = {};
    const placed = placeOf(reading, streams, 0);
    await this.lanes.run([{ stream: placed.stream, alone: true, run: async (inLine) => void (taken.settlement = await this.settle(placed, source, inLine)) }]);
    const settlement = taken.settlement!;
    if ('rejection' in settlement) {
      const reasons = reasonsOf(settlement.rejection);
      const recorded = await this.quarantine.recordFailed(quarantineId, reasons, actor);
      if (recorded.outcome === 'refused') return recorded;
      return { outcome: 'refused', rejection: reject('StillUnreadable', `It still cannot be taken: ${reasons.join(' ')}`, { quarantineId, reasons }) };
    }
    const recorded = await this.quarantine.recordTaken(quarantineId, settlement, actor);
    return recorded.outcome === 'refused' ? recorded : { outcome: 'done', item: settlement, position: recorded.position };
  }

  /** Whoever discards says why; the payload stays in the log. */
  discard(quarantineId: string, reason: string, actor: Actor): Promise<QuarantineResult> {
    return this.quarantine.discard(quarantineId, reason, actor);
  }

  /**
   * Gives the facts that wait for a number to its order, as happens by itself when the order is created. Run again it
   * does nothing twice: for whoever repairs after a crash between the two.
   */
  forwardWaiting(orderNumber: string, stream: string): Promise<ReadonlyMap<string, CommandResult>> {
    return this.waiting.forward(orderNumber, stream, this.keepRefused);
  }

  /**
   * Forwards the facts that wait for these numbers to the orders that are here: a crash may have come between an order and them.
   * Harmless beside others that do the same.
   */
  private async repair(orderNumbers: readonly string[], signal: AbortSignal): Promise<void> {
    for (const orderNumber of orderNumbers) {
      if (signal.aborted) return;
      const stream = await this.lookUp(orderNumber);
      if (stream !== undefined) await this.forwardWaiting(orderNumber, stream);
    }
  }

  private async takeOrKeep(item: IntakeItem, placed: Placed, source: IntakeSource, inLine: () => void): Promise<IntakeOutcome> {
    const settlement = await this.settle(placed, source, inLine);
    if (!('rejection' in settlement)) return settlement;
    return this.quarantine.keep(item.topic, textOf(item), reasonsOf(settlement.rejection), externalIdOf(placed.reading), source);
  }

  private settle(placed: Placed, source: IntakeSource, inLine: () => void): Promise<Settlement> {
    const { reading, stream } = placed;
    switch (reading.kind) {
      case 'order':
        return this.takeOrder(reading, stream, source, inLine);
      case 'fact':
        return placed.known ? this.report(reading, stream, source, inLine) : this.setAside(reading, source);
      case 'sku':
        return this.catalogue.take(reading, source.system, source.actor);
      case 'unreadable':
        return Promise.resolve({ rejection: reject('Unreadable', reading.reasons.join(' '), { reasons: reading.reasons }) });
    }
  }

  private async takeOrder(reading: OrderReading, stream: string, source: IntakeSource, inLine: () => void): Promise<Settlement> {
    const { platform, externalId, currency, updatedAt, content } = reading;
    const contentId = contentIdOf(stream, reading);
    // With a number at hand nothing is lost by taking the order for new: where it is not, the number goes back.
    let spare = this.serials.atHand(platform, content.placedAt);
    try {
      for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        const { state, revision } = await this.deps.executor.load<OrderState>(stream, attempt === 1 && spare !== undefined);
        const known = state.identity?.orderNumber;
        const orderNumber = known ?? spare ?? (await this.serials.next(platform, content.placedAt));
        const command: Omit<TakeOrder, 'context'> = {
          type: 'TakeOrder', id: takeCommandId(contentId, revision), actor: source.actor, at: this.deps.clock.now(),
          platform, externalId, orderNumber, currency, updatedAt, content, system: source.system, factId: contentId,
          history: source.history, omits: [...source.omits],
        };
        // While it is not known what comes of it, the number is nobody else's.
        if (known === undefined) spare = undefined;
        const executed = this.deps.executor.execute(stream, command);
        inLine();
        const result = await executed;
        if (known === undefined && (result.outcome === 'refused' || result.repeated || numberIn(result.events) !== orderNumber)) spare = orderNumber;
        if (result.outcome === 'refused') return { rejection: result.rejection };
        // Somebody else gave the same command in between: what it says now, a look at the new state tells.
        if (result.repeated) continue;
        // Decided on a state that was loaded anew: the order may have a number since.
        const moved = result.revision - result.events.length !== revision;
        const outcome = orderOutcome(result, externalId, moved ? await this.numberOf(stream) : orderNumber);
        if (outcome.outcome !== 'CREATED') return outcome;
        this.serials.used(platform, content.placedAt);
        this.recent.set(orderNumber, stream);
        await this.waiting.forwardToNew(orderNumber, stream, this.keepRefused);
        return outcome;
      }
    } finally {
      if (spare !== undefined) this.serials.giveBack(platform, content.placedAt, spare);
    }
    throw new Error(`The order ${externalId} of ${platform} was changed by others ${ATTEMPTS_MAX} times while it was taken. Send it again.`);
  }

  private async report(reading: FactReading, stream: string, source: IntakeSource, inLine: () => void = ignore): Promise<Settlement> {
    const { fact, ref } = reading;
    const factId = factIdOf(stream, fact, source.system);
    const command: Omit<ReportFact, 'context'> = {
      type: 'ReportFact', id: reportCommandId(factId), actor: source.actor, at: this.deps.clock.now(), ref, fact, factId, system: source.system, history: source.history,
    };
    const executed = this.deps.executor.execute(stream, command);
    inLine();
    return this.factSettlement(await executed, reading, stream);
  }

  private async setAside(reading: FactReading, source: IntakeSource): Promise<Settlement> {
    const orderNumber = reading.ref.orderNumber!;
    const result = await this.waiting.setAside(orderNumber, reading.fact, source);
    if (result.outcome === 'refused') return { rejection: result.rejection };
    const found = await this.lookUp(orderNumber);
    if (found !== undefined) {
      const forwarded = await this.forwardWaiting(orderNumber, found);
      const factId = factIdOf(found, reading.fact, source.system);
      const forward = forwarded.get(factId);
      return forward === undefined ? this.report(reading, found, source) : this.factSettlement(forward, reading, found);
    }
    const duplicate = result.repeated || result.events.length === 0;
    return settled(duplicate ? 'DUPLICATE' : 'WAITING', reading.externalId, orderNumber, result.position);
  }

  private async factSettlement(result: CommandResult, reading: FactReading, stream: string): Promise<Settlement> {
    if (result.outcome === 'refused') return { rejection: result.rejection };
    const number = reading.ref.orderNumber ?? numberIn(result.events) ?? (await this.numberOf(stream));
    return factOutcome(result, reading.externalId ?? externalIdIn(stream), number);
  }

  /** Null while no order has come. A number stays for ever, so a state that is older will do. */
  private async numberOf(stream: string): Promise<string | null> {
    return (await this.deps.executor.load<OrderState>(stream)).state.identity?.orderNumber ?? null;
  }

  private async lookUp(orderNumber: string): Promise<string | undefined> {
    return this.recent.get(orderNumber) ?? (await this.deps.lookUpOrder(orderNumber))?.stream;
  }

  /** Streams of the order numbers that the items name, as far as they are known. */
  private async lookUpAll(readings: readonly Reading[]): Promise<ReadonlyMap<string, string>> {
    const numbers = new Set<string>();
    for (const reading of readings) if (reading.kind === 'fact' && reading.ref.orderNumber !== null) numbers.add(reading.ref.orderNumber);
    const streams = new Map<string, string>();
    const queue = numbers.values();
    const worker = async (): Promise<void> => {
      for (const number of queue) {
        const stream = await this.lookUp(number);
        if (stream !== undefined) streams.set(number, stream);
      }
    };
    await Promise.all(Array.from({ length: Math.min(LOOK_UPS_AT_ONCE_MAX, numbers.size) }, worker));
    return streams;
  }
}

function readItem(item: IntakeItem, system: string): Reading {
  if (!isTopic(item.topic)) return { kind: 'unreadable', reasons: [`There is no topic ${item.topic}.`], externalId: null };
  if (item.payload !== undefined || item.text === undefined) return readPayload(item.topic, item.payload, system);
  const parsed = parseJson(item.text);
  return parsed.ok ? readPayload(item.topic, parsed.value, system) : { kind: 'unreadable', reasons: [parsed.reason], externalId: null };
}

function placeOf(reading: Reading, streams: ReadonlyMap<string, string>, index: number): Placed {
  switch (reading.kind) {
    case 'order':
      return { reading, known: true, stream: orderStream(reading.platform, reading.externalId) };
    case 'fact': {
      const { orderNumber, platform, externalId } = reading.ref;
      if (orderNumber === null) return { reading, known: true, stream: orderStream(platform!, externalId!) };
      const stream = streams.get(orderNumber);
      return stream === undefined ? { reading, known: false, stream: waitingStream(orderNumber) } : { reading, known: true, stream };
    }
    case 'sku':
      return { reading, known: true, stream: skuStream(reading.sku) };
    case 'unreadable':
      // No order among what cannot be read: each may go its own way.
      return { reading, known: false, stream: `unreadable-${index}` };
  }
}

function textOf(item: IntakeItem): string {
  return item.text ?? JSON.stringify(item.payload) ?? 'null';
}

function externalIdOf(reading: Reading): string | null {
  switch (reading.kind) {
    case 'order':
    case 'fact':
    case 'unreadable':
      return reading.externalId;
    case 'sku':
      return null;
  }
}

function reasonsOf(rejection: Rejection): readonly string[] {
  const reasons = rejection.details?.['reasons'];
  return Array.isArray(reasons) ? (reasons as string[]) : [rejection.message];
}

function ignore(): void {
  // Nobody waits for it here.
}
