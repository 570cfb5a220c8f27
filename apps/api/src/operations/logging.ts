// The lines of the frameworks through the one logger of the product, at levels that say what they are to those who run it:
// what Nest says while it starts goes below its own level, and what a subscriber did wrong is no error.
import type { LoggerService } from '@nestjs/common';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { isPassing, isRefusal } from '../rejection.presenter';

export function nestLogger(logger: Logger): LoggerService {
  const context = (rest: readonly unknown[]): { context?: unknown } => (typeof rest.at(-1) === 'string' ? { context: rest.at(-1) } : {});
  return {
    log: (message: unknown, ...rest: unknown[]) => logger.debug(context(rest), String(message)),
    warn: (message: unknown, ...rest: unknown[]) => logger.warn(context(rest), String(message)),
    error: (message: unknown, ...rest: unknown[]) => logger.error(context(rest), String(message)),
    fatal: (message: unknown, ...rest: unknown[]) => logger.fatal(context(rest), String(message)),
    debug: (message: unknown, ...rest: unknown[]) => logger.trace(context(rest), String(message)),
    verbose: (message: unknown, ...rest: unknown[]) => logger.trace(context(rest), String(message)),
  };
}

/** Whole, with its stack; what passes by itself is a warning of one line. */
export function logFault(log: Pick<Logger, 'warn' | 'error'> | undefined, fault: unknown, message: string): void {
  if (isPassing(fault)) log?.warn({ error: `${fault.name}: ${fault.message}` }, message);
  else log?.error({ err: fault }, message);
}

/** A child whose `error` tells refusals and requests that are not valid at info, and stores that do not answer as a warning: the server of subscriptions logs them as errors. */
export function mistakesAtInfo(logger: Logger): Logger {
  const log = logger.child({});
  const error = log.error.bind(log) as (...line: unknown[]) => void;
  log.error = (...line: unknown[]): void => {
    const thrown = Array.isArray(line[0]) ? (line[0] as unknown[]) : [line[0]];
    if (thrown.length > 0 && thrown.every(isMistake)) log.info({ codes: thrown.map(codeOf) }, 'a subscription was refused');
    else if (thrown.length > 0 && thrown.every((one) => isPassing(causeOf(one)))) logFault(log, causeOf(thrown[0]), 'a subscription could not be answered now');
    else error(...line);
  };
  return log;
}

// Its sentence stays out: it may quote what was sent.
function codeOf(thrown: unknown): unknown {
  const { extensions, originalError } = thrown as GraphQLError;
  return extensions['code'] ?? (originalError == null ? 'BAD_USER_INPUT' : codeOf(originalError));
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof GraphQLError && thrown.originalError != null ? causeOf(thrown.originalError) : thrown;
}

function isMistake(thrown: unknown): boolean {
  if (!(thrown instanceof GraphQLError)) return false;
  const { originalError } = thrown;
  return originalError == null ? isRefusal(thrown) : isMistake(originalError);
}
