// Sends by one channel a few at a time, each with a deadline: an other side that hangs holds up nobody else.
// Once it has let a deadline pass, what waits for it fails at once for a while, instead of waiting as long each in turn.
import type { Clock, Message, Notifier, SendOutcome } from '@app/runtime';

/** Nothing is sent any more; what waited was not sent. */
class SendingHasEnded extends Error {
  override readonly name = 'SendingHasEnded';
  constructor() {
    super('Notifications are no longer sent here. What waits is sent after the next start.');
  }
}

const AT_ONCE_MAX = 8;
const DEADLINE_MS = 10_000;
const REST_MS = 10_000;
const LATE: SendOutcome = { outcome: 'failed', error: `There was no answer within ${DEADLINE_MS / 1000} s.` };
const NOT_ASKED: SendOutcome = { outcome: 'failed', error: 'Not tried: the other side let a message before this one wait in vain.' };

export class BoundedSending {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];
  private restUntilMs = 0;
  private ended = false;

  constructor(
    private readonly notifier: Notifier,
    private readonly clock: Clock,
  ) {}

  get local(): boolean {
    return this.notifier.local;
  }

  /** `atLast` is asked at the last moment before the message goes out; what it throws is thrown, and nothing is sent. */
  async send(message: Message, atLast: () => void): Promise<SendOutcome> {
    await this.turn();
    try {
      if (this.ended) throw new SendingHasEnded();
      if (Date.parse(this.clock.now()) < this.restUntilMs) return NOT_ASKED;
      atLast();
      return await this.sendInTime(message).catch(ofFault);
    } finally {
      this.underWay -= 1;
      this.waiting.shift()?.();
    }
  }

  /** Whatever waits throws; what is under way is given up. */
  async close(): Promise<void> {
    this.ended = true;
    await this.notifier.close();
  }

  private async turn(): Promise<void> {
    while (this.underWay >= AT_ONCE_MAX) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.underWay += 1;
  }

  private async sendInTime(message: Message): Promise<SendOutcome> {
    const deadline = new AbortController();
    if (this.notifier.local) return this.notifier.send(message, deadline.signal);
    const answered = new AbortController();
    const late = this.clock.sleep(DEADLINE_MS, answered.signal).then(() => {
      if (answered.signal.aborted) return LATE;
      this.restUntilMs = Date.parse(this.clock.now()) + REST_MS;
      deadline.abort();
      return LATE;
    });
    try {
      return await Promise.race([this.notifier.send(message, deadline.signal), late]);
    } finally {
      answered.abort();
    }
  }
}

/** A fault in one message must not keep the others. */
function ofFault(error: unknown): SendOutcome {
  return { outcome: 'failed', error: `The message could not be made ready (${error instanceof Error ? error.name : 'unknown'}).` };
}
