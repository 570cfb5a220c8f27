import { anOrder, Journey } from './journey';
import { Subscriber } from './subscriber';

const OPS = { roles: ['ops' as const], sub: 'ops-lin' };

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
    const told = (name: string, holds: object[]) => ({ id: '1', type: 'next', payload: { data: { orderChanged: { orderNumber, status: 'AWAITING_PAYMENT', customer: { name }, holds } } } });
    const held = (name: string) => told(name, [{ reason: 'one' }]);
    expect(await clear.nextBut(told('张三丰', []))).toEqual(held('张三丰'));
    expect(await masked.nextBut(told('张***', []))).toEqual(held('张***'));
    await journey.send('TB', 'orders', anOrder('s-2'));
    expect(await masked.nextBut(held('张***'))).toMatchObject({ payload: { data: { orderChanged: { orderNumber: expect.not.stringMatching(orderNumber) } } } });
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
  }, 60_000);

  it.each([
    ['no token', async () => undefined, 'UNAUTHENTICATED'],
    ['a role that reads no orders', () => journey.token({ roles: ['analyst'] }), 'FORBIDDEN'],
  ])('%s: nothing is told', async (_, token, code) => {
    const subscriber = await Subscriber.connect(journey.url, await token());
    subscriber.send('1', ORDER_CHANGED, { n: orderNumber });
    const answer = await subscriber.next();
    expect(JSON.stringify(answer)).toContain(code);
    expect(JSON.stringify(answer)).not.toContain('张');
    if (code === 'UNAUTHENTICATED') expect(JSON.stringify(answer)).toContain('connection_init');
    subscriber.close();
  });

  it('by POST is told where it goes', async () => {
    const { errors } = await journey.ask(OPS, `subscription { orderChanged(orderNumber: "${orderNumber}") { status } }`);
    expect(errors).toEqual([{ message: expect.stringContaining('goes over WebSocket'), extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('an order that does not exist is NOT_FOUND', async () => {
    const subscriber = await Subscriber.connect(journey.url, await journey.token(OPS));
    subscriber.send('1', ORDER_CHANGED, { n: 'TB2026010999999' });
    expect(JSON.stringify(await subscriber.next())).toContain('NOT_FOUND');
    subscriber.close();
  });
});
