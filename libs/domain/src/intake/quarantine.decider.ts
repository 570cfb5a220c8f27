// A payload that could not be read: kept whole until it is taken after all or discarded with a reason.
// It is settled once; trying again in vain keeps it waiting.
import { reject, type Command, type Decider, type Rejection } from '@app/kernel';
import { QUARANTINE_EVENT_TYPES, type PayloadQuarantined, type QuarantineEvent } from './intake.events';

export interface QuarantinePayload extends Command<'QuarantinePayload'> {
  payload: PayloadQuarantined['data'];
}
/** What came of trying again: taken as something, or still not readable. */
export interface RecordReprocessing extends Command<'RecordReprocessing'> {
  outcome: { taken: true; as: string; orderNumber: string | null } | { taken: false; reasons: string[] };
}
export interface DiscardQuarantined extends Command<'DiscardQuarantined'> {
  reason: string;
}
type QuarantineCommand = QuarantinePayload | RecordReprocessing | DiscardQuarantined;

type QuarantineRejectionName = 'QuarantineNotFound' | 'AlreadyReprocessed' | 'AlreadyDiscarded' | 'ReasonMissing';
type QuarantineRejection = Rejection<QuarantineRejectionName>;

export interface QuarantineState {
  status: 'ABSENT' | 'WAITING' | 'REPROCESSED' | 'DISCARDED';
  /** As it was sent; null until quarantined. */
  payload: PayloadQuarantined['data'] | null;
}

export const quarantineDecider: Decider<QuarantineCommand, QuarantineEvent, QuarantineState> = {
  category: 'quarantine',
  eventTypes: QUARANTINE_EVENT_TYPES,
  initial: { status: 'ABSENT', payload: null },
  decide,
  evolve,
};

function decide(command: QuarantineCommand, { payload, status }: QuarantineState): readonly QuarantineEvent[] | QuarantineRejection {
  const occurredAt = command.at;
  if (command.type === 'QuarantinePayload') {
    return status === 'ABSENT' ? [{ type: 'PayloadQuarantined', occurredAt, data: command.payload }] : [];
  }
  if (payload === null) return reject('QuarantineNotFound', 'There is no such payload in quarantine.');
  const { quarantineId } = payload;
  if (status === 'REPROCESSED') return reject('AlreadyReprocessed', `The payload ${quarantineId} was taken after all.`, { quarantineId });
  if (status === 'DISCARDED') {
    if (command.type === 'DiscardQuarantined') return [];
    return reject('AlreadyDiscarded', `The payload ${quarantineId} was discarded.`, { quarantineId });
  }
  const by = command.actor.id;
  if (command.type === 'DiscardQuarantined') {
    if (command.reason.trim() === '') return reject('ReasonMissing', 'Give a reason to discard the payload.');
    return [{ type: 'QuarantinedDiscarded', occurredAt, data: { quarantineId, reason: command.reason, by } }];
  }
  const { outcome } = command;
  if (!outcome.taken) return [{ type: 'ReprocessingFailed', occurredAt, data: { quarantineId, reasons: outcome.reasons, by } }];
  return [{ type: 'QuarantinedReprocessed', occurredAt, data: { quarantineId, outcome: outcome.as, orderNumber: outcome.orderNumber, by } }];
}

function evolve(state: QuarantineState, event: QuarantineEvent): QuarantineState {
  switch (event.type) {
    case 'PayloadQuarantined':
      return { status: 'WAITING', payload: event.data };
    case 'QuarantinedReprocessed':
      return { ...state, status: 'REPROCESSED' };
    case 'QuarantinedDiscarded':
      return { ...state, status: 'DISCARDED' };
    case 'ReprocessingFailed':
      return { ...state, payload: state.payload && { ...state.payload, reasons: event.data.reasons } };
    default:
      return event satisfies never;
  }
}
