// Merged logs can be told apart, secrets stay out, and whoever sits before the command line reads sentences.
import { hostname } from 'node:os';
import { createLogger, type LogConfig } from './logger';

function written(logFor: LogConfig['logFor'], write: (log: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = [];
  write(createLogger({ logLevel: 'info', logFor }, { write: (line: string) => void lines.push(line) }));
  return lines;
}

test('a line has process and machine; a fence is no secret, a token is', () => {
  const [line] = written('machines', (log) => log.info({ share: 'projection/staff', fence: 7, token: 'abc' }, 'The share is run here.'));
  expect(JSON.parse(line!)).toMatchObject({ pid: process.pid, host: hostname(), fence: 7, token: '[Redacted]', msg: 'The share is run here.' });
});

test('people read one sentence, with the cause and without a stack', () => {
  const lines = written('people', (log) => {
    log.error({ err: new TypeError('Cannot read\n  properties') }, 'a request failed');
    log.error({ projection: 'staff', error: 'MongoNetworkError: cut.', pauseMs: 500 }, 'The projection has stopped and will be tried again.');
    log.info('done');
  });
  expect(lines).toEqual(['a request failed (TypeError: Cannot read properties).\n', 'staff: The projection has stopped and will be tried again (MongoNetworkError: cut).\n', 'done.\n']);
});
