// Reads the customer keys of a data directory through a connection that never writes, beside its owner or without one.
// Nothing is remembered: what is found is on disk now, and a key that its owner has destroyed is gone here too.
import { join } from 'node:path';
import type { KeyVault, VaultKey } from '@app/runtime';
import { type Database, openDatabase, type Statement } from '@app/sqlite';
import { KEY_BYTES, unwrapKey } from './key-wrapping';
import { LOG_FILE } from './log-schema';

export class EmbeddedKeyReader implements Pick<KeyVault, 'find' | 'subjects'> {
  private readonly select: Statement;
  private readonly page: Statement;
  private readonly counts: Statement;
  private readonly some: Statement;

  private constructor(
    private readonly database: Database,
    private readonly masterKey: Uint8Array | undefined,
  ) {
    this.select = database.prepare('SELECT wrapped FROM customer_keys WHERE subject = ?').asArrays();
    this.page = database.prepare('SELECT subject FROM customer_keys WHERE subject > ? ORDER BY subject LIMIT ?').asArrays();
    this.counts = database.prepare('SELECT count(wrapped), count(*) - count(wrapped) FROM customer_keys').asArrays();
    this.some = database.prepare('SELECT subject FROM customer_keys WHERE wrapped IS NOT NULL LIMIT 1').asArrays();
  }

  /** Without a master key nothing but the destroyed keys can be found. The log must have been made. */
  static open(directory: string, masterKey: Uint8Array | undefined): EmbeddedKeyReader {
    if (masterKey !== undefined && masterKey.length !== KEY_BYTES) throw new TypeError(`The master key must be ${KEY_BYTES} bytes long and is ${masterKey.length}.`);
    return new EmbeddedKeyReader(openDatabase(join(directory, LOG_FILE), { readOnly: true, cacheKib: 4_096 }), masterKey);
  }

  async find(subject: string): Promise<VaultKey> {
    const row = this.select.get<[Uint8Array | null]>(subject);
    if (row === undefined) return { state: 'absent' };
    if (row[0] === null) return { state: 'destroyed' };
    if (this.masterKey === undefined) throw new Error(`The key of ${subject} cannot be opened without the master key.`);
    return { state: 'present', key: unwrapKey(this.masterKey, subject, row[0]) };
  }

  async subjects(after: string | undefined, limit: number): Promise<readonly string[]> {
    return this.page.all<[string]>(after ?? '', limit).map(([subject]) => subject);
  }

  /** Whether the master key is the one that the keys were wrapped by; true where there are none. */
  async isMasterKey(): Promise<boolean> {
    const some = this.some.get<[string]>()?.[0];
    return some === undefined || this.find(some).then(() => true, () => false);
  }

  /** Needs no master key. */
  async count(): Promise<{ present: number; destroyed: number }> {
    const [present, destroyed] = this.counts.get<[number, number]>() ?? [0, 0];
    return { present, destroyed };
  }

  async close(): Promise<void> {
    this.database.close();
  }
}
