// The vault in MongoDB keeps the promises of its port, through a restart of the server too, and a foreign master key is noticed at once.
// Two vaults over one collection stand for two processes.
import { MongoClient } from 'mongodb';
import { SystemClock, SystemRandomness, TestClock } from '@app/runtime';
import { keyVaultContract } from '../../runtime/src/ports/key-vault.contract';
import { describeWithMongo, describeWithMongod, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { startMongo } from '../../../test/servers/mongo/start-mongo';
import { adoptTokenKey, MongoKeyVault } from './index';

const masterKey = new Uint8Array(32).fill(7);
const random = new SystemRandomness();
const clock = new SystemClock();
const key = (): Uint8Array => random.bytes(32);

describeWithMongo('customer keys in MongoDB', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  let client: MongoClient;
  beforeAll(async () => {
    mongo = await mongoForTests();
    client = new MongoClient(mongo.url);
  });
  afterAll(async () => {
    await client.close();
    await mongo.stop();
  });

  keyVaultContract('MongoKeyVault', async () => {
    const database = client.db(mongo.newDatabase());
    const open = (): Promise<MongoKeyVault> => MongoKeyVault.open({ database, masterKey, random, clock });
    return { vault: await open(), reopen: open, dispose: async () => undefined };
  });

  it('gives two processes that adopt at once one key', async () => {
    const database = client.db(mongo.newDatabase());
    const vaults = await Promise.all([1, 2, 3].map(() => MongoKeyVault.open({ database, masterKey, random, clock })));
    for (let person = 0; person < 50; person++) {
      const [first, ...others] = await Promise.all(vaults.map(vault => vault.adopt(`person-${person}`, key())));
      for (const other of others) expect(other).toEqual(first);
    }
  });

  it('hears within 10 s that another process has destroyed a key, and of an adoption at once', async () => {
    const database = client.db(mongo.newDatabase());
    const turned = new TestClock();
    const vault = await MongoKeyVault.open({ database, masterKey, random, clock: turned });
    const other = await MongoKeyVault.open({ database, masterKey, random, clock });
    expect(await vault.find('a')).toEqual({ state: 'absent' });
    const adopted = await other.adopt('a', key());
    expect(await vault.find('a')).toEqual(adopted);
    await other.destroy('a');
    await turned.advance(10_000);
    expect(await vault.find('a')).toEqual({ state: 'destroyed' });
    expect(await vault.adopt('a', key())).toEqual({ state: 'destroyed' });
  });

  it('hears of a destruction at once where it may remember nothing', async () => {
    const database = client.db(mongo.newDatabase());
    const vault = await MongoKeyVault.open({ database, masterKey, random, clock, rememberedMsMax: 0 });
    const other = await MongoKeyVault.open({ database, masterKey, random, clock });
    const adopted = await vault.adopt('a', key());
    expect(await vault.find('a')).toEqual(adopted);
    await other.destroy('a');
    expect(await vault.find('a')).toEqual({ state: 'destroyed' });
  });

  it('looks up together the keys that another process was first to adopt', async () => {
    const monitored = new MongoClient(mongo.url, { monitorCommands: true });
    try {
      const database = mongo.newDatabase();
      const vault = await MongoKeyVault.open({ database: monitored.db(database), masterKey, random, clock });
      const other = await MongoKeyVault.open({ database: client.db(database), masterKey, random, clock });
      const people = Array.from({ length: 40 }, (_, person) => `person-${person}`);
      const first = await Promise.all(people.map(person => other.adopt(person, key())));
      let finds = 0;
      monitored.on('commandStarted', ({ commandName }) => (finds += commandName === 'find' ? 1 : 0));
      expect(await Promise.all(people.map(person => vault.adopt(person, key())))).toEqual(first);
      expect(finds).toBe(1);
    } finally {
      await monitored.close();
    }
  });

  it('refuses a master key that is not the one of the database', async () => {
    const database = client.db(mongo.newDatabase());
    const vault = await MongoKeyVault.open({ database, masterKey, random, clock });
    await vault.adopt('a', key());
    await expect(MongoKeyVault.open({ database, masterKey: key(), random, clock })).rejects.toThrow('the master key is not the one');
    await expect(MongoKeyVault.open({ database, masterKey: new Uint8Array(16), random, clock })).rejects.toThrow('32 bytes');
  });

  it('makes one token key for all processes, which only the master key opens', async () => {
    const database = client.db(mongo.newDatabase());
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => adoptTokenKey(database, masterKey, key(), random)));
    for (const other of others) expect(other).toEqual(first);
    expect(await adoptTokenKey(database, masterKey, key(), random)).toEqual(first);
    await expect(adoptTokenKey(database, key(), key(), random)).rejects.toThrow('The master key is not the one that the database');
    expect(await adoptTokenKey(database, masterKey, key(), random)).toEqual(first);
  });
});

describeWithMongod('customer keys and a MongoDB that is killed', () => {
  it('keeps every key that it has answered', async () => {
    const mongo = await startMongo({ nodes: 1 });
    const client = new MongoClient(mongo.url);
    try {
      const database = client.db('keys');
      const vault = await MongoKeyVault.open({ database, masterKey, random, clock });
      const answered: Promise<unknown>[] = [];
      for (let person = 0; person < 300; person++) {
        answered.push(vault.adopt(`person-${person}`, key()));
        if (person === 150) answered.push(mongo.restart());
        await new Promise(resolve => setTimeout(resolve, 2));
      }
      const answers = await Promise.all(answered.filter((_, at) => at !== 151));
      await answered[151];
      const reopened = await MongoKeyVault.open({ database, masterKey, random, clock });
      for (const [person, answer] of answers.entries()) expect(await reopened.find(`person-${person}`)).toEqual(answer);
    } finally {
      await client.close();
      await mongo.stop();
    }
  });
});
