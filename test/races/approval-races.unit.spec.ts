// Two processes, one order, two commands at once: whatever the interleaving of their reads and appends, one of them wins.
// The real executor decides; fast-check's scheduler tries the interleavings.
import fc from 'fast-check';
import { type OrderCommand, orderDecider, type OrderState } from '@app/domain';
import { type CommandResult, DecidingExecutor, type EventStore, PersonalData } from '@app/runtime';
import { COMPANY, companyWith, decide, ELEVATED, FIRST, FRONT, LIMIT, moveAway, route, someone, timeOut, ask } from '../../libs/domain/src/approval/approval.fixtures';
import { cancelled, makeReport, minute, OPS } from '../../libs/domain/src/order/order.fixtures';
import { interleaved, ScheduledLog } from './scheduled-log';

const STREAM = 'order-TB.4711';
const RUNS = 60;

function processOver(log: ScheduledLog): DecidingExecutor {
  // Nothing here is sealed, so no key is ever asked for.
  const personalData = new PersonalData({}, undefined as never, undefined as never);
  return new DecidingExecutor({ store: log as unknown as EventStore, deciders: { order: orderDecider as never }, personalData });
}

interface Raced {
  results: CommandResult[];
  state: OrderState;
}

/** The processes have seen the order as it stands, then the commands come at once, one to each. */
async function race(scheduler: fc.Scheduler, before: readonly OrderCommand[], commands: readonly OrderCommand[]): Promise<Raced> {
  const log = new ScheduledLog();
  const first = processOver(log);
  for (const command of before) await first.execute(STREAM, command);
  const processes = commands.map((_, i) => (i === 0 ? first : processOver(log)));
  for (const one of processes) await one.load(STREAM);
  log.waitFor(scheduler);
  const results = await interleaved(scheduler, Promise.all(commands.map((command, i) => processes[i]!.execute(STREAM, command))));
  const { state } = await interleaved(scheduler, processOver(log).load<OrderState>(STREAM));
  return { results, state };
}

function won(result: CommandResult): boolean {
  return result.outcome === 'done' && result.events.length > 0;
}

const routed = [ELEVATED, route(2)];
const DUE = 2 + LIMIT;
const races: [string, OrderCommand[]][] = [
  ['two decisions', [decide(5, 'ming', '1-1'), decide(5, 'mu', '1-1', false)]],
  ['a decision and a hand-over', [decide(DUE, 'ming', '1-1'), timeOut(DUE, '1-1')]],
  ['a decision, a hand-over and a transfer', [decide(DUE, 'ming', '1-1'), timeOut(DUE, '1-1'), ask(DUE, { type: 'TransferTask', taskId: `${FIRST}-1-1`, to: 'fu', reason: 'no time' }, COMPANY, 'ming')]],
  ['two hand-overs', [timeOut(DUE, '1-1'), moveAway(DUE, 'DEPARTURE', '1-1', companyWith(someone('ming', { active: false })))]],
  ['an approval and the green channel', [decide(5, 'ming', '1-1'), ask(5, { type: 'ExemptReview', approvalId: FIRST, reason: 'peak' }, COMPANY, OPS)]],
];

test.each(races)('%s: one wins', async (_, commands) => {
  const winners = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { results, state } = await race(scheduler, routed, commands);
      expect(results.filter(won).length).toBe(1);
      winners.add(results.findIndex(won));
      const { status, tasks } = state.approvals[0]!;
      expect(tasks.filter((task) => task.status === 'PENDING').length).toBe(status === 'PENDING' ? 1 : 0);
      expect(tasks.filter(({ decidedBy }) => decidedBy !== null).length).toBeLessThanOrEqual(1);
    }),
    { numRuns: RUNS },
  );
  // The interleavings are tried indeed: each of them wins some time.
  expect(winners.size).toBe(commands.length);
});

test('an approval and a cancellation: both are recorded or the approval is refused, and the order is cancelled all the same', async () => {
  const refused = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { results, state } = await race(scheduler, routed, [decide(6, 'ming', '1-1'), makeReport(cancelled(5))]);
      refused.add(!won(results[0]!));
      expect(won(results[1]!)).toBe(true);
      expect(state.standing).toMatchObject({ status: 'CANCELLED', closedAt: minute(5) });
      expect(state.approvals[0]!.status).toBe(won(results[0]!) ? 'APPROVED' : 'WITHDRAWN');
    }),
    { numRuns: RUNS },
  );
  expect(refused.size).toBe(2);
});

test('the same hand-over given by two workers is one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { state } = await race(scheduler, routed, [timeOut(DUE, '1-1'), timeOut(DUE, '1-1')]);
      expect(state.approvals[0]!.tasks.map(({ assignee, status }) => [assignee, status])).toEqual([['ming', 'HANDED_OVER'], ['bei', 'PENDING']]);
    }),
    { numRuns: RUNS },
  );
});

test('an exemption and a decision: one review has one outcome', async () => {
  const grant = ask(5, { type: 'GrantExemption', exemptionId: 'e-1', reason: 'flowers', expiresAt: minute(60) }, COMPANY, FRONT);
  const settings = ELEVATED.context.settings.map((version) => ({ ...version, exemptionMaxAmount: '10000' }));
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { results, state } = await race(scheduler, routed, [{ ...grant, context: { ...grant.context, settings } } as OrderCommand, decide(5, 'ming', '1-1')]);
      expect(results.filter(won).length).toBe(1);
      expect([state.approvals[0]!.status, state.exemptions.length]).toEqual(won(results[0]!) ? ['EXEMPTED', 1] : ['APPROVED', 0]);
    }),
    { numRuns: RUNS },
  );
});
