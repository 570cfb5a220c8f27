// The database of MongoDB that the product uses: the one that MONGODB_URL names, else `ordertrail`.
// Everything of one installation lies in it.
import type { Db, MongoClient } from 'mongodb';
import { connectMongo } from '@app/read-models';

const NAMES_DATABASE = /^[^:]+:\/\/[^/?]*\/[^?]/;

/** `url`: what the client was made of. It does not tell a database `test` that was asked for from its own default. */
export function databaseOf(client: MongoClient, url: string): Db {
  return client.db(NAMES_DATABASE.test(url) ? client.options.dbName : 'ordertrail');
}

/** Connects for one piece of work. */
export async function withServerDatabase<T>(url: string, work: (database: Db) => Promise<T>): Promise<T> {
  const client = await connectMongo(url);
  try {
    return await work(databaseOf(client, url));
  } finally {
    await client.close();
  }
}
