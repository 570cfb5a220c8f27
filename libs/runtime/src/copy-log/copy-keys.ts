// Copies customer keys from vault to vault and proves that the copies are equal, the destroyed among them.
// Each vault wraps by its own master key, so keys are wrapped anew where the masters differ. A destroyed key never comes back.
import { createHmac, type Hmac } from 'node:crypto';
import type { VaultKey } from '../ports/key-vault';
import { type CopyProgress, type CopySource, type CopyTarget, TargetHoldsOther } from './copy-ends';

interface CopyKeysOptions {
  source: CopySource;
  target: CopyTarget;
  /** Of the digests that are compared; 32 bytes that only those know who may open the keys. */
  digestKey: Uint8Array;
  compareOnly: boolean;
  signal: AbortSignal;
  progress: (progress: CopyProgress) => void;
}

interface KeySummary {
  /** Keys that can still open something. */
  present: number;
  destroyed: number;
  /** HMAC-SHA256 over every subject in order with its state and key; hex. */
  digest: string;
}

export interface KeyProof {
  source: KeySummary;
  target: KeySummary;
  /** Keys that this run has written. */
  copied: number;
  equal: boolean;
  /** The first subject whose key differs. */
  difference: { subject: string; what: string } | null;
}

const PAGE_SUBJECTS = 500;
type Keys = CopySource['keys'];

/** Throws `TargetHoldsOther` where the target has a key of its own. Reads only, so that a copy can be refused before it begins. */
export async function refuseOtherKeys({ source, target, signal }: Pick<CopyKeysOptions, 'source' | 'target' | 'signal'>): Promise<void> {
  for await (const page of pairs(target.vault, source.keys, signal)) {
    for (const [subject, there, key] of page) if (!sameKey(key, there) && key.state !== 'destroyed') throw otherKey(target, subject, there);
  }
}

/** Throws `TargetHoldsOther`. Copy the log first: then every key that its events need is there. */
export async function copyKeys(options: CopyKeysOptions): Promise<KeyProof> {
  const { source, target, compareOnly } = options;
  let copied = 0;
  if (!compareOnly) {
    let done = 0;
    for await (const page of pairs(source.keys, target.vault, options.signal)) {
      const copies = await Promise.all(page.map(([subject, key, there]) => copyKey(target, subject, key, there)));
      copied += copies.filter(Boolean).length;
      done += page.length;
      options.progress({ step: 'keys', done, total: done });
    }
    await target.settled();
  }
  const { erased, ...compared } = await compareKeys(options);
  return { ...compared, copied: copied + erased };
}

/** Answers whether it had to be written. */
async function copyKey(target: CopyTarget, subject: string, key: VaultKey, there: VaultKey): Promise<boolean> {
  if (sameKey(key, there) || key.state === 'absent') return false;
  if (key.state === 'destroyed') {
    await target.vault.destroy(subject);
    return true;
  }
  const adopted = there.state === 'absent' ? await target.vault.adopt(subject, key.key) : there;
  if (sameKey(key, adopted)) return true;
  throw otherKey(target, subject, adopted);
}

function otherKey({ name }: CopyTarget, subject: string, there: VaultKey): TargetHoldsOther {
  return new TargetHoldsOther(name, there.state === 'destroyed' ? `the key of ${subject} was destroyed there and stays destroyed` : `the key of ${subject} is not the one of the source`);
}

/** Reads both from their beginnings, side by side. What is destroyed at a live source by now is destroyed in its copy too. */
async function compareKeys({ source, target, digestKey, compareOnly, signal }: CopyKeysOptions): Promise<Omit<KeyProof, 'copied'> & { erased: number }> {
  const ofSource = new KeySum(digestKey);
  const ofTarget = new KeySum(digestKey);
  let difference: KeyProof['difference'] = null;
  let erased = 0;
  for await (const page of pairs(source.keys, target.keys, signal)) {
    for (const [subject, key, copy] of page) {
      // Came after the copy began: no event in it needs the key.
      if (source.live && copy.state === 'absent') continue;
      const isErased = source.live && !compareOnly && key.state === 'destroyed' && copy.state === 'present';
      const there = isErased ? await erase(target, subject) : copy;
      if (isErased) erased += 1;
      ofSource.add(subject, key);
      ofTarget.add(subject, there);
      if (!sameKey(key, there)) difference ??= { subject, what: unlike(key, there) };
    }
  }
  for await (const subjects of pages(target.keys, signal)) {
    const found = await Promise.all(subjects.map((subject) => source.keys.find(subject)));
    const extra = subjects.findIndex((_, at) => found[at]!.state === 'absent');
    if (extra < 0) continue;
    ofTarget.add(subjects[extra]!, await target.keys.find(subjects[extra]!));
    difference ??= { subject: subjects[extra]!, what: 'is not in the source' };
  }
  const [one, other] = [ofSource.summary(), ofTarget.summary()];
  return { source: one, target: other, equal: difference === null && one.digest === other.digest, difference, erased };
}

async function erase(target: CopyTarget, subject: string): Promise<VaultKey> {
  await target.vault.destroy(subject);
  await target.settled();
  return target.keys.find(subject);
}

function unlike(key: VaultKey, there: VaultKey): string {
  if (there.state === 'absent') return 'is missing';
  return there.state === key.state ? 'is another one' : `is ${there.state}, and ${key.state} in the source`;
}

/** Of one vault alone. */
export async function sumUpKeys(keys: Keys, digestKey: Uint8Array, signal: AbortSignal): Promise<KeySummary> {
  const sum = new KeySum(digestKey);
  for await (const subjects of pages(keys, signal)) {
    const found = await Promise.all(subjects.map((subject) => keys.find(subject)));
    subjects.forEach((subject, at) => sum.add(subject, found[at]!));
  }
  return sum.summary();
}

class KeySum {
  private readonly hmac: Hmac;
  private present = 0;
  private destroyed = 0;

  constructor(digestKey: Uint8Array) {
    this.hmac = createHmac('sha256', digestKey);
  }

  add(subject: string, key: VaultKey): void {
    if (key.state === 'present') this.present += 1;
    if (key.state === 'destroyed') this.destroyed += 1;
    this.hmac.update(`${JSON.stringify(subject)} ${key.state}${key.state === 'present' ? ` ${Buffer.from(key.key).toString('hex')}` : ''}\n`);
  }

  summary(): KeySummary {
    return { present: this.present, destroyed: this.destroyed, digest: this.hmac.digest('hex') };
  }
}

/** Every subject of the first with what both have for it, page by page. */
async function* pairs(one: Keys, other: Keys, signal: AbortSignal): AsyncIterable<[subject: string, VaultKey, VaultKey][]> {
  for await (const subjects of pages(one, signal)) {
    const [ours, theirs] = await Promise.all([one, other].map((keys) => Promise.all(subjects.map((subject) => keys.find(subject)))));
    yield subjects.map((subject, at) => [subject, ours![at]!, theirs![at]!]);
  }
}

async function* pages(keys: Keys, signal: AbortSignal): AsyncIterable<readonly string[]> {
  for (let after: string | undefined; ; ) {
    signal.throwIfAborted();
    const page = await keys.subjects(after, PAGE_SUBJECTS);
    if (page.length === 0) return;
    yield page;
    after = page.at(-1);
  }
}

function sameKey(a: VaultKey, b: VaultKey): boolean {
  return a.state === b.state && (a.state !== 'present' || (b.state === 'present' && Buffer.compare(a.key, b.key) === 0));
}
