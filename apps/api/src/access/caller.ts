// Who calls, as the token says it, and what a decision about a route or resolver looks like.
// Nothing is allowed that does not carry such a decision.
import { SetMetadata } from '@nestjs/common';
import type { Actor } from '@app/kernel';
import type { Role } from '@app/wiring';

export interface Caller {
  sub: string;
  roles: readonly Role[];
  /** The one system that a token of role `integration` may send for. */
  system: string | null;
  /** Sees personal data unmasked whatever the role. */
  pii: boolean;
  /** Seconds since 1970, as in the token. */
  expiresAt: number;
}

export const ALLOWED_ROLES = 'ordertrail:allowed-roles';
/** Readers of everything. */
export const EVERYTHING: readonly Role[] = ['admin', 'ops', 'auditor'];
/** Readers of orders. */
export const ORDER_READERS: readonly Role[] = [...EVERYTHING, 'approver', 'frontline', 'csr'];
export const BOARD_READERS: readonly Role[] = [...EVERYTHING, 'analyst'];

/** Lets these roles in; without it a resolver or controller lets nobody in. */
export const Allow = (roles: readonly Role[]): MethodDecorator => SetMetadata(ALLOWED_ROLES, roles);

/** The role under which the caller may do this: the first of the allowed ones that the token has. */
export function actingRole(caller: Caller, allowed: readonly Role[]): Role | undefined {
  return allowed.find((role) => caller.roles.includes(role));
}

export function actorOf(caller: Caller, allowed: readonly Role[]): Actor {
  return { id: caller.sub, role: actingRole(caller, allowed) ?? caller.roles[0] ?? 'none' };
}

const MASKED_ROLES: readonly Role[] = ['auditor', 'analyst'];

/** Names, phones, e-mails and address details are masked for those whose every role that reads anything need not see them. */
export function seesPersonalData(caller: Caller): boolean {
  return caller.pii || ORDER_READERS.some((role) => caller.roles.includes(role) && !MASKED_ROLES.includes(role));
}
