// Read models in MongoDB: rows and checkpoint change in one transaction of a replica set or a sharded cluster, acknowledged by most nodes' disks.
// Any number of processes read and write one space; what another one made, moved or dropped is seen at the next look.
import { mkdirSync } from 'node:fs';
import type { Db, MongoClient } from 'mongodb';
import {
  BatchTooLarge, type BulkLoad, type Clock, type Lease, type ReadModelStore, type RowFilter, type RowPage, type RowQuery, type RowWrite, type StoredRow, SystemClock, type TableSpec,
} from '@app/runtime';
import { fingerprintOf, readCursor, writeCursor } from './cursor';
import { type CheckpointDocument, LeaseSession, MongoTransactions } from './mongo.apply';
import { startLoad } from './mongo.bulk-load';
import { collectionsOf, MongoCatalog, type TableEntry } from './mongo.catalog';
import { connectMongo, DURABLE, isRouter } from './mongo.connection';
import { ANSWER_MS_MAX, INDEX_MS_MAX, within, withinRows } from './mongo.deadlines';
import { type RowDocument, storedRow } from './mongo.documents';
import { Patience } from './mongo.patience';
import { conditionsOf, indexesOf, matching, orderBy, piecesAfter, placeOf, sortOf } from './mongo.row-query';
import { Scratch } from './mongo.scratch';
import { shard } from './mongo.sharding';
import { compareRaw, keyOf } from './mongo.raw-rows';
import { layoutOf } from './table-layout';

interface MongoReadModelsOptions {
  /** `mongodb://...`, or a client of `connectMongo`, which then stays open at `close`. */
  server: string | MongoClient;
  database: string;
  /** That the names of all collections begin with: spaces of one database do not see each other. */
  space: string;
  /** For the files of loads; made when it is needed. */
  scratchDirectory: string;
  /** For pauses: one that runs by itself. */
  clock?: Clock;
}

interface Place {
  /** `rows` grows with every full batch that was written, up to `rowsMax`: less where the server's cache holds no transaction as large. */
  batch: { events: number; rows: number; rowsMax: number };
  client: MongoClient;
  db: Db;
  space: string;
  scratchDirectory: string;
  clock: Clock;
  patience: Patience;
  catalog: MongoCatalog;
  sharded: boolean;
  /** Tables that are being loaded by this store, and by no other one: whoever holds the lease next may load them elsewhere. */
  loading: Map<string, Scratch>;
  own: boolean;
}

/** A query without an index that takes longer is given up. */
const READ_MS_MAX = 60_000;
/** Of a query: the server answers that its time is over before the connection is given up. */
const QUERY = { maxTimeMS: READ_MS_MAX, ...within(READ_MS_MAX + ANSWER_MS_MAX) };
/** Rows are what a transaction costs, and events are what it saves: with as many the events of an order often meet, though they lie far apart. */
const BATCH_EVENTS_MAX = 100_000;
const BATCH_ROWS_FIRST = 10_000;
/** One that is too large is written in vain for the most part: so that it happens once, and late. */
const BATCH_ROWS_STEP = 5_000;
const BATCH_ROWS_MAX = 50_000;
const BATCH_ROWS_MIN = 500;
/** Of what was too large, as much is tried from then on. */
const SMALLER = 0.7;
const TOMBSTONE_SECONDS = 3_600;
const COMPARED_ROWS = 1_000;
const NAMESPACE_EXISTS = 48;
const LOAD_PREFIX = 'load.';

export class MongoReadModels implements ReadModelStore {
  get batchMax(): { events: number; rows: number } {
    return this.place.batch;
  }
  readonly transactionsWeigh = true;
  private readonly transactions: MongoTransactions;

  private constructor(
    private readonly place: Place,
    private readonly leased: LeaseSession | undefined,
  ) {
    const { client, catalog, space, patience, clock } = place;
    this.transactions = new MongoTransactions(client, catalog, space, patience, () => new Date(Date.parse(clock.now())), leased);
  }

  /** Throws MongoUnusable; see connectMongo. */
  static async open({ server, database, space, scratchDirectory, clock = new SystemClock() }: MongoReadModelsOptions): Promise<MongoReadModels> {
    const own = typeof server === 'string';
    const client = own ? await connectMongo(server) : server;
    try {
      const db = client.db(database);
      const patience = new Patience(clock);
      const sharded = isRouter(await patience.persist(() => db.admin().command({ hello: 1 })));
      const catalog = new MongoCatalog(db, space, patience);
      const store = new MongoReadModels({ batch: { events: BATCH_EVENTS_MAX, rows: BATCH_ROWS_FIRST, rowsMax: BATCH_ROWS_MAX }, client, db, space, scratchDirectory, clock, patience, catalog, sharded, loading: new Map(), own }, undefined);
      await store.prepare();
      return store;
    } catch (error) {
      if (own) await client.close();
      throw error;
    }
  }

  /**
   * The same rows, written under the lease: after another worker has taken the share, everything that writes throws LeaseLost and
   * changes nothing. Its transactions run one at a time, in one session that stands in the document of the lease in `leases` before the
   * first of them begins, as does the collection of checkpoints; whoever takes over ends that session, gives the document of the share
   * in `fences` its token and takes the former one from the checkpoints. Closing it ends the session and forgets loads that it has begun.
   */
  under(lease: Lease): MongoReadModels {
    return new MongoReadModels({ ...this.place, loading: new Map() }, new LeaseSession(lease, this.place.client.startSession(), this.place.db, this.transactions.checkpoints.collectionName));
  }

  async open(spec: TableSpec): Promise<void> {
    layoutOf(spec);
    const { catalog } = this.place;
    for (;;) {
      const known = await catalog.find(spec.name);
      if (known !== undefined) {
        if (JSON.stringify(known.indexes) === JSON.stringify(spec.indexes)) return;
        throw new Error(`The table ${spec.name} exists with other indexes. Raise the version of its projection.`);
      }
      const collection = catalog.newCollection(spec.name);
      await this.make(collection, spec);
      await this.index(collection, spec);
      const entry: TableEntry = { _id: spec.name, collection, indexes: spec.indexes };
      const named = await this.transactions.run(session => catalog.entries.findOneAndUpdate({ _id: spec.name }, { $setOnInsert: entry }, { upsert: true, returnDocument: 'after', session }));
      if (named?.collection === collection) return;
      // Another one was first.
      await catalog.drop(collection);
    }
  }

  async get<Row>(table: string, key: string): Promise<StoredRow<Row> | undefined> {
    return (await this.getMany<Row>(table, [key]))[0];
  }

  async getMany<Row>(table: string, keys: readonly string[]): Promise<readonly (StoredRow<Row> | undefined)[]> {
    const scratch = this.place.loading.get(table);
    if (scratch !== undefined) return scratch.getMany<Row>(table, keys);
    const found = await this.read(table, rows => rows.find({ _id: { $in: [...new Set(keys)] } }, { batchSize: keys.length + 1, maxTimeMS: READ_MS_MAX, ...withinRows(keys.length) }).toArray());
    const byKey = new Map(found.map(document => [document._id, storedRow<Row>(document)]));
    return keys.map(key => byKey.get(key));
  }

  async find<Row>(table: string, query: RowQuery): Promise<RowPage<Row>> {
    const conditions = conditionsOf(query);
    const fields = sortOf(query);
    const fingerprint = fingerprintOf(query);
    const pieces = query.after === undefined ? [[]] : piecesAfter(fields, readCursor(query.after, fingerprint, fields.length));
    const wanted = query.limit + 1;
    const documents = await this.read(table, async rows => {
      // A row that moves between two pieces is shown once.
      const found = new Map<string, RowDocument>();
      for (const piece of pieces) {
        const options = { sort: orderBy(fields), limit: wanted, batchSize: wanted + 1, ...QUERY };
        for (const document of await rows.find(matching([...conditions, ...piece]), options).toArray()) if (found.size < wanted && !found.has(document._id)) found.set(document._id, document);
        if (found.size === wanted) break;
      }
      return [...found.values()];
    });
    const rows = documents.slice(0, query.limit).map(document => ({ ...storedRow<Row>(document), cursor: writeCursor(fingerprint, placeOf(fields, document)) }));
    return { rows, hasMore: documents.length > query.limit };
  }

  count(table: string, filter: RowFilter): Promise<number> {
    const conditions = conditionsOf(filter);
    return this.place.catalog.read(table, count => count === 0, rows => rows.countDocuments(matching(conditions), QUERY));
  }

  async scan<Row>(table: string, afterKey: string | undefined, limit: number): Promise<readonly StoredRow<Row>[]> {
    const found = await this.read(table, rows => rows.find(behind(afterKey), { sort: { _id: 1 }, limit, batchSize: limit + 1, ...QUERY }).toArray());
    return found.map(document => storedRow<Row>(document));
  }

  async unlike(a: string, b: string, afterKey: string | undefined, limit: number): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const key of compareRaw(after => this.rawPage(a, after), after => this.rawPage(b, after), afterKey)) {
      keys.push(key);
      if (keys.length >= limit) break;
    }
    return keys;
  }

  async apply(name: string, from: string | undefined, to: string | undefined, writes: readonly RowWrite[]): Promise<'applied' | 'fenced'> {
    const { batch } = this.place;
    try {
      const outcome = await this.transactions.apply(name, from, to, writes);
      if (outcome === 'applied' && writes.length >= batch.rows) batch.rows = Math.min(batch.rows + BATCH_ROWS_STEP, batch.rowsMax);
      return outcome;
    } catch (error) {
      if (error instanceof BatchTooLarge) {
        batch.rowsMax = Math.max(BATCH_ROWS_MIN, Math.min(batch.rowsMax, Math.floor(writes.length * SMALLER)));
        batch.rows = Math.min(batch.rows, batch.rowsMax);
      }
      throw error;
    }
  }

  async checkpoint(name: string): Promise<string | undefined> {
    const found = await this.place.patience.persist(() => this.transactions.checkpoints.findOne({ _id: name }, { projection: { value: 1 } }));
    return found?.value;
  }

  async checkpoints(prefix: string): Promise<Readonly<Record<string, string>>> {
    // Code points, as the server compares: behind the prefix comes the highest of them.
    const filter = { _id: { $gte: prefix, $lt: `${prefix}\u{10ffff}` }, value: { $exists: true } };
    const found = await this.place.patience.persist(() => this.transactions.checkpoints.find(filter, { projection: { value: 1 }, sort: { _id: 1 } }).toArray());
    return Object.fromEntries(found.map(({ _id, value }) => [_id, value as string]));
  }

  async bulk(job: string, tables: readonly TableSpec[]): Promise<BulkLoad> {
    for (const spec of tables) layoutOf(spec);
    const { catalog, patience, scratchDirectory, loading } = this.place;
    mkdirSync(scratchDirectory, { recursive: true });
    const make = (collection: string, spec: TableSpec): Promise<void> => this.make(collection, spec);
    const index = (collection: string, spec: TableSpec): Promise<void> => this.index(collection, spec);
    return startLoad({ catalog, transactions: this.transactions, patience, directory: scratchDirectory, prefix: this.loadPrefix, loading, make, index }, job, tables);
  }

  async drop(table: string): Promise<void> {
    const { catalog, loading } = this.place;
    const entry = await catalog.find(table);
    if (entry !== undefined) {
      await this.transactions.run(session => catalog.entries.deleteOne({ _id: table, collection: entry.collection }, { session }));
      catalog.forget(table);
      // Tables that are loaded together share what is saved of them.
      const others = new Set((await catalog.all()).flatMap(collectionsOf));
      for (const collection of collectionsOf(entry)) if (!others.has(collection)) await catalog.drop(collection);
    }
    const scratch = loading.get(table);
    loading.delete(table);
    if (scratch !== undefined && ![...loading.values()].includes(scratch)) scratch.remove();
  }

  async tables(): Promise<readonly string[]> {
    return (await this.place.catalog.all()).map(({ _id }) => _id);
  }

  async close(): Promise<void> {
    await this.leased?.end();
    for (const scratch of new Set(this.place.loading.values())) scratch.close();
    this.place.loading.clear();
    if (this.leased === undefined && this.place.own) await this.place.client.close();
  }

  private get loadPrefix(): string {
    return `${LOAD_PREFIX}${this.place.db.databaseName}.${this.place.space}.`;
  }

  /** Transactions find these collections made. */
  private async prepare(): Promise<void> {
    const { db, space, patience, catalog, clock, scratchDirectory } = this.place;
    for (const name of [`${space}.tables`, `${space}.checkpoints`]) await patience.persist(() => ensureCollection(db, name));
    await patience.persist(() => this.transactions.checkpoints.createIndex({ removedAt: 1 } satisfies Partial<Record<keyof CheckpointDocument, 1>>, { expireAfterSeconds: TOMBSTONE_SECONDS }));
    await catalog.sweep(Date.parse(clock.now()));
    const loads = new Set((await catalog.all()).map(({ loading }) => loading?.id));
    Scratch.sweep(scratchDirectory, this.loadPrefix, id => !loads.has(id));
  }

  private async make(collection: string, spec: TableSpec): Promise<void> {
    const { db, patience, sharded } = this.place;
    await patience.persist(() => ensureCollection(db, collection));
    if (sharded) await patience.persist(() => shard(db, collection, spec));
  }

  private async index(collection: string, spec: TableSpec): Promise<void> {
    const { db, patience } = this.place;
    const indexes = indexesOf(spec.indexes);
    if (indexes.length > 0) await patience.persist(() => db.collection(collection).createIndexes(indexes, within(INDEX_MS_MAX)));
  }

  private read(table: string, work: Parameters<typeof this.place.catalog.read<RowDocument[]>>[2]): Promise<RowDocument[]> {
    return this.place.catalog.read<RowDocument[]>(table, found => found.length === 0, work);
  }

  private async rawPage(table: string, after: string | undefined): Promise<{ documents: Uint8Array[]; last: string | undefined }> {
    const found = await this.place.catalog.read<Uint8Array[]>(
      table,
      documents => documents.length === 0,
      async rows => (await rows.find(behind(after), { sort: { _id: 1 }, limit: COMPARED_ROWS, batchSize: COMPARED_ROWS + 1, raw: true, ...QUERY }).toArray()) as unknown as Uint8Array[],
    );
    const last = found.at(-1);
    return { documents: found, last: last === undefined || found.length < COMPARED_ROWS ? undefined : keyOf(last).toString() };
  }
}

function behind(afterKey: string | undefined): { _id?: { $gt: string } } {
  return afterKey === undefined ? {} : { _id: { $gt: afterKey } };
}

async function ensureCollection(db: Db, name: string): Promise<void> {
  try {
    await db.createCollection(name, { writeConcern: DURABLE });
  } catch (error) {
    if ((error as { code?: unknown }).code !== NAMESPACE_EXISTS) throw error;
  }
}
