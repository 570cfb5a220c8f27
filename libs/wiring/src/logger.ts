// Structured logs of one process on stderr, so that stdout stays free for results: one JSON line each, with process and machine, or
// one sentence each for somebody who sits before it. Secrets never get in: whatever is logged under these names is cut out.
import { hostname } from 'node:os';
import pino, { type DestinationStream, type Logger } from 'pino';
import type { Config } from './config';

const SECRET_PATHS = ['req.headers.authorization', 'headers.authorization', 'authorization', 'token', '*.token'];

export type LogConfig = Pick<Config, 'logLevel' | 'logFor'>;

export function createLogger({ logLevel: level, logFor }: LogConfig, to: DestinationStream = pino.destination({ dest: 2, sync: false })): Logger {
  const destination = logFor === 'people' ? { write: (line: string) => to.write(`${sentenceOf(JSON.parse(line) as Line)}\n`) } : to;
  return pino({ level, base: { pid: process.pid, host: hostname() }, timestamp: pino.stdTimeFunctions.isoTime, redact: SECRET_PATHS }, destination);
}

interface Line {
  msg?: string;
  error?: string;
  err?: { type: string; message: string };
  projection?: string;
  policy?: string;
  share?: string;
}

/** What happened to what and why, without stack and fields. */
function sentenceOf({ msg = '', error, err, projection, policy, share }: Line): string {
  const about = projection ?? policy ?? share;
  const cause = error ?? (err === undefined ? undefined : `${err.type}: ${err.message}`);
  const text = `${about === undefined ? '' : `${about}: `}${msg.replace(/\.$/, '')}${cause === undefined ? '' : ` (${cause.replace(/\.$/, '')})`}.`;
  return text.replace(/\s+/g, ' ');
}
