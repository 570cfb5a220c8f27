// The database of MongoDB that the product uses: the one that MONGODB_URL names, else `ordertrail`.
// Everything of one installation lies in it.
import type { Db, MongoClient } from 'mongodb';
import { connectMongo } from '@app/read-models';

export function databaseOf(client: MongoClient): Db {
  const { dbName } = client.options;
  return client.db(dbName === 'test' ? 'ordertrail' : dbName);
}

/** Connects for one piece of work. */
export async function withServerDatabase<T>(url: string, work: (database: Db) => Promise<T>): Promise<T> {
  const client = await connectMongo(url);
  try {
    return await work(databaseOf(client));
  } finally {
    await client.close();
  }
}
