// The key that signs tokens lies beside the customer keys, wrapped by the master key, so that all processes sign and check alike.
// It is made once; whoever comes with another master key cannot open it and is refused before anything is written.
import { Binary, type Db } from 'mongodb';
import type { Randomness } from '@app/runtime';
import { KEY_BYTES, unwrapKey, wrapKey } from './key-wrapping';
import { persist } from './mongo.persist';

interface SecretDocument {
  _id: string;
  wrapped: Binary;
}

const TOKEN_KEY = 'token-key';

/** Some installation has made its secrets in this database. */
export async function hasTokenKey(database: Db): Promise<boolean> {
  return (await persist(() => database.collection<SecretDocument>('secrets', { readPreference: 'primary' }).findOne({ _id: TOKEN_KEY }))) !== null;
}

/** Adopts the key where there is none yet; answers the one in force. Throws where it was wrapped by another master key. */
export async function adoptTokenKey(database: Db, masterKey: Uint8Array, tokenKey: Uint8Array, random: Randomness): Promise<Uint8Array> {
  for (const [name, key] of Object.entries({ 'master key': masterKey, 'token key': tokenKey })) {
    if (key.length !== KEY_BYTES) throw new TypeError(`The ${name} must be ${KEY_BYTES} bytes long and is ${key.length}.`);
  }
  const secrets = database.collection<SecretDocument>('secrets', { writeConcern: { w: 'majority', journal: true }, readPreference: 'primary' });
  const fresh = new Binary(wrapKey(masterKey, TOKEN_KEY, tokenKey, random));
  // Of processes that start at once one inserts, and all of them read what most nodes hold.
  await persist(() => secrets.updateOne({ _id: TOKEN_KEY }, { $setOnInsert: { wrapped: fresh } }, { upsert: true }));
  const found = await persist(() => secrets.findOne({ _id: TOKEN_KEY }, { readConcern: { level: 'linearizable' }, maxTimeMS: 10_000 }));
  if (found === null) throw new Error(`The secrets of the database ${database.databaseName} are gone. Restore them with its backup.`);
  try {
    return unwrapKey(masterKey, TOKEN_KEY, found.wrapped.value());
  } catch (error) {
    throw new Error(
      `The master key is not the one that the database ${database.databaseName} was set up with: its customer keys could not be read. Start with the master key that belongs to it.`,
      { cause: error },
    );
  }
}
