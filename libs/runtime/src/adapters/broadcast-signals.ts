// Hints between the threads of one process, the publishing one included.
// Holds no process alive.
import { BroadcastChannel } from 'node:worker_threads';
import type { Signals, SignalTopics } from '../ports/signals';
import { LocalSignals } from './local-signals';

interface Hint<T extends keyof SignalTopics = keyof SignalTopics> {
  topic: T;
  message: SignalTopics[T];
}

/** Waking another thread costs more than an append does: hints of growth go over at most so often, the last one always. */
const GROWTH_SPACING_MS = 4;
/** While many come, what follows the log does better with fewer and larger batches. */
const BUSY_EVENTS = 16;
const BUSY_SPACING_MS = 16;

export class BroadcastSignals implements Signals {
  private readonly local = new LocalSignals();
  private spacing: NodeJS.Timeout | undefined;
  /** What came since the last hint that went over, while the next one has to wait. */
  private held: SignalTopics['appended'] | undefined;
  private told = '';
  private readonly channel: BroadcastChannel;

  /** Threads that give the same name hear each other. */
  constructor(name: string) {
    this.channel = new BroadcastChannel(name);
    this.channel.unref();
    this.channel.onmessage = (event: unknown) => {
      const { topic, message } = (event as { data: Hint }).data;
      this.local.publish(topic, message);
    };
  }

  publish<T extends keyof SignalTopics>(topic: T, message: SignalTopics[T]): void {
    this.local.publish(topic, message);
    if (topic === 'appended') this.tellGrowth(message as SignalTopics['appended']);
    else this.channel.postMessage({ topic, message } satisfies Hint<T>);
  }

  private tellGrowth({ position, events }: SignalTopics['appended']): void {
    if (this.held !== undefined) {
      this.held = { position, events: this.held.events + events };
      return;
    }
    this.channel.postMessage({ topic: 'appended', message: { position, events } } satisfies Hint<'appended'>);
    this.told = position;
    this.held = { position, events: 0 };
    this.spacing = setTimeout(() => this.spaced(), GROWTH_SPACING_MS);
  }

  private spaced(waitedMs = GROWTH_SPACING_MS): void {
    const held = this.held!;
    if (held.events > BUSY_EVENTS && waitedMs < BUSY_SPACING_MS) {
      this.spacing = setTimeout(() => this.spaced(BUSY_SPACING_MS), BUSY_SPACING_MS - waitedMs);
      return;
    }
    this.held = undefined;
    if (held.position !== this.told) this.tellGrowth(held);
  }

  subscribe<T extends keyof SignalTopics>(topic: T, listener: (message: SignalTopics[T]) => void): () => void {
    return this.local.subscribe(topic, listener);
  }

  close(): void {
    clearTimeout(this.spacing);
    this.local.close();
    this.channel.close();
  }
}
