// Wakes whoever waits for something to come: they take the signal before they look, so that no ringing is missed,
// and wait for it where they found nothing.
export class Bell {
  private next = new AbortController();

  /** Aborted when it rings the next time. */
  get signal(): AbortSignal {
    return this.next.signal;
  }

  ring(): void {
    const { next } = this;
    this.next = new AbortController();
    next.abort();
  }
}

/** Resolves once one of them is aborted. */
export function aborted(signals: AbortSignal[]): Promise<void> {
  const any = AbortSignal.any(signals);
  return new Promise((resolve) => {
    if (any.aborted) resolve();
    else any.addEventListener('abort', () => resolve(), { once: true });
  });
}
