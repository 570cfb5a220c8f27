// Writes messages into a file instead of sending them: for a machine that has no mail server and no SMS gateway.
// One JSON line each, in the order of sending; addresses are left out, and the same id twice is the same message.
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Message, Notifier, SendOutcome } from '@app/runtime';
import { isMailAddress, isTelephoneNumber } from './addresses';

type OutboxChannel = 'MAIL' | 'SMS';

const IS_ADDRESS = { MAIL: isMailAddress, SMS: isTelephoneNumber } as const satisfies Record<OutboxChannel, (text: string) => boolean>;
const CLOSED: SendOutcome = { outcome: 'failed', error: 'The outbox is closed.' };

export class OutboxNotifier implements Notifier {
  readonly local = true;
  private closed = false;

  constructor(
    private readonly path: string,
    private readonly channel: OutboxChannel,
  ) {}

  async send({ id, recipient, to, subject, text, at }: Message, signal: AbortSignal): Promise<SendOutcome> {
    if (this.closed || signal.aborted) return CLOSED;
    if (!IS_ADDRESS[this.channel](to)) return { outcome: 'undeliverable', reason: 'What stands as the address is none.' };
    const line = JSON.stringify({ at, channel: this.channel, recipient, id, ...(this.channel === 'MAIL' ? { subject } : {}), text });
    try {
      await this.append(`${line}\n`);
      return { outcome: 'sent' };
    } catch (error) {
      return { outcome: 'failed', error: `The outbox could not be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).` };
    }
  }

  /** Opened for each, so that somebody may take the file away meanwhile. */
  private async append(line: string): Promise<void> {
    const write = (): Promise<void> => appendFile(this.path, line, { mode: 0o600 });
    await write().catch(async (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(dirname(this.path), { recursive: true });
      await write();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
