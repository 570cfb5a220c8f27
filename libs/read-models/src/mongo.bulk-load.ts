// Loads fresh tables: folded into a scratch file of this machine, then inserted once, into collections that nobody knows until they are whole.
// A load goes on where it was saved last, on any machine: the file there takes over what it lacks of what was saved to MongoDB.
import { ObjectId } from 'mongodb';
import type { BulkLoad, RowWrite, TableSpec } from '@app/runtime';
import type { MongoTransactions } from './mongo.apply';
import { collectionsOf, type Loading, type MongoCatalog, type TableEntry } from './mongo.catalog';
import { DURABLE } from './mongo.connection';
import { withinRows } from './mongo.deadlines';
import { documentIn } from './mongo.documents';
import { insertBytes } from './mongo.insert-bytes';
import type { Patience } from './mongo.patience';
import { SavedPieces } from './mongo.saved-pieces';
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

type Saved = Loading & { pieces: string };

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
  const known = savedOf(entries[0]?.loading);
  const same = known !== undefined && known.job === job && entries.every(entry => entry?.loading?.id === known.id);
  const owner = new ObjectId().toHexString();
  let loading = same ? known : undefined;
  let scratch = loading === undefined ? undefined : await takenUp(deps, loading, names, owner);
  const resumedAt = scratch?.token;
  if (loading === undefined || scratch === undefined) {
    loading = await register(deps, job, specs);
    scratch = Scratch.open(deps.directory, loading.id, names, owner);
  }
  for (const name of names) deps.loading.set(name, scratch);
  return new MongoBulkLoad(deps, scratch, loading, specs, resumedAt);
}

/** Undefined where it was saved otherwise than it is now. */
function savedOf(loading: Loading | undefined): Saved | undefined {
  return loading?.pieces === undefined ? undefined : { ...loading, pieces: loading.pieces };
}

/** Undefined where nothing was saved that a load can go on with. */
async function takenUp({ catalog, directory }: BulkLoadDeps, { id, pieces }: Saved, names: readonly string[], owner: string): Promise<Scratch | undefined> {
  const scratch = Scratch.open(directory, id, names, owner);
  let isWhole = true;
  try {
    for await (const { number, token, rows } of new SavedPieces(catalog.db, pieces).after(scratch.pieces)) {
      isWhole = number === scratch.pieces + 1;
      if (!isWhole) break;
      scratch.save(rows, token, number);
    }
  } catch (error) {
    scratch.close();
    throw error;
  }
  if (isWhole && scratch.token !== undefined) return scratch;
  scratch.remove();
  return undefined;
}

/** The tables begin anew; what they held before is dropped. */
async function register(deps: BulkLoadDeps, job: string, specs: readonly TableSpec[]): Promise<Saved> {
  const { catalog, transactions, prefix } = deps;
  const loading = { job, id: `${prefix}${new ObjectId().toHexString()}`, pieces: catalog.newCollection('saved') };
  await deps.make(loading.pieces, { name: loading.pieces, indexes: [] });
  const before = await Promise.all(specs.map(({ name }) => catalog.find(name)));
  await transactions.run(async session => {
    for (const { name, indexes } of specs) {
      await catalog.entries.replaceOne({ _id: name }, { collection: catalog.newCollection(name), indexes, loading }, { session, upsert: true });
    }
  });
  for (const { name } of specs) catalog.forget(name);
  for (const collection of new Set(before.flatMap(entry => (entry === undefined ? [] : collectionsOf(entry))))) await catalog.drop(collection);
  return loading;
}

class MongoBulkLoad implements BulkLoad {
  constructor(
    private readonly deps: BulkLoadDeps,
    private readonly scratch: Scratch,
    private readonly loading: Saved,
    private readonly specs: readonly TableSpec[],
    readonly resumedAt: string | undefined,
  ) {}

  async save(writes: readonly RowWrite[], token: string): Promise<void> {
    const { catalog, transactions } = this.deps;
    const elsewhere = writes.filter(({ table }) => !this.scratch.has(table));
    const piece = { number: this.scratch.pieces + 1, token, rows: this.scratch.rowsOf(writes) };
    const saved = new SavedPieces(catalog.db, this.loading.pieces);
    const parts = await saved.pack(piece);
    await transactions.run(async session => {
      await transactions.write(elsewhere, session);
      await saved.put(parts, session);
    });
    // The file follows the server: killed in between, it takes the piece over when the load goes on.
    this.scratch.save(piece.rows, token, piece.number);
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
    await catalog.drop(this.loading.pieces);
    this.scratch.remove();
  }

  /** Into a collection that was not there before, so that nothing is left in it of an interrupted attempt. */
  private async fill(spec: TableSpec): Promise<string> {
    const { catalog, transactions } = this.deps;
    const collection = catalog.newCollection(spec.name);
    let before: TableEntry | null = null;
    await transactions.run(async session => {
      const found = await catalog.entries.findOneAndUpdate({ _id: spec.name, 'loading.id': this.loading.id }, { $set: { collection } }, { session });
      if (found === null) throw new LoadGivenUp(spec.name);
      if (found.collection !== collection) before = found;
    });
    if (before !== null) await catalog.drop((before as TableEntry).collection);
    await this.deps.make(collection, spec);
    const pages = this.scratch.pages(spec.name, INSERTED_ROWS);
    const inserters = await Promise.allSettled(Array.from({ length: INSERTERS }, () => this.insert(collection, pages)));
    // Only now nobody writes to the collection any more.
    const failed = inserters.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    // Measured with the eleven of orders: half the work for the server than keeping them from the first row on; with three it is the same.
    await this.deps.index(collection, spec);
    return collection;
  }

  private async insert(collection: string, pages: Generator<Uint8Array[]>): Promise<void> {
    const { catalog, patience } = this.deps;
    const rows = catalog.rowsOf({ collection });
    const insertPage = (page: readonly Uint8Array[]): Promise<unknown> =>
      patience.persist<unknown>(attempt => {
        // A first attempt may have come through though its answer did not.
        if (attempt === 0) return insertBytes(catalog.db, collection, page);
        const replacements = page.map(documentIn).map(replacement => ({ replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true } }));
        return rows.bulkWrite(replacements, { ordered: false, writeConcern: DURABLE, ...withinRows(page.length) });
      });
    try {
      for (let page = pages.next(); page.done !== true; page = pages.next()) await insertPage(page.value);
    } catch (error) {
      // The others end with the page that they have in hand.
      pages.return(undefined);
      throw error;
    }
  }
}
