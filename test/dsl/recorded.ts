// Envelopes for tests: what matters is given,
// the rest is filled in, the same every time.
import { type DomainEvent, type Instant, instantOf, type Recorded } from '@app/kernel';

export interface RecordedParts {
  stream?: string;
  type?: string;
  data?: unknown;
  version?: number;
  revision?: number;
  /** Place in the log, from 1. */
  position?: number;
  occurredAt?: Instant;
  recordedAt?: Instant;
  id?: string;
  commandId?: string;
  actor?: string;
  causationId?: string;
}

const START_MS = Date.parse('2026-01-09T02:00:00.000Z');

export function recorded({ stream = 'order-TB.1', type = 'Happened', data = {}, version = 1, revision = 0, position = 1, ...rest }: RecordedParts): Recorded {
  const recordedAt = rest.recordedAt ?? instantOf(START_MS + position * 1_000);
  const id = rest.id ?? `00000000-0000-5000-8000-${String(position).padStart(12, '0')}`;
  const commandId = rest.commandId ?? `command-${position}`;
  const meta = { occurredAt: rest.occurredAt ?? recordedAt, actor: rest.actor ?? 'tester', actorRole: 'ops', commandId, correlationId: commandId, ...(rest.causationId === undefined ? {} : { causationId: rest.causationId }) };
  return { id, stream, type, version, data, revision, position: String(position).padStart(16, '0'), recordedAt, meta };
}

/** Events of a decider as they would be recorded, one after the other in one stream. */
export function recordedAll(stream: string, events: readonly DomainEvent[], firstPosition = 1): Recorded[] {
  return events.map(({ type, data, occurredAt }, i) => recorded({ stream, type, data, occurredAt, revision: i, position: firstPosition + i }));
}
