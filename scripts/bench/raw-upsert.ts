// The limit of catching up into MongoDB: the plain client's bulk upserts of the product's rows in the product's batches.
// With the product's indexes.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { MongoClient } from 'mongodb';
import { PROJECTIONS } from '@app/wiring';
import { input } from './processes';

interface Input {
  mongo: string;
  database: string;
  /** Of `order-status-on-servers`. */
  record: string;
}

interface RowDocument {
  _id: string;
}

async function main({ mongo, database, record }: Input): Promise<void> {
  const client = await MongoClient.connect(mongo);
  const rows = client.db(database).collection<RowDocument>('raw');
  const { indexes } = PROJECTIONS.find(({ name }) => name === 'order-status')!;
  for (const { fields } of indexes) await rows.createIndex(Object.fromEntries([...fields.map(field => [`row.${field}`, 1]), ['_id', 1]]));
  let count = 0;
  let milliseconds = 0;
  for await (const line of createInterface({ input: createReadStream(record) })) {
    const batch = JSON.parse(line) as RowDocument[];
    const started = performance.now();
    await rows.bulkWrite(batch.map(replacement => ({ replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true } })), { ordered: false, writeConcern: { w: 'majority', journal: true } });
    milliseconds += performance.now() - started;
    count += batch.length;
  }
  await client.close();
  process.stdout.write(`${JSON.stringify({ rows: count, perSecond: (count * 1000) / milliseconds })}\n`);
}

void main(input<Input>());
