// STORAGE FORMAT. Names and shapes here are what the log holds for ever: what was asked of a projection, by whom and why, and what
// came of it. A new shape is a new version with an upcaster. The stream is `projection-<name>`; an operation's id is its command's.
import type { DomainEvent, Instant, Position } from '@app/kernel';

/** SWITCH puts the new rows in use, KEEP lets them wait for a switch, VERIFY compares and drops them. */
export type RebuildMode = 'SWITCH' | 'KEEP' | 'VERIFY';

export type ParkedLaneKind = 'KEY' | 'STREAM';

/** What everything about one operation carries: what was asked by one is carried out by another, the system. */
interface OfOperation {
  operationId: string;
  requestedBy: string;
  /** Null only where none is demanded. */
  reason: string | null;
}

interface RebuildRequested extends OfOperation {
  mode: RebuildMode;
  /** Those that were asked for together are built in one reading of the log where one process runs them. */
  batch: { id: string; projections: readonly string[] };
}

export interface Rebuilt extends OfOperation {
  mode: RebuildMode;
  startedAt: Instant;
  finishedAt: Instant;
  /** Events. */
  processed: number;
  /** Rows that were not as the live ones. */
  differences: number;
  /** Key, path, both values and, unless the new rows were put in use, what happened to the row. */
  firstDifference: string | null;
  /** From this event on the row differs; of a row that was changed from outside its last one. */
  firstDifferingEventId: string | null;
  switched: boolean;
}

export interface PutInUse extends OfOperation {
  /** Tables of rows: the one in use now, and the one that was. */
  table: string;
  former: string;
}

export interface SkippedEvent {
  /** Of a KEY the event is skipped for that row alone, of a STREAM for all rows. */
  lane: ParkedLaneKind;
  key: string;
  eventId: string;
}

interface EventSkipped extends OfOperation, SkippedEvent {
  position: Position;
  /** Why it could not be taken. */
  error: string;
}

export type ProjectionEvent =
  | DomainEvent<'ProjectionRebuildRequested', RebuildRequested>
  | DomainEvent<'ProjectionRebuilt', Rebuilt>
  | DomainEvent<'ProjectionSwitchRequested', OfOperation>
  | DomainEvent<'ProjectionSwitched', PutInUse>
  | DomainEvent<'ProjectionRollbackRequested', OfOperation>
  | DomainEvent<'ProjectionRolledBack', PutInUse>
  | DomainEvent<'ParkedRetryRequested', OfOperation & { key: string }>
  /** Ends a retry, and a skip too: what waited behind the skipped event was taken up. */
  | DomainEvent<'ParkedRetried', OfOperation & { key: string; resumed: number }>
  | DomainEvent<'ParkedSkipRequested', OfOperation & { key: string; eventId: string }>
  /** From now on no rows of the projection, present or future, hold the event. */
  | DomainEvent<'ParkedEventSkipped', EventSkipped>
  /** `rejection` names the broken condition; null where it was a fault. */
  | DomainEvent<'ProjectionOperationFailed', OfOperation & { rejection: string | null; error: string }>;

export const PROJECTION_EVENT_TYPES: Readonly<Record<ProjectionEvent['type'], number>> = {
  ProjectionRebuildRequested: 1,
  ProjectionRebuilt: 1,
  ProjectionSwitchRequested: 1,
  ProjectionSwitched: 1,
  ProjectionRollbackRequested: 1,
  ProjectionRolledBack: 1,
  ParkedRetryRequested: 1,
  ParkedRetried: 1,
  ParkedSkipRequested: 1,
  ParkedEventSkipped: 1,
  ProjectionOperationFailed: 1,
};

export const OPERATIONS_CATEGORY = 'projection';

export function operationsStream(projection: string): string {
  return `${OPERATIONS_CATEGORY}-${projection}`;
}
