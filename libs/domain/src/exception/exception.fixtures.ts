// A case of an exemption that was not upheld, and what people do with it.
// Instants are minutes after the order was placed.
import type { Actor } from '@app/kernel';
import { minute, OPS } from '../order/order.fixtures';
import { DEFAULT_SOPS } from '../sop/sop.defaults';
import type { ExceptionCommand, ExceptionContext, RaiseException } from './exception.commands';
import type { Attribution } from './exception.events';

export const EXCEPTION_ID = 'EXEMPTION_NOT_UPHELD-x-1';
export const CSR: Actor = { id: 'chen.csr', role: 'csr' };
const ORDER_NUMBER = 'TB2026010900001';

/** The shipped SOP, and an order that the case holds. */
export const OF_CASE: ExceptionContext = { sop: { ...DEFAULT_SOPS[0]!, version: 1 }, held: true, ownAct: false };
export const RELEASED: ExceptionContext = { ...OF_CASE, held: false };
export const CAUSE: Attribution = { rootCause: 'the customer was not known', responsible: 'INTERNAL', preventable: true, note: 'the counter did not ask', preventiveAction: null };

/** `rest`: what the type needs; by ops where it does not say otherwise. */
export function onCase<Type extends ExceptionCommand['type']>(type: Type, at: number, rest: object = {}): Extract<ExceptionCommand, { type: Type }> {
  return { type, id: `${type}-${at}`, actor: OPS, at: minute(at), context: OF_CASE, exceptionId: EXCEPTION_ID, ...rest } as unknown as Extract<ExceptionCommand, { type: Type }>;
}

export function raised(at = 10, rest: Partial<RaiseException> = {}): RaiseException {
  return onCase('RaiseException', at, { exceptionType: 'EXEMPTION_NOT_UPHELD', orderNumber: ORDER_NUMBER, order: 'order-TB.4711', evidence: { exemptionId: 'x-1', reviewed: false }, ...rest });
}
