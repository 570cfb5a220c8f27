// One direction of a connection through the proxy: bytes arrive in order or not at all, as late as the weather says.
// It reads no further ahead than it can pass on, so a slow reader slows the writer down as on a real wire.
import type { Socket } from 'node:net';
import type { SeededRandomness } from '@app/runtime';

export interface Delay {
  /** Of every piece, in milliseconds. */
  latencyMs?: number;
  /** Up to so much more, drawn for every piece. */
  jitterMs?: number;
  /** Share of the pieces (0 to 1) that stand still for `stallMs`, and all behind them. */
  stallShare?: number;
  stallMs?: number;
}

export interface Weather {
  delay: Delay;
  /** Bytes vanish, and so does the news that one side has hung up. */
  blackHole: boolean;
}

export interface PipeEvents {
  /** Told of every piece before anything is done with it. */
  arrived(piece: Buffer): void;
  passed(bytes: number): void;
  vanished(bytes: number): void;
  /** Asked before a piece is passed on: true passes half of it and no more. */
  breaksHere(): boolean;
  broken(): void;
  gone(): void;
}

const WAITING_BYTES_MAX = 1_048_576;
const SHARE_STEPS = 1_000_000;

export class FaultyPipe {
  private readonly waiting: { piece: Buffer | undefined; dueMs: number }[] = [];
  private waitingBytes = 0;
  private lastDueMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private isBroken = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly weather: Weather,
    private readonly random: SeededRandomness,
    private readonly events: PipeEvents,
  ) {
    from.on('data', (piece: Buffer) => this.take(piece));
    from.on('end', () => this.take(undefined));
    from.on('error', () => undefined);
    from.on('close', () => {
      if (!this.weather.blackHole) this.events.gone();
    });
    to.on('drain', () => this.readOn());
  }

  close(): void {
    clearTimeout(this.timer);
    this.isBroken = true;
  }

  private take(piece: Buffer | undefined): void {
    if (this.isBroken) return;
    if (piece !== undefined) this.events.arrived(piece);
    if (this.weather.blackHole) return this.events.vanished(piece?.length ?? 0);
    const dueMs = Math.max(this.lastDueMs, performance.now() + this.delayMs());
    this.lastDueMs = dueMs;
    this.waiting.push({ piece, dueMs });
    this.waitingBytes += piece?.length ?? 0;
    if (this.waitingBytes > WAITING_BYTES_MAX) this.from.pause();
    this.release();
  }

  private delayMs(): number {
    const { latencyMs = 0, jitterMs = 0, stallShare = 0, stallMs = 0 } = this.weather.delay;
    const stalls = stallShare > 0 && this.random.below(SHARE_STEPS) < stallShare * SHARE_STEPS;
    return latencyMs + (jitterMs > 0 ? this.random.below(Math.ceil(jitterMs)) : 0) + (stalls ? stallMs : 0);
  }

  private release(): void {
    clearTimeout(this.timer);
    for (let next = this.waiting[0]; next !== undefined && !this.isBroken; next = this.waiting[0]) {
      const restMs = next.dueMs - performance.now();
      if (restMs > 0) {
        this.timer = setTimeout(() => this.release(), Math.ceil(restMs));
        return;
      }
      this.waiting.shift();
      this.waitingBytes -= next.piece?.length ?? 0;
      this.pass(next.piece);
    }
    this.readOn();
  }

  private pass(piece: Buffer | undefined): void {
    if (piece === undefined) {
      this.to.end();
      return;
    }
    if (this.events.breaksHere()) {
      this.isBroken = true;
      const half = piece.subarray(0, Math.floor(piece.length / 2));
      this.events.passed(half.length);
      this.to.write(half, () => this.events.broken());
      return;
    }
    this.events.passed(piece.length);
    if (!this.to.write(piece)) this.from.pause();
  }

  private readOn(): void {
    if (this.from.isPaused() && !this.to.writableNeedDrain && this.waitingBytes <= WAITING_BYTES_MAX) this.from.resume();
  }
}
