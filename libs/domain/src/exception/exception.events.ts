// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Stream: exception-<exceptionId>, one for each case. Every event names the order, so that history can be joined.
import type { DomainEvent, Instant } from '@app/kernel';
import type { SopEffect } from '../sop/sop.events';
import type { ExceptionClass, ResponsibleParty } from './exception-matrix';

interface OfCase {
  exceptionId: string;
  orderNumber: string;
}

/** Why it came about (归因): no case is resolved without. */
export interface Attribution {
  rootCause: string;
  responsible: ResponsibleParty;
  preventable: boolean;
  note: string;
  preventiveAction: string | null;
}

/** `evidence`: the values by which it was found. `blocksOrder`: the order stands under a hold that names the case. */
export type ExceptionRaised = DomainEvent<
  'ExceptionRaised',
  OfCase & ExceptionClass & {
    /** Stream of the order. */
    order: string;
    type: string;
    blocksOrder: boolean;
    /** Rule and version that raised it; null where none did. */
    ruleId: string | null;
    ruleVersion: number | null;
    evidence: Record<string, unknown>;
    sopId: string;
    /** Of the library in force when it was raised. */
    sopVersion: number;
    ownerRole: string;
    dueAt: Instant;
  }
>;
export type ExceptionClaimed = DomainEvent<'ExceptionClaimed', OfCase & { owner: string }>;
export type ExceptionReclassified = DomainEvent<'ExceptionReclassified', OfCase & { was: ExceptionClass; is: ExceptionClass; reason: string; by: string }>;
/** An action of the SOP was taken; what came of it follows as ExceptionActionCarriedOut. */
export type ExceptionActionTaken = DomainEvent<'ExceptionActionTaken', OfCase & { actionId: string; code: SopEffect; takenBy: string; takenByRole: string; note: string | null }>;
/** `refusal`: why the order refused the effect; null: it is done. */
export type ExceptionActionCarriedOut = DomainEvent<'ExceptionActionCarriedOut', OfCase & { actionId: string; refusal: { code: string; message: string } | null }>;
export type ExceptionResolved = DomainEvent<'ExceptionResolved', OfCase & { attribution: Attribution; by: string }>;
/** The case and its clock go on. */
export type ExceptionReopened = DomainEvent<'ExceptionReopened', OfCase & { reason: string; by: string }>;

export type ExceptionEvent = ExceptionRaised | ExceptionClaimed | ExceptionReclassified | ExceptionActionTaken | ExceptionActionCarriedOut | ExceptionResolved | ExceptionReopened;
export const EXCEPTION_EVENT_TYPES = {
  ExceptionRaised: 1,
  ExceptionClaimed: 1,
  ExceptionReclassified: 1,
  ExceptionActionTaken: 1,
  ExceptionActionCarriedOut: 1,
  ExceptionResolved: 1,
  ExceptionReopened: 1,
} as const satisfies Record<ExceptionEvent['type'], number>;

export function exceptionStream(exceptionId: string): string {
  return `exception-${exceptionId}`;
}
