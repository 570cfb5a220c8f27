// A task's row is what its last event says of it, with its order beside it.
import { given } from '@test/dsl';
import { aTask, made, minute, ReviewLog } from '../approval-lives.fixtures';
import { approvalTasks } from './approval-tasks.projection';

const OF_ORDER = { orderNumber: 'o1', stream: 'order-TB.o1' };

test('made, handed over, decided', () => {
  const log = new ReviewLog();
  log.start('o1', ['finance'], 0);
  const [first, other] = [aTask('o1-1-1-1', 'finance', 'li', 0), aTask('o1-1-1-9', 'finance', null, 0)];
  log.route('o1', 1, [made(first), made(other)], 0);
  given(approvalTasks, log.events).thenRows({ 'o1-1-1-1': { ...first, ...OF_ORDER, open: true, dueOrder: first.dueAt }, 'o1-1-1-9': { ...other, ...OF_ORDER, open: true, dueOrder: other.dueAt } });
  const next = log.handOver('o1', first, 'peer', 'DEPARTURE', 5);
  log.decide('o1', next, true, 9, [other]);
  log.record('o1', 'ReviewDecided', 9, { round: 1, outcome: 'APPROVED', policyVersion: 1, matchedRule: 'high-value' });
  given(approvalTasks, log.events)
    .thenRowLike('o1-1-1-1', { status: 'HANDED_OVER', assignee: 'li', open: false, handovers: [{ from: 'li', to: 'peer', reason: 'DEPARTURE', at: minute(5) }] })
    .thenRowLike('o1-1-1-2', { status: 'APPROVED', assignee: 'peer', actingFor: 'li', decidedAt: minute(9), comment: 'seen', open: false })
    .thenRowLike('o1-1-1-9', { status: 'SKIPPED', assignee: null, open: false, dueOrder: '9999-12-31T23:59:59.999Z' });
});
