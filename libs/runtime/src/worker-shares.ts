// The shares of the work that this worker has among several: each runs under its lease, on one worker at a time.
// Free ones are tried every second up to a fair part, surplus is given back one at a time, and what was lost stops at once.
import type { Clock } from './ports/clock';
import type { Lease, Leases } from './ports/leases';
import type { RunnerLogger } from './run-projection';

interface Share {
  name: string;
  /** Begins the work under the lease; it must end when the lease is lost, at the latest with `stop`. */
  start(lease: Lease): Promise<RunningShare>;
}

interface RunningShare {
  stop(): Promise<void>;
}

interface WorkerSharesDeps {
  shares: readonly Share[];
  leases: Leases;
  clock: Clock;
  logger: RunnerLogger;
}

interface Held {
  lease: Lease;
  running: RunningShare;
}

const LOOK_MS = 1_000;
const PAUSE_FIRST_MS = 1_000;
const PAUSE_LAST_MS = 30_000;

export class WorkerShares {
  private readonly held = new Map<string, Held>();
  /** Shares that could not be begun: when they are tried again, and how long the pause was. */
  private readonly pauses = new Map<string, { untilMs: number; pauseMs: number }>();
  /** Stops under way; a share is not taken again here before its work of before has ended. */
  private readonly ending = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly deps: WorkerSharesDeps) {}

  /** Returns after the first look: what was free then is under way. */
  async start(): Promise<void> {
    await this.look();
    this.looking = this.keepLooking();
  }

  /** Ends what runs here and gives it back. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.looking;
    await Promise.all([...this.held.keys()].map(name => this.giveBack(name)));
    await Promise.all(this.ending.values());
  }

  private async keepLooking(): Promise<void> {
    const { clock, logger } = this.deps;
    const { signal } = this.stopping;
    for (;;) {
      await clock.sleep(LOOK_MS, signal);
      if (signal.aborted) return;
      try {
        await this.look();
      } catch (error) {
        logger.error({ error: String(error) }, 'The shares of the work cannot be looked at now; what is held goes on.');
      }
    }
  }

  private async look(): Promise<void> {
    const { shares, leases } = this.deps;
    const part = Math.ceil(shares.length / Math.max(1, await leases.workers()));
    const surplus = [...this.held.keys()].slice(part);
    // One at a time: whoever takes it over should be there before the next one is without an owner.
    if (surplus[0] !== undefined) return this.giveBack(surplus[0]);
    for (const share of shares) {
      if (this.stopping.signal.aborted || this.held.size >= part) return;
      if (!this.held.has(share.name) && !this.ending.has(share.name)) await this.tryToTake(share);
    }
  }

  private async tryToTake(share: Share): Promise<void> {
    const { leases, clock, logger } = this.deps;
    const pause = this.pauses.get(share.name);
    if (pause !== undefined && pause.untilMs > Date.parse(clock.now())) return;
    const lease = await leases.acquire(share.name);
    if (lease === undefined) return;
    try {
      const running = await share.start(lease);
      this.pauses.delete(share.name);
      this.held.set(share.name, { lease, running });
      const lost = (): void => void this.end(share.name, lease, 'The share was lost to another worker.');
      if (lease.lost.aborted) lost();
      else lease.lost.addEventListener('abort', lost, { once: true });
      logger.info({ share: share.name, grant: lease.token }, 'The share is run here.');
    } catch (error) {
      const pauseMs = Math.min(pause === undefined ? PAUSE_FIRST_MS : pause.pauseMs * 2, PAUSE_LAST_MS);
      this.pauses.set(share.name, { untilMs: Date.parse(clock.now()) + pauseMs, pauseMs });
      logger.error({ share: share.name, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error), pauseMs }, 'The share could not be begun. It is given back and tried again.');
      await lease.release();
    }
  }

  private async giveBack(name: string): Promise<void> {
    const held = this.held.get(name);
    if (held === undefined) return;
    await this.end(name, held.lease, 'The share is given back.');
    await held.lease.release();
  }

  /** Ends the work; once for each lease. */
  private end(name: string, lease: Lease, message: string): Promise<void> {
    const held = this.held.get(name);
    if (held === undefined || held.lease !== lease) return this.ending.get(name) ?? Promise.resolve();
    this.held.delete(name);
    const { logger } = this.deps;
    logger.info({ share: name, grant: lease.token }, message);
    const ended = held.running
      .stop()
      .catch((error: unknown) => logger.error({ share: name, error: String(error) }, 'The share did not end cleanly.'))
      .finally(() => this.ending.delete(name));
    this.ending.set(name, ended);
    return ended;
  }
}
