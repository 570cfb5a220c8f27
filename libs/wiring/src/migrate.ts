// Moves the log and the customer keys of a data directory to EventStoreDB and MongoDB, and proves that they are the same there.
// The data directory is only read: until the proof is there it stays what counts, and a second run goes on where the first ended.
import { randomBytes } from 'node:crypto';
import { type CopyProgress, type CopyProof, copyStores } from '@app/runtime';
import type { Config } from './config';
import { openDirectorySource } from './embedded-copy';
import { digestKeyOf, findMasterKeys, readKeyFile, tokenKeyFile } from './existing-keys';
import { openServerEnd } from './server-copy';

interface CopyRun {
  signal: AbortSignal;
  progress: (progress: CopyProgress) => void;
}

export interface MigrationReport extends CopyProof {
  /** For people. */
  from: string;
  to: string;
  /** Tokens of the data directory are good on the servers; undefined where that was not looked at. */
  tokensGoOn: boolean | undefined;
  /** Customer keys are wrapped there by another master key than here. */
  rewrapped: boolean;
}

/**
 * `config.servers` must be there. Customer keys are wrapped by the master key of the setting or, without it, of the data directory. Throws
 * `DataDirectoryInUse`, `DataDamaged`, `TargetHoldsOther`, each with the sentence for the user.
 */
export async function migrate(config: Config, { compareOnly, signal, progress }: CopyRun & { compareOnly: boolean }): Promise<MigrationReport> {
  const { dataDirectory } = config;
  const masterKeys = findMasterKeys(dataDirectory, config.masterKey);
  const source = await openDirectorySource(dataDirectory, masterKeys, { owned: true });
  try {
    const masterKey = masterKeys[0]!.key;
    const target = await openServerEnd(config.servers!, masterKey, { live: false });
    try {
      const unknown = (await source.categories()).filter((category) => !target.categories.includes(category));
      if (unknown.length > 0) throw new Error(`The data directory ${dataDirectory} holds streams that this release does not know (${unknown.join(', ')}). Migrate it with the release that wrote it.`);
      // Before anything is copied: servers that were set up with another master key refuse here.
      const tokenKey = readKeyFile(tokenKeyFile(dataDirectory)) ?? randomBytes(32);
      const tokensGoOn = compareOnly ? undefined : Buffer.compare(await target.adoptTokenKey(tokenKey), tokenKey) === 0;
      const copy = (): Promise<CopyProof> => copyStores({ source, target, categories: target.categories, digestKey: digestKeyOf(masterKey), compareOnly, signal, progress });
      const proof = await (compareOnly ? copy() : target.filling(copy));
      return { ...proof, from: source.name, to: target.name, tokensGoOn, rewrapped: Buffer.compare(source.masterKey.key, masterKey) !== 0 };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
