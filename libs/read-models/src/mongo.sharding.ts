// On a sharded cluster a table that its projection wants spread lies on the shards by the hash of its keys, every other one on the first shard of its database.
// Look-ups and writes name the key, so each goes to one shard; searches by other fields ask them all.
import type { Db } from 'mongodb';
import type { TableSpec } from '@app/runtime';

/**
 * Hashed: a rebuild then loads all shards at once from its first row, where a range would begin on one of them. Pages in key order are
 * merged by the router. What is no table of rows (catalogue, checkpoints, leases, fences, keys) is not sharded from here.
 */
const BY_KEY = { _id: 'hashed' } as const;

/** Spreads a collection that is empty yet. */
export async function shard(db: Db, collection: string, { sharding = 'whole' }: Pick<TableSpec, 'sharding'>): Promise<void> {
  if (sharding === 'by-key') await db.admin().command({ shardCollection: `${db.databaseName}.${collection}`, key: BY_KEY });
}
