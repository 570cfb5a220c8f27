// A mongod that says it is the router of a sharded cluster, since none can be started here: the commands that only a router takes
// are kept for the test in place of being sent, everything else goes to the server as it is.
import type { Admin, Db, Document, MongoClient } from 'mongodb';
import { overriding } from '@app/runtime';

interface ActingRouter {
  client: MongoClient;
  /** `{shardCollection, key}`, as they would have been sent. */
  sharded: Document[];
}

export function asRouter(client: MongoClient): ActingRouter {
  const sharded: Document[] = [];
  const admin = (of: Db): Admin =>
    overriding(of.admin(), {
      command: async (command) => {
        if (command['shardCollection'] === undefined) return { ...(await of.admin().command(command)), ...(command['hello'] === undefined ? {} : { msg: 'isdbgrid' }) };
        // The server makes the index of the key by itself in a collection that is empty, and refuses any other without it.
        const [, ...names] = String(command['shardCollection']).split('.');
        if ((await of.collection(names.join('.')).countDocuments()) > 0) throw new Error(`${names.join('.')} is to be sharded and has rows already.`);
        sharded.push(command);
        return { ok: 1 };
      },
    });
  const db = (name?: string): Db => {
    const of = client.db(name);
    return overriding(of, { admin: () => admin(of) });
  };
  return { client: overriding(client, { db }), sharded };
}
