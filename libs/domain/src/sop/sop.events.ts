// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Stream: sop-main. Each publication is a whole library; a case stays with the version under which it was raised.
import type { DomainEvent, Instant } from '@app/kernel';
import type { ExceptionSeverity, ExceptionStage, ResponsibleParty } from '../exception/exception-matrix';

/** What an action does to the order, as a command of its own. */
export type SopEffect = 'RELEASE_HOLD' | 'CANCEL';

/** What to do about a type of exception (SOP 处置预案): its place in the matrix, who sees to it and within which time. */
export interface Sop {
  /** That of the exception: one SOP for each type. */
  sopId: string;
  stage: ExceptionStage;
  severity: ExceptionSeverity;
  responsible: ResponsibleParty;
  /** Role of the API that owns such cases. */
  ownerRole: string;
  /** In Chinese and English, as all texts here. */
  title: string;
  /** In their order, for people. */
  steps: string[];
  actions: { code: SopEffect; label: string }[];
  /** From raising the case to resolving it. */
  resolveWithinSeconds: number;
}

export interface SopLibraryVersion {
  version: number;
  publishedAt: Instant;
  publishedBy: string;
  sops: Sop[];
}

export type SopLibraryPublished = DomainEvent<'SopLibraryPublished', SopLibraryVersion>;
export const SOP_EVENT_TYPES = { SopLibraryPublished: 1 } as const satisfies Record<SopLibraryPublished['type'], number>;
export const SOP_STREAM = 'sop-main';
