// A real SMTP server on a port of its own that a test makes ill and well again.
// It keeps what it has taken over, as it came.
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

type Condition = 'WELL' | 'AWAY' | 'SILENT' | 'BUSY' | 'REFUSING' | 'REFUSING_CONTENT';

interface ReceivedMail {
  to: string;
  /** As on the wire, lines folded back into one. */
  headers: string;
  subject: string;
  id: string;
  text: string;
  encrypted: boolean;
}

export class SmtpServerUnderTest {
  readonly mails: ReceivedMail[] = [];
  condition: Condition = 'WELL';
  connections = 0;
  private server: SMTPServer | undefined;
  private port = 0;

  constructor(private readonly options: SMTPServerOptions = {}) {}

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    const refuse = (responseCode: number, address: string): Error => Object.assign(new Error(`5.1.1 <${address}> no`), { responseCode });
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      closeTimeout: 100,
      disableReverseLookup: true,
      onConnect: (_, done) => {
        this.connections += 1;
        if (this.condition !== 'SILENT') done();
      },
      onRcptTo: ({ address }, _, done) => {
        if (this.condition === 'BUSY') done(refuse(451, address));
        else if (this.condition === 'REFUSING') done(refuse(550, address));
        else if (this.condition !== 'SILENT') done();
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const to = session.envelope.rcptTo[0]!.address;
          if (this.condition === 'REFUSING_CONTENT') return done(refuse(554, to));
          if (this.condition === 'SILENT') return;
          this.mails.push({ to, encrypted: session.secure, ...parsed(Buffer.concat(chunks).toString('latin1')) });
          done();
        });
      },
      ...this.options,
    });
    server.on('error', () => undefined);
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.server.address() as AddressInfo).port;
    return this;
  }

  async make(condition: Condition): Promise<void> {
    this.condition = condition;
    if (condition === 'AWAY') await this.stop();
    else if (this.server === undefined) await this.start();
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

function parsed(raw: string): Pick<ReceivedMail, 'headers' | 'subject' | 'id' | 'text'> {
  const end = raw.indexOf('\r\n\r\n');
  const headers = raw.slice(0, end).replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1]?.trim() ?? '';
  const body = raw.slice(end + 4);
  return { headers, subject: wordsOf(header('Subject')), id: /^<([^@]*)@/.exec(header('Message-ID'))?.[1] ?? '', text: decodedBody(body, header('Content-Transfer-Encoding')) };
}

function decodedBody(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? quotedPrintable(body.replace(/=\r\n/g, '')) : Buffer.from(body, 'latin1').toString('utf8');
}

/** Encoded words of RFC 2047. */
function wordsOf(text: string): string {
  return text
    .replace(/\?= +=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?(.*?)\?=/gi, (_, how: string, word: string) => (how.toLowerCase() === 'b' ? Buffer.from(word, 'base64').toString('utf8') : quotedPrintable(word.replace(/_/g, ' '))));
}

function quotedPrintable(text: string): string {
  return Buffer.from(text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1').toString('utf8');
}
