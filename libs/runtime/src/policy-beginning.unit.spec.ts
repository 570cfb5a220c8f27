// A policy without rows begins where it was put down in the log, or where its own commands show that it had come.
import type { Policy } from '@app/kernel';
import { MemoryLog } from '@test/dsl';
import { beginningOf } from './policy-beginning';

const POLICY = { name: 'reminder', todo: { reads: { order: ['Asked'] } } } as unknown as Policy;
const FOREVER = new AbortController().signal;

describe('the beginning of a policy', () => {
  let log: MemoryLog;
  let adopted: string | undefined;
  beforeEach(() => {
    log = new MemoryLog();
    log.append({ stream: 'order-0', type: 'Asked' }, { stream: 'adoption-main', type: 'PoliciesAdopted' });
    adopted = log.events[1]!.position;
  });
  const ask = (times: number): void => {
    for (let i = 0; i < times; i++) log.append({ stream: `order-${i}`, type: 'Asked' }, { stream: `other-${i}`, type: 'Whatever' });
  };
  const answer = (at: number, actor: string) => log.append({ stream: 'answer-1', type: 'Answered', actor, causationId: log.events[at]!.id });
  const beginning = () => beginningOf(POLICY, log, { positionOf: async () => adopted, categories: ['order', 'answer', 'other', 'adoption'] }, FOREVER, { unsure: 1_000, remembered: 5_000 });

  it('is the end of a log that does not know it', async () => {
    ask(3);
    adopted = undefined;
    expect(await beginning()).toBe(await log.end());
    expect(await beginningOf(POLICY, log, undefined, FOREVER)).toBe(await log.end());
  });

  it('is where it was put down, as long as nothing shows that it has come further', async () => {
    ask(3_000);
    answer(5_000, 'policy:another');
    answer(2, 'policy:reminder');
    expect(await beginning()).toBe(adopted);
  });

  it('lies so far before the last cause of its commands that all before was acted on', async () => {
    ask(3_000);
    answer(4_002, 'policy:reminder');
    answer(3_002, 'policy:reminder');
    // The 2,001st of those that it reads, and 1,000 of them before.
    expect(log.events[4_002]).toMatchObject({ stream: 'order-2000', type: 'Asked' });
    expect(await beginning()).toBe(log.events[2_002]!.position);
  });

  it('is found however long the log is, where causes are not remembered for ever', async () => {
    ask(8_000);
    answer(16_002 - 2_000, 'policy:reminder');
    answer(4_002, 'policy:reminder');
    expect(await beginning()).toBe(log.events[16_002 - 4_000]!.position);
  });
});
