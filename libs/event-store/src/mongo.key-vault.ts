// Customer keys in a collection of MongoDB, wrapped by the master key, one document a person, for any number of processes at once.
// What is adopted or destroyed is on disk of most nodes before it is answered; a destroyed key leaves a tombstone.
import { Binary, type Collection, type Db, MongoBulkWriteError } from 'mongodb';
import type { Clock, KeyVault, Randomness, VaultKey } from '@app/runtime';
import { LRUCache } from 'lru-cache';
import { GatheredCalls } from './gathered-calls';
import { KEY_BYTES, unwrapKey, wrapKey } from './key-wrapping';
import { persist } from './mongo.persist';

interface KeyDocument {
  /** The subject. */
  _id: string;
  /** Null: destroyed. */
  wrapped: Binary | null;
}

interface MongoKeyVaultDeps {
  database: Db;
  masterKey: Uint8Array;
  random: Randomness;
  clock: Clock;
  /** How old may be what is known of a key that another process may have destroyed; default 10,000. With 0 every key is looked up. */
  rememberedMsMax?: number;
}

interface Adoption {
  subject: string;
  key: Uint8Array;
}

interface Remembered {
  found: VaultKey;
  atMs: number;
}

const DURABLE = { w: 'majority', journal: true } as const;
const KEYS_REMEMBERED_MAX = 20_000;
/** Another process may destroy the key meanwhile. */
const REMEMBERED_MS_MAX = 10_000;
const GATHERED_MAX = 1_000;
const AT_ONCE_MAX = 1;
const DUPLICATE_KEY = 11_000;
const READ_MS_MAX = 10_000;

export class MongoKeyVault implements KeyVault {
  private readonly keys: Collection<KeyDocument>;
  /** Never of absence: another process may adopt a key at any time. */
  private readonly memory = new LRUCache<string, Remembered>({ max: KEYS_REMEMBERED_MAX });
  private readonly adopting = new Map<string, Promise<VaultKey>>();
  private readonly finding = new GatheredCalls<string, KeyDocument | undefined>(subjects => this.findAll(subjects), { sizeMax: GATHERED_MAX, atOnceMax: AT_ONCE_MAX });
  private readonly adopted = new GatheredCalls<Adoption, 'adopted' | 'taken'>(adoptions => this.adoptAll(adoptions), { sizeMax: GATHERED_MAX, atOnceMax: AT_ONCE_MAX });

  private constructor(private readonly deps: MongoKeyVaultDeps) {
    this.keys = deps.database.collection<KeyDocument>('customerKeys', { writeConcern: DURABLE, readConcern: { level: 'majority' }, readPreference: 'primary' });
  }

  /** Throws when the keys in the database were wrapped by another master key. */
  static async open(deps: MongoKeyVaultDeps): Promise<MongoKeyVault> {
    if (deps.masterKey.length !== KEY_BYTES) throw new TypeError(`The master key must be ${KEY_BYTES} bytes long and is ${deps.masterKey.length}.`);
    const vault = new MongoKeyVault(deps);
    const some = await vault.persist(() => vault.keys.findOne({ wrapped: { $type: 'binData' } }, { maxTimeMS: READ_MS_MAX }));
    if (some !== null) vault.opened(some);
    return vault;
  }

  async find(subject: string): Promise<VaultKey> {
    const remembered = this.remembered(subject);
    if (remembered !== undefined) return copyOf(remembered);
    const found = await this.finding.ask(subject);
    return found === undefined ? { state: 'absent' } : copyOf(this.remember(subject, this.opened(found)));
  }

  /** Those that come together are written together. */
  async adopt(subject: string, key: Uint8Array): Promise<VaultKey> {
    if (key.length !== KEY_BYTES) throw new TypeError(`A customer key must be ${KEY_BYTES} bytes long and is ${key.length}.`);
    const remembered = this.remembered(subject);
    if (remembered !== undefined) return copyOf(remembered);
    let adopting = this.adopting.get(subject);
    if (adopting === undefined) {
      const forget = (): boolean => this.adopting.delete(subject);
      this.adopting.set(subject, (adopting = this.enqueue(subject, key.slice())));
      adopting.then(forget, forget);
    }
    return copyOf(await adopting);
  }

  async destroy(subject: string): Promise<void> {
    await this.persist(() => this.keys.updateOne({ _id: subject }, { $set: { wrapped: null } }, { upsert: true }));
    this.remember(subject, { state: 'destroyed' });
  }

  async subjects(after: string | undefined, limit: number): Promise<readonly string[]> {
    const page = await this.persist(() => this.keys.find({ _id: { $gt: after ?? '' } }, { projection: { _id: 1 }, sort: { _id: 1 }, limit, maxTimeMS: READ_MS_MAX }).toArray());
    return page.map(({ _id }) => _id);
  }

  private async enqueue(subject: string, key: Uint8Array): Promise<VaultKey> {
    const outcome = await this.adopted.ask({ subject, key });
    if (outcome === 'adopted') return this.remember(subject, { state: 'present', key });
    // Those that most nodes have are looked up together.
    const found = await this.finding.ask(subject);
    return this.remember(subject, found === undefined ? await this.first(subject) : this.opened(found));
  }

  private async findAll(subjects: readonly string[]): Promise<(KeyDocument | undefined)[]> {
    const documents = await this.persist(() => this.keys.find({ _id: { $in: [...new Set(subjects)] } }, { batchSize: subjects.length + 1, maxTimeMS: READ_MS_MAX }).toArray());
    const bySubject = new Map(documents.map(document => [document._id, document]));
    return subjects.map(subject => bySubject.get(subject));
  }

  private async adoptAll(adoptions: readonly Adoption[]): Promise<('adopted' | 'taken')[]> {
    const { masterKey, random } = this.deps;
    // Wrapped once: what is tried again after a lost answer is the same document.
    const documents = adoptions.map(({ subject, key }) => ({ _id: subject, wrapped: new Binary(wrapKey(masterKey, subject, key, random)) }));
    const taken = await this.persist(() => this.insert(documents));
    return adoptions.map((_, at) => (taken.has(at) ? 'taken' : 'adopted'));
  }

  /** Answers which of them were there already, or came in by an attempt whose answer was lost. */
  private async insert(documents: readonly KeyDocument[]): Promise<ReadonlySet<number>> {
    try {
      await this.keys.insertMany(documents, { ordered: false });
      return new Set();
    } catch (error) {
      const taken = takenIn(error);
      if (taken === undefined) throw error;
      return taken;
    }
  }

  /** Linearizable: whoever was first may not be on most nodes yet, and nobody may rely on a key that an election takes back. */
  private async first(subject: string): Promise<VaultKey> {
    const found = await this.persist(() => this.keys.findOne({ _id: subject }, { readConcern: { level: 'linearizable' }, maxTimeMS: READ_MS_MAX }));
    if (found === null) throw new Error(`The key of ${subject} was there a moment ago and is gone: keys are never removed, only destroyed.`);
    return this.opened(found);
  }

  private opened({ _id: subject, wrapped }: KeyDocument): VaultKey {
    return wrapped === null ? { state: 'destroyed' } : { state: 'present', key: unwrapKey(this.deps.masterKey, subject, wrapped.value()) };
  }

  private remembered(subject: string): VaultKey | undefined {
    const remembered = this.memory.get(subject);
    if (remembered === undefined) return undefined;
    const ageMs = this.nowMs() - remembered.atMs;
    return remembered.found.state === 'destroyed' || (ageMs >= 0 && ageMs < (this.deps.rememberedMsMax ?? REMEMBERED_MS_MAX)) ? remembered.found : undefined;
  }

  /** What was destroyed stays so, whatever an older answer says. */
  private remember(subject: string, found: VaultKey): VaultKey {
    const before = this.memory.get(subject)?.found;
    if (before?.state === 'destroyed') return before;
    this.memory.set(subject, { found, atMs: this.nowMs() });
    return found;
  }

  /** Everything here may be done twice, so a lost answer is asked for again. */
  private persist<T>(work: () => Promise<T>): Promise<T> {
    return persist(work, this.deps.clock);
  }

  private nowMs(): number {
    return Date.parse(this.deps.clock.now());
  }
}

/** Undefined where anything else than keys that are there already has failed. */
function takenIn(error: unknown): ReadonlySet<number> | undefined {
  if (!(error instanceof MongoBulkWriteError)) return undefined;
  const refused = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  const durable = error.result.getWriteConcernError() === undefined;
  return durable && refused.length > 0 && refused.every(({ code }) => code === DUPLICATE_KEY) ? new Set(refused.map(({ index }) => index)) : undefined;
}

function copyOf(found: VaultKey): VaultKey {
  return found.state === 'present' ? { state: 'present', key: found.key.slice() } : found;
}
