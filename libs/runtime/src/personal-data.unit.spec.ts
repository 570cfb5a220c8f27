// Personal data is sealed by the key of its person, whichever way the key was come by: looked for, or given to somebody presumed to be new.
// The vault here counts what it is asked.
import { PersonalData } from './index';
import { SystemRandomness } from './adapters/system-randomness';
import type { KeyVault, VaultKey } from './ports/key-vault';

class CountingVault implements KeyVault {
  readonly keys = new Map<string, VaultKey>();
  finds = 0;
  adopts = 0;

  find(subject: string): Promise<VaultKey> {
    this.finds += 1;
    return Promise.resolve(this.keys.get(subject) ?? { state: 'absent' });
  }

  adopt(subject: string, key: Uint8Array): Promise<VaultKey> {
    this.adopts += 1;
    if (!this.keys.has(subject)) this.keys.set(subject, { state: 'present', key });
    return this.find(subject).finally(() => (this.finds -= 1));
  }

  destroy(subject: string): Promise<void> {
    this.keys.set(subject, { state: 'destroyed' });
    return Promise.resolve();
  }

  subjects(): Promise<readonly string[]> {
    return Promise.resolve([...this.keys.keys()]);
  }
}

const SPECS = { Placed: { subject: 'customer.id', groups: { customer: ['name', 'phone'] } } };
const placedBy = (id: string): { customer: object; total: number } => ({ customer: { name: 'Li Na', id, phone: null, tier: 'GOLD' }, total: 7 });

describe('PersonalData', () => {
  let vault: CountingVault;
  let personal: PersonalData;
  const sealFor = (id: string): Promise<unknown> => personal.seal('Placed', placedBy(id));
  beforeEach(() => {
    vault = new CountingVault();
    personal = new PersonalData(SPECS, vault, new SystemRandomness());
  });

  it('keeps the open fields in their order, with what is sealed behind them, and leaves the given object as it is', async () => {
    const given = placedBy('c-1');
    const sealed = (await personal.seal('Placed', given)) as { customer: { sealed: string } };
    expect(JSON.stringify(sealed)).toBe(`{"customer":{"id":"c-1","tier":"GOLD","sealed":"${sealed.customer.sealed}"},"total":7}`);
    expect(given).toEqual(placedBy('c-1'));
    expect(await personal.open('Placed', sealed)).toEqual(given);
  });

  it('gives keys without a look while most people are new, and looks again when most are known', async () => {
    for (let i = 0; i < 100; i++) await sealFor(`new-${i}`);
    expect(vault.finds).toBeLessThan(40);
    const before = { finds: vault.finds, adopts: vault.adopts };
    for (let i = 0; i < 100; i++) await sealFor('new-1');
    expect(vault.adopts - before.adopts).toBeLessThan(40);
    expect(vault.finds - before.finds).toBeGreaterThan(60);
  });

  it('seals by the key that somebody has, and not at all once it is destroyed, where they were presumed to be new', async () => {
    const early = await sealFor('known');
    await sealFor('gone');
    await vault.destroy('gone');
    for (let i = 0; i < 100; i++) await sealFor(`new-${i}`);
    const { finds } = vault;
    const late = await sealFor('known');
    expect(await sealFor('gone')).toEqual({ customer: { id: 'gone', tier: 'GOLD', sealed: null }, total: 7 });
    expect(vault.finds).toBe(finds);
    for (const sealed of [early, late]) expect(await personal.open('Placed', sealed)).toEqual(placedBy('known'));
  });
});
