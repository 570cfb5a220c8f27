// Customer keys as they are stored: sealed by the master key with AES-256-GCM and bound to their subject.
// Every vault wraps alike; a key under another subject's name or another master key does not open.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Randomness } from '@app/runtime';

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** nonce, ciphertext, tag. */
export function wrapKey(masterKey: Uint8Array, subject: string, key: Uint8Array, random: Randomness): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(Buffer.from(subject));
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

/** Throws when it was wrapped by another master key, with the sentence for the user. */
export function unwrapKey(masterKey: Uint8Array, subject: string, wrapped: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', masterKey, wrapped.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(subject));
  decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]));
  } catch (error) {
    throw new Error(
      `The key of ${subject} cannot be unwrapped: the master key is not the one that this data was written with. Start with the master key that belongs to it.`,
      { cause: error },
    );
  }
}
