// Which tables of rows a database holds, and the collection that each lies in.
// A collection has a name of its own that is never used again: whoever still writes to one that was given up touches nobody's rows.
import { type Collection, type Db, MongoServerError, ObjectId } from 'mongodb';
import type { RowIndex } from '@app/kernel';
import { MissingTable } from '@app/runtime';
import { DURABLE } from './mongo.connection';
import type { RowDocument } from './mongo.documents';
import type { Patience } from './mongo.patience';

export interface TableEntry {
  /** The name of the table. */
  _id: string;
  collection: string;
  indexes: readonly RowIndex[];
  /** Being loaded by a rebuild: nobody reads it yet. */
  loading?: Loading;
}

export interface Loading {
  job: string;
  /** Names the scratch file. */
  id: string;
  /** The collection of what is saved: pieces of documents. */
  pieces?: string;
  /** That of a load of an earlier release, which saved rows otherwise: nobody goes on with it. */
  saved?: string;
}

/** Longer than it takes from making a collection to naming it here. */
const UNNAMED_SECONDS_MAX = 3_600;
/** QueryPlanKilled, NamespaceNotFound: the collection was dropped in the middle of a read. */
const GONE = [175, 26];

export class MongoCatalog {
  readonly entries: Collection<TableEntry>;
  private readonly known = new Map<string, TableEntry>();

  constructor(
    readonly db: Db,
    private readonly space: string,
    private readonly patience: Patience,
  ) {
    this.entries = db.collection<TableEntry>(`${space}.tables`);
  }

  rowsOf({ collection }: Pick<TableEntry, 'collection'>): Collection<RowDocument> {
    return this.db.collection<RowDocument>(collection);
  }

  newCollection(table: string): string {
    return `${this.space}.${table}.${new ObjectId().toHexString()}`;
  }

  all(): Promise<TableEntry[]> {
    return this.patience.persist(() => this.entries.find().sort({ _id: 1 }).toArray());
  }

  /** As of now. */
  async find(table: string): Promise<TableEntry | undefined> {
    const entry = (await this.patience.persist(() => this.entries.findOne({ _id: table }))) ?? undefined;
    if (entry === undefined) this.known.delete(table);
    else this.known.set(table, entry);
    return entry;
  }

  forget(table: string): void {
    this.known.delete(table);
  }

  /** Reads again over a change of the primary. An empty answer is believed once the catalogue still names the collection. Throws MissingTable. */
  async read<T>(table: string, isEmpty: (answer: T) => boolean, work: (rows: Collection<RowDocument>, entry: TableEntry) => Promise<T>): Promise<T> {
    let entry = this.known.get(table) ?? (await this.mustFind(table));
    for (;;) {
      const { collection } = entry;
      let answer: { value: T } | undefined;
      try {
        answer = { value: await this.patience.persist(() => work(this.rowsOf(entry), entry)) };
        if (!isEmpty(answer.value)) return answer.value;
      } catch (error) {
        if (!(error instanceof MongoServerError) || !GONE.includes(error.code as number)) throw error;
      }
      entry = await this.mustFind(table);
      if (answer !== undefined && entry.collection === collection) return answer.value;
    }
  }

  /** Collections that a kill left without a name. */
  async sweep(nowMs: number): Promise<void> {
    const named = new Set((await this.all()).flatMap(collectionsOf));
    const own = new RegExp(`^${this.space.replaceAll('.', '\\.')}\\..*\\.([0-9a-f]{24})$`);
    for (const { name } of await this.patience.persist(() => this.db.listCollections({}, { nameOnly: true }).toArray())) {
      const id = own.exec(name)?.[1];
      if (id === undefined || named.has(name)) continue;
      if (nowMs - new ObjectId(id).getTimestamp().getTime() > UNNAMED_SECONDS_MAX * 1_000) await this.drop(name);
    }
  }

  /** A collection of rows, once nobody is led to it any more. */
  async drop(collection: string): Promise<void> {
    await this.patience.persist(() => this.db.dropCollection(collection, { writeConcern: DURABLE }));
  }

  private async mustFind(table: string): Promise<TableEntry> {
    const entry = await this.find(table);
    if (entry === undefined) throw new MissingTable(table);
    return entry;
  }
}

/** That the entry names. */
export function collectionsOf({ collection, loading }: TableEntry): string[] {
  return [collection, loading?.pieces, loading?.saved].filter(name => name !== undefined);
}
