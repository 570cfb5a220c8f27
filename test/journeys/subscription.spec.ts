import { createRequire } from 'node:module';
import { anOrder, Journey } from './journey';

/** As much of the `ws` package as is used here. */
interface Socket {
  on(event: 'message', listener: (bytes: Buffer) => void): void;
  on(event: 'close', listener: () => void): void;
  once(event: 'open' | 'error', listener: (value: unknown) => void): this;
  send(text: string): void;
  close(): void;
}
const WebSocket = createRequire(__filename)('ws') as new (url: string, protocol: string) => Socket;

const OPS = { roles: ['ops' as const], sub: 'ops-lin' };

/** Speaks graphql-transport-ws; messages in the order in which they came. */
class Subscriber {
  private readonly received: Record<string, unknown>[] = [];
  private wake: () => void = () => undefined;
  closed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (bytes: Buffer) => {
      const message = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
      if (message['type'] === 'ping') return socket.send('{"type":"pong"}');
      this.received.push(message);
      this.wake();
    });
    socket.on('close', () => {
      this.closed = true;
      this.wake();
    });
  }

  static async connect(url: string, token: string | undefined): Promise<Subscriber> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const subscriber = new Subscriber(socket);
    socket.send(JSON.stringify({ type: 'connection_init', payload: token === undefined ? {} : { Authorization: `Bearer ${token}` } }));
    expect(await subscriber.next()).toMatchObject({ type: 'connection_ack' });
    return subscriber;
  }

  send(id: string, query: string, variables: Record<string, unknown> = {}): void {
    this.socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
  }

  stop(id: string): void {
    this.socket.send(JSON.stringify({ id, type: 'complete' }));
  }

  async next(): Promise<Record<string, unknown>> {
    while (this.received.length === 0) {
      if (this.closed) throw new Error('the connection is closed');
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.received.shift()!;
  }

  get waiting(): number {
    return this.received.filter(({ type }) => type === 'next').length;
  }

  close(): void {
    this.socket.close();
  }
}

describe('subscribers', () => {
  let journey: Journey;
  let orderNumber: string;
  const ORDER_CHANGED = 'subscription($n: ID) { orderChanged(orderNumber: $n) { orderNumber status customer { name } holds { reason } } }';
  const hold = (reason: string) => journey.data(OPS, 'mutation($n: ID!, $r: String!) { placeHold(orderNumber: $n, reason: $r) { position } }', { n: orderNumber, r: reason });

  beforeAll(async () => {
    journey = await Journey.start();
    orderNumber = (await journey.send('TB', 'orders', anOrder('s-1'))).body.items[0]!.orderNumber!;
    await journey.data(OPS, 'query($n: ID!) { order(orderNumber: $n) { status } }', { n: orderNumber });
  }, 60_000);
  afterAll(() => journey.end(), 20_000);

  it('are told of changes, each as their role may see them', async () => {
    const clear = await Subscriber.connect(journey.url, await journey.token(OPS));
    const masked = await Subscriber.connect(journey.url, await journey.token({ roles: ['auditor'] }));
    clear.send('1', ORDER_CHANGED, { n: orderNumber });
    masked.send('1', ORDER_CHANGED);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await hold('one');
    const told = (name: string) => ({ id: '1', type: 'next', payload: { data: { orderChanged: { orderNumber, status: 'AWAITING_PAYMENT', customer: { name }, holds: [{ reason: 'one' }] } } } });
    expect(await clear.next()).toMatchObject(told('张三丰'));
    expect(await masked.next()).toMatchObject(told('张***'));
    await journey.send('TB', 'orders', anOrder('s-2'));
    expect(await masked.next()).toMatchObject({ payload: { data: { orderChanged: { orderNumber: expect.not.stringMatching(orderNumber) } } } });
    expect(clear.waiting).toBe(0);
    clear.send('q', '{ settings { version } }');
    expect(await clear.next()).toMatchObject({ id: 'q', type: 'error' });
    for (const invalid of ['subscription { orderChanged { nope } }', `subscription { orderChanged { ${Array.from({ length: 50 }, (_, i) => `a${i}: status`).join(' ')} } }`]) {
      clear.send('i', invalid);
      expect(await clear.next()).toMatchObject({ id: 'i', type: 'error', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    }
    masked.stop('1');
    await hold('two');
    await clear.next();
    expect(masked.waiting).toBe(0);
    clear.close();
    masked.close();
  }, 20_000);

  it.each([
    ['no token', async () => undefined, 'UNAUTHENTICATED'],
    ['a role that reads no orders', () => journey.token({ roles: ['analyst'] }), 'FORBIDDEN'],
  ])('%s: nothing is told', async (_, token, code) => {
    const subscriber = await Subscriber.connect(journey.url, await token());
    subscriber.send('1', ORDER_CHANGED, { n: orderNumber });
    const answer = await subscriber.next();
    expect(JSON.stringify(answer)).toContain(code);
    expect(JSON.stringify(answer)).not.toContain('张');
    subscriber.close();
  });

  it('an order that does not exist is NOT_FOUND', async () => {
    const subscriber = await Subscriber.connect(journey.url, await journey.token(OPS));
    subscriber.send('1', ORDER_CHANGED, { n: 'TB2026010999999' });
    expect(JSON.stringify(await subscriber.next())).toContain('NOT_FOUND');
    subscriber.close();
  });
});
