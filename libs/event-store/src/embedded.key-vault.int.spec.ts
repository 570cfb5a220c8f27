// The embedded vault keeps the promises of its port, and a foreign master key is noticed at once.
import { SystemRandomness } from '@app/runtime';
import { keyVaultContract } from '../../runtime/src/ports/key-vault.contract';
import { openOwned } from './data-directory.fixtures';

const masterKey = new Uint8Array(32).fill(7);
const random = new SystemRandomness();

keyVaultContract('EmbeddedKeyVault', async () => {
  const owned = await openOwned();
  return {
    vault: owned.store.openKeyVault(masterKey, random),
    reopen: async () => (await owned.reopen()).openKeyVault(masterKey, random),
    dispose: owned.dispose,
  };
});

it('refuses a master key that is not the one of the log', async () => {
  const owned = await openOwned();
  await owned.store.openKeyVault(masterKey, random).adopt('a', new Uint8Array(32));
  await owned.reopen();
  expect(() => owned.store.openKeyVault(new Uint8Array(32), random)).toThrow('master key');
  expect(() => owned.store.openKeyVault(new Uint8Array(16), random)).toThrow('32 bytes');
  await owned.dispose();
});
