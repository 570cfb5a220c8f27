// What cannot be read is kept whole, once per content, until somebody has it read again or discards it.
import { type Actor, type Command, type Position, type Rejection, reject } from '@app/kernel';
import type { Clock, CommandExecutor } from '@app/runtime';
import { commandIdAt, quarantineIdOf } from './identities';
import type { DiscardQuarantined, QuarantinePayload, QuarantineState, RecordReprocessing, RecordReprocessingFailure } from './pending-domain';
import type { IntakeOutcome } from './outcomes';

/** Who sent an item, and how it is to be taken. */
export interface IntakeSource {
  system: string;
  actor: Actor;
  /** Past orders: no timer, no message, no case. */
  history: boolean;
  /** Checked fields that the source declares not to deliver, as paths: `customer.name`. */
  omits: readonly string[];
}

export interface KeptPayload {
  topic: string;
  text: string;
  source: Omit<IntakeSource, 'actor'>;
}

export type QuarantineResult = { outcome: 'done'; position: Position } | { outcome: 'refused'; rejection: Rejection };

export class Quarantine {
  constructor(private readonly deps: { executor: CommandExecutor; clock: Clock }) {}

  /** Keeps the text; the same again is kept already. Answers the item's outcome. */
  async keep(topic: string, text: string, reasons: readonly string[], externalId: string | null, source: IntakeSource): Promise<IntakeOutcome> {
    const quarantineId = quarantineIdOf(source.system, topic, text);
    const command = await this.at<QuarantinePayload>(quarantineId, source.actor, 'QuarantinePayload', {
      quarantineId, system: source.system, topic, externalId, text, reasons: [...reasons], history: source.history, omits: [...source.omits],
    });
    const result = await this.deps.executor.execute(streamOf(quarantineId), command);
    if (result.outcome === 'refused') throw new Error(`A payload could not be kept: ${result.rejection.message}`);
    return { externalId, orderNumber: null, outcome: 'QUARANTINED', errors: reasons, position: result.position };
  }

  /** What was kept, QuarantineNotFound, or that it is done with already. */
  async find(quarantineId: string): Promise<KeptPayload | Rejection> {
    const { state } = await this.deps.executor.load<QuarantineState>(streamOf(quarantineId));
    if (state.status === 'ABSENT') return reject('QuarantineNotFound', `There is no quarantined payload ${quarantineId}.`, { quarantineId });
    if (state.text === null) return reject('PayloadErased', `The text of the quarantined payload ${quarantineId} was erased.`, { quarantineId });
    if (state.status !== 'WAITING') {
      return reject('QuarantineSettled', `The quarantined payload ${quarantineId} is ${state.status.toLowerCase()} already.`, { quarantineId });
    }
    return { topic: state.topic, text: state.text, source: { system: state.system, history: state.history, omits: state.omits } };
  }

  async recordTaken(quarantineId: string, item: IntakeOutcome, actor: Actor): Promise<QuarantineResult> {
    const { outcome, orderNumber } = item;
    return this.give(quarantineId, await this.at<RecordReprocessing>(quarantineId, actor, 'RecordReprocessing', { outcome, orderNumber }));
  }

  async recordFailed(quarantineId: string, reasons: readonly string[], actor: Actor): Promise<QuarantineResult> {
    return this.give(quarantineId, await this.at<RecordReprocessingFailure>(quarantineId, actor, 'RecordReprocessingFailure', { reasons: [...reasons] }));
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
    return result.outcome === 'refused' ? result : { outcome: 'done', position: result.position };
  }
}

function streamOf(quarantineId: string): string {
  return `quarantine-${quarantineId}`;
}
