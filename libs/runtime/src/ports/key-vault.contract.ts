// What every key vault promises, as tests: the spec of an adapter only calls this.
// Subjects carry a prefix of their own per test, so that it can be run beside data that is already there.
import { randomBytes } from 'node:crypto';
import type { KeyVault } from './key-vault';

interface KeyVaultUnderTest {
  vault: KeyVault;
  /** Another vault over the same keys, with nothing of the first one's memory. */
  reopen: () => Promise<KeyVault>;
  dispose: () => Promise<void>;
}

export function keyVaultContract(name: string, makeVault: () => Promise<KeyVaultUnderTest>): void {
  describe(`${name} keeps the promises of a key vault`, () => {
    let under: KeyVaultUnderTest;
    let vault: KeyVault;
    let subject: string;
    const newKey = (): Uint8Array => new Uint8Array(randomBytes(32));
    beforeEach(async () => {
      under = await makeVault();
      vault = under.vault;
      subject = `customer-${randomBytes(8).toString('hex')}`;
    });
    afterEach(() => under.dispose());

    it('knows nothing of a subject it was never given', async () => {
      expect(await vault.find(subject)).toEqual({ state: 'absent' });
    });

    it('keeps the key that it adopted first', async () => {
      const key = newKey();
      expect(await vault.adopt(subject, key)).toEqual({ state: 'present', key });
      expect(await vault.adopt(subject, newKey())).toEqual({ state: 'present', key });
      expect(await vault.find(subject)).toEqual({ state: 'present', key });
      expect(await (await under.reopen()).find(subject)).toEqual({ state: 'present', key });
    });

    it('answers concurrent adoptions with one key', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => vault.adopt(subject, newKey())));
      const found = await vault.find(subject);
      expect(found.state).toBe('present');
      for (const answer of answers) expect(answer).toEqual(found);
      expect(await (await under.reopen()).find(subject)).toEqual(found);
    });

    it('keeps the keys of many subjects apart', async () => {
      const keys = Array.from({ length: 500 }, newKey);
      await Promise.all(keys.map((key, i) => vault.adopt(`${subject}-${i}`, key)));
      const reopened = await under.reopen();
      for (const [i, key] of keys.entries()) expect(await reopened.find(`${subject}-${i}`)).toEqual({ state: 'present', key });
    });

    it('lists whom it has keys for, page by page, the destroyed among them', async () => {
      const subjects = Array.from({ length: 25 }, (_, i) => `${subject}-${String(i).padStart(2, '0')}`);
      await Promise.all(subjects.map(one => vault.adopt(one, newKey())));
      await vault.destroy(subjects[7]!);
      const listed: string[] = [];
      for (let after: string | undefined = subject; ; after = listed.at(-1)) {
        const page = await vault.subjects(after, 10);
        listed.push(...page.filter(one => one.startsWith(subject)));
        if (page.length < 10 || listed.length >= subjects.length) break;
      }
      expect(listed).toEqual(subjects);
    });

    it('never gives a destroyed key back nor takes a new one', async () => {
      await vault.adopt(subject, newKey());
      await vault.adopt(`${subject}-other`, newKey());
      await vault.destroy(subject);
      expect(await vault.find(subject)).toEqual({ state: 'destroyed' });
      expect(await vault.adopt(subject, newKey())).toEqual({ state: 'destroyed' });
      await vault.destroy(subject);
      const reopened = await under.reopen();
      expect(await reopened.find(subject)).toEqual({ state: 'destroyed' });
      expect(await reopened.adopt(subject, newKey())).toEqual({ state: 'destroyed' });
      expect((await reopened.find(`${subject}-other`)).state).toBe('present');
    });

    it('destroys what was adopted a moment ago, and what never was', async () => {
      const adopted = vault.adopt(subject, newKey());
      await Promise.all([adopted, vault.destroy(subject)]);
      await vault.destroy(`${subject}-never`);
      const reopened = await under.reopen();
      for (const one of [subject, `${subject}-never`]) expect(await reopened.find(one)).toEqual({ state: 'destroyed' });
    });

    it('keeps its own copy of a key', async () => {
      const key = newKey();
      const given = key.slice();
      await vault.adopt(subject, given);
      given.fill(0);
      expect(await vault.find(subject)).toEqual({ state: 'present', key });
    });

    it('refuses what is no key', async () => {
      await expect(vault.adopt(subject, new Uint8Array(16))).rejects.toThrow('32 bytes');
      expect(await vault.find(subject)).toEqual({ state: 'absent' });
    });
  });
}
