// Operations on one projection: its tables change hands once at a time, its parked events one key at a time.
// What was asked stays pending until its outcome is recorded, whatever dies in between; recorded twice it is recorded once.
import { type Command, type Decider, type Instant, reject, type Rejection } from '@app/kernel';
import type { ProjectionCommand } from './projection.commands';
import { OPERATIONS_CATEGORY, PROJECTION_EVENT_TYPES, type ProjectionEvent, type RebuildMode, type SkippedEvent } from './projection.events';

type OperationKind = 'REBUILD' | 'KEEP' | 'VERIFY' | 'SWITCH' | 'ROLLBACK' | 'RETRY' | 'SKIP';

export interface Operation {
  operationId: string;
  kind: OperationKind;
  reason: string | null;
  requestedBy: string;
  requestedAt: Instant;
  /** Of a rebuild. */
  batch: { id: string; projections: readonly string[] } | null;
  /** Of a retry or skip. */
  key: string | null;
  /** Of a skip: the event that is meant. */
  eventId: string | null;
  /** Of a skip: it is on record, what waited behind it is to be taken up. */
  skipped: boolean;
}

export interface EndedOperation extends Operation {
  endedAt: Instant;
  /** Null when it was done. */
  error: string | null;
  /** The broken condition, where one was. */
  rejection: string | null;
}

export interface OperationsState {
  /** In the order in which they were asked for. */
  pending: readonly Operation[];
  /** The last of them, newest last. */
  ended: readonly EndedOperation[];
  skipped: readonly SkippedEvent[];
}

type OperationRejection = Rejection<'RebuildUnderWay' | 'ReasonMissing' | 'RetryUnderWay'>;

const ENDED_MAX = 50;
const KIND_OF: Readonly<Record<RebuildMode, OperationKind>> = { SWITCH: 'REBUILD', KEEP: 'KEEP', VERIFY: 'VERIFY' };
const MODE_OF: Readonly<Partial<Record<OperationKind, RebuildMode>>> = { REBUILD: 'SWITCH', KEEP: 'KEEP', VERIFY: 'VERIFY' };

/** Undefined of an operation that builds nothing. */
export function rebuildModeOf({ kind }: Pick<Operation, 'kind'>): RebuildMode | undefined {
  return MODE_OF[kind];
}

/** Concerns the tables as a whole, not single events that are parked. */
export function concernsTables({ kind }: Pick<Operation, 'kind'>): boolean {
  return kind !== 'RETRY' && kind !== 'SKIP';
}

export const projectionDecider: Decider<ProjectionCommand, ProjectionEvent, OperationsState> = {
  category: OPERATIONS_CATEGORY,
  eventTypes: PROJECTION_EVENT_TYPES,
  initial: { pending: [], ended: [], skipped: [] },
  decide,
  evolve,
};

function decide(command: ProjectionCommand, state: OperationsState): readonly ProjectionEvent[] | OperationRejection {
  const requested = { operationId: command.id, requestedBy: command.actor.id };
  const occurredAt = command.at;
  switch (command.type) {
    case 'RequestRebuild': {
      const { mode, batch, reason } = command;
      return refusal(state, command, null) ?? [{ type: 'ProjectionRebuildRequested', occurredAt, data: { ...requested, reason, mode, batch } }];
    }
    case 'RequestSwitch': {
      const { reason } = command;
      return refusal(state, command, null) ?? missing(reason) ?? [{ type: 'ProjectionSwitchRequested', occurredAt, data: { ...requested, reason } }];
    }
    case 'RequestRollback': {
      const { reason } = command;
      return refusal(state, command, null) ?? missing(reason) ?? [{ type: 'ProjectionRollbackRequested', occurredAt, data: { ...requested, reason } }];
    }
    case 'RequestParkedRetry': {
      const { key } = command;
      return refusal(state, command, key) ?? [{ type: 'ParkedRetryRequested', occurredAt, data: { ...requested, reason: null, key } }];
    }
    case 'RequestParkedSkip': {
      const { key, eventId, reason } = command;
      return refusal(state, command, key) ?? missing(reason) ?? [{ type: 'ParkedSkipRequested', occurredAt, data: { ...requested, reason, key, eventId } }];
    }
    case 'RecordRebuilt':
    case 'RecordInUse':
    case 'RecordSkipped':
    case 'RecordRetried':
    case 'RecordFailure':
      return record(command, state.pending.find(({ operationId }) => operationId === command.operationId));
    default:
      return command satisfies never;
  }
}

/** `key` null: it is about the tables. A command that was taken already makes nothing happen. */
function refusal({ pending, ended }: OperationsState, { id }: Command, key: string | null): readonly [] | OperationRejection | undefined {
  if ([...pending, ...ended].some(({ operationId }) => operationId === id)) return [];
  const other = pending.find((operation) => (key === null ? concernsTables(operation) : operation.key === key));
  if (other === undefined) return undefined;
  const details = { operationId: other.operationId, kind: other.kind, requestedBy: other.requestedBy };
  if (key !== null) return reject('RetryUnderWay', `What is parked under ${key} is being taken up already, asked for by ${other.requestedBy}. Wait until that has ended.`, details);
  return reject('RebuildUnderWay', `The projection is under way already with a ${other.kind} that ${other.requestedBy} asked for. Wait until that has ended.`, details);
}

function missing(reason: string): OperationRejection | undefined {
  return reason.trim() === '' ? reject('ReasonMissing', 'Say why: the reason is recorded with the operation.') : undefined;
}

type RecordCommand = Extract<ProjectionCommand, { operationId: string }>;

function record(command: RecordCommand, operation: Operation | undefined): readonly ProjectionEvent[] {
  if (operation === undefined) return [];
  const { operationId, reason, requestedBy } = operation;
  const of = { operationId, reason, requestedBy };
  const occurredAt = command.at;
  switch (command.type) {
    case 'RecordRebuilt':
      return [{ type: 'ProjectionRebuilt', occurredAt, data: { ...of, ...command.outcome } }];
    case 'RecordInUse':
      return [{ type: operation.kind === 'ROLLBACK' ? 'ProjectionRolledBack' : 'ProjectionSwitched', occurredAt, data: { ...of, ...command.outcome } }];
    case 'RecordSkipped':
      return operation.skipped ? [] : [{ type: 'ParkedEventSkipped', occurredAt, data: { ...of, ...command.skipped } }];
    case 'RecordRetried':
      return [{ type: 'ParkedRetried', occurredAt, data: { ...of, key: operation.key ?? '', resumed: command.resumed } }];
    case 'RecordFailure':
      return [{ type: 'ProjectionOperationFailed', occurredAt, data: { ...of, rejection: command.rejection, error: command.error } }];
    default:
      return command satisfies never;
  }
}

function evolve(state: OperationsState, event: ProjectionEvent): OperationsState {
  switch (event.type) {
    case 'ProjectionRebuildRequested':
      return asked(state, event, { kind: KIND_OF[event.data.mode], batch: event.data.batch });
    case 'ProjectionSwitchRequested':
      return asked(state, event, { kind: 'SWITCH' });
    case 'ProjectionRollbackRequested':
      return asked(state, event, { kind: 'ROLLBACK' });
    case 'ParkedRetryRequested':
      return asked(state, event, { kind: 'RETRY', key: event.data.key });
    case 'ParkedSkipRequested':
      return asked(state, event, { kind: 'SKIP', key: event.data.key, eventId: event.data.eventId });
    case 'ParkedEventSkipped': {
      const { lane, key, eventId, operationId } = event.data;
      const pending = state.pending.map((operation) => (operation.operationId === operationId ? { ...operation, skipped: true } : operation));
      return { ...state, pending, skipped: [...state.skipped, { lane, key, eventId }] };
    }
    case 'ProjectionRebuilt':
    case 'ProjectionSwitched':
    case 'ProjectionRolledBack':
    case 'ParkedRetried':
      return over(state, event.data.operationId, { endedAt: event.occurredAt, error: null, rejection: null });
    case 'ProjectionOperationFailed':
      return over(state, event.data.operationId, { endedAt: event.occurredAt, error: event.data.error, rejection: event.data.rejection });
    default:
      return event satisfies never;
  }
}

function asked(state: OperationsState, { occurredAt, data }: { occurredAt: Instant; data: Pick<Operation, 'operationId' | 'reason' | 'requestedBy'> }, more: Partial<Operation> & Pick<Operation, 'kind'>): OperationsState {
  const { operationId, reason, requestedBy } = data;
  const operation: Operation = { operationId, reason, requestedBy, requestedAt: occurredAt, batch: null, key: null, eventId: null, skipped: false, ...more };
  return { ...state, pending: [...state.pending, operation] };
}

function over(state: OperationsState, operationId: string, end: Pick<EndedOperation, 'endedAt' | 'error' | 'rejection'>): OperationsState {
  const operation = state.pending.find((one) => one.operationId === operationId);
  if (operation === undefined) return state;
  return { ...state, pending: state.pending.filter((one) => one !== operation), ended: [...state.ended, { ...operation, ...end }].slice(-ENDED_MAX) };
}
