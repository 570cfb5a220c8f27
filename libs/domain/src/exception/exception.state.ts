// An exception case as its stream tells it.
// Everything that a decision rests on stands here, and nothing else.
import type { SopEffect } from '../sop/sop.events';
import type { ExceptionClass } from './exception-matrix';
import type { Attribution, ExceptionEvent } from './exception.events';

interface CaseAction {
  actionId: string;
  code: SopEffect;
  takenBy: string;
  takenByRole: string;
  note: string | null;
  carriedOut: boolean;
}

export interface ExceptionState {
  /** Null before it is raised. */
  raised: { exceptionId: string; orderNumber: string; order: string; sopId: string; sopVersion: number } | null;
  class: ExceptionClass | null;
  owner: string | null;
  actions: readonly CaseAction[];
  /** Null while the case is open. */
  resolved: { attribution: Attribution; by: string } | null;
}

export const NO_CASE: ExceptionState = { raised: null, class: null, owner: null, actions: [], resolved: null };

export function evolve(state: ExceptionState, event: ExceptionEvent): ExceptionState {
  switch (event.type) {
    case 'ExceptionRaised': {
      const { exceptionId, orderNumber, order, sopId, sopVersion, stage, severity, responsible } = event.data;
      return { ...state, raised: { exceptionId, orderNumber, order, sopId, sopVersion }, class: { stage, severity, responsible } };
    }
    case 'ExceptionClaimed':
      return { ...state, owner: event.data.owner };
    case 'ExceptionReclassified':
      return { ...state, class: event.data.is };
    case 'ExceptionActionTaken': {
      const { actionId, code, takenBy, takenByRole, note } = event.data;
      return { ...state, actions: [...state.actions, { actionId, code, takenBy, takenByRole, note, carriedOut: false }] };
    }
    case 'ExceptionActionCarriedOut':
      return { ...state, actions: state.actions.map((action) => (action.actionId === event.data.actionId ? { ...action, carriedOut: true } : action)) };
    case 'ExceptionResolved':
      return { ...state, resolved: { attribution: event.data.attribution, by: event.data.by } };
    case 'ExceptionReopened':
      return { ...state, resolved: null };
    default:
      return event satisfies never;
  }
}
