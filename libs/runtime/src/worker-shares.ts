// The shares of the work that this worker has among several: each runs under its lease, on one worker at a time.
// Free ones are tried twice a second up to a fair part, surplus is given back one at a time, what was lost stops at once; none waits for another.
// Only what is idle is given back: whoever is in the middle of a rebuild ends it first, however many workers come.
import type { Clock } from './ports/clock';
import type { Lease, Leases } from './ports/leases';
import type { RunnerLogger } from './runner-logger';

interface Share {
  name: string;
  /** Begins the work under the lease; it must end when the lease is lost, at the latest with `stop`. */
  start(lease: Lease): Promise<RunningShare>;
}

interface RunningShare {
  stop(): Promise<void>;
  /** In the middle of what another worker would have to fetch and take up again; absent: never. */
  busy?(): boolean;
}

interface WorkerSharesDeps {
  shares: readonly Share[];
  leases: Leases;
  clock: Clock;
  logger: RunnerLogger;
  /** Works only while there is no worker, and leaves everything to the first that comes: for a process that does not stay. */
  standIn?: boolean;
}

interface Held {
  lease: Lease;
  running: RunningShare;
}

const LOOK_MS = 500;
/** One after the other a dead worker's shares would be without an owner for as long as all of them take. */
const TAKEN_AT_ONCE = 8;
const PAUSE_FIRST_MS = 1_000;
const PAUSE_LAST_MS = 30_000;

export class WorkerShares {
  private readonly held = new Map<string, Held>();
  /** Starts under way, which may take as long as they like. */
  private readonly beginning = new Map<string, Promise<void>>();
  /** Stops under way; a share is not taken again here before its work of before has ended. */
  private readonly ending = new Map<string, Promise<void>>();
  /** Shares that could not be begun: when they are tried again, and how long the pause was. */
  private readonly pauses = new Map<string, { untilMs: number; pauseMs: number }>();
  private readonly stopping = new AbortController();
  /** The leases did not answer when they were asked last. */
  private unanswered = false;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly deps: WorkerSharesDeps) {}

  /** Returns when what was free at the first look is under way. */
  async start(): Promise<void> {
    await this.look();
    this.looking = this.keepLooking();
    await Promise.all(this.beginning.values());
  }

  /** Ends what runs here and gives it back. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.looking;
    await Promise.all(this.beginning.values());
    for (const name of [...this.held.keys()]) this.end(name);
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
        if (this.unanswered) logger.info({ held: this.held.size }, 'The leases answer again.');
        this.unanswered = false;
      } catch (error) {
        this.noAnswer(error);
      }
    }
  }

  /** One line for as long as it lasts. */
  private noAnswer(error: unknown): void {
    if (this.unanswered) return;
    this.unanswered = true;
    this.deps.logger.warn({ error: String(error), held: this.held.size }, 'The leases do not answer: until they do no share is taken or given back, and what is held is lost once its lease has run out.');
  }

  private async look(): Promise<void> {
    const { shares } = this.deps;
    const part = await this.part();
    if (this.held.size + this.beginning.size > part) {
      const last = [...this.held].findLast(([, { running }]) => running.busy?.() !== true);
      // One at a time: whoever takes it over should be there before the next one is without an owner.
      if (last !== undefined && this.ending.size === 0) this.end(last[0]);
      return;
    }
    const others = shares.filter(({ name }) => !this.isHere(name));
    while (others.length > 0 && !this.stopping.signal.aborted) {
      const room = part - this.held.size - this.beginning.size;
      if (room <= 0) return;
      await Promise.all(others.splice(0, Math.min(room, TAKEN_AT_ONCE)).map((share) => this.tryToTake(share)));
    }
  }

  private async part(): Promise<number> {
    const { shares, leases, standIn = false } = this.deps;
    const workers = await leases.workers(standIn);
    if (standIn) return workers === 0 ? shares.length : 0;
    return Math.ceil(shares.length / Math.max(1, workers));
  }

  private isHere(name: string): boolean {
    return this.held.has(name) || this.beginning.has(name) || this.ending.has(name);
  }

  private async tryToTake(share: Share): Promise<void> {
    const { leases, clock } = this.deps;
    const pause = this.pauses.get(share.name);
    if (pause !== undefined && pause.untilMs > Date.parse(clock.now())) return;
    const lease = await leases.acquire(share.name);
    if (lease === undefined) return;
    this.beginning.set(share.name, this.begin(share, lease).finally(() => this.beginning.delete(share.name)));
  }

  private async begin(share: Share, lease: Lease): Promise<void> {
    const { logger } = this.deps;
    const fields = { share: share.name, fence: lease.token };
    try {
      const running = await share.start(lease);
      this.pauses.delete(share.name);
      this.held.set(share.name, { lease, running });
      const lost = (): void => this.end(share.name, lease);
      logger.info(fields, 'The share is run here.');
      if (lease.lost.aborted) lost();
      else lease.lost.addEventListener('abort', lost, { once: true });
    } catch (error) {
      const pauseMs = this.pauseAfter(share.name);
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      logger.error({ ...fields, error: message, pauseMs }, 'The share could not be begun. It is given back and tried again.');
      await this.release(lease);
    }
  }

  private pauseAfter(name: string): number {
    const before = this.pauses.get(name);
    const pauseMs = before === undefined ? PAUSE_FIRST_MS : Math.min(before.pauseMs * 2, PAUSE_LAST_MS);
    this.pauses.set(name, { untilMs: Date.parse(this.deps.clock.now()) + pauseMs, pauseMs });
    return pauseMs;
  }

  /** Ends the work, then gives the lease back. `lost`: the lease that is not held any more; nothing where the share runs under another one. */
  private end(name: string, lost?: Lease): void {
    const held = this.held.get(name);
    if (held === undefined || (lost !== undefined && held.lease !== lost)) return;
    this.held.delete(name);
    const fields = { share: name, fence: held.lease.token };
    if (lost === undefined) this.deps.logger.info(fields, 'The share is given back.');
    else this.deps.logger.warn(fields, 'The share was lost.');
    this.ending.set(name, this.stopAndRelease(name, held).finally(() => this.ending.delete(name)));
  }

  private async stopAndRelease(name: string, { running, lease }: Held): Promise<void> {
    try {
      await running.stop();
    } catch (error) {
      this.deps.logger.error({ share: name, error: String(error) }, 'The share did not end cleanly.');
    }
    await this.release(lease);
  }

  private async release(lease: Lease): Promise<void> {
    try {
      await lease.release();
    } catch (error) {
      // It is free once it has run out.
      this.noAnswer(error);
    }
  }
}
