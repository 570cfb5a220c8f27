// An exception case: raised once, seen to by one person at a time, and resolved with its cause, never while it still holds the order.
// What an action does to the order is decided by the order; here it is recorded what was taken, by whom, and what came of it.
import { type Decider, plusSeconds, reject, type Rejection } from '@app/kernel';
import { sameValue } from '../order/movement';
import type { CarryOutAction, ClaimException, ExceptionCommand, RaiseException, ReclassifyException, ReopenException, ResolveException, TakeAction } from './exception.commands';
import { EXCEPTION_EVENT_TYPES, type ExceptionEvent } from './exception.events';
import { evolve, type ExceptionState, NO_CASE } from './exception.state';

type ExceptionRejection = Rejection<
  'ExceptionNotFound' | 'SelfApproval' | 'SopNotFound' | 'ExceptionAlreadyResolved' | 'ExceptionNotResolved' | 'ExceptionClaimedByAnother' | 'ActionNotInSop' | 'ActionNotTaken' | 'ActionPending' | 'OrderHeldByException' | 'ReasonMissing' | 'AttributionIncomplete'
>;
type Decision = readonly ExceptionEvent[] | ExceptionRejection;
/** A case that was raised. */
type Case = ExceptionState & { raised: NonNullable<ExceptionState['raised']>; class: NonNullable<ExceptionState['class']> };
type OfCase = Exclude<ExceptionCommand, RaiseException>;

/** Roles of the API that may take a case over from whoever has claimed it. */
const OVERSEERS: readonly string[] = ['ops', 'admin'];

export const exceptionDecider: Decider<ExceptionCommand, ExceptionEvent, ExceptionState> = {
  category: 'exception',
  eventTypes: EXCEPTION_EVENT_TYPES,
  initial: NO_CASE,
  decide(command, state): Decision {
    if (command.type === 'RaiseException') return state.raised === null ? raise(command) : [];
    if (!isCase(state)) return reject('ExceptionNotFound', `There is no exception ${command.exceptionId}.`, { exceptionId: command.exceptionId });
    // What was begun is carried out, whoever goes on with it.
    if (command.type !== 'CarryOutAction' && command.context.ownAct) return ownAct(command);
    return decideOn(command, state);
  },
  evolve,
};

function decideOn(command: OfCase, state: Case): Decision {
  switch (command.type) {
    case 'ClaimException':
      return claim(command, state);
    case 'ReclassifyException':
      return reclassify(command, state);
    case 'TakeAction':
      return takeAction(command, state);
    case 'CarryOutAction':
      return carryOut(command, state);
    case 'ResolveException':
      return resolve(command, state);
    case 'ReopenException':
      return reopen(command, state);
    default:
      return command satisfies never;
  }
}

function raise({ at, context: { held, sop }, evidence, exceptionId, exceptionType, order, orderNumber }: RaiseException): Decision {
  if (sop === undefined) return reject('SopNotFound', `There is no SOP for exceptions of type ${exceptionType}.`, { exceptionType });
  const { ownerRole, resolveWithinSeconds, responsible, severity, sopId, stage, version } = sop;
  return [{
    type: 'ExceptionRaised',
    occurredAt: at,
    data: {
      exceptionId, orderNumber, order, type: exceptionType, stage, severity, responsible, blocksOrder: held, ruleId: null, ruleVersion: null, evidence, sopId, sopVersion: version, ownerRole,
      dueAt: plusSeconds(at, resolveWithinSeconds),
    },
  }];
}

function claim({ actor, at }: ClaimException, state: Case): Decision {
  if (state.resolved !== null) return alreadyResolved(state);
  if (state.owner === actor.id) return [];
  return claimedByAnother(state, actor) ?? [{ type: 'ExceptionClaimed', occurredAt: at, data: { ...caseOf(state), owner: actor.id } }];
}

function reclassify({ actor, at, is, reason }: ReclassifyException, state: Case): Decision {
  if (state.resolved !== null) return alreadyResolved(state);
  if (sameValue(is, state.class)) return [];
  if (reason.trim() === '') return reasonMissing('reclassify the exception');
  return claimedByAnother(state, actor) ?? [{ type: 'ExceptionReclassified', occurredAt: at, data: { ...caseOf(state), was: state.class, is, reason: reason.trim(), by: actor.id } }];
}

/** Whoever takes an action of a case that nobody has claimed has claimed it. */
function takeAction({ action, actionId, actor, at, context, note }: TakeAction, state: Case): Decision {
  if (state.actions.some((taken) => taken.actionId === actionId)) return [];
  if (state.resolved !== null) return alreadyResolved(state);
  const known = context.sop?.actions ?? [];
  const found = known.find(({ code }) => code === action);
  if (found === undefined) {
    const codes = known.map(({ code }) => code);
    return reject('ActionNotInSop', `${action} is no action of the SOP of exception ${state.raised.exceptionId}; it has ${codes.join(', ')}.`, { exceptionId: state.raised.exceptionId, actions: codes });
  }
  const refusal = claimedByAnother(state, actor);
  if (refusal !== null) return refusal;
  const claimed: ExceptionEvent[] = state.owner === null ? [{ type: 'ExceptionClaimed', occurredAt: at, data: { ...caseOf(state), owner: actor.id } }] : [];
  return [...claimed, { type: 'ExceptionActionTaken', occurredAt: at, data: { ...caseOf(state), actionId, code: found.code, takenBy: actor.id, takenByRole: actor.role, note } }];
}

function carryOut({ actionId, at, exceptionId, refusal = null }: CarryOutAction, state: Case): Decision {
  const taken = state.actions.find((action) => action.actionId === actionId);
  if (taken === undefined) return reject('ActionNotTaken', `Exception ${exceptionId} has no action ${actionId}.`, { exceptionId, actionId });
  return taken.carriedOut ? [] : [{ type: 'ExceptionActionCarriedOut', occurredAt: at, data: { ...caseOf(state), actionId, refusal } }];
}

function resolve({ actor, at, attribution: given, context }: ResolveException, state: Case): Decision {
  const { exceptionId, orderNumber } = state.raised;
  const attribution = { ...given, rootCause: given.rootCause.trim(), note: given.note.trim(), preventiveAction: given.preventiveAction?.trim() || null };
  if (state.resolved !== null) return sameValue(state.resolved, { attribution, by: actor.id }) ? [] : alreadyResolved(state);
  const missing = (['rootCause', 'note'] as const).filter((field) => attribution[field] === '');
  if (missing.length > 0) return reject('AttributionIncomplete', `Say what caused exception ${exceptionId}: ${missing.join(' and ')} must not be blank.`, { exceptionId, missing });
  const refusal = claimedByAnother(state, actor);
  if (refusal !== null) return refusal;
  if (state.actions.some(({ carriedOut }) => !carriedOut)) return reject('ActionPending', `An action of exception ${exceptionId} is still being carried out; resolve it when that is done.`, { exceptionId });
  if (context.held) {
    return reject('OrderHeldByException', `Order ${orderNumber} is still on hold for exception ${exceptionId}. Release the hold or cancel the order first: an action of the case does either.`, { exceptionId, orderNumber });
  }
  return [{ type: 'ExceptionResolved', occurredAt: at, data: { ...caseOf(state), attribution, by: actor.id } }];
}

function reopen({ actor, at, reason }: ReopenException, state: Case): Decision {
  const { exceptionId } = state.raised;
  if (state.resolved === null) return reject('ExceptionNotResolved', `Exception ${exceptionId} is open.`, { exceptionId });
  if (reason.trim() === '') return reasonMissing('reopen the exception');
  return [{ type: 'ExceptionReopened', occurredAt: at, data: { ...caseOf(state), reason: reason.trim(), by: actor.id } }];
}

function isCase(state: ExceptionState): state is Case {
  return state.raised !== null && state.class !== null;
}

function caseOf({ raised: { exceptionId, orderNumber } }: Case): { exceptionId: string; orderNumber: string } {
  return { exceptionId, orderNumber };
}

function claimedByAnother({ owner, raised: { exceptionId } }: Case, { id, role }: ExceptionCommand['actor']): ExceptionRejection | null {
  if (owner === null || owner === id || OVERSEERS.includes(role)) return null;
  return reject('ExceptionClaimedByAnother', `${owner} has claimed exception ${exceptionId}; ask them, or have ops take it over.`, { exceptionId, owner });
}

function alreadyResolved({ raised: { exceptionId }, resolved }: Case): ExceptionRejection {
  return reject('ExceptionAlreadyResolved', `Exception ${exceptionId} was resolved by ${resolved!.by}. Reopen it first.`, { exceptionId });
}

/** Separation of duties, for everybody: whoever is in question neither sees to the case nor says whose fault it was. */
function ownAct({ actor, exceptionId }: ExceptionCommand): ExceptionRejection {
  return reject('SelfApproval', `${actor.id} granted the exemption that exception ${exceptionId} is about, so somebody else must see to it.`, { exceptionId });
}

function reasonMissing(what: string): ExceptionRejection {
  return reject('ReasonMissing', `Give a reason to ${what}.`);
}
