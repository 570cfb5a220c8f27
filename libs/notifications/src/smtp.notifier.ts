// Hands mails to an SMTP server over a few connections that are kept; plain text, one recipient each.
// The Message-ID derives from the message's id, so a second one of the same message is known as such.
import { createTransport, type Transporter } from 'nodemailer';
import type { Message, Notifier, SendOutcome } from '@app/runtime';
import { isMailAddress } from './addresses';
import type { SmtpServer } from './smtp-server-url';

interface Sender {
  name: string;
  address: string;
}
/** As nodemailer throws it. */
interface SmtpError {
  name: string;
  message: string;
  code?: string;
  responseCode?: number;
  command?: string;
}

const CONNECTIONS_MAX = 8;
/** Of each step of a conversation, should the signal have no end. */
const STEP_MS = 20_000;
/** Their messages speak of the connection, never of an address. */
const ABOUT_THE_CONNECTION = ['ESOCKET', 'ECONNECTION', 'ETLS', 'EDNS', 'ETIMEDOUT'];
const SENDER = /^(?:(?<name>[^<>"@,;\p{Cc}]*?) *<(?<inside>[^<>]+)>|(?<bare>[^<> ]+))$/u;

/** Of `OrderTrail <no-reply@example.com>` or the address alone. Undefined: it is neither. */
export function senderOf(text: string): Sender | undefined {
  const { name = '', inside, bare } = SENDER.exec(text.trim())?.groups ?? {};
  const address = inside ?? bare ?? '';
  return isMailAddress(address) ? { name, address } : undefined;
}

/**
 * What the server refuses with 5xx for this recipient or this content is undeliverable. A refusal of the log-in, of the connection or of
 * the sender is our matter and can be mended, so it is tried again, like 4xx and everything that breaks off.
 */
export class SmtpNotifier implements Notifier {
  readonly local = false;
  private readonly transport: Transporter;
  private readonly sender: Sender;

  constructor({ host, port, secure, requireTls, verifyCertificate, user, password }: SmtpServer, from: string) {
    const sender = senderOf(from);
    if (sender === undefined) throw new Error('The sender of mails is no address.');
    this.sender = sender;
    this.transport = createTransport({
      pool: true,
      maxConnections: CONNECTIONS_MAX,
      // A connection that the server has closed meanwhile is replaced once; everything else is for whoever asks.
      maxRequeues: 1,
      host,
      port,
      secure,
      requireTLS: requireTls,
      tls: { rejectUnauthorized: verifyCertificate },
      ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
      dnsTimeout: STEP_MS,
      connectionTimeout: STEP_MS,
      greetingTimeout: STEP_MS,
      socketTimeout: STEP_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send({ id, to, subject, text, at }: Message, signal: AbortSignal): Promise<SendOutcome> {
    if (!isMailAddress(to)) return { outcome: 'undeliverable', reason: 'What stands as the mail address is none.' };
    const { sender } = this;
    try {
      await this.transport.sendMail({
        from: sender,
        to: { name: '', address: to },
        envelope: { from: sender.address, to: [to] },
        messageId: `<${id}@${sender.address.split('@')[1]}>`,
        date: new Date(at),
        subject,
        text,
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal,
      });
      return { outcome: 'sent' };
    } catch (error) {
      return outcomeOf(error as SmtpError);
    }
  }

  async close(): Promise<void> {
    this.transport.close({ force: true });
  }
}

/** What the server said is left out: it often repeats the address. */
function outcomeOf({ name, message, code, responseCode, command }: SmtpError): SendOutcome {
  if (responseCode !== undefined) {
    const answer = `${responseCode}${command === undefined ? '' : ` to ${command}`}`;
    if (responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA')) return { outcome: 'undeliverable', reason: `The mail server refuses it for good (${answer}).` };
    return { outcome: 'failed', error: `The mail server answered ${answer}.` };
  }
  const why = code !== undefined && ABOUT_THE_CONNECTION.includes(code) ? `${code}: ${message}` : (code ?? name);
  return { outcome: 'failed', error: `The mail server could not be used (${why}).` };
}
