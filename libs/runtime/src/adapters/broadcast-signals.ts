// Hints between the threads of one process, the publishing one included.
// Holds no process alive.
import { BroadcastChannel } from 'node:worker_threads';
import type { Signals, SignalTopics } from '../ports/signals';
import { LocalSignals } from './local-signals';

interface Hint<T extends keyof SignalTopics = keyof SignalTopics> {
  topic: T;
  message: SignalTopics[T];
}

export class BroadcastSignals implements Signals {
  private readonly local = new LocalSignals();
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
    this.channel.postMessage({ topic, message } satisfies Hint<T>);
  }

  subscribe<T extends keyof SignalTopics>(topic: T, listener: (message: SignalTopics[T]) => void): () => void {
    return this.local.subscribe(topic, listener);
  }

  close(): void {
    this.local.close();
    this.channel.close();
  }
}
