// Clocks wake sleepers once and in order, seeds repeat, signals reach every listener of their topic.
import { BroadcastSignals, LocalSignals, SeededRandomness, SystemClock, SystemRandomness, TestClock } from '../index';

describe('TestClock', () => {
  it('wakes sleepers at their own times, also those who sleep again', async () => {
    const clock = new TestClock('2026-01-09T00:00:00.000Z');
    const woken: string[] = [];
    void clock.sleep(2000).then(() => woken.push(`b ${clock.now()}`));
    void clock.sleep(1000).then(async () => {
      woken.push(`a ${clock.now()}`);
      await clock.sleep(500);
      woken.push(`c ${clock.now()}`);
    });
    await clock.advance(3000);
    expect(woken).toEqual(['a 2026-01-09T00:00:01.000Z', 'c 2026-01-09T00:00:01.500Z', 'b 2026-01-09T00:00:02.000Z']);
    expect(clock.now()).toBe('2026-01-09T00:00:03.000Z');
  });

  it('lets a sleeper go when its signal aborts', async () => {
    const clock = new TestClock();
    const abort = new AbortController();
    const sleep = clock.sleep(1000, abort.signal);
    abort.abort();
    await sleep;
    expect(clock.sleeping).toBe(0);
  });
});

describe('SystemClock', () => {
  it('sleeps until its time or its signal', async () => {
    const clock = new SystemClock();
    const abort = new AbortController();
    const long = clock.sleep(60_000, abort.signal);
    await clock.sleep(1);
    abort.abort();
    await long;
    await clock.sleep(60_000, abort.signal);
    expect(clock.now()).toHaveLength(24);
  });

  it('tells each millisecond as it is, also when the machine is set back', () => {
    const clock = new SystemClock();
    const told: string[] = [];
    const machine = jest.spyOn(Date, 'now');
    for (const ms of [1_000, 1_000, 1_001, 1_000]) {
      machine.mockReturnValue(ms);
      told.push(clock.now());
    }
    machine.mockRestore();
    expect(told).toEqual(['1970-01-01T00:00:01.000Z', '1970-01-01T00:00:01.000Z', '1970-01-01T00:00:01.001Z', '1970-01-01T00:00:01.000Z']);
  });
});

describe('Randomness', () => {
  it('repeats for a seed', () => {
    const [a, b, c] = [new SeededRandomness(7), new SeededRandomness(7), new SeededRandomness(8)];
    const id = a.uuid();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([b.uuid(), c.uuid() === id]).toEqual([id, false]);
    for (let i = 0; i < 100; i++) expect(a.below(3)).toBeLessThan(3);
  });

  it('never hands out the same bytes twice', () => {
    const random = new SystemRandomness();
    const seen = new Set(Array.from({ length: 5000 }, () => Buffer.from(random.bytes(12)).toString('hex')));
    expect(seen.size).toBe(5000);
    expect(random.bytes(100_000)).toHaveLength(100_000);
  });
});

describe('Signals', () => {
  it.each([['LocalSignals', () => new LocalSignals()], ['BroadcastSignals', () => new BroadcastSignals('spec')]])('%s reach listeners until they leave', (_, make) => {
    const signals = make();
    const heard: string[] = [];
    const listener = (message: { position: string }): void => void heard.push(message.position);
    const leave = signals.subscribe('appended', listener);
    signals.subscribe('appended', listener);
    signals.publish('appended', { position: '1', events: 1 });
    leave();
    signals.publish('appended', { position: '2', events: 1 });
    signals.close();
    expect(heard).toEqual(['1', '1', '2']);
  });

  it('BroadcastSignals of one name hear each other', async () => {
    const [a, b] = [new BroadcastSignals('spec-pair'), new BroadcastSignals('spec-pair')];
    const heard = new Promise(resolve => b.subscribe('appended', resolve));
    a.publish('appended', { position: '1', events: 1 });
    expect(await heard).toEqual({ position: '1', events: 1 });
    a.close();
    b.close();
  });

  it('sends hints of growth over spaced, the last one always', async () => {
    const [a, b] = [new BroadcastSignals('growth of a test'), new BroadcastSignals('growth of a test')];
    const heard: string[] = [];
    const last = new Promise<void>(resolve => b.subscribe('appended', ({ position }) => void (heard.push(position), position === '200' && resolve())));
    for (let position = 1; position <= 200; position++) a.publish('appended', { position: String(position), events: 1 });
    await last;
    expect(heard.length).toBeLessThan(10);
    a.close();
    b.close();
  });
});
