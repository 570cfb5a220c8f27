// By what notifications go out: the mail server and the SMS gateway of the configuration, each bounded on its own.
// Where one is not configured its messages go into a file of the data directory, so that an installation without them shows what it would send.
import type { Logger } from 'pino';
import type { Channel } from '@app/domain';
import { BoundedSending, OutboxNotifier, SmsGatewayNotifier, SmtpNotifier, smtpServerOf } from '@app/notifications';
import type { Clock, Notifier } from '@app/runtime';
import type { Config } from './config';
import { outboxPath } from './data-files';

export interface Notifiers {
  readonly by: Readonly<Record<Channel, BoundedSending>>;
  /** What is under way fails, what waits is left for the next start. */
  close(): Promise<void>;
}

export function openNotifiers({ dataDirectory, servers, smtp, sms }: Pick<Config, 'dataDirectory' | 'servers' | 'smtp' | 'sms'>, { clock, logger }: { clock: Clock; logger: Logger }): Notifiers {
  const path = outboxPath(dataDirectory);
  const outbox = (channel: Channel, missing: string): Notifier => {
    // With servers each worker would write a file of its own, which nobody looks for.
    logger[servers === undefined ? 'info' : 'warn']({ channel, path }, `${missing} is not set: these notifications are written into a file and sent to nobody.`);
    return new OutboxNotifier(path, channel);
  };
  const by = {
    MAIL: new BoundedSending(smtp === undefined ? outbox('MAIL', 'ORDERTRAIL_SMTP_URL') : mail(smtp), clock),
    SMS: new BoundedSending(sms === undefined ? outbox('SMS', 'ORDERTRAIL_SMS_URL') : new SmsGatewayNotifier(sms), clock),
  };
  return {
    by,
    async close() {
      await Promise.all([by.MAIL.close(), by.SMS.close()]);
    },
  };
}

function mail({ url, from }: NonNullable<Config['smtp']>): Notifier {
  const server = smtpServerOf(url);
  if (typeof server === 'string') throw new Error(`The mail server ${server}.`);
  return new SmtpNotifier(server, from);
}
