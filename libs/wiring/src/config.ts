// The only file that reads the environment, once, at start.
// Everything wrong with it is said in one sentence per name, all together.
import 'reflect-metadata';
import { resolve } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { IsIn, IsOptional, IsString, IsUrl, Matches, ValidateBy, validateSync } from 'class-validator';
import { senderOf, smtpServerOf } from '@app/notifications';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const ROLES_OF_A_PROCESS = ['api', 'worker', 'both'] as const;
const PREFIX = 'ORDERTRAIL_';

/** The settings by name; each is `ORDERTRAIL_` and the name, but for those of the servers, which have no prefix. */
class Environment {
  @IsOptional() @Matches(/^(esdb|esdb\+discover):\/\/\S+$/, { message: 'must be a connection string such as esdb://127.0.0.1:2113?tls=false' }) EVENTSTOREDB_URL?: string;
  @IsOptional() @Matches(/^mongodb(\+srv)?:\/\/\S+$/, { message: 'must be a connection string such as mongodb://127.0.0.1:27017/ordertrail' }) MONGODB_URL?: string;
  @IsOptional() @IsIn(ROLES_OF_A_PROCESS) ROLE?: (typeof ROLES_OF_A_PROCESS)[number];
  @IsOptional() @IsString() DATA?: string;
  @IsOptional() @ValidateBy({ name: 'isPort', validator: { validate: isPort, defaultMessage: () => 'must be a whole number from 0 to 65535' } }) PORT?: number;
  @IsOptional() @IsString() HOST?: string;
  @IsOptional() @ValidateBy({ name: 'isZone', validator: { validate: isZone, defaultMessage: () => 'must be an IANA time zone such as Asia/Shanghai' } }) ZONE?: string;
  @IsOptional() @Matches(/^[A-Za-z0-9+/]{43}=$/, { message: 'must be 32 bytes in base64 (openssl rand -base64 32)' }) MASTER_KEY?: string;
  @IsOptional() @IsIn(LOG_LEVELS) LOG_LEVEL?: (typeof LOG_LEVELS)[number];
  @IsOptional() @ValidateBy({ name: 'isSmtpUrl', validator: { validate: (url) => smtpProblem(url) === undefined, defaultMessage: (given) => smtpProblem(given?.value) ?? '' } }) SMTP_URL?: string;
  @IsOptional() @ValidateBy({ name: 'isSender', validator: { validate: (text) => senderOf(String(text)) !== undefined, defaultMessage: () => 'must be an address such as OrderTrail <no-reply@example.com>' } }) MAIL_FROM?: string;
  @IsOptional() @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true, disallow_auth: true }, { message: 'must be the http or https address of an SMS gateway, without user and password' }) SMS_URL?: string;
  @IsOptional() @Matches(/^[\x21-\x7e]+$/, { message: 'must be a token of visible characters without spaces' }) SMS_TOKEN?: string;
  @IsOptional() @IsUrl({ require_tld: false }) OIDC_ISSUER?: string;
  @IsOptional() @IsUrl({ require_tld: false }) OIDC_JWKS_URL?: string;
  @IsOptional() @IsString() OIDC_AUDIENCE?: string;
}

interface ServerAddresses {
  eventStoreDb: string;
  mongoDb: string;
}

export interface Config {
  /** Absolute path of the data directory. With servers only what belongs to this machine lies there: key file, answers not yet read, scratch. */
  dataDirectory: string;
  /** EventStoreDB and MongoDB; undefined: the embedded stores in the data directory. */
  servers: ServerAddresses | undefined;
  /** What this process does. With the embedded stores always both. */
  role: (typeof ROLES_OF_A_PROCESS)[number];
  /** 0 lets the system choose. */
  port: number;
  host: string;
  /** Business time zone as asked for; undefined takes the one that the data directory was made with (Asia/Shanghai at its first start). */
  zone: string | undefined;
  /** 32 bytes; undefined takes the key file of the data directory. */
  masterKey: Uint8Array | undefined;
  logLevel: (typeof LOG_LEVELS)[number];
  /** Lines of JSON, or a sentence each for whoever sits before the command line. */
  logFor: 'machines' | 'people';
  /** The mail server, with user and password where it asks for them, and whom mails are from; undefined: mails go into a file. */
  smtp: { url: string; from: string } | undefined;
  /** The SMS gateway and the token it knows us by; undefined: short messages go into a file. */
  sms: { url: string; token: string } | undefined;
  /** Tokens of an OpenID Connect issuer are accepted beside the data directory's own. */
  oidc: { issuer: string; jwksUrl: string; audience: string | undefined } | undefined;
}

class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used: ${problems.join('; ')}.`);
  }
}

/** A process on servers. */
export type ServersConfig = Config & { servers: ServerAddresses };

/** Throws `BadConfiguration` that lists every name in error. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    // Both empty: neither.
    if (SERVERS.includes(name) && value !== '') given[name] = value;
    if (!name.startsWith(PREFIX)) continue;
    const key = name.slice(PREFIX.length);
    if (!SETTINGS.includes(key)) problems.push(`${name} is not a setting (known: ${SETTINGS.map((known) => PREFIX + known).join(', ')})`);
    else if (value === '') problems.push(`${name} is empty: give it a value, or leave it out`);
    else given[key] = key === 'PORT' && /^\d+$/.test(value) ? Number(value) : value;
  }
  const env = plainToInstance(Environment, given);
  for (const { property, constraints } of validateSync(env)) {
    problems.push(`${SERVERS.includes(property) ? '' : PREFIX}${property}: ${Object.values(constraints ?? {}).map((text) => text.replace(`${property} `, '')).join(' and ')}`);
  }
  if ((env.OIDC_ISSUER === undefined) !== (env.OIDC_JWKS_URL === undefined)) problems.push(`${PREFIX}OIDC_ISSUER and ${PREFIX}OIDC_JWKS_URL go together`);
  if ((env.SMTP_URL === undefined) !== (env.MAIL_FROM === undefined)) problems.push(`${PREFIX}SMTP_URL and ${PREFIX}MAIL_FROM go together`);
  if ((env.SMS_URL === undefined) !== (env.SMS_TOKEN === undefined)) problems.push(`${PREFIX}SMS_URL and ${PREFIX}SMS_TOKEN go together`);
  const [eventStoreDb, mongoDb] = [env.EVENTSTOREDB_URL, env.MONGODB_URL];
  if ((eventStoreDb === undefined) !== (mongoDb === undefined)) problems.push(`${SERVERS.join(' and ')} go together: set both for the servers, or neither for the embedded stores`);
  if (env.ROLE !== undefined && env.ROLE !== 'both' && eventStoreDb === undefined) problems.push(`${PREFIX}ROLE=${env.ROLE} needs ${SERVERS.join(' and ')}: with the embedded stores one process is both`);
  if (problems.length > 0) throw new BadConfiguration(problems);
  return {
    dataDirectory: resolve(env.DATA ?? 'data'),
    servers: eventStoreDb === undefined || mongoDb === undefined ? undefined : { eventStoreDb, mongoDb },
    role: env.ROLE ?? 'both',
    port: env.PORT ?? 3000,
    host: env.HOST ?? '127.0.0.1',
    zone: env.ZONE,
    masterKey: env.MASTER_KEY === undefined ? undefined : Buffer.from(env.MASTER_KEY, 'base64'),
    logLevel: env.LOG_LEVEL ?? 'info',
    logFor: 'machines',
    smtp: env.SMTP_URL === undefined ? undefined : { url: env.SMTP_URL, from: env.MAIL_FROM! },
    sms: env.SMS_URL === undefined ? undefined : { url: env.SMS_URL, token: env.SMS_TOKEN! },
    oidc: env.OIDC_ISSUER === undefined ? undefined : { issuer: env.OIDC_ISSUER, jwksUrl: env.OIDC_JWKS_URL!, audience: env.OIDC_AUDIENCE },
  };
}

const SERVERS: readonly string[] = ['EVENTSTOREDB_URL', 'MONGODB_URL'];
const SETTINGS = ['DATA', 'ROLE', 'PORT', 'HOST', 'ZONE', 'MASTER_KEY', 'LOG_LEVEL', 'SMTP_URL', 'MAIL_FROM', 'SMS_URL', 'SMS_TOKEN', 'OIDC_ISSUER', 'OIDC_JWKS_URL', 'OIDC_AUDIENCE'];

function smtpProblem(url: unknown): string | undefined {
  const server = smtpServerOf(String(url));
  return typeof server === 'string' ? server : undefined;
}

function isPort(value: unknown): boolean {
  return typeof value === 'number' && value <= 65_535;
}

function isZone(value: unknown): boolean {
  try {
    return typeof value === 'string' && new Intl.DateTimeFormat('en', { timeZone: value }).format(0) !== '';
  } catch {
    return false;
  }
}
