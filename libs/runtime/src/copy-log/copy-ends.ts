// The two ends of a copy: where a log and its customer keys are read, and where they are written.
// Both are made of the ports of the stores, so that any pair can be copied to any other.
import type { Instant, NewEvent } from '@app/kernel';
import type { AppendResult, EventReader, ExpectedRevision } from '../ports/event-store';
import type { KeyVault } from '../ports/key-vault';

/** An event with the instant at which another log recorded it. */
export interface CopiedEvent extends NewEvent {
  recordedAt: Instant;
}

export interface CopySource {
  /** For people: what it is and where. */
  readonly name: string;
  readonly log: Pick<EventReader, 'read' | 'subscribe' | 'scan' | 'end' | 'countUpTo' | 'origin'>;
  readonly keys: Pick<KeyVault, 'find' | 'subjects'>;
  /** Others write meanwhile: the copy is of what is there when it begins, and may lack keys that came later. */
  readonly live: boolean;
}

export interface CopyTarget extends CopySource {
  /** As `append` of an event store, with instants of recording of their own. */
  append(stream: string, expected: ExpectedRevision, events: readonly CopiedEvent[]): Promise<AppendResult>;
  readonly vault: KeyVault;
  /**
   * `log`: events are appended in exactly the order of the source, next to each other and without waiting for each other. `stream`: each
   * stream in its order, several streams at once, with as many events in one append as lie near each other.
   */
  readonly order: 'log' | 'stream';
  /** Most appends under way at once. */
  readonly appendsMax: number;
  /** Resolves when all that was written is durable and found by `log` and `keys`. */
  settled(): Promise<void>;
}

/** How far a copy is, in events or keys. */
export interface CopyProgress {
  step: 'reading' | 'comparing' | 'copying' | 'proving' | 'keys';
  done: number;
  /** May be an estimate. */
  total: number;
}

/** The target holds what does not come from the source: nothing is written over it. */
export class TargetHoldsOther extends Error {
  override readonly name = 'TargetHoldsOther';
  constructor(target: string, what: string) {
    super(`${target} holds other data: ${what}. Nothing of it was changed. Choose an empty target, on which no server has been started yet, or the one that an earlier copy of the same log was made to and that nothing else has written to.`);
  }
}
