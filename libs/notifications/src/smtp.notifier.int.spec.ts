// Mails through a real SMTP server: what it takes, refuses, delays, and what goes over the wire.
import type { Message } from '@app/runtime';
import { notifierContract } from '../../runtime/src/ports/notifier.contract';
import { SmtpServerUnderTest } from './smtp-server.fixtures';
import { smtpServerOf } from './smtp-server-url';
import { senderOf, SmtpNotifier } from './smtp.notifier';

const FROM = 'OrderTrail <no-reply@trail.example.com>';
/** A signal of its own for each. */
const never = (): AbortSignal => new AbortController().signal;
const MESSAGE: Message = {
  id: '00000000-0000-8000-8000-000000000001', recipient: 'li', to: 'li.mei@example.com', subject: '待审批 TB2026010900001 / Approval needed: TB2026010900001', text: '您好。\n\nHello.\n', at: '2026-01-09T02:00:00.000Z',
};

function notifierFor(url: string): SmtpNotifier {
  const server = smtpServerOf(url);
  if (typeof server === 'string') throw new Error(server);
  return new SmtpNotifier(server, FROM);
}

notifierContract('SmtpNotifier', async () => {
  const server = await new SmtpServerUnderTest().start();
  return {
    notifier: notifierFor(server.url),
    address: 'li.mei@example.com',
    noAddresses: ['', 'li.mei', 'li@example.com, wang@example.com', 'li@example.com\r\nRCPT TO:<wang@example.com>', '<li@example.com>', 'li mei@example.com'],
    received: async () => server.mails,
    make: (condition) => server.make(condition),
    dispose: () => server.stop(),
  };
});

describe('SmtpNotifier', () => {
  let server: SmtpServerUnderTest;
  let notifier: SmtpNotifier;
  const open = async (options: ConstructorParameters<typeof SmtpServerUnderTest>[0] = {}, url = (base: string): string => base): Promise<void> => {
    server = await new SmtpServerUnderTest(options).start();
    notifier = notifierFor(url(server.url));
  };
  afterEach(async () => {
    await notifier.close();
    await server.stop();
  });

  it('says who sends, to whom, when, and that no answer is awaited', async () => {
    await open();
    await notifier.send(MESSAGE, never());
    const [mail] = server.mails;
    expect(mail).toMatchObject({ to: 'li.mei@example.com', subject: MESSAGE.subject, id: MESSAGE.id });
    expect(mail?.headers).toMatch(/^From: OrderTrail <no-reply@trail\.example\.com>$/m);
    expect(mail?.headers).toMatch(/^To: <?li\.mei@example\.com>?$/m);
    expect(mail?.headers).toMatch(/^Date: Fri, 09 Jan 2026 02:00:00 \+0000$/m);
    expect(mail?.headers).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect(mail?.headers).toContain(`Message-ID: <${MESSAGE.id}@trail.example.com>`);
  });

  it('lets no subject begin another header', async () => {
    await open();
    await notifier.send({ ...MESSAGE, subject: 'a\r\nBcc: everybody@example.com\n\nhello' }, never());
    expect(server.mails[0]?.headers).not.toMatch(/^Bcc/im);
    expect(server.mails).toHaveLength(1);
  });

  it('keeps its connections, eight at most', async () => {
    await open();
    for (let n = 0; n < 5; n++) await notifier.send(MESSAGE, never());
    expect(server.connections).toBe(1);
    await Promise.all(Array.from({ length: 40 }, () => notifier.send(MESSAGE, never())));
    expect(server.connections).toBeLessThanOrEqual(8);
    expect(server.mails).toHaveLength(45);
  });

  it('takes a refusal of the content for final, too', async () => {
    await open();
    await server.make('REFUSING_CONTENT');
    expect(await notifier.send(MESSAGE, never())).toEqual({ outcome: 'undeliverable', reason: 'The mail server refuses it for good (554 to DATA).' });
  });

  it('does not take a refused log-in or sender for a fault of the recipient', async () => {
    await open({ authOptional: false, allowInsecureAuth: true, onAuth: (_, __, done) => done(new Error('no')) }, (url) => url.replace('//', '//robot:wrong@'));
    const refused = await notifier.send(MESSAGE, never());
    expect(refused).toMatchObject({ outcome: 'failed', error: expect.stringContaining('535 to AUTH') });
    expect(JSON.stringify(refused)).not.toMatch(/wrong|robot/);
    await notifier.close();
    await server.stop();
    await open({ onMailFrom: (_, __, done) => done(Object.assign(new Error('not you'), { responseCode: 550 })) });
    expect(await notifier.send(MESSAGE, never())).toEqual({ outcome: 'failed', error: 'The mail server answered 550 to MAIL FROM.' });
  });

  it('logs in with what the URL gives, percent-decoded', async () => {
    const logins: unknown[] = [];
    await open({ authOptional: false, allowInsecureAuth: true, onAuth: ({ username, password }, _, done) => (logins.push([username, password]), done(null, { user: username })) }, (url) => url.replace('//', '//robot%40example.com:p%2Fw@'));
    expect(await notifier.send(MESSAGE, never())).toEqual({ outcome: 'sent' });
    expect(logins).toEqual([['robot@example.com', 'p/w']]);
  });

  it('goes over to TLS where the server offers it, and sends nothing to one whose certificate it cannot verify', async () => {
    await open({ disabledCommands: [] });
    expect(await notifier.send(MESSAGE, never())).toMatchObject({ outcome: 'failed' });
    expect(server.mails).toEqual([]);
    await notifier.close();
    notifier = notifierFor(`${server.url}?requireTls=true&verifyCertificate=false`);
    expect(await notifier.send(MESSAGE, never())).toEqual({ outcome: 'sent' });
    expect(server.mails).toMatchObject([{ encrypted: true }]);
  });

  it('begins with TLS under smtps', async () => {
    await open({ secure: true }, (url) => `${url.replace('smtp:', 'smtps:')}?verifyCertificate=false`);
    expect(await notifier.send(MESSAGE, never())).toEqual({ outcome: 'sent' });
    expect(server.mails).toMatchObject([{ encrypted: true }]);
  });

  it('sends nothing in plain text where TLS is required', async () => {
    await open({}, (url) => `${url}?requireTls=true`);
    expect(await notifier.send(MESSAGE, never())).toMatchObject({ outcome: 'failed' });
    expect(server.mails).toEqual([]);
  });
});

describe('the URL of an SMTP server', () => {
  it('says host, port, TLS and log-in', () => {
    expect(smtpServerOf('smtp://mail.example.com')).toEqual({ host: 'mail.example.com', port: 587, secure: false, requireTls: false, verifyCertificate: true, user: undefined, password: undefined });
    expect(smtpServerOf('smtps://u:p%20w@[::1]:2465/?verifyCertificate=false')).toMatchObject({ host: '::1', port: 2465, secure: true, verifyCertificate: false, user: 'u', password: 'p w' });
    expect(smtpServerOf('smtps://mail.example.com')).toMatchObject({ port: 465 });
  });

  it.each(['mail.example.com', 'http://mail.example.com', 'smtp://', 'smtp://u:secret@m/inbox', 'smtp://u:secret@m?pool=true', 'smtp://u:secret@m?requireTls=yes', 'smtp://u:sec%ret@m'])('%s is refused with a sentence without its password', (url) => {
    expect(smtpServerOf(url)).toEqual(expect.stringMatching(/^(must|does|takes|has) /));
    expect(smtpServerOf(url)).not.toContain('secret');
  });
});

test('a sender is an address, with or without a name', () => {
  expect(senderOf(FROM)).toEqual({ name: 'OrderTrail', address: 'no-reply@trail.example.com' });
  expect(senderOf('订单 轨迹 <a@b.example>')).toEqual({ name: '订单 轨迹', address: 'a@b.example' });
  expect(senderOf('a@b.example')).toEqual({ name: '', address: 'a@b.example' });
  for (const text of ['', 'OrderTrail', 'a@b.example, c@d.example', 'x <a@b> <c@d>', 'x\n <a@b>', 'OrderTrail a@b.example']) expect(senderOf(text)).toBeUndefined();
});
