// Structured logs of one process, one JSON line each, on stderr so that stdout stays free for results.
// Secrets never get in: whatever is logged under these names is cut out.
import pino, { type Logger } from 'pino';
import type { Config } from './config';

const SECRET_PATHS = ['req.headers.authorization', 'headers.authorization', 'authorization', 'token', '*.token'];

export function createLogger(level: Config['logLevel']): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: SECRET_PATHS }, pino.destination({ dest: 2, sync: false }));
}
