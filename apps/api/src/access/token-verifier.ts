// Tells who calls from the Authorization header: a token of this data directory or of the OpenID Connect issuer.
// A verified token is remembered until it expires, because checking a signature costs more than answering a query.
import { LRUCache } from 'lru-cache';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { isSubject, type Role, ROLES, TOKEN_ISSUER } from '@app/wiring';
import type { Caller } from './caller';

interface TrustedIssuers {
  /** Key of the data directory's own tokens (HS256), 32 bytes. */
  tokenKey: Uint8Array;
  oidc?: { issuer: string; jwksUrl: string; audience?: string | undefined } | undefined;
}

/** The token is missing, forged, expired or malformed; `message` says which, without repeating it. */
export class NotAuthenticated extends Error {
  override readonly name = 'NotAuthenticated';
}
/** The issuer's keys cannot be fetched: nobody can be told apart now. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
}

const REMEMBERED_TOKENS_MAX = 10_000;
const TOKEN_LENGTH_MAX = 8_192;
const CLOCK_TOLERANCE_SECONDS = 5;

export class TokenVerifier {
  private readonly verified = new LRUCache<string, Caller>({ max: REMEMBERED_TOKENS_MAX });
  private readonly remoteKeys: ReturnType<typeof createRemoteJWKSet> | undefined;

  constructor(
    private readonly issuers: TrustedIssuers,
    private readonly now: () => number,
  ) {
    this.remoteKeys = issuers.oidc === undefined ? undefined : createRemoteJWKSet(new URL(issuers.oidc.jwksUrl));
  }

  /** The caller of an already verified, still valid token, without waiting; undefined when it must be verified. */
  remembered(header: string | undefined): Caller | undefined {
    const caller = header === undefined ? undefined : this.verified.get(header);
    return caller !== undefined && caller.expiresAt > this.now() / 1000 ? caller : undefined;
  }

  /** `header` is `Bearer TOKEN`. Throws `NotAuthenticated` or `IssuerUnavailable`. */
  async verify(header: string | undefined): Promise<Caller> {
    const known = this.remembered(header);
    if (known !== undefined) return known;
    if (header === undefined) throw new NotAuthenticated('A bearer token is needed: send the header Authorization: Bearer TOKEN.');
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header)?.[1];
    if (token === undefined || token.length > TOKEN_LENGTH_MAX) throw new NotAuthenticated('The Authorization header must be "Bearer" and a JWT.');
    const caller = callerOf(await this.claims(token));
    if (!isSubject(caller.sub)) throw new NotAuthenticated('The token names nobody: its `sub` must have 1 to 200 characters, and not only blanks.');
    this.verified.set(header, caller);
    return caller;
  }

  private async claims(token: string): Promise<JWTPayload> {
    const options = { clockTolerance: CLOCK_TOLERANCE_SECONDS, currentDate: new Date(this.now()), requiredClaims: ['sub', 'exp'] };
    try {
      if (issuerNamed(token) === TOKEN_ISSUER) return (await jwtVerify(token, this.issuers.tokenKey, { ...options, issuer: TOKEN_ISSUER, algorithms: ['HS256'] })).payload;
      const { oidc } = this.issuers;
      if (oidc === undefined || this.remoteKeys === undefined) throw new NotAuthenticated('The token is of an issuer that is not trusted here.');
      const audience = oidc.audience === undefined ? {} : { audience: oidc.audience };
      const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
      return (await jwtVerify(token, this.remoteKeys, { ...options, ...audience, issuer: oidc.issuer, algorithms })).payload;
    } catch (error) {
      if (error instanceof NotAuthenticated) throw error;
      if (error instanceof errors.JWTExpired) throw new NotAuthenticated('The token has expired.');
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) throw new NotAuthenticated('The token is not valid here.');
      throw new IssuerUnavailable('The keys of the token issuer cannot be read now. Try again.');
    }
  }
}

/** Only tells which key to try; nothing is believed before the signature is. */
function issuerNamed(token: string): unknown {
  try {
    return (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8')) as { iss?: unknown }).iss;
  } catch {
    throw new NotAuthenticated('The token is not a JWT.');
  }
}

function callerOf(claims: JWTPayload): Caller {
  const given = Array.isArray(claims['roles']) ? (claims['roles'] as unknown[]) : [];
  const system = claims['system'];
  return {
    sub: claims.sub!,
    roles: ROLES.filter((role: Role) => given.includes(role)),
    system: typeof system === 'string' ? system : null,
    pii: claims['pii'] === true,
    expiresAt: claims.exp!,
  };
}
