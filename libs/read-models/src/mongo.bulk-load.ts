// Loads fresh tables: folded into a scratch file of this machine, then inserted once, into collections that nobody knows until they are whole.
// A load goes on where it was saved last on the same machine; elsewhere, or without its file, it begins anew.
import { ObjectId } from 'mongodb';
import { type BulkLoad, MissingTable, type RowWrite, type StoredRow, type TableSpec } from '@app/runtime';
import type { MongoTransactions } from './mongo.apply';
import type { MongoCatalog, TableEntry } from './mongo.catalog';
import { DURABLE } from './mongo.connection';
import { documentOf } from './mongo.documents';
import type { Patience } from './mongo.patience';
import { Scratch } from './mongo.scratch';

interface BulkLoadDeps {
  catalog: MongoCatalog;
  transactions: MongoTransactions;
  patience: Patience;
  /** Of the scratch files; made if it is not there. */
  directory: string;
  /** That their names begin with. */
  prefix: string;
  /** Tables that are being loaded here. */
  loading: Map<string, Scratch>;
  /** Makes a collection, without indexes. */
  make(collection: string, spec: TableSpec): Promise<void>;
  index(collection: string, spec: TableSpec): Promise<void>;
}

const INSERTED_ROWS = 2_000;
const INSERTERS = 4;

/** Another worker loads the same tables or has dropped them. */
class LoadGivenUp extends Error {
  override readonly name = 'LoadGivenUp';
  constructor(table: string) {
    super(`The table ${table} is not being loaded by this load any more.`);
  }
}

export async function startLoad(deps: BulkLoadDeps, job: string, specs: readonly TableSpec[]): Promise<BulkLoad> {
  const names = specs.map(({ name }) => name);
  for (const scratch of new Set(names.map(name => deps.loading.get(name)))) scratch?.close();
  const entries = await Promise.all(names.map(name => deps.catalog.find(name)));
  const known = entries[0]?.loading;
  const same = known !== undefined && known.job === job && entries.every(entry => entry?.loading?.id === known.id);
  const owner = new ObjectId().toHexString();
  let id = same ? known.id : undefined;
  let scratch = id !== undefined && Scratch.exists(deps.directory, id) ? Scratch.open(deps.directory, id, names, owner) : undefined;
  const resumedAt = scratch?.token;
  if (id === undefined || scratch === undefined || resumedAt === undefined) {
    scratch?.remove();
    id = `${deps.prefix}${new ObjectId().toHexString()}`;
    await register(deps, { job, id }, specs);
    scratch = Scratch.open(deps.directory, id, names, owner);
  }
  const load = new MongoBulkLoad(deps, scratch, id, specs, resumedAt);
  for (const name of names) deps.loading.set(name, scratch);
  await load.settle();
  return load;
}

/** The tables begin anew; what they held before is dropped. */
async function register({ catalog, transactions }: BulkLoadDeps, loading: { job: string; id: string }, specs: readonly TableSpec[]): Promise<void> {
  const before = await Promise.all(specs.map(({ name }) => catalog.find(name)));
  await transactions.run(async session => {
    for (const { name, indexes } of specs) {
      await catalog.entries.replaceOne({ _id: name }, { collection: catalog.newCollection(name), indexes, loading }, { session, upsert: true });
    }
  });
  for (const { name } of specs) catalog.forget(name);
  for (const entry of before) if (entry !== undefined) await catalog.drop(entry.collection);
}

class MongoBulkLoad implements BulkLoad {
  constructor(
    private readonly deps: BulkLoadDeps,
    private readonly scratch: Scratch,
    private readonly id: string,
    private readonly specs: readonly TableSpec[],
    readonly resumedAt: string | undefined,
  ) {}

  async save(writes: readonly RowWrite[], token: string): Promise<void> {
    const elsewhere = writes.filter(({ table }) => !this.scratch.has(table));
    for (const table of new Set(elsewhere.map(write => write.table))) {
      if ((await this.deps.catalog.find(table)) === undefined) throw new MissingTable(table);
    }
    this.scratch.save(writes, token, elsewhere);
    if (elsewhere.length > 0) await this.settle();
  }

  /** Rows of other tables are written as they are to be: doing it twice changes nothing. */
  async settle(): Promise<void> {
    const elsewhere = this.scratch.unsettled();
    if (elsewhere.length === 0) return;
    await this.deps.transactions.run(session => this.deps.transactions.write(elsewhere, session));
    this.scratch.settled();
  }

  async finish(): Promise<void> {
    const { catalog, transactions } = this.deps;
    const made: { spec: TableSpec; collection: string }[] = [];
    try {
      for (const spec of this.specs) made.push({ spec, collection: await this.fill(spec) });
      await transactions.run(async session => {
        for (const { spec, collection } of made) {
          const { matchedCount } = await catalog.entries.updateOne({ _id: spec.name, collection }, { $unset: { loading: 1 } }, { session });
          if (matchedCount === 0) throw new LoadGivenUp(spec.name);
        }
      });
    } catch (error) {
      // Theirs is another collection: this one is nobody's.
      if (error instanceof LoadGivenUp) for (const { collection } of made) await catalog.drop(collection);
      throw error;
    }
    for (const { name } of this.specs) {
      catalog.forget(name);
      this.deps.loading.delete(name);
    }
    this.scratch.remove();
  }

  /** Into a collection that was not there before, so that nothing is left in it of an interrupted attempt. */
  private async fill(spec: TableSpec): Promise<string> {
    const { catalog, transactions } = this.deps;
    const collection = catalog.newCollection(spec.name);
    let before: TableEntry | null = null;
    await transactions.run(async session => {
      const found = await catalog.entries.findOneAndUpdate({ _id: spec.name, 'loading.id': this.id }, { $set: { collection } }, { session });
      if (found === null) throw new LoadGivenUp(spec.name);
      if (found.collection !== collection) before = found;
    });
    if (before !== null) await catalog.drop((before as TableEntry).collection);
    await this.deps.make(collection, spec);
    const pages = this.scratch.pages(spec.name, INSERTED_ROWS);
    await Promise.all(Array.from({ length: INSERTERS }, () => this.insert(collection, pages)));
    // Measured with the eleven of orders: half the work for the server than keeping them from the first row on; with three it is the same.
    await this.deps.index(collection, spec);
    return collection;
  }

  private async insert(collection: string, pages: Generator<StoredRow[]>): Promise<void> {
    const rows = this.deps.catalog.rowsOf({ collection });
    for (let page = pages.next(); page.done !== true; page = pages.next()) {
      const documents = page.value.map(documentOf);
      await this.deps.patience.persist(async attempt => {
        // A first attempt may have come through though its answer did not.
        if (attempt === 0) await rows.insertMany(documents, { ordered: false, writeConcern: DURABLE });
        else await rows.bulkWrite(documents.map(replacement => ({ replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true } })), { ordered: false, writeConcern: DURABLE });
      });
    }
  }
}
