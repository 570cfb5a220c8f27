// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Stream: policy-main. Each publication is a whole policy; a review stays with the version under which it began.
import type { DomainEvent, Instant } from '@app/kernel';
import type { SigningMode } from '../approval/approval.events';

/** One step of a route: who signs, how many of them, and how long they have. */
export interface RuleStep {
  /** Role of the organisation, as the register of staff names it. */
  role: string;
  mode: SigningMode;
  /** Signatures needed by QUORUM; null for ANY (one) and ALL (every holder). */
  needed: number | null;
  withinSeconds: number;
  /** The limit runs in business hours only. */
  businessHours: boolean;
}

export interface ApprovalRule {
  name: string;
  /** CEL over `order` and `platform`; the first rule that holds decides. */
  when: string;
  /** In order, one after the other; none: approved automatically. */
  steps: RuleStep[];
}

export interface ApprovalPolicyVersion {
  version: number;
  publishedAt: Instant;
  publishedBy: string;
  rules: ApprovalRule[];
}

export type ApprovalPolicyPublished = DomainEvent<'ApprovalPolicyPublished', ApprovalPolicyVersion>;
export type ApprovalPolicyEvent = ApprovalPolicyPublished;
export const APPROVAL_POLICY_EVENT_TYPES = { ApprovalPolicyPublished: 1 } as const satisfies Record<ApprovalPolicyEvent['type'], number>;
export const APPROVAL_POLICY_STREAM = 'policy-main';
