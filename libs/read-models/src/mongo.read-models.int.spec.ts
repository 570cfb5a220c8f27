// The read models in MongoDB keep what the port promises, on one node and on three.
// Whatever a spec does stays in databases of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModelStoreContract } from '../../runtime/src/ports/read-model-store.contract';
import { describeWithMongo, describeWithMongod, mongoForTests } from '../../../test/servers/mongo/mongo-for-tests';
import { startMongo } from '../../../test/servers/mongo/start-mongo';
import { MongoReadModels } from './index';

function contract(name: string, address: () => { url: string; database: string }): void {
  readModelStoreContract(name, () => {
    const scratchDirectory = mkdtempSync(join(tmpdir(), 'read-models-'));
    const { url, database } = address();
    const open = (): Promise<MongoReadModels> => MongoReadModels.open({ server: url, database, space: 'projections', scratchDirectory });
    return { open, reader: open, dispose: async () => rmSync(scratchDirectory, { recursive: true }) };
  });
}

describeWithMongo('MongoDB', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  beforeAll(async () => {
    mongo = await mongoForTests();
  });
  afterAll(() => mongo.stop());
  contract('MongoDB', () => ({ url: mongo.url, database: mongo.newDatabase() }));
});

describeWithMongod('three nodes of MongoDB', () => {
  let mongo: Awaited<ReturnType<typeof startMongo>>;
  let databases = 0;
  beforeAll(async () => {
    mongo = await startMongo({ nodes: 3 });
  }, 90_000);
  afterAll(() => mongo.stop());
  contract('three nodes of MongoDB', () => ({ url: mongo.url, database: `tests-${databases++}` }));
});
