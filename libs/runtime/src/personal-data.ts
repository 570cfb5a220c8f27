// Seals personal data before it reaches a store and opens it for those who may see it: the domain never notices.
// AES-256-GCM with one key per person; whoever holds log, rows and backups but no key reads nothing.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Randomness } from './ports/clock';
import type { KeyVault, VaultKey } from './ports/key-vault';
import { RecentShare } from './recent-share';

/** Where personal data stands in an event's data: paths of objects and the fields in them that are sealed together. */
interface PersonalDataSpec {
  /** Path of the id of the person whose key seals it; or `=name` for a fixed subject. */
  subject: string;
  groups: Readonly<Record<string, readonly string[]>>;
}
export type PersonalDataSpecs = Readonly<Record<string, PersonalDataSpec>>;

/** A group as it is stored: the open fields beside `sealed`, which is null where nothing was given or all is erased. */
export type SealedGroup = Record<string, unknown> & { sealed: string | null };

/** Opening costs more than reading the row around it; a destroyed key is asked for before what was opened is looked at. */
const OPENED_MAX = 20_000;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A wrong presumption costs a key that nobody gets; a right one spares a round trip to the vault. */
const PRESUMED_SHARE_MIN = 0.6;

export class PersonalData {
  /** By the sealed text, which no two groups share: every one has a nonce of its own. */
  private readonly opened = new LRUCache<string, object>({ max: OPENED_MAX });
  /** Of the people that something was sealed for lately, the share that had no key. */
  private readonly newShare = new RecentShare(0);

  constructor(
    private readonly specs: PersonalDataSpecs,
    private readonly vault: KeyVault,
    private readonly random: Randomness,
  ) {}

  /** The data with its personal groups sealed; the data itself where its type has none. The given object is not changed. */
  async seal(type: string, data: unknown): Promise<unknown> {
    const spec = this.specs[type];
    if (spec === undefined) return data;
    const subject = subjectOf(spec, data);
    let result = data as Record<string, unknown>;
    let key: Uint8Array | null | undefined;
    for (const path in spec.groups) {
      const fields = spec.groups[path]!;
      const group = at(data, path);
      if (group === undefined || group === null) continue;
      if (key === undefined && fields.some((field) => (group as Record<string, unknown>)[field] != null)) key = await this.keyFor(subject);
      result = withAt(result, path, sealGroup(group as Record<string, unknown>, fields, subject, key ?? null, this.random));
    }
    return result;
  }

  /** The data with its personal groups opened; fields that were erased or never given are null. */
  async open(type: string, data: unknown): Promise<unknown> {
    const spec = this.specs[type];
    if (spec === undefined) return data;
    const subject = subjectOf(spec, data);
    let result = data as Record<string, unknown>;
    for (const path in spec.groups) {
      const group = at(data, path);
      if (group === undefined || group === null) continue;
      result = withAt(result, path, await this.openGroup(subject, group as SealedGroup, spec.groups[path]!));
    }
    return result;
  }

  /** One group, as rows hold it too. */
  async openGroup(subject: string, group: SealedGroup, fields: readonly string[]): Promise<Record<string, unknown>> {
    const { sealed, ...opened } = group as Record<string, unknown> & { sealed: string | null };
    for (const field of fields) opened[field] = null;
    if (sealed == null) return opened;
    const found = await this.vault.find(subject);
    if (found.state === 'destroyed') return opened;
    if (found.state === 'absent') throw new Error(`The key of ${subject} is missing: what it sealed cannot be read. Restore the keys that belong to this log.`);
    let secret = this.opened.get(sealed);
    if (secret === undefined) this.opened.set(sealed, (secret = JSON.parse(decrypt(sealed, found.key, subject)) as object));
    return Object.assign(opened, secret);
  }

  /** While most were nobody's before, a key is given without a look: whoever has one keeps it, and the answer is that one. */
  private async keyFor(subject: string): Promise<Uint8Array | null> {
    const presumed = this.newShare.value >= PRESUMED_SHARE_MIN;
    let found: VaultKey = presumed ? { state: 'absent' } : await this.vault.find(subject);
    let isNew = false;
    if (found.state === 'absent') {
      const key = this.random.bytes(KEY_BYTES);
      found = await this.vault.adopt(subject, key);
      isNew = found.state === 'present' && Buffer.compare(found.key, key) === 0;
    }
    this.newShare.note(isNew);
    return found.state === 'present' ? found.key : null;
  }
}

function subjectOf(spec: PersonalDataSpec, data: unknown): string {
  if (spec.subject.startsWith('=')) return spec.subject.slice(1);
  const subject = at(data, spec.subject);
  if (typeof subject !== 'string') throw new Error(`An event with personal data names nobody at ${spec.subject}`);
  return subject;
}

function sealGroup(group: Record<string, unknown>, fields: readonly string[], subject: string, key: Uint8Array | null, random: Randomness): SealedGroup {
  const secret: Record<string, unknown> = {};
  let any = false;
  for (const field of fields) {
    if (group[field] != null) {
      secret[field] = group[field];
      any = true;
    }
  }
  // Built of what stays: an object that fields were deleted from takes twice as long to become text.
  const stored: Record<string, unknown> = {};
  for (const field in group) if (!fields.includes(field)) stored[field] = group[field];
  stored['sealed'] = any && key !== null ? encrypt(JSON.stringify(secret), key, subject, random.bytes(NONCE_BYTES)) : null;
  return stored as SealedGroup;
}

function encrypt(text: string, key: Uint8Array, subject: string, nonce: Uint8Array): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(subject));
  const body = cipher.update(text, 'utf8');
  const rest = cipher.final();
  return Buffer.concat([nonce, body, rest, cipher.getAuthTag()]).toString('base64');
}

function decrypt(sealed: string, key: Uint8Array, subject: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(subject));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  return decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
}

function at(value: unknown, path: string): unknown {
  let current: unknown = value;
  for (const part of path.split('.')) {
    if (current === null || typeof current !== 'object') return undefined;
    current = (current as Record<string, unknown>)[part];
  }
  return current;
}

/** A copy along the path only. */
function withAt(value: Record<string, unknown>, path: string, replacement: unknown): Record<string, unknown> {
  const dot = path.indexOf('.');
  if (dot < 0) return { ...value, [path]: replacement };
  const head = path.slice(0, dot);
  return { ...value, [head]: withAt(value[head] as Record<string, unknown>, path.slice(dot + 1), replacement) };
}
