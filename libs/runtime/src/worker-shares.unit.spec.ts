// Workers that share the work, in virtual time: each share on one of them, all of them with a fair part, none without an owner for long.
// The leases are those of one process; what they promise across processes is shown where they are kept.
import { TestClock } from './adapters/test-clock';
import { type Lease, LeaseLost, type Leases } from './ports/leases';
import type { EventStore } from './ports/event-store';
import { whileHeld } from './while-held';
import { WorkerShares } from './worker-shares';

class MemoryLease implements Lease {
  private readonly abort = new AbortController();
  readonly lost = this.abort.signal;

  constructor(
    readonly share: string,
    readonly token: number,
    private readonly board: Board,
  ) {}

  assertHeld(): void {
    if (this.lost.aborted) throw new LeaseLost(this.share);
  }

  async release(): Promise<void> {
    this.lose();
    if (this.board.fault !== undefined) throw this.board.fault;
  }

  lose(): void {
    if (this.board.held.get(this.share) === this) this.board.held.delete(this.share);
    this.abort.abort();
  }
}

/** What the workers see of each other. */
class Board {
  readonly held = new Map<string, MemoryLease>();
  readonly tokens = new Map<string, number>();
  readonly present = new Set<object>();
  /** Nobody is answered while there is one. */
  fault: Error | undefined;
}

class MemoryLeases implements Leases {
  constructor(private readonly board: Board) {}

  async acquire(share: string): Promise<Lease | undefined> {
    if (this.board.held.has(share)) return undefined;
    const token = (this.board.tokens.get(share) ?? 0) + 1;
    const lease = new MemoryLease(share, token, this.board);
    this.board.tokens.set(share, token);
    this.board.held.set(share, lease);
    return lease;
  }

  async workers(standIn: boolean): Promise<number> {
    if (this.board.fault !== undefined) throw this.board.fault;
    if (!standIn) this.board.present.add(this);
    return this.board.present.size;
  }

  async close(): Promise<void> {
    this.board.present.delete(this);
  }
}

describe('workers that share the work', () => {
  const NAMES = ['a', 'b', 'c', 'd', 'e'];
  let clock: TestClock;
  let board: Board;
  /** Shares that run, by worker; a share that runs twice is there twice. */
  let running: string[];
  let errors: string[];
  /** Everything that is said of leases and shares, with its level. */
  let said: { level: string; message: string; fields: object }[];
  /** What goes wrong at the start of a share, as long as it is in here. */
  let failing: Map<string, Error>;
  let starts: string[];
  /** A share that takes until it is let go. */
  let slow: Map<string, Promise<void>>;
  /** Shares in the middle of something that would begin anew elsewhere, by worker. */
  let busy: Set<string>;

  beforeEach(() => {
    clock = new TestClock();
    board = new Board();
    [running, errors, said, starts, failing, slow, busy] = [[], [], [], [], new Map(), new Map(), new Set()];
  });

  function worker(name: string, standIn = false): { shares: WorkerShares; leases: MemoryLeases } {
    const leases = new MemoryLeases(board);
    const shares = NAMES.map(share => ({
      name: share,
      async start() {
        starts.push(`${name}:${share}`);
        await slow.get(share);
        const error = failing.get(share);
        if (error !== undefined) throw error;
        running.push(`${name}:${share}`);
        return { stop: async () => void running.splice(running.indexOf(`${name}:${share}`), 1), busy: () => busy.has(`${name}:${share}`) };
      },
    }));
    const say = (level: string) => (fields: object, message: string) => void said.push({ level, message, fields });
    const logger = { info: say('info'), warn: say('warn'), error: (_: object, message: string) => void errors.push(message) };
    return { shares: new WorkerShares({ shares, leases, clock, logger, standIn }), leases };
  }
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second++) await clock.advance(1_000);
  };
  /** What needs no time is done. */
  const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
  const sharesOf = (name: string): string[] => running.filter(one => one.startsWith(`${name}:`)).map(one => one.slice(2)).sort();
  const allRunOnce = (): void => expect(running.map(one => one.slice(2)).sort()).toEqual(NAMES);

  it('gives one worker everything, and all of it back', async () => {
    const { shares } = worker('1');
    await shares.start();
    expect(sharesOf('1')).toEqual(NAMES);
    await shares.stop();
    expect([running, [...board.held.keys()]]).toEqual([[], []]);
  });

  it('gives a second worker its part, one share at a time, and the first one all again when the second leaves', async () => {
    const [first, second] = [worker('1'), worker('2')];
    await first.shares.start();
    await second.shares.start();
    expect(sharesOf('2')).toEqual([]);
    for (let second = 0; second < 5; second++) {
      await seconds(1);
      expect(running.length).toBeGreaterThanOrEqual(NAMES.length - 1);
    }
    expect([sharesOf('1').length, sharesOf('2').length]).toEqual([3, 2]);
    allRunOnce();
    await second.shares.stop();
    await second.leases.close();
    await seconds(2);
    expect(sharesOf('1')).toEqual(NAMES);
    await first.shares.stop();
  });

  it('gives back what is idle, and what is busy only once that has ended', async () => {
    const [first, second] = [worker('1'), worker('2')];
    await first.shares.start();
    for (const share of ['b', 'c', 'd', 'e']) busy.add(`1:${share}`);
    await second.shares.start();
    await seconds(5);
    expect([sharesOf('1'), sharesOf('2')]).toEqual([['b', 'c', 'd', 'e'], ['a']]);
    busy.delete('1:d');
    await seconds(5);
    expect([sharesOf('1'), sharesOf('2')]).toEqual([['b', 'c', 'e'], ['a', 'd']]);
    await Promise.all([first.shares.stop(), second.shares.stop()]);
    expect(running).toEqual([]);
  });

  it('stops at once what was lost, and takes it again under a later token', async () => {
    const { shares } = worker('1');
    await shares.start();
    board.held.get('c')!.lose();
    expect(sharesOf('1')).toEqual(['a', 'b', 'd', 'e']);
    await settled();
    await seconds(1);
    allRunOnce();
    expect(board.held.get('c')!.token).toBe(2);
    await shares.stop();
  });

  it('gives back what cannot begin, tries it again with growing pauses, and goes on with the rest', async () => {
    failing.set('b', new Error('no rows'));
    const { shares } = worker('1');
    await shares.start();
    expect(sharesOf('1')).toEqual(['a', 'c', 'd', 'e']);
    expect(board.held.has('b')).toBe(false);
    await seconds(16);
    expect(starts.filter(start => start === '1:b')).toHaveLength(5);
    expect(errors).toHaveLength(5);
    failing.delete('b');
    await seconds(16);
    allRunOnce();
    await shares.stop();
  });

  it('lets another worker begin what one cannot', async () => {
    failing.set('b', new Error('no rows'));
    const first = worker('1');
    await first.shares.start();
    failing.delete('b');
    const second = worker('2');
    await second.shares.start();
    expect(sharesOf('2')).toEqual(['b']);
    await Promise.all([first.shares.stop(), second.shares.stop()]);
  });

  it('begins the others while one takes its time', async () => {
    let letGo = (): void => undefined;
    slow.set('b', new Promise<void>(resolve => (letGo = resolve)));
    const { shares } = worker('1');
    const started = shares.start();
    await settled();
    expect(sharesOf('1')).toEqual(['a', 'c', 'd', 'e']);
    letGo();
    await started;
    allRunOnce();
    await shares.stop();
    expect(running).toEqual([]);
  });

  it('does not run what was lost before it had begun', async () => {
    let letGo = (): void => undefined;
    slow.set('b', new Promise<void>(resolve => (letGo = resolve)));
    const { shares } = worker('1');
    const started = shares.start();
    await settled();
    board.held.get('b')!.lose();
    letGo();
    await started;
    expect(sharesOf('1')).toEqual(['a', 'c', 'd', 'e']);
    await shares.stop();
  });

  it('keeps what it has while the leases cannot be asked', async () => {
    const { shares } = worker('1');
    await shares.start();
    board.fault = new Error('no primary');
    await seconds(3);
    allRunOnce();
    board.fault = undefined;
    await seconds(1);
    allRunOnce();
    await shares.stop();
  });

  it('says once that the leases do not answer and once that they do, and of each share that it was lost', async () => {
    const { shares } = worker('1');
    await shares.start();
    expect(said.map(({ level, message, fields }) => [level, message, fields])).toEqual(NAMES.map(share => ['info', 'The share is run here.', { share, fence: 1 }]));
    said = [];
    board.fault = new Error('no primary');
    await seconds(2);
    for (const lease of [...board.held.values()]) lease.lose();
    await seconds(30);
    expect(said.map(({ level }) => level)).toEqual(Array.from({ length: 6 }, () => 'warn'));
    expect(said[0]).toMatchObject({ message: expect.stringContaining('The leases do not answer'), fields: { error: 'Error: no primary', held: 5 } });
    expect(said.slice(1).map(({ message, fields }) => [message, fields])).toEqual(NAMES.map(share => ['The share was lost.', { share, fence: 1 }]));
    said = [];
    board.fault = undefined;
    await seconds(2);
    expect(said.filter(({ message }) => message === 'The leases answer again.')).toHaveLength(1);
    expect(errors).toEqual([]);
    allRunOnce();
    await shares.stop();
  });

  it('stands in while there is no worker, and leaves everything to the first that comes', async () => {
    const standIn = worker('s', true);
    await standIn.shares.start();
    allRunOnce();
    const comes = worker('1');
    await comes.shares.start();
    expect(sharesOf('1')).toEqual([]);
    await seconds(NAMES.length + 1);
    expect([sharesOf('1'), sharesOf('s')]).toEqual([NAMES, []]);
    await comes.shares.stop();
    await comes.leases.close();
    await seconds(1);
    expect(sharesOf('s')).toEqual(NAMES);
    await standIn.shares.stop();
  });

  it('sends nothing once the lease is not held', async () => {
    const lease = (await new MemoryLeases(board).acquire('a')) as MemoryLease;
    const sent: string[] = [];
    const log = whileHeld<Pick<EventStore, 'append' | 'origin'>>(lease, { append: async stream => (sent.push(stream), { outcome: 'appended', revision: 0, position: '1' }), origin: '0' });
    await log.append('order-1', 'none', []);
    lease.lose();
    await expect(log.append('order-2', 'none', [])).rejects.toThrow(LeaseLost);
    expect(log.origin).toBe('0');
    expect(sent).toEqual(['order-1']);
  });

  it('lets the log ask again before each attempt of its own', async () => {
    const lease = (await new MemoryLeases(board).acquire('a')) as MemoryLease;
    const attempts: string[] = [];
    const log = whileHeld<Pick<EventStore, 'append'>>(lease, {
      async append(stream, _, __, atLast) {
        for (let attempt = 1; attempt <= 3; attempt++) {
          atLast?.();
          attempts.push(stream);
          lease.lose();
        }
        return { outcome: 'appended', revision: 0, position: '1' };
      },
    });
    await expect(log.append('order-1', 'none', [])).rejects.toThrow(LeaseLost);
    expect(attempts).toEqual(['order-1']);
  });
});
