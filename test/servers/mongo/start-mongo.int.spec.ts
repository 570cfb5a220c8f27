// A real mongod is what the tests of MongoDB stand on: what a test may do to it is shown here.
// Acknowledged writes outlast kill -9, a frozen node answers nothing, three nodes elect another primary.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { describeWithMongod } from './mongo-for-tests';
import { startMongo } from './start-mongo';

type Mongo = Awaited<ReturnType<typeof startMongo>>;

describeWithMongod('a mongod of the tests', () => {
  let mongo: Mongo;
  let client: MongoClient;
  const folders: string[] = [];
  async function start(options: Parameters<typeof startMongo>[0]): Promise<void> {
    mongo = await startMongo(options);
    client = new MongoClient(mongo.url, { writeConcern: { w: 'majority', journal: true } });
  }
  afterEach(async () => {
    await client.close();
    await mongo.stop();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('keeps what it acknowledged through kill -9 and over a stop', async () => {
    const dbPath = mkdtempSync(join(tmpdir(), 'mongod-'));
    folders.push(dbPath);
    await start({ nodes: 1, dbPath });
    await client.db('a').collection('a').insertOne({ n: 1 });
    await mongo.restart();
    expect(await client.db('a').collection('a').countDocuments()).toBe(1);
    await client.close();
    await mongo.stop();
    await start({ nodes: 1, dbPath });
    expect(await client.db('a').collection('a').countDocuments()).toBe(1);
  });

  it('answers nothing while it is frozen', async () => {
    await start({ nodes: 1 });
    await client.db('a').command({ ping: 1 });
    await mongo.pause();
    let answered = false;
    const ping = client.db('a').command({ ping: 1 }).then(() => (answered = true));
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    mongo.resume();
    expect(await ping).toBe(true);
  });

  it('elects another primary of three', async () => {
    await start({ nodes: 3 });
    await client.db('a').collection('a').insertOne({ n: 1 });
    const first = await mongo.primary();
    await first.kill();
    const second = await mongo.primary();
    expect(second.port).not.toBe(first.port);
    await client.db('a').collection('a').insertOne({ n: 2 });
    await first.restart();
    expect(await client.db('a').collection('a').countDocuments()).toBe(2);
  });
});
