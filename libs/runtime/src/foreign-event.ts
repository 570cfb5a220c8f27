// What somebody else wrote into a stream of ours, as an event that everybody can be given: it stops its own stream and nothing else.
// No projection, policy or decider knows its type, whatever it was called, so nothing is made from it and nobody takes it for ours.
import type { Recorded } from '@app/kernel';

const PREFIX = 'Foreign:';
/** Ours count from 1. */
const VERSION = 0;

/** With plain marks where only we could know. Its type stays to be seen behind the prefix. */
export function foreignEvent({ type, ...place }: Omit<Recorded, 'version' | 'meta'>): Recorded {
  const unknown = 'unknown';
  return { ...place, type: `${PREFIX}${type}`, version: VERSION, meta: { occurredAt: place.recordedAt, actor: unknown, actorRole: unknown, commandId: unknown, correlationId: unknown } };
}

export function isForeign({ type, version }: Pick<Recorded, 'type' | 'version'>): boolean {
  return version === VERSION && type.startsWith(PREFIX);
}

/** The first half of a sentence: where it stands and what it was called. */
export function foreignAt({ stream, revision, type }: Pick<Recorded, 'stream' | 'revision' | 'type'>): string {
  return `${stream}@${revision} (${type.slice(PREFIX.length)}) was not written by this product, and nothing else may write to its streams`;
}
