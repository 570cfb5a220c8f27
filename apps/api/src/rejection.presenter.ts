// How refusals and faults look outside: one code each, one sentence, and for a refusal of the domain its name.
// A fault of the machinery is logged whole and shown as UNAVAILABLE or an internal error, never with its insides.
import type { Rejection } from '@app/kernel';
import { NoLiveTable } from '@app/runtime';
import { RowsBehind } from '@app/wiring';
import type { ExceptionFilter } from '@nestjs/common';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

type ErrorCode = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'BAD_USER_INPUT' | 'CONFLICT' | 'STALE_READ' | 'UNAVAILABLE' | 'REJECTED' | 'INTERNAL';

const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  CONFLICT: 409,
  STALE_READ: 409,
  UNAVAILABLE: 503,
  REJECTED: 422,
  INTERNAL: 500,
};

function coded(code: ErrorCode, message: string, extra: Record<string, unknown> = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...extra } });
}

export const unauthenticated = (message: string): GraphQLError => coded('UNAUTHENTICATED', message);
export const forbidden = (message: string): GraphQLError => coded('FORBIDDEN', message);
export const notFound = (message: string): GraphQLError => coded('NOT_FOUND', message);
export const badInput = (message: string): GraphQLError => coded('BAD_USER_INPUT', message);
export const conflict = (message: string): GraphQLError => coded('CONFLICT', message);
export const staleRead = (message: string): GraphQLError => coded('STALE_READ', message);
export const unavailable = (message: string): GraphQLError => coded('UNAVAILABLE', message);

/** A refusal of the domain: its name under `rejection`, the values it speaks of under `details`. */
export function rejected({ rejection, message, details }: Rejection): GraphQLError {
  return coded('REJECTED', message, details === undefined ? { rejection } : { rejection, details });
}

/** A refusal that we said, as opposed to a fault: nothing was written. */
export function isRefusal(error: unknown): boolean {
  return error instanceof GraphQLError && error.extensions['code'] !== 'UNAVAILABLE';
}

/** The status that a plain HTTP route answers with for such an error. */
export function httpStatusOf(error: unknown): number {
  return error instanceof GraphQLError ? (HTTP_STATUS[error.extensions['code'] as ErrorCode] ?? 500) : 500;
}

/** Faults after which the caller may send the same again. */
const PASSING_FAULTS = new Set(['UnsettledConflict', 'StoreFailed', 'AppendUnanswered', 'ServerUnreachable', 'MongoServerSelectionError', 'MongoNetworkError', 'MongoNetworkTimeoutError']);

/** Whether a change was made is not known here: without a key the same change sent again would be another one. */
const UNANSWERED =
  'This cannot be answered now. A query can be sent again. A mutation may have been carried out: sent again with the same Idempotency-Key it is not done twice; without a key, look first whether it was done.';

const NOT_JSON = 'A request is JSON: send it with Content-Type: application/json.';

interface RawError {
  message: string;
  locations?: GraphQLFormattedError['locations'];
  path?: GraphQLFormattedError['path'];
  extensions?: Record<string, unknown>;
  originalError?: unknown;
}

/** What a client sees of an error of an execution; `report` gets what it must not see. */
export function presentError(error: RawError, report: (fault: unknown) => void): GraphQLFormattedError {
  const place = { ...(error.locations === undefined ? {} : { locations: error.locations }), ...(error.path === undefined ? {} : { path: error.path }) };
  const cause = causeOf(error);
  if (cause.code !== undefined) return { message: cause.message, ...place, extensions: cause.extensions };
  const original = error.originalError;
  // Without an original it is graphql's own: syntax, validation, a variable of the wrong type.
  // A value of a variable that an enum or input does not know comes wrapped once more, but before anything is executed, so without a path.
  if (original === undefined || original === null || (original instanceof GraphQLError && error.path === undefined)) return { message: error.message, ...place, extensions: { code: 'BAD_USER_INPUT' } };
  const status = (original as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) return { message: status === 415 ? NOT_JSON : error.message, ...place, extensions: { code: 'BAD_USER_INPUT' } };
  if (original instanceof RowsBehind || original instanceof NoLiveTable) return { message: original.message, ...place, extensions: { code: 'STALE_READ' } };
  report(original);
  if (mayPass(original)) {
    return { message: UNANSWERED, ...place, extensions: { code: 'UNAVAILABLE' } };
  }
  return { message: 'This failed on our side; the log has the reason.', ...place, extensions: { code: 'INTERNAL' } };
}

function mayPass(fault: unknown): boolean {
  return fault instanceof Error && PASSING_FAULTS.has(fault.name);
}

/** A fault that goes by itself once a store answers again. One that a restart has to mend is none. */
export function isPassing(fault: unknown): fault is Error {
  return mayPass(fault) && !(fault instanceof Error && fault.name === 'StoreFailed');
}

/** The error itself or the one inside that carries a code of ours. */
function causeOf(error: RawError): { code?: string; message: string; extensions: Record<string, unknown> } {
  let at: RawError | null | undefined = error;
  for (let depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const code = at.extensions?.['code'];
    if (typeof code === 'string' && code in HTTP_STATUS) return { code, message: at.message, extensions: at.extensions! };
    at = at.originalError as RawError | null | undefined;
  }
  return { message: error.message, extensions: {} };
}

/** A fault that is shown to those who run the product says which file, but not where this machine keeps it. */
export function withoutPaths(text: string): string {
  return text.replace(/(?<![\w:/.])\/(?:[^\s/'"`:,;()]+\/)+/g, '');
}

/** Leaves what a resolver throws to the presenter above, unlogged: a refusal is no fault of ours. */
export const passOn: ExceptionFilter = {
  catch(exception: unknown): never {
    throw exception;
  },
};
