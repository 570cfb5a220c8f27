// An order's reviews: automatic ones, those that people decide step by step, and those that ended otherwise.
import { given } from '@test/dsl';
import { aTask, made, minute, ReviewLog } from '../approval-lives.fixtures';
import { approvals } from './approvals.projection';

const KEY = 'order-TB.o1';

test('an automatic approval has no steps', () => {
  const log = new ReviewLog();
  log.end('o1', 'AUTO_APPROVED', 3);
  const automatic = { approvalId: 'o1-1', status: 'AUTO_APPROVED' as const, policyVersion: 1, matchedRule: 'small', when: null, requestedAt: minute(3), decidedAt: minute(3), steps: [] };
  given(approvals, log.events).thenRows({ [KEY]: { orderNumber: 'o1', approvals: [automatic] } });
});

test('two steps, one after the other', () => {
  const log = new ReviewLog();
  log.start('o1', ['sales-director', 'finance'], 0);
  const [first, second] = [aTask('o1-1-1-1', 'sales-director', 'chief', 0), aTask('o1-1-2-1', 'finance', 'li', 10)];
  const status = (approval: string, ...steps: string[]): object => ({ approvals: [{ status: approval, steps: steps.map(one => ({ status: one })) }] });
  given(approvals, log.events).thenRowLike(KEY, { approvals: [{ matchedRule: 'high-value', when: 'order.total > 50000.0', requestedAt: minute(0), decidedAt: null, steps: [{ tasks: [] }, { tasks: [] }] }] });
  log.route('o1', 1, [made(first)], 0);
  log.decide('o1', first, true, 10);
  log.route('o1', 2, [made(second)], 10);
  given(approvals, log.events).thenRowLike(KEY, status('PENDING', 'APPROVED', 'PENDING')).thenRowLike(KEY, { approvals: [{ steps: [{ tasks: [{ status: 'APPROVED' }] }, { tasks: [second] }] }] });
  const next = log.handOver('o1', second, 'peer', 'TRANSFER', 12);
  log.decide('o1', next, true, 20);
  log.end('o1', 'APPROVED', 20);
  given(approvals, log.events)
    .thenRowLike(KEY, status('APPROVED', 'APPROVED', 'APPROVED'))
    .thenRowLike(KEY, { approvals: [{ decidedAt: minute(20), steps: [{}, { tasks: [{ status: 'HANDED_OVER' }, { status: 'APPROVED', assignee: 'peer' }] }] }] });
});

test('how many a step needs is known once it is routed', () => {
  const log = new ReviewLog();
  const step = { stepId: 'o1-1-1', role: 'finance', mode: 'ALL', needed: null, withinSeconds: 3600, businessHours: false };
  log.record('o1', 'ReviewStarted', 0, { round: 1, policyVersion: 1, matchedRule: 'high-value', when: 'true', inputs: null, steps: [step, { ...step, stepId: 'o1-1-2' }], enteredAt: minute(0) });
  given(approvals, log.events).thenRowLike(KEY, { approvals: [{ steps: [{ needed: null }, { needed: null }] }] });
  log.record('o1', 'TasksRouted', 1, { stepId: 'o1-1-1', needed: 2, tasks: [made(aTask('o1-1-1-1', 'finance', 'li', 1)), made(aTask('o1-1-1-2', 'finance', 'wu', 1))], seen: [], loads: {} });
  given(approvals, log.events).thenRowLike(KEY, { approvals: [{ steps: [{ needed: 2 }, { needed: null }] }] });
});

test('refused at the first step the second is withdrawn; withdrawn or exempted, what was not decided shows it', () => {
  const begun = (): { log: ReviewLog; task: ReturnType<typeof aTask> } => {
    const log = new ReviewLog();
    log.start('o1', ['sales-director', 'finance'], 0);
    const task = aTask('o1-1-1-1', 'sales-director', 'chief', 0);
    log.route('o1', 1, [made(task)], 0);
    return { log, task };
  };
  const after = ({ log }: { log: ReviewLog }): unknown => {
    const { approvals: [approval] } = given(approvals, log.events).row(KEY)!;
    return [approval!.status, ...approval!.steps.map(({ status }) => status), ...approval!.steps[0]!.tasks.map(({ status }) => status)];
  };
  const refused = begun();
  refused.log.decide('o1', refused.task, false, 5);
  refused.log.end('o1', 'REJECTED', 5);
  expect(after(refused)).toEqual(['REJECTED', 'REJECTED', 'WITHDRAWN', 'REJECTED']);
  const withdrawn = begun();
  withdrawn.log.withdraw('o1', [withdrawn.task], 5);
  expect(after(withdrawn)).toEqual(['WITHDRAWN', 'WITHDRAWN', 'WITHDRAWN', 'SKIPPED']);
  const exempted = begun();
  exempted.log.end('o1', 'EXEMPTED', 5, [{ was: exempted.task, is: { ...exempted.task, status: 'SKIPPED' } }]);
  expect(after(exempted)).toEqual(['EXEMPTED', 'EXEMPTED', 'EXEMPTED', 'SKIPPED']);
});

test('a review of people after an automatic one: both stand there, in their order', () => {
  const log = new ReviewLog();
  log.end('o1', 'AUTO_APPROVED', 3);
  log.record('o1', 'ReviewStarted', 9, { approvalId: 'o1-2', round: 2, policyVersion: 2, matchedRule: 'elevated', when: 'order.total > 5000.0', steps: [] });
  given(approvals, log.events).thenRowLike(KEY, { approvals: [{ approvalId: 'o1-1', status: 'AUTO_APPROVED' }, { approvalId: 'o1-2', status: 'PENDING', policyVersion: 2 }] });
});
