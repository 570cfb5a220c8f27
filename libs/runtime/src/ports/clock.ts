// Time, timers, ids and randomness come from here, so that a test can turn the clock and a seed can rule the run.
// Nothing in runtime or stores asks the machine for them by itself.
import type { Instant } from '@app/kernel';

export interface Clock {
  now(): Instant;
  /** Resolves after so many milliseconds of this clock, or at once when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface Randomness {
  uuid(): string;
  bytes(length: number): Uint8Array;
}
