// Short messages through a real HTTP server: what goes out, and what each answer comes to.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message } from '@app/runtime';
import { notifierContract } from '../../runtime/src/ports/notifier.contract';
import { SmsGatewayNotifier } from './sms-gateway.notifier';

interface Request {
  headers: IncomingHttpHeaders;
  body: { to: string; text: string; id: string };
}

const TOKEN = 'gateway-secret';
const MESSAGE: Message = { id: '00000000-0000-8000-8000-000000000001', recipient: 'li', to: '+86 138-0000-1234', subject: '', text: '订单待您审批。 Please decide.', at: '2026-01-09T02:00:00.000Z' };

class Gateway {
  readonly requests: Request[] = [];
  /** Null: no answer at all. */
  status: number | null = 202;
  private server: Server | undefined;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}/messages`;
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Request['body'];
        if (this.status === null) return;
        if (this.status < 300) this.requests.push({ headers: request.headers, body });
        response.writeHead(this.status, this.status === 302 ? { location: `${this.url}/elsewhere` } : {}).end(`about ${body.to}`);
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async make(condition: 'WELL' | 'AWAY' | 'SILENT' | 'BUSY' | 'REFUSING'): Promise<void> {
    this.status = { WELL: 202, AWAY: 202, SILENT: null, BUSY: 503, REFUSING: 422 }[condition];
    if (condition === 'AWAY') await this.stop();
    else if (this.server === undefined) await this.start();
  }
}

notifierContract('SmsGatewayNotifier', async () => {
  const gateway = await new Gateway().start();
  return {
    notifier: new SmsGatewayNotifier({ url: gateway.url, token: TOKEN }),
    address: '+8613800001234',
    noAddresses: ['', 'nobody', '13800001234, 13800005678', '138\r\n0000', '12', '++8613800001234'],
    received: async () => gateway.requests.map(({ body: { id, text } }) => ({ id, text })),
    make: (condition) => gateway.make(condition),
    dispose: () => gateway.stop(),
  };
});

describe('SmsGatewayNotifier', () => {
  let gateway: Gateway;
  let notifier: SmsGatewayNotifier;
  beforeEach(async () => {
    gateway = await new Gateway().start();
    notifier = new SmsGatewayNotifier({ url: gateway.url, token: TOKEN });
  });
  afterEach(async () => {
    await notifier.close();
    await gateway.stop();
  });
  const send = (): ReturnType<typeof notifier.send> => notifier.send(MESSAGE, new AbortController().signal);

  it('posts number, text and id, with the token and the id as idempotency key', async () => {
    expect(await send()).toEqual({ outcome: 'sent' });
    const { id, text } = MESSAGE;
    expect(gateway.requests).toMatchObject([{ headers: { authorization: `Bearer ${TOKEN}`, 'idempotency-key': id, 'content-type': 'application/json' } }]);
    expect(gateway.requests[0]?.body).toEqual({ to: '+8613800001234', text, id });
  });

  it.each([200, 201, 202, 204])('%i is taken over', async (status) => {
    gateway.status = status;
    expect(await send()).toEqual({ outcome: 'sent' });
  });

  it.each([400, 410, 422])('%i is final', async (status) => {
    gateway.status = status;
    expect(await send()).toEqual({ outcome: 'undeliverable', reason: `The SMS gateway refuses it for good (${status}).` });
  });

  it.each([302, 401, 403, 404, 408, 429, 500, 503])('%i is for another time', async (status) => {
    gateway.status = status;
    expect(await send()).toEqual({ outcome: 'failed', error: `The SMS gateway answered ${status}.` });
  });

  it('says why it could not be asked', async () => {
    await gateway.stop();
    expect(await send()).toEqual({ outcome: 'failed', error: 'The SMS gateway could not be asked (ECONNREFUSED).' });
  });
});
