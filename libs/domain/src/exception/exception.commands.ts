// What can be asked of an exception case. A command carries what it is decided by: the SOP of the case, and how the order stands.
// Cases are raised and their actions carried out by policies; the rest is done by people.
import type { Command } from '@app/kernel';
import type { Sop } from '../sop/sop.events';
import type { ExceptionClass } from './exception-matrix';
import type { Attribution } from './exception.events';

export interface ExceptionContext {
  /** As pinned by the case, for one that is to be raised of the library in force; undefined: there is none of its type. */
  sop: (Sop & { version: number }) | undefined;
  /** The order stands under a hold of this case. */
  held: boolean;
  /** The case is about what the actor did: they granted the exemption that was not upheld. */
  ownAct: boolean;
}

interface Of<Type extends string> extends Command<Type> {
  exceptionId: string;
  context: ExceptionContext;
}

export interface RaiseException extends Of<'RaiseException'> {
  /** Also the id of its SOP. */
  exceptionType: string;
  orderNumber: string;
  /** Stream of the order. */
  order: string;
  evidence: Record<string, unknown>;
}
/** By the actor, who has it from then on. */
export type ClaimException = Of<'ClaimException'>;
export interface ReclassifyException extends Of<'ReclassifyException'> {
  is: ExceptionClass;
  reason: string;
}
export interface TakeAction extends Of<'TakeAction'> {
  actionId: string;
  action: string;
  note: string | null;
}
/** `refusal`: what the order answered to the effect. */
export interface CarryOutAction extends Of<'CarryOutAction'> {
  actionId: string;
  refusal?: { code: string; message: string } | null;
}
export interface ResolveException extends Of<'ResolveException'> {
  attribution: Attribution;
}
export interface ReopenException extends Of<'ReopenException'> {
  reason: string;
}

export type ExceptionCommand = RaiseException | ClaimException | ReclassifyException | TakeAction | CarryOutAction | ResolveException | ReopenException;
