// Nest's own lines through the one logger of the product, at a level below its own.
// What Nest says while it starts is of no interest to those who run the product.
import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

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
