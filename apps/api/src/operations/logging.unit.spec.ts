import pino from 'pino';
import { GraphQLError } from 'graphql';
import { badInput, forbidden, unavailable } from '../rejection.presenter';
import { logFault, mistakesAtInfo } from './logging';

function logged(write: (log: ReturnType<typeof mistakesAtInfo>) => void): number[] {
  const levels: number[] = [];
  write(mistakesAtInfo(pino({ level: 'info' }, { write: (line: string) => void levels.push((JSON.parse(line) as { level: number }).level) })));
  return levels;
}

test('what a caller did wrong is told at info, faults stay errors', () => {
  const { info, error } = pino.levels.values as { info: number; error: number };
  const wrapped = new GraphQLError('wrapped', { originalError: forbidden('no') });
  expect(logged((log) => [badInput('b'), [forbidden('f')], [wrapped], new GraphQLError('Cannot query field "nope"')].forEach((one) => log.error(one)))).toEqual([info, info, info, info]);
  const broken = new GraphQLError('broken', { originalError: new TypeError('x') });
  expect(logged((log) => [new Error('e'), [badInput('b'), new Error('e')], unavailable('u'), broken, 'text', { err: badInput('b') }].forEach((one) => log.error(one as object)))).toEqual([error, error, error, error, error, error]);
});

test('the children of such a log stay as they are', () => {
  expect(logged((log) => log.child({ request: 1 }).error({ err: new Error('e') }, 'failed'))).toEqual([50]);
});

test('a store that does not answer is a warning of one line without a stack, in requests and subscriptions', () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  const away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:27017'), { name: 'MongoServerSelectionError' });
  logFault(log, away, 'a request failed');
  mistakesAtInfo(log).error(new GraphQLError('away', { originalError: away }));
  for (const line of lines) expect([line['level'], line['error'], line['err']]).toEqual([40, 'MongoServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017', undefined]);
  logFault(log, Object.assign(new Error('disk full'), { name: 'StoreFailed' }), 'a request failed');
  logFault(log, new TypeError('x'), 'a request failed');
  expect(lines.map(({ level }) => level)).toEqual([40, 40, 50, 50]);
});
