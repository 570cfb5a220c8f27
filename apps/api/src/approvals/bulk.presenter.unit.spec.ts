// A task that came to nobody has not been sent to someone who can act, whatever was written.
import { orderDecider, type OrderState } from '@app/domain';
import { type DomainEvent, reject } from '@app/kernel';
import type { CommandResult } from '@app/runtime';
import { given } from '@test/dsl';
import { ask, ELEVATED, FIRST, route, someone } from '../../../../libs/domain/src/approval/approval.fixtures';
import { OPS } from '../../../../libs/domain/src/order/order.fixtures';
import { failureOf } from './bulk.presenter';

const TASK = `${FIRST}-1-1`;
const done = (events: readonly DomainEvent[]): CommandResult => ({ outcome: 'done', events, revision: 1, position: '1', repeated: false });
const ming = { roles: ['regional-manager'] };

/** What comes of giving away what ming has when ming has departed. */
function reassigned(...others: ReturnType<typeof someone>[]): CommandResult {
  const command = ask(5, { type: 'ReassignTask', taskId: TASK, from: 'ming' }, [someone('ming', { ...ming, active: false }), ...others], OPS);
  const { decision } = given<never, never, OrderState>(orderDecider as never, []).when(...([ELEVATED, route(2, 1, [someone('ming', ming)]), command] as never[]));
  return done(decision as readonly DomainEvent[]);
}

test('a task that nobody can take is a failure, one that somebody took is none', () => {
  expect(failureOf(TASK, reassigned())).toMatchObject({ rejection: 'NobodyCanAct', message: expect.stringContaining(TASK) });
  expect(failureOf(TASK, reassigned(someone('fu', ming)))).toBeNull();
});

test('a refusal is a failure, nothing to do is none', () => {
  const rejection = reject('SelfApproval', 'no');
  expect(failureOf(TASK, { outcome: 'refused', rejection })).toBe(rejection);
  expect(failureOf(TASK, done([]))).toBeNull();
});
