// Eight at once, ten seconds each: whoever hangs holds up no one for longer than that.
import { type Message, type Notifier, type SendOutcome, TestClock } from '@app/runtime';
import { settle } from '@test/dsl';
import { BoundedSending } from './bounded-sending';

const message = (id: string): Message => ({ id, recipient: 'li', to: 'li@example.com', subject: 's', text: 't', at: '2026-01-09T02:00:00.000Z' });

/** Answers when told to. */
class SlowNotifier implements Notifier {
  readonly local = false;
  readonly answers = new Map<string, (outcome: SendOutcome) => void>();
  aborted: string[] = [];

  send({ id }: Message, signal: AbortSignal): Promise<SendOutcome> {
    return new Promise((resolve) => {
      this.answers.set(id, (outcome) => (this.answers.delete(id), resolve(outcome)));
      signal.addEventListener('abort', () => this.aborted.push(id));
    });
  }

  answerAll(): void {
    for (const answer of [...this.answers.values()]) answer({ outcome: 'sent' });
  }

  async close(): Promise<void> {
    for (const answer of [...this.answers.values()]) answer({ outcome: 'failed', error: 'closed' });
  }
}

describe('BoundedSending', () => {
  let clock: TestClock;
  let notifier: SlowNotifier;
  let sending: BoundedSending;
  beforeEach(() => {
    clock = new TestClock();
    notifier = new SlowNotifier();
    sending = new BoundedSending(notifier, clock);
  });
  const send = (count: number, atLast: () => void = () => undefined): Promise<PromiseSettledResult<SendOutcome>[]> =>
    Promise.allSettled(Array.from({ length: count }, (_, n) => sending.send(message(`m-${n}`), atLast)));

  it('sends eight at once, and the others in their turn', async () => {
    const all = send(20);
    const atOnce: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await settle();
      atOnce.push(notifier.answers.size);
      notifier.answerAll();
    }
    expect(atOnce).toEqual([8, 8, 4]);
    expect((await all).map((one) => one.status === 'fulfilled' && one.value.outcome)).toEqual(Array.from({ length: 20 }, () => 'sent'));
    expect(clock.sleeping).toBe(0);
  });

  it('gives up after ten seconds; what waited fails at once, and is tried again when the other side has had a rest', async () => {
    const all = send(100);
    await settle();
    await clock.advance(9_999);
    expect(notifier.aborted).toEqual([]);
    await clock.advance(1);
    const outcomes = (await all).map((one) => (one.status === 'fulfilled' && one.value.outcome === 'failed' ? one.value.error : undefined));
    expect(outcomes.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'There was no answer within 10 s.'));
    expect(outcomes.slice(8).every((error) => error?.startsWith('Not tried'))).toBe(true);
    expect(notifier.aborted).toHaveLength(8);
    notifier.answers.clear();
    await clock.advance(10_000);
    const later = send(1);
    await settle();
    notifier.answerAll();
    expect(await later).toEqual([{ status: 'fulfilled', value: { outcome: 'sent' } }]);
  });

  it('asks at the last moment, and sends nothing when told not to', async () => {
    let held = true;
    const all = send(12, () => {
      if (!held) throw new Error('The lease is lost.');
    });
    await settle();
    held = false;
    notifier.answerAll();
    expect((await all).map(({ status }) => status)).toEqual([...Array.from({ length: 8 }, () => 'fulfilled'), ...Array.from({ length: 4 }, () => 'rejected')]);
  });

  it('takes a fault of one message for a failure of that one', async () => {
    notifier.send = () => Promise.reject(new RangeError('li@example.com'));
    expect(await sending.send(message('m'), () => undefined)).toEqual({ outcome: 'failed', error: 'The message could not be made ready (RangeError).' });
  });

  it('sends nothing more once it is closed', async () => {
    const all = send(10);
    await settle();
    await sending.close();
    const ends = await all;
    expect(ends.slice(0, 8).every((one) => one.status === 'fulfilled' && one.value.outcome === 'failed')).toBe(true);
    expect(ends.slice(8).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(sending.send(message('late'), () => undefined)).rejects.toThrow('no longer sent here');
  });
});
