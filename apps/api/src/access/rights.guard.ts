// The one gate of every resolver and controller: what carries no decision is closed to everybody.
// Who may not ask is told so before anything is looked up, so a refusal never says whether an object exists.
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Role } from '@app/wiring';
import { ALLOWED_ROLES, type Caller, actingRole } from './caller';
import { forbidden, unauthenticated, unavailable } from '../rejection.presenter';
import { IssuerUnavailable } from './token-verifier';
import type { RequestContext } from '../graphql/request-context';

@Injectable()
export class RightsGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const allowed = Reflect.getMetadata(ALLOWED_ROLES, context.getHandler()) as readonly Role[] | undefined;
    if (allowed === undefined || context.getType<string>() !== 'graphql') throw forbidden('Nobody may do this: no role has been given the right.');
    const { caller, refusal } = context.getArgByIndex<RequestContext>(2);
    admit(caller, refusal, allowed);
    return true;
  }
}

/** Throws UNAUTHENTICATED, UNAVAILABLE or FORBIDDEN unless the caller has one of the roles. */
export function admit(caller: Caller | undefined, refusal: Error | undefined, allowed: readonly Role[]): asserts caller is Caller {
  if (caller === undefined) {
    if (refusal instanceof IssuerUnavailable) throw unavailable(refusal.message);
    throw unauthenticated(refusal?.message ?? 'A bearer token is needed.');
  }
  if (actingRole(caller, allowed) === undefined) {
    throw forbidden(`This needs one of the roles ${allowed.join(', ')}; the token has ${caller.roles.join(', ') || 'none'}.`);
  }
}
