// Tokens of the data directory itself (HS256, its own key): what `ops token` prints and embedded mode accepts.
// In production an OpenID Connect issuer stands beside them.
import { SignJWT } from 'jose';

/** Roles of the API; see the table of rights in the README. */
export const ROLES = ['admin', 'ops', 'approver', 'frontline', 'csr', 'auditor', 'analyst', 'integration'] as const;
export type Role = (typeof ROLES)[number];
export const TOKEN_ISSUER = 'ordertrail';

interface TokenClaims {
  /** Staff id, or the system's name. */
  sub: string;
  roles: readonly Role[];
  /** For role `integration`: the one system it may send for. */
  system?: string;
  /** Sees personal data unmasked although its role would not. */
  pii?: boolean;
}

/** Signs a token that is good for so many seconds (default 30 days) from `now`. */
export function issueToken(key: Uint8Array, claims: TokenClaims, now: Date, lifetimeSeconds = 30 * 86_400): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const { sub, ...rest } = claims;
  return new SignJWT({ ...rest })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(TOKEN_ISSUER)
    .setSubject(sub)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .sign(key);
}

const SUBJECT = /^(?=.*\S).{1,200}$/u;

/** Whether a caller can go by this name: everything that they do is recorded under it. */
export function isSubject(sub: unknown): sub is string {
  return typeof sub === 'string' && SUBJECT.test(sub);
}
