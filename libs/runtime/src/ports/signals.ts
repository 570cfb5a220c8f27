// Short-lived hints between parts of one machine: "the log has grown", "these rows changed".
// A lost hint only delays; nothing depends on one for correctness.

export interface Signals {
  publish<T extends keyof SignalTopics>(topic: T, message: SignalTopics[T]): void;
  /** Returns the way to unsubscribe. */
  subscribe<T extends keyof SignalTopics>(topic: T, listener: (message: SignalTopics[T]) => void): () => void;
  close(): void | Promise<void>;
}

export interface SignalTopics {
  /** The log was appended to; `events` since the last hint. */
  appended: { position: string; events: number };
  /**
   * A projection has committed a batch; `keys` are the rows that changed. `keysLeftOut`: other rows may have changed too, which ones is
   * not said: they are more than a batch has events, or hints were lost.
   */
  projected: { projection: string; position: string; keys: readonly string[]; keysLeftOut?: true; live: boolean; events: number };
  /** Another table of the projection is in use from now on. */
  switched: { projection: string; table: string };
}
