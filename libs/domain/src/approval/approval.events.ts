// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Reviews and their tasks, in the stream of the order that is reviewed. An automatic approval is a ReviewDecided alone (order.events.ts).
import type { DomainEvent, Instant } from '@app/kernel';
import type { BacklogPeakSetting } from '../settings/settings.events';
import type { PersonSeen, SubstitutionStep } from '../staff/staff.events';

/** ANY: first decision counts (或签). ALL: countersign (会签), one refusal refuses. QUORUM: `needed` approvals. */
export const SIGNING_MODES = ['ANY', 'ALL', 'QUORUM'] as const;
export type SigningMode = (typeof SIGNING_MODES)[number];
/** UNROUTED: nobody can act. SKIPPED: no longer needed. */
export const TASK_STATUSES = ['PENDING', 'UNROUTED', 'APPROVED', 'REJECTED', 'HANDED_OVER', 'SKIPPED'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];
export const HANDOVER_REASONS = ['TIMEOUT', 'DELEGATION', 'DEPARTURE', 'TRANSFER'] as const;
export type HandoverReason = (typeof HANDOVER_REASONS)[number];

/** What a route was decided by besides the order itself, recorded so that the decision can be made again. */
export interface RouteInputs {
  /** Decimal in major units: totals placed on the platform on the order's business day, this one included, cancelled ones left out. */
  turnoverToday: string;
  /** Decimal; null where the settings have none. */
  turnoverThreshold: string | null;
  /** Of the settings whose restricted categories and threshold were used. */
  settingsVersion: number;
}

/** A step of a review as pinned when it started. */
export interface ReviewStep {
  /** `<approvalId>-<place>`, the first place is 1. */
  stepId: string;
  role: string;
  mode: SigningMode;
  /** Approvals needed; null for ALL until its tasks are made. */
  needed: number | null;
  withinSeconds: number;
  businessHours: boolean;
}

export interface Handover {
  /** Null where the task was unrouted before. */
  from: string | null;
  to: string | null;
  reason: HandoverReason;
  at: Instant;
}

export interface ReviewTask {
  /** `<stepId>-<n>`, counted through the step from 1. */
  taskId: string;
  approvalId: string;
  stepId: string;
  role: string;
  /** The holder of the role whose signature this is, whoever acts for them; null while there is no holder, and where whoever has it without being one was named by hand. */
  holder: string | null;
  /** Null while UNROUTED. */
  assignee: string | null;
  /** Whom the assignee acts for; null when the holder acts. */
  actingFor: string | null;
  status: TaskStatus;
  /** When this task was made for this assignee, by our clock; its limit runs from here. */
  assignedAt: Instant;
  dueAt: Instant;
  decidedAt: Instant | null;
  decidedBy: string | null;
  comment: string | null;
  /** From the first assignee on, oldest first. */
  handovers: Handover[];
  /** Steps of the ladder (delegate or backup, superior, superior's superior) that were tried already, 0 to 3. */
  rung: number;
  /**
   * How it came to the assignee from the holder, or from whoever had it by the ladder or was named: by whom it was passed on or stood in
   * for. Empty when nobody stands in. Left out of tasks made before it was recorded.
   */
  way?: readonly SubstitutionStep[];
}

/** A task as it was (null: it is new) and as it is. What folds count tasks by. */
export interface TaskChange {
  was: ReviewTask | null;
  is: ReviewTask;
}

interface OfReview {
  orderNumber: string;
  approvalId: string;
}
/** Whom a choice of assignees looked at, with the open tasks that each had then. */
interface OfChoice {
  seen: PersonSeen[];
  loads: Record<string, number>;
}

/** People must decide. `occurredAt` is our clock's. */
export type ReviewStarted = DomainEvent<
  'ReviewStarted',
  OfReview & {
    round: number;
    policyVersion: number;
    matchedRule: string;
    /** Its expression, as evidence. */
    when: string;
    inputs: RouteInputs;
    steps: ReviewStep[];
    /** When the order entered the review, by business time. */
    enteredAt: Instant;
  }
>;
/** What a queue is warned of by from now on, and the version of the settings that says so. */
export interface BacklogPeakPinned extends BacklogPeakSetting {
  settingsVersion: number;
}
/**
 * The tasks of a step, made or routed again: UNROUTED ones that found somebody. `needed`: of the step, fixed when its tasks are made for the first holders.
 * `backlogPeak`: for the queue of its role; events from before it could be set have none.
 */
export type TasksRouted = DomainEvent<'TasksRouted', OfReview & OfChoice & { stepId: string; needed: number; tasks: TaskChange[]; backlogPeak?: BacklogPeakPinned }>;
/** One task ended HANDED_OVER, another one made that carries the hand-overs so far; UNROUTED when nobody can act. */
export type TaskHandedOver = DomainEvent<'TaskHandedOver', OfReview & OfChoice & { taskId: string; reason: HandoverReason; by: string; note: string | null; tasks: TaskChange[] }>;
/** The ladder is at its end: the task stays where it is. Once per task. */
export type TaskOverdue = DomainEvent<'TaskOverdue', OfReview & { taskId: string; role: string; assignee: string | null; dueAt: Instant }>;
/** `stepStatus` after it: APPROVED opens the next step, or ends the review by a ReviewDecided that follows. `tasks`: this one and those no longer needed. */
export type TaskDecided = DomainEvent<
  'TaskDecided',
  OfReview & { stepId: string; taskId: string; approve: boolean; by: string; comment: string | null; stepStatus: 'PENDING' | 'APPROVED' | 'REJECTED'; tasks: TaskChange[] }
>;
/**
 * Its round of review is over without a decision: amended, cancelled, closed. Of an automatic approval: what is known by now of the
 * content that it was given for needs people after all.
 */
export type ReviewWithdrawn = DomainEvent<'ReviewWithdrawn', OfReview & { round: number; reason: string; tasks: TaskChange[] }>;

/** A front-line release in an emergency: the review passes as EXEMPTED (the ReviewDecided that follows), and is reviewed afterwards. */
export type ExemptionGranted = DomainEvent<
  'ExemptionGranted',
  OfReview & { exemptionId: string; grantedBy: string; reason: string; expiresAt: Instant; reviewer: string | null }
>;
export type ExemptionReviewed = DomainEvent<'ExemptionReviewed', OfReview & { exemptionId: string; reviewedBy: string; upheld: boolean; comment: string }>;
/** Nobody reviewed it in time. */
export type ExemptionExpired = DomainEvent<'ExemptionExpired', OfReview & { exemptionId: string }>;

export type ApprovalEvent =
  | ReviewStarted
  | TasksRouted
  | TaskHandedOver
  | TaskOverdue
  | TaskDecided
  | ReviewWithdrawn
  | ExemptionGranted
  | ExemptionReviewed
  | ExemptionExpired;

export const APPROVAL_EVENT_TYPES = {
  ReviewStarted: 1,
  TasksRouted: 1,
  TaskHandedOver: 1,
  TaskOverdue: 1,
  TaskDecided: 1,
  ReviewWithdrawn: 1,
  ExemptionGranted: 1,
  ExemptionReviewed: 1,
  ExemptionExpired: 1,
} as const satisfies Record<ApprovalEvent['type'], number>;
