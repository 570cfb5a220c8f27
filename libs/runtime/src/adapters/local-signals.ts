// Hints within one thread, delivered at once and in order of subscription.
// Listeners must not throw.
import type { Signals, SignalTopics } from '../ports/signals';

type Listener = (message: never) => void;

export class LocalSignals implements Signals {
  private readonly listeners = new Map<keyof SignalTopics, Set<Listener>>();

  publish<T extends keyof SignalTopics>(topic: T, message: SignalTopics[T]): void {
    for (const listener of this.listeners.get(topic) ?? []) (listener as (message: SignalTopics[T]) => void)(message);
  }

  subscribe<T extends keyof SignalTopics>(topic: T, listener: (message: SignalTopics[T]) => void): () => void {
    // A wrapper of its own: the same function subscribed twice is two subscriptions.
    const own = (message: SignalTopics[T]): void => listener(message);
    let listeners = this.listeners.get(topic);
    if (listeners === undefined) this.listeners.set(topic, (listeners = new Set()));
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  close(): void {
    this.listeners.clear();
  }
}
