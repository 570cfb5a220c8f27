import pino from 'pino';
import { GraphQLError } from 'graphql';
import { badInput, forbidden, unavailable } from '../rejection.presenter';
import { mistakesAtInfo } from './logging';

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
