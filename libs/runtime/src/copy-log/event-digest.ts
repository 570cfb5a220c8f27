// One text for one event, whatever engine kept it, and a SHA-256 that chains a stream's events in their order.
// The proof that two logs are equal stands on it, so it is computed from what was read back and from nothing else.
import { hash } from 'node:crypto';
import type { Recorded } from '@app/kernel';

/** SHA-256; a stream begins at zeros. */
export const DIGEST_BYTES = 32;

/** JSON of id (in small letters, as some servers keep it), type, version, data, meta and instant of recording, with the names of every object in order. */
export function canonicalEvent({ id, type, version, data, meta, recordedAt }: Recorded): string {
  return `{"data":${canonical(data)},"id":${JSON.stringify(id.toLowerCase())},"meta":${canonical(meta)},"recordedAt":${JSON.stringify(recordedAt)},"type":${JSON.stringify(type)},"version":${version}}`;
}

/** Of a stream up to this event, from its digest up to the one before. */
export function chainedDigest(before: Uint8Array, event: string): Uint8Array {
  return hash('sha256', `${Buffer.from(before.buffer, before.byteOffset, before.byteLength).toString('hex')}\n${event}`, 'buffer');
}

function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  let text = '';
  for (const name of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[name];
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonical(field)}`;
  }
  return `{${text}}`;
}
