// On a sharded cluster a table of rows is spread over the shards by its key.
// Look-ups and writes name the key, so each goes to one shard; searches by other fields ask them all.
import type { Db } from 'mongodb';
import type { TableSpec } from '@app/runtime';

/**
 * Hashed: a rebuild then loads all shards at once from its first row, where a range would begin on one of them. Pages in key order are
 * merged by the router. A unique index must begin with the shard key, and the fields that are declared unique are none: such a table
 * stays whole on the first shard of its database. Catalogue, checkpoints and fences are small and stay there too.
 */
export function shardKeyOf({ indexes }: TableSpec): { _id: 'hashed' } | undefined {
  return indexes.some(({ unique }) => unique) ? undefined : { _id: 'hashed' };
}

/** Spreads a collection that is empty yet. */
export async function shard(db: Db, collection: string, spec: TableSpec): Promise<void> {
  const key = shardKeyOf(spec);
  if (key !== undefined) await db.admin().command({ shardCollection: `${db.databaseName}.${collection}`, key });
}
