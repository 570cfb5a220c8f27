// What every notifier promises, as tests: the spec of an adapter only calls this.
// The other side is a real one that the spec brings; faults are tried where it can have them.
import type { Message, Notifier } from './notifier';

interface Received {
  id: string;
  text: string;
}
interface NotifierUnderTest {
  notifier: Notifier;
  /** A well-formed address of the channel. */
  address: string;
  /** What is no address of the channel. */
  noAddresses: readonly string[];
  received: () => Promise<readonly Received[]>;
  /** Makes the other side ill, or well again. Left out where there is no other side. */
  make?: (condition: 'WELL' | 'AWAY' | 'SILENT' | 'BUSY' | 'REFUSING') => Promise<void>;
  dispose: () => Promise<void>;
}

/** A signal of its own for each. */
const never = (): AbortSignal => new AbortController().signal;
const TEXT = '订单 TB2026010900001 等待您审批。\n金额：52000.00 CNY\n\nOrder TB2026010900001 waits for your approval.\n';

export function notifierContract(name: string, makeNotifier: () => Promise<NotifierUnderTest>): void {
  describe(`${name} keeps the promises of a notifier`, () => {
    let under: NotifierUnderTest;
    let notifier: Notifier;
    beforeEach(async () => {
      under = await makeNotifier();
      notifier = under.notifier;
    });
    afterEach(async () => {
      await notifier.close();
      await under.dispose();
    });

    const message = (n = 1, facts: Partial<Message> = {}): Message => ({
      id: `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`, recipient: 'li', to: under.address, subject: '待审批 TB2026010900001 / Approval needed', text: TEXT, at: '2026-01-09T02:00:00.000Z', ...facts,
    });
    const received = async (): Promise<Received[]> => (await under.received()).map(({ id, text }) => ({ id, text: text.replaceAll('\r\n', '\n').trim() }));
    /** In tests of faults: nothing to try where there is no other side. */
    const ill = async (condition: 'AWAY' | 'SILENT' | 'BUSY' | 'REFUSING'): Promise<boolean> => {
      await under.make?.(condition);
      return under.make !== undefined;
    };

    it('sends a message whole, with its id', async () => {
      expect(await notifier.send(message(), never())).toEqual({ outcome: 'sent' });
      expect(await received()).toEqual([{ id: message().id, text: TEXT.trim() }]);
    });

    it('sends the same message again under the same id', async () => {
      await notifier.send(message(), never());
      await notifier.send(message(1, { at: '2026-01-09T02:01:00.000Z' }), never());
      expect(new Set((await received()).map(({ id }) => id))).toEqual(new Set([message().id]));
    });

    it('sends many at once', async () => {
      const outcomes = await Promise.all(Array.from({ length: 30 }, (_, n) => notifier.send(message(n), never())));
      expect(outcomes).toEqual(outcomes.map(() => ({ outcome: 'sent' })));
      expect((await received()).map(({ id }) => id).sort()).toEqual(Array.from({ length: 30 }, (_, n) => message(n).id).sort());
    });

    it('says of what is no address that it cannot be delivered, without repeating it', async () => {
      for (const to of under.noAddresses) {
        const outcome = await notifier.send(message(1, { to }), never());
        expect(outcome).toMatchObject({ outcome: 'undeliverable', reason: expect.stringMatching(/\w/) });
        if (to !== '') expect(JSON.stringify(outcome)).not.toContain(to);
      }
      expect(await received()).toEqual([]);
    });

    it.each(['AWAY', 'BUSY'] as const)('fails while the other side is %s, and goes on when it is well again', async (condition) => {
      if (!(await ill(condition))) return;
      const outcome = await notifier.send(message(), never());
      expect(outcome).toMatchObject({ outcome: 'failed', error: expect.stringMatching(/\w/) });
      expect(JSON.stringify(outcome)).not.toContain(under.address);
      await under.make?.('WELL');
      expect(await notifier.send(message(), never())).toEqual({ outcome: 'sent' });
      expect(await received()).toHaveLength(1);
    });

    it('ends as failed when its time is over, though the other side says nothing, and goes on when that is well again', async () => {
      if (!(await ill('SILENT'))) return;
      expect(await notifier.send(message(), AbortSignal.timeout(200))).toMatchObject({ outcome: 'failed' });
      expect(await notifier.send(message(), AbortSignal.abort())).toMatchObject({ outcome: 'failed' });
      await under.make?.('WELL');
      expect(await notifier.send(message(2), never())).toEqual({ outcome: 'sent' });
      expect((await received()).map(({ id }) => id)).toContain(message(2).id);
    });

    it('says that it cannot be delivered where the other side refuses it for good, without naming the address', async () => {
      if (!(await ill('REFUSING'))) return;
      const outcome = await notifier.send(message(), never());
      expect(outcome).toMatchObject({ outcome: 'undeliverable', reason: expect.stringMatching(/\w/) });
      expect(JSON.stringify(outcome)).not.toContain(under.address);
      await under.make?.('WELL');
      expect(await notifier.send(message(), never())).toEqual({ outcome: 'sent' });
    });

    it('fails what is sent after it was closed, and what is being sent then', async () => {
      const silent = await ill('SILENT');
      const underWay = silent ? notifier.send(message(), never()) : undefined;
      await new Promise((resolve) => setTimeout(resolve, 50));
      await notifier.close();
      if (underWay !== undefined) expect(await underWay).toMatchObject({ outcome: 'failed' });
      expect(await notifier.send(message(2), never())).toMatchObject({ outcome: 'failed' });
    });
  });
}
