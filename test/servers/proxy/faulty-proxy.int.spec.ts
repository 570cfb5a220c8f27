import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { faultsOf } from './fault-plan';
import { startFaultyProxy } from './faulty-proxy';

type Proxy = Awaited<ReturnType<typeof startFaultyProxy>>;

/** A connection and what has come over it. */
class Caller {
  received = '';
  state: 'open' | 'ended' | 'reset' = 'open';

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (text: string) => (this.received += text));
    socket.on('end', () => this.isOver('ended'));
    socket.on('error', () => this.isOver('reset'));
    socket.on('close', () => this.isOver('ended'));
  }

  private isOver(how: 'ended' | 'reset'): void {
    if (this.state === 'open') this.state = how;
  }

  static to({ host, port }: { host: string; port: number }): Caller {
    return new Caller(connect({ host, port }));
  }

  async until(met: (caller: Caller) => boolean, forMs = 5_000): Promise<void> {
    for (const end = performance.now() + forMs; !met(this); await sleep(2)) {
      if (performance.now() > end) throw new Error(`It has ${JSON.stringify(this.received.slice(0, 100))} and is ${this.state}.`);
    }
  }
}

describe('the faulty proxy', () => {
  let echo: Server;
  let proxy: Proxy;
  const atServer: Socket[] = [];

  beforeEach(async () => {
    echo = createServer((socket) => {
      atServer.push(socket);
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await startFaultyProxy({ to: { host: '127.0.0.1', port: (echo.address() as AddressInfo).port }, seed: 7 });
  });
  afterEach(async () => {
    await proxy.stop();
    for (const socket of atServer.splice(0)) socket.destroy();
    echo.close();
  });

  it('passes bytes whole and in order where nothing is wrong, also more than it holds, also while one side waits', async () => {
    const caller = Caller.to(proxy);
    const text = Array.from({ length: 400_000 }, (_, i) => `${i},`).join('');
    caller.socket.write(text);
    caller.socket.pause();
    await sleep(50);
    caller.socket.resume();
    await caller.until(({ received }) => received.length === text.length);
    expect(caller.received).toBe(text);
    caller.socket.end();
    await caller.until(({ state }) => state === 'ended');
    expect(proxy.counts()).toMatchObject({ accepted: 1, open: 0, cut: 0, bytesToServer: text.length, bytesFromServer: text.length, bytesVanished: 0 });
  });

  it('cuts all connections at once, or some by chance', async () => {
    const callers = Array.from({ length: 40 }, () => Caller.to(proxy));
    for (const caller of callers) caller.socket.write('a');
    await Promise.all(callers.map((caller) => caller.until(({ received }) => received === 'a')));
    proxy.cutSome(0.5);
    await sleep(50);
    const rest = callers.filter(({ state }) => state === 'open');
    expect(rest.length).toBeGreaterThan(5);
    expect(rest.length).toBeLessThan(35);
    expect(proxy.counts()).toMatchObject({ open: rest.length, cut: 40 - rest.length });
    proxy.cutAll();
    await Promise.all(callers.map((caller) => caller.until(({ state }) => state === 'reset')));
    const next = Caller.to(proxy);
    next.socket.write('a');
    await next.until(({ received }) => received === 'a');
  });

  it.each([
    ['to-server' as const, 10],
    ['from-server' as const, 20],
  ])('cuts half-way through a message %s', async (direction, passed) => {
    const caller = Caller.to(proxy);
    proxy.cutHalfWay(direction);
    caller.socket.write('0123456789abcdefghij');
    await caller.until(({ state }) => state !== 'open');
    expect(caller.received).toBe(direction === 'from-server' ? '0123456789' : '');
    expect(proxy.counts()).toMatchObject({ bytesToServer: passed, bytesFromServer: direction === 'from-server' ? 10 : 0, cut: 1, open: 0 });
    const next = Caller.to(proxy);
    next.socket.write('whole');
    await next.until(({ received }) => received === 'whole');
  });

  it('delays by latency, jitter and stalls, and keeps the order', async () => {
    const caller = Caller.to(proxy);
    proxy.delay({ latencyMs: 30, jitterMs: 20, stallShare: 0.5, stallMs: 40 });
    const started = performance.now();
    for (let i = 0; i < 10; i++) {
      caller.socket.write(`${i}`);
      await sleep(1);
    }
    await caller.until(({ received }) => received.length === 10);
    expect(caller.received).toBe('0123456789');
    expect(performance.now() - started).toBeGreaterThan(90);
    proxy.heal();
    const healed = performance.now();
    caller.socket.write('!');
    await caller.until(({ received }) => received.endsWith('!'));
    expect(performance.now() - healed).toBeLessThan(60);
  });

  it.each([['to-server' as const], ['from-server' as const], ['both' as const]])('lets bytes vanish %s while the connection stays up, and cuts what has lost some when it heals', async (direction) => {
    const [loser, silent] = [Caller.to(proxy), Caller.to(proxy)];
    silent.socket.write('before');
    await silent.until(({ received }) => received === 'before');
    proxy.blackHole(direction);
    loser.socket.write('gone');
    await sleep(50);
    expect(loser).toMatchObject({ received: '', state: 'open' });
    expect(proxy.counts()).toMatchObject({ bytesVanished: 4, bytesToServer: direction === 'from-server' ? 10 : 6 });
    proxy.heal();
    await loser.until(({ state }) => state === 'reset');
    silent.socket.write(' after');
    await silent.until(({ received }) => received === 'before after');
  });

  it('silences one connection and no other, until it heals', async () => {
    const [one, other] = [Caller.to(proxy), Caller.to(proxy)];
    for (const caller of [one, other]) caller.socket.write('a');
    await Promise.all([one, other].map((caller) => caller.until(({ received }) => received === 'a')));
    proxy.silence('quiet');
    other.socket.write('b');
    one.socket.write('be quiet');
    await other.until(({ received }) => received === 'ab');
    other.socket.write(' quiet');
    await other.until(({ received }) => received === 'ab quiet');
    one.socket.write('c');
    await sleep(50);
    expect(one).toMatchObject({ received: 'a', state: 'open' });
    proxy.heal();
    await one.until(({ state }) => state === 'reset');
    expect(other.state).toBe('open');
  });

  it('lets the end of a connection vanish in a black hole too', async () => {
    const caller = Caller.to(proxy);
    caller.socket.write('a');
    await caller.until(({ received }) => received === 'a');
    proxy.blackHole();
    caller.socket.destroy();
    await sleep(50);
    expect(atServer[0]!.destroyed).toBe(false);
    proxy.heal();
    await caller.until(() => atServer[0]!.destroyed);
  });

  it('refuses new connections only', async () => {
    const old = Caller.to(proxy);
    old.socket.write('a');
    await old.until(({ received }) => received === 'a');
    proxy.refuse();
    const refused = Caller.to(proxy);
    await refused.until(({ state }) => state === 'reset');
    old.socket.write('b');
    await old.until(({ received }) => received === 'ab');
    expect(proxy.counts()).toMatchObject({ refused: 1, accepted: 1 });
    proxy.heal();
    const next = Caller.to(proxy);
    next.socket.write('a');
    await next.until(({ received }) => received === 'a');
  });

  it('tells a client when the server is gone', async () => {
    const caller = Caller.to(proxy);
    caller.socket.write('a');
    await caller.until(({ received }) => received === 'a');
    atServer[0]!.destroy();
    await caller.until(({ state }) => state !== 'open');
    echo.close();
    await once(echo, 'close');
    await Caller.to(proxy).until(({ state }) => state !== 'open');
  });

  it('brings one fault after the other, the same for the same seed, until it heals', async () => {
    const plan = { kinds: ['cut', 'cut-some', 'cut-half-way', 'delay', 'black-hole', 'refuse'] as const, calmMs: [1, 5] as const, faultMs: [1, 5] as const };
    const first = (seed: number) => {
      const faults = faultsOf(plan, seed);
      return Array.from({ length: 200 }, () => faults.next().value);
    };
    expect(first(7)).toEqual(first(7));
    expect(first(7)).not.toEqual(first(8));
    expect(new Set(first(7).map(({ fault }) => fault.kind)).size).toBe(6);

    proxy.chaos(plan);
    const words: string[] = [];
    for (const end = performance.now() + 400; performance.now() < end; ) {
      const socket = connect(proxy);
      socket.on('error', () => undefined);
      const word = `${words.length}.`;
      socket.write(word);
      const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => []), sleep(50, [])]).catch(() => [])) as [Buffer?];
      words.push(answer === undefined ? '' : answer.toString());
      expect(word.startsWith(words.at(-1)!)).toBe(true);
      socket.destroy();
    }
    const { faults } = proxy.counts();
    expect(Object.values(faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10);
    proxy.heal();
    const caller = Caller.to(proxy);
    caller.socket.write('well');
    await caller.until(({ received }) => received === 'well');
    expect(proxy.counts().faults).toEqual(faults);
  });
});
