// The matrix of exceptions: when in the life of an order, how severe, and whose it is; and how far a case has come.
// Stored in events: names here never change.

/** 售前, 售中, 售后. */
export const EXCEPTION_STAGES = ['PRE_SALE', 'IN_SALE', 'AFTER_SALE'] as const;
export type ExceptionStage = (typeof EXCEPTION_STAGES)[number];
export const EXCEPTION_SEVERITIES = ['MINOR', 'MODERATE', 'SEVERE'] as const;
export type ExceptionSeverity = (typeof EXCEPTION_SEVERITIES)[number];
export const RESPONSIBLE_PARTIES = ['CUSTOMER', 'PLATFORM', 'INTERNAL'] as const;
export type ResponsibleParty = (typeof RESPONSIBLE_PARTIES)[number];

/** A cell of the matrix. */
export interface ExceptionClass {
  stage: ExceptionStage;
  severity: ExceptionSeverity;
  responsible: ResponsibleParty;
}

export const EXCEPTION_STATUSES = ['OPEN', 'IN_PROGRESS', 'WAITING_FOR_CUSTOMER', 'RESOLVED'] as const;
export type ExceptionStatus = (typeof EXCEPTION_STATUSES)[number];
