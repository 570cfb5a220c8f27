// Hands out order numbers from blocks, so that intake does not meet at one counter: a number is given once, never twice.
// Blocks grow with demand, a number that nobody bears goes back; what is left of a block when the process ends is a gap, which numbers may have.
import { formatOrderNumber, type SerialsTaken, serialStream, type TakeSerials } from '@app/domain';
import type { Actor, Instant } from '@app/kernel';
import type { Clock, CommandExecutor, Randomness } from '@app/runtime';
import { LRUCache } from 'lru-cache';

const BLOCK_MAX = 1_000;
const GROWTH = 4;
/** Days of platforms whose rest of a block is remembered. */
const DAYS_MAX = 20_000;
const MINUTES_MAX = 50_000;
const TAKER: Actor = { id: 'intake', role: 'system' };

interface Block {
  platform: string;
  day: string;
  /** Serials at hand; the last is the next to be given. */
  free: number[];
  /** Of the next block that is taken. */
  size: number;
  taking: boolean;
  waiting: { resolve(serial: number): void; reject(error: unknown): void }[];
}

interface SerialDeps {
  executor: CommandExecutor;
  clock: Clock;
  random: Randomness;
  /** IANA name of the business time zone. */
  zone: string;
}

export class SerialBlocks {
  private readonly blocks = new LRUCache<string, Block>({ max: DAYS_MAX });
  private readonly days = new LRUCache<string, string>({ max: MINUTES_MAX });
  private readonly calendar: Intl.DateTimeFormat;

  constructor(private readonly deps: SerialDeps) {
    this.calendar = new Intl.DateTimeFormat('sv-SE', { timeZone: deps.zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  }

  /** A number that nobody had before, for an order of the platform placed then. */
  async next(platform: string, placedAt: Instant): Promise<string> {
    const block = this.blockOf(platform, placedAt);
    return numberOf(block, takeFrom(block) ?? (await this.fromNextBlock(block)));
  }

  /** The same, or undefined where a new block would have to be taken for it. */
  atHand(platform: string, placedAt: Instant): string | undefined {
    const block = this.blockOf(platform, placedAt);
    const serial = takeFrom(block);
    return serial === undefined ? undefined : numberOf(block, serial);
  }

  /** A number that was given for such an order and stands in no event, nor may come to stand in one. */
  giveBack(platform: string, placedAt: Instant, orderNumber: string): void {
    const block = this.blockOf(platform, placedAt);
    block.free.push(Number(orderNumber.slice(platform.length + block.day.length)));
  }

  /** One that was given stands in the log: where they go fast, the next block is taken before this one is used up. */
  used(platform: string, placedAt: Instant): void {
    const block = this.blockOf(platform, placedAt);
    if (block.size === BLOCK_MAX && block.free.length < BLOCK_MAX && !block.taking) void this.refill(block);
  }

  private blockOf(platform: string, placedAt: Instant): Block {
    const day = this.businessDay(placedAt);
    const key = platform + day;
    let block = this.blocks.get(key);
    if (block === undefined) this.blocks.set(key, (block = { platform, day, free: [], size: 1, taking: false, waiting: [] }));
    return block;
  }

  /** yyyymmdd of the instant in the business time zone. */
  private businessDay(instant: Instant): string {
    // No zone changes its offset within a minute.
    const minute = instant.slice(0, 16);
    let day = this.days.get(minute);
    if (day === undefined) this.days.set(minute, (day = this.calendar.format(new Date(instant)).replaceAll('-', '')));
    return day;
  }

  private fromNextBlock(block: Block): Promise<number> {
    return new Promise((resolve, reject) => {
      block.waiting.push({ resolve, reject });
      if (!block.taking) void this.refill(block);
    });
  }

  private async refill(block: Block): Promise<void> {
    block.taking = true;
    // Everybody of this turn is in line before the size is chosen.
    await Promise.resolve();
    try {
      do {
        const count = Math.min(BLOCK_MAX, Math.max(block.size, block.waiting.length));
        const { from, to } = await this.take(block, count);
        block.size = Math.min(BLOCK_MAX, Math.max(block.size * GROWTH, count));
        block.free = [...Array.from({ length: to - from + 1 }, (_, place) => to - place), ...block.free];
        while (block.waiting.length > 0 && block.free.length > 0) block.waiting.shift()!.resolve(block.free.pop()!);
      } while (block.waiting.length > 0);
    } catch (error) {
      for (const waiter of block.waiting.splice(0)) waiter.reject(error);
    } finally {
      block.taking = false;
    }
  }

  private async take({ platform, day }: Block, count: number): Promise<{ from: number; to: number }> {
    // A fresh id each time: a command that came again would be given the block that is in use.
    const command: TakeSerials = { type: 'TakeSerials', id: this.deps.random.uuid(), actor: TAKER, at: this.deps.clock.now(), platform, day, count };
    const result = await this.deps.executor.execute(serialStream(platform, day), command);
    if (result.outcome === 'refused') throw new Error(`No order numbers for ${platform} ${day}: ${result.rejection.message}`);
    return (result.events[0] as SerialsTaken).data;
  }
}

/** Those who wait come first. */
function takeFrom(block: Block): number | undefined {
  return block.waiting.length > 0 ? undefined : block.free.pop();
}

function numberOf({ platform, day }: Block, serial: number): string {
  return formatOrderNumber({ platform, day, serial });
}
