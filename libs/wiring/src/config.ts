// The only file that reads the environment, once, at start.
// Everything wrong with it is said in one sentence per name, all together.
import 'reflect-metadata';
import { resolve } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min, MinLength, ValidateBy, validateSync } from 'class-validator';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const PREFIX = 'ORDERTRAIL_';

/** The settings by name; each is `ORDERTRAIL_` and the name. */
class Environment {
  @IsOptional() @IsString() @MinLength(1) DATA?: string;
  @IsOptional() @IsInt() @Min(0) @Max(65_535) PORT?: number;
  @IsOptional() @IsString() @MinLength(1) HOST?: string;
  @IsOptional() @ValidateBy({ name: 'isZone', validator: { validate: isZone, defaultMessage: () => 'must be an IANA time zone such as Asia/Shanghai' } }) ZONE?: string;
  @IsOptional() @Matches(/^[A-Za-z0-9+/]{43}=$/, { message: 'must be 32 bytes in base64 (openssl rand -base64 32)' }) MASTER_KEY?: string;
  @IsOptional() @IsIn(LOG_LEVELS) LOG_LEVEL?: (typeof LOG_LEVELS)[number];
  @IsOptional() @IsUrl({ require_tld: false }) OIDC_ISSUER?: string;
  @IsOptional() @IsUrl({ require_tld: false }) OIDC_JWKS_URL?: string;
  @IsOptional() @IsString() @MinLength(1) OIDC_AUDIENCE?: string;
}

export interface Config {
  /** Absolute path of the data directory. */
  dataDirectory: string;
  /** 0 lets the system choose. */
  port: number;
  host: string;
  /** Business time zone as asked for; undefined takes the one that the data directory was made with (Asia/Shanghai at its first start). */
  zone: string | undefined;
  /** 32 bytes; undefined takes the key file of the data directory. */
  masterKey: Uint8Array | undefined;
  logLevel: (typeof LOG_LEVELS)[number];
  /** Tokens of an OpenID Connect issuer are accepted beside the data directory's own. */
  oidc: { issuer: string; jwksUrl: string; audience: string | undefined } | undefined;
}

class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used: ${problems.join('; ')}.`);
  }
}

/** Throws `BadConfiguration` that lists every name in error. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || value === undefined || value === '') continue;
    const key = name.slice(PREFIX.length);
    if (!SETTINGS.includes(key)) problems.push(`${name} is not a setting (known: ${SETTINGS.map((known) => PREFIX + known).join(', ')})`);
    else given[key] = key === 'PORT' && /^\d+$/.test(value) ? Number(value) : value;
  }
  const env = plainToInstance(Environment, given);
  for (const { property, constraints } of validateSync(env)) {
    problems.push(`${PREFIX}${property}: ${Object.values(constraints ?? {}).map((text) => text.replace(`${property} `, '')).join(' and ')}`);
  }
  if ((env.OIDC_ISSUER === undefined) !== (env.OIDC_JWKS_URL === undefined)) problems.push(`${PREFIX}OIDC_ISSUER and ${PREFIX}OIDC_JWKS_URL go together`);
  if (problems.length > 0) throw new BadConfiguration(problems);
  return {
    dataDirectory: resolve(env.DATA ?? 'data'),
    port: env.PORT ?? 3000,
    host: env.HOST ?? '127.0.0.1',
    zone: env.ZONE,
    masterKey: env.MASTER_KEY === undefined ? undefined : Buffer.from(env.MASTER_KEY, 'base64'),
    logLevel: env.LOG_LEVEL ?? 'info',
    oidc: env.OIDC_ISSUER === undefined ? undefined : { issuer: env.OIDC_ISSUER, jwksUrl: env.OIDC_JWKS_URL!, audience: env.OIDC_AUDIENCE },
  };
}

const SETTINGS = ['DATA', 'PORT', 'HOST', 'ZONE', 'MASTER_KEY', 'LOG_LEVEL', 'OIDC_ISSUER', 'OIDC_JWKS_URL', 'OIDC_AUDIENCE'];

function isZone(value: unknown): boolean {
  try {
    return typeof value === 'string' && new Intl.DateTimeFormat('en', { timeZone: value }).format(0) !== '';
  } catch {
    return false;
  }
}
