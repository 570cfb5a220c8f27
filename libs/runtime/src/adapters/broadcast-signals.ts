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

export class BroadcastSignals implements Signals {
  private readonly local = new LocalSignals();
  private spacing: NodeJS.Timeout | undefined;
  private growth: { message: SignalTopics['appended'] | undefined } | undefined;
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

  private tellGrowth(message: SignalTopics['appended']): void {
    if (this.growth !== undefined) {
      this.growth.message = message;
      return;
    }
    this.channel.postMessage({ topic: 'appended', message } satisfies Hint<'appended'>);
    const growth: { message: SignalTopics['appended'] | undefined } = { message: undefined };
    this.growth = growth;
    this.spacing = setTimeout(() => {
      this.growth = undefined;
      if (growth.message !== undefined) this.tellGrowth(growth.message);
    }, GROWTH_SPACING_MS);
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
