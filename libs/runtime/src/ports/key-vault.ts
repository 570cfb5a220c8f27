// Keys of the people whose data is sealed, each wrapped by the master key before it is stored.
// A destroyed key never comes back: what it sealed is erased.

export type VaultKey = { state: 'present'; key: Uint8Array } | { state: 'destroyed' } | { state: 'absent' };

export interface KeyVault {
  /** 32 bytes for AES-256. */
  find(subject: string): Promise<VaultKey>;
  /**
   * Adopts the key for a subject that has none; answers the one in force, which is another's if that was first.
   * Durable no later than any append that begins after this answered is acknowledged.
   */
  adopt(subject: string, key: Uint8Array): Promise<VaultKey>;
  destroy(subject: string): Promise<void>;
  /** Subjects that have or had a key, in order, so that the keys can be copied with the log; `after` is the last one of the page before. */
  subjects(after: string | undefined, limit: number): Promise<readonly string[]>;
}
