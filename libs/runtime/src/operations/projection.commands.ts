// What may be asked of a projection, and how whoever runs it records what came of that.
// Pure shapes; what they may say is decided in projection.decider.ts.
import type { Command, Position } from '@app/kernel';
import type { PutInUse, RebuildMode, Rebuilt, SkippedEvent } from './projection.events';

export interface RequestRebuild extends Command<'RequestRebuild'> {
  mode: RebuildMode;
  reason: string | null;
  batch: { id: string; projections: readonly string[] };
}
/** The reason is demanded. */
export interface RequestSwitch extends Command<'RequestSwitch'> {
  reason: string;
}
/** The reason is demanded. */
export interface RequestRollback extends Command<'RequestRollback'> {
  reason: string;
}
export interface RequestParkedRetry extends Command<'RequestParkedRetry'> {
  key: string;
}
/** `eventId`: the event that is meant; where another one waits by then, nothing is skipped. The reason is demanded. */
export interface RequestParkedSkip extends Command<'RequestParkedSkip'> {
  key: string;
  eventId: string;
  reason: string;
}

type Outcome<Data> = Omit<Data, 'requestedBy' | 'reason' | 'operationId'>;

/** Of an operation that is not pending any more nothing is recorded. */
interface OfOperation {
  operationId: string;
}
export interface RecordRebuilt extends Command<'RecordRebuilt'>, OfOperation {
  outcome: Outcome<Rebuilt>;
}
/** Of a switch or a rollback. */
export interface RecordInUse extends Command<'RecordInUse'>, OfOperation {
  outcome: Outcome<PutInUse>;
}
export interface RecordSkipped extends Command<'RecordSkipped'>, OfOperation {
  skipped: SkippedEvent & { position: Position; error: string };
}
export interface RecordRetried extends Command<'RecordRetried'>, OfOperation {
  resumed: number;
}
export interface RecordFailure extends Command<'RecordFailure'>, OfOperation {
  rejection: string | null;
  error: string;
}

export type ProjectionCommand =
  | RequestRebuild
  | RequestSwitch
  | RequestRollback
  | RequestParkedRetry
  | RequestParkedSkip
  | RecordRebuilt
  | RecordInUse
  | RecordSkipped
  | RecordRetried
  | RecordFailure;
