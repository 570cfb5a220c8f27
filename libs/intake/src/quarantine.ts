// What cannot be read is kept whole, once per content, until somebody has it read again or discards it.
// Settled it stays so: the same content sent again is told as quarantined and writes nothing.
import type { DiscardQuarantined, QuarantinePayload, QuarantineState, RecordReprocessing } from '@app/domain';
import { type Actor, type Command, type Position, type Rejection, reject } from '@app/kernel';
import type { Clock, CommandExecutor } from '@app/runtime';
import { commandIdAt, quarantineIdOf } from './identities';
import { type IntakeOutcome, settled } from './outcomes';

/** Who sent an item, and how it is to be taken. */
export interface IntakeSource {
  system: string;
  actor: Actor;
  /** Past orders: no timer, no message, no case. */
  history: boolean;
  /** Checked fields that the source declares not to deliver, as paths: `customer.name`. */
  omits: readonly string[];
}

interface KeptPayload {
  topic: string;
  text: string;
  source: Omit<IntakeSource, 'actor'>;
}

export type QuarantineResult = { outcome: 'done'; position: Position } | { outcome: 'refused'; rejection: Rejection };

export class Quarantine {
  constructor(private readonly deps: { executor: CommandExecutor; clock: Clock }) {}

  /** Keeps the text; the same again is kept already, also after it was settled. Answers the item's outcome. */
  async keep(topic: string, text: string, reasons: readonly string[], externalId: string | null, source: IntakeSource): Promise<IntakeOutcome> {
    const quarantineId = quarantineIdOf(source.system, topic, text);
    const command = await this.at<QuarantinePayload>(quarantineId, source.actor, 'QuarantinePayload', {
      payload: {
        quarantineId, system: source.system, topic, externalId, payload: { text }, reasons: [...reasons],
        history: source.history, omits: [...source.omits], receivedBy: source.actor.id,
      },
    });
    const result = await this.deps.executor.execute(streamOf(quarantineId), command);
    if (result.outcome === 'refused') throw new Error(`A payload could not be kept: ${result.rejection.message}`);
    return settled('QUARANTINED', externalId, null, result.position, reasons);
  }

  /** What was kept and still waits; QuarantineNotFound, AlreadyReprocessed, AlreadyDiscarded or PayloadErased otherwise. */
  async find(quarantineId: string): Promise<KeptPayload | Rejection> {
    const { state } = await this.deps.executor.load<QuarantineState>(streamOf(quarantineId));
    const { payload } = state;
    if (payload === null) return notKept(quarantineId);
    if (state.status === 'REPROCESSED') return reject('AlreadyReprocessed', `The payload ${quarantineId} was taken after all.`, { quarantineId });
    if (state.status === 'DISCARDED') return reject('AlreadyDiscarded', `The payload ${quarantineId} was discarded.`, { quarantineId });
    const text = payload.payload.text as string | null;
    if (text === null) return reject('PayloadErased', `The text of the payload ${quarantineId} was erased.`, { quarantineId });
    return { topic: payload.topic, text, source: { system: payload.system, history: payload.history, omits: payload.omits } };
  }

  async recordTaken(quarantineId: string, item: IntakeOutcome, actor: Actor): Promise<QuarantineResult> {
    return this.record(quarantineId, { taken: true, as: item.outcome, orderNumber: item.orderNumber }, actor);
  }

  async recordFailed(quarantineId: string, reasons: readonly string[], actor: Actor): Promise<QuarantineResult> {
    return this.record(quarantineId, { taken: false, reasons: [...reasons] }, actor);
  }

  private async record(quarantineId: string, outcome: RecordReprocessing['outcome'], actor: Actor): Promise<QuarantineResult> {
    return this.give(quarantineId, await this.at<RecordReprocessing>(quarantineId, actor, 'RecordReprocessing', { outcome }));
  }

  async discard(quarantineId: string, reason: string, actor: Actor): Promise<QuarantineResult> {
    return this.give(quarantineId, await this.at<DiscardQuarantined>(quarantineId, actor, 'DiscardQuarantined', { reason }));
  }

  /** A command for the stream as it stands: given again to the same, it is the same. */
  private async at<C extends Command>(quarantineId: string, actor: Actor, type: C['type'], rest: Omit<C, keyof Command>): Promise<Command> {
    const stream = streamOf(quarantineId);
    const { revision } = await this.deps.executor.load(stream);
    return { type, id: commandIdAt(type, stream, revision, actor.id), actor, at: this.deps.clock.now(), ...rest };
  }

  private async give(quarantineId: string, command: Command): Promise<QuarantineResult> {
    const result = await this.deps.executor.execute(streamOf(quarantineId), command);
    if (result.outcome !== 'refused') return { outcome: 'done', position: result.position };
    // A stream without events does not know which payload was meant.
    return { outcome: 'refused', rejection: result.rejection.rejection === 'QuarantineNotFound' ? notKept(quarantineId) : result.rejection };
  }
}

function notKept(quarantineId: string): Rejection {
  return reject('QuarantineNotFound', `There is no quarantined payload ${quarantineId}.`, { quarantineId });
}

function streamOf(quarantineId: string): string {
  return `quarantine-${quarantineId}`;
}
