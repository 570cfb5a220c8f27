// From the row of a case to what a client sees, with its SOP where that is selected.
// What is overdue is so at the instant of the view; evidence may hold personal data, and is masked as other documents are.
import { isoDuration, type Sop, type SopLibraryVersion } from '@app/domain';
import type { ExceptionRow } from '@app/projections';
import { maskDocument } from '../access/masks';
import type { AnswerView } from '../graphql/answer-view';
import type { ExceptionCaseType, SopType } from './exception.types';

/** `libraries`: every version, oldest first; empty where nobody selects the SOP. */
export function presentException(row: ExceptionRow, { now, unmasked }: AnswerView, libraries: readonly SopLibraryVersion[]): ExceptionCaseType {
  const {
    attribution, blocksOrder, dueAt, evidence, exceptionId, open, orderNumber, owner, ownerRole, raisedAt, reopenedCount, resolvedAt, responsible, ruleId, ruleVersion, severity, sopId, sopVersion, stage, status, type,
  } = row;
  const sop = libraries[sopVersion - 1]?.sops.find((one) => one.sopId === sopId);
  return {
    exceptionId, orderNumber, type, stage, severity, responsible, status, blocksOrder, ruleId, ruleVersion, evidence: unmasked ? evidence : maskDocument(evidence), sop: sop === undefined ? null : presentSop(sop, sopVersion), ownerRole, owner,
    raisedAt, dueAt, overdue: open && dueAt < now, resolvedAt, actions: row.actions.map(presentAction), attribution, reopenedCount,
  };
}

export function presentSop({ actions, resolveWithinSeconds, sopId, steps, title }: Sop, version: number): SopType {
  return { sopId, version, title, steps, actions, resolveWithin: isoDuration(resolveWithinSeconds) };
}

/** `REFUSED OrderAlreadyShipped: Order … has been dispatched.` says why. */
function presentAction({ code, note, outcome, refusal, takenAt, takenBy }: ExceptionRow['actions'][number]): ExceptionCaseType['actions'][number] {
  return { code, takenBy, takenAt, note, outcome: refusal === null ? outcome : `${outcome} ${refusal.code}: ${refusal.message}` };
}
