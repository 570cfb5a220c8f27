// A fault whose outcome nobody knows must not be told as one that may be tried again blindly.
import { NoLiveTable } from '@app/runtime';
import { GraphQLError } from 'graphql';
import { presentError } from './rejection.presenter';

describe('a fault that passes by itself', () => {
  it.each(['AppendUnanswered', 'ServerUnreachable', 'MongoNetworkError'])('%s: says how the same mutation can be sent again', (name) => {
    const fault = Object.assign(new Error('inside'), { name });
    const reported: unknown[] = [];
    const { message, extensions } = presentError({ message: fault.message, originalError: fault }, (error) => void reported.push(error));
    expect(extensions).toEqual({ code: 'UNAVAILABLE' });
    expect(message).toContain('may have been carried out');
    expect(message).toContain('same Idempotency-Key');
    expect(message).toContain('without a key, look first');
    expect(message).not.toMatch(/inside|Nothing is lost/);
    expect(reported).toEqual([fault]);
  });
});

test('rows that are not built yet are to be asked for again, and no fault', () => {
  const reported: unknown[] = [];
  const { message, extensions } = presentError({ message: 'x', originalError: new NoLiveTable('order-status') }, (error) => void reported.push(error));
  expect([extensions, reported]).toEqual([{ code: 'STALE_READ' }, []]);
  expect(message).toContain('The rows of order-status are not built yet');
});

describe('what graphql says itself', () => {
  const unknown = new GraphQLError('Value "NOPE" does not exist in "TaskStatus" enum.');
  const told = (error: Parameters<typeof presentError>[0]): unknown[] => {
    const reported: unknown[] = [];
    return [presentError(error, (fault) => void reported.push(fault)).extensions!['code'], reported];
  };

  it('of a value in a variable is about the input, however often it is wrapped', () => {
    expect(told(new GraphQLError('Variable "$f" got an invalid value.', { originalError: unknown }))).toEqual(['BAD_USER_INPUT', []]);
  });

  it('of an answer is a fault of ours', () => {
    expect(told(new GraphQLError('It cannot be shown.', { originalError: unknown, path: ['tasks', 0, 'status'] }))).toEqual(['INTERNAL', [unknown]]);
  });
});
