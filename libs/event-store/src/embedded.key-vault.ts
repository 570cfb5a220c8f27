// Customer keys beside the events that they seal, wrapped by the master key, written in one order with the appends.
// A destroyed key leaves a tombstone and is overwritten in the file and in the write-ahead log.
import type { KeyVault, Randomness, VaultKey } from '@app/runtime';
import type { Database, Statement } from '@app/sqlite';
import { LRUCache } from 'lru-cache';
import type { GroupCommit } from './group-commit';
import { KEY_BYTES, unwrapKey, wrapKey } from './key-wrapping';
import { keyCrc, type LogState } from './log-schema';

const KEYS_CACHED = 20_000;
/** What a change weighs in the group commit. */
const CHANGE_BYTES = 256;

interface EmbeddedKeyVaultDeps {
  database: Database;
  commits: GroupCommit;
  state: LogState;
  masterKey: Uint8Array;
  random: Randomness;
}

export class EmbeddedKeyVault implements KeyVault {
  /** Changes that are enqueued: newer than what the database answers. */
  private readonly pending = new Map<string, VaultKey>();
  private readonly cache = new LRUCache<string, VaultKey>({ max: KEYS_CACHED });
  private readonly select: Statement;
  private readonly page: Statement;
  private readonly upsert: Statement;

  /** Throws when the keys in the log were wrapped by another master key. */
  constructor(private readonly deps: EmbeddedKeyVaultDeps) {
    if (deps.masterKey.length !== KEY_BYTES) throw new TypeError(`The master key must be ${KEY_BYTES} bytes long and is ${deps.masterKey.length}.`);
    const { database } = deps;
    this.select = database.prepare('SELECT wrapped FROM customer_keys WHERE subject = ?').asArrays();
    this.page = database.prepare('SELECT subject FROM customer_keys WHERE subject > ? ORDER BY subject LIMIT ?').asArrays();
    this.upsert = database.prepare(
      'INSERT INTO customer_keys VALUES (?, ?, ?, ?) ON CONFLICT (subject) DO UPDATE SET wrapped = excluded.wrapped, change = excluded.change, crc = excluded.crc',
    );
    const some = database.prepare('SELECT subject FROM customer_keys WHERE wrapped IS NOT NULL LIMIT 1').asArrays().get<[string]>()?.[0];
    if (some !== undefined) this.stored(some);
  }

  async find(subject: string): Promise<VaultKey> {
    return this.current(subject);
  }

  /** Does not wait for the disk: the change stands before every append that begins after the answer. */
  async adopt(subject: string, key: Uint8Array): Promise<VaultKey> {
    if (key.length !== KEY_BYTES) throw new TypeError(`A customer key must be ${KEY_BYTES} bytes long and is ${key.length}.`);
    const current = this.current(subject);
    if (current.state !== 'absent') return current;
    const adopted: VaultKey = { state: 'present', key: key.slice() };
    // A failed write fails every append that comes after it, so nobody can rely on a key that is lost.
    this.change(subject, adopted, wrapKey(this.deps.masterKey, subject, key, this.deps.random)).catch(() => undefined);
    return adopted;
  }

  /** Resolves when the key is gone from the disk, or as soon after as no reader holds an older state of the file. */
  async destroy(subject: string): Promise<void> {
    if (this.current(subject).state !== 'destroyed') await this.change(subject, { state: 'destroyed' }, null);
    // The old page is still in the write-ahead log until that is begun anew.
    this.deps.commits.truncateWal();
  }

  async subjects(after: string | undefined, limit: number): Promise<readonly string[]> {
    const stored = this.page.all<[string]>(after ?? '', limit).map(([subject]) => subject);
    const enqueued = [...this.pending.keys()].filter(subject => subject > (after ?? ''));
    return [...new Set([...stored, ...enqueued])].sort().slice(0, limit);
  }

  private current(subject: string): VaultKey {
    const known = this.pending.get(subject) ?? this.cache.get(subject);
    if (known !== undefined) return known;
    // Absence is remembered too: nobody else writes keys to this log.
    const found = this.stored(subject);
    this.cache.set(subject, found);
    return found;
  }

  private async change(subject: string, key: VaultKey, wrapped: Uint8Array | null): Promise<void> {
    this.pending.set(subject, key);
    try {
      await this.deps.commits.enqueue(() => ({
        bytes: CHANGE_BYTES,
        run: () => {
          const change = ++this.deps.state.keyChanges;
          this.upsert.run(subject, wrapped, change, keyCrc(subject, change, wrapped));
        },
      }));
      this.cache.set(subject, this.pending.get(subject) ?? key);
    } finally {
      // A newer change may have taken the place meanwhile.
      if (this.pending.get(subject) === key) this.pending.delete(subject);
    }
  }

  private stored(subject: string): VaultKey {
    const row = this.select.get<[Uint8Array | null]>(subject);
    if (row === undefined) return { state: 'absent' };
    return row[0] === null ? { state: 'destroyed' } : { state: 'present', key: unwrapKey(this.deps.masterKey, subject, row[0]) };
  }
}
