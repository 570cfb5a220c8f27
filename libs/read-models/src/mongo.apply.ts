// Changes of rows, checkpoints and the catalogue in transactions that are tried again until it is known how they ended.
// The checkpoint is compared and set before any row and says whose doing it was: an answer that was lost is found there, nothing is done twice.
// Under a lease every transaction touches the fence of its share; once another worker holds it, nothing is written any more.
// A checkpoint of rows that moves alone is no transaction: it bears the token under which it was moved last, until a take-over takes it away.
import { type AnyBulkWriteOperation, Binary, type ClientSession, type Collection, type Db, type MongoClient, MongoError, MongoServerError, UUID } from 'mongodb';
import { BatchTooLarge, type Lease, LeaseLost, MissingTable, type RowWrite } from '@app/runtime';
import type { MongoCatalog } from './mongo.catalog';
import { DURABLE } from './mongo.connection';
import { withinRows } from './mongo.deadlines';
import { documentOf, type RowDocument } from './mongo.documents';
import type { CheckpointLease, FenceDocument, LeaseDocument } from './mongo.lease-documents';
import { isAborted, isTooLarge, type Patience, Unsettled } from './mongo.patience';

/** Of a checkpoint. One that was removed stays for an hour without value, for whoever must find out whether it was they. */
export interface CheckpointDocument extends CheckpointLease {
  _id: string;
  value?: string;
  /** The `apply` that has set it. */
  op: string;
  /** Of a checkpoint `rows/<table>`: the rows of the table that came with it; left out where they are too many. */
  keys?: string[];
  removedAt?: Date;
}

const ROWS_PREFIX = 'rows/';
const NOTED_KEYS_MAX = 5_000;
const DUPLICATE_KEY = 11_000;

/** Rows with which a transaction may press hard on a server's cache. */
const LARGE_ROWS_MIN = 1_000;
/** In one message of a transaction. */
const SENT_ROWS = 5_000;

/** The checkpoint is another one. */
class CheckpointMoved extends Error {}

/** The session of a lease's transactions; one at a time, so that they do not meet at the fence. */
export class LeaseSession {
  private line: Promise<unknown> = Promise.resolve();
  private registered: Promise<void> | undefined;

  constructor(
    readonly lease: Lease,
    private readonly session: ClientSession,
    private readonly db: Db,
    /** Name of their collection. */
    private readonly checkpoints: string,
  ) {}

  /** Of the checkpoints that are moved under it. */
  get mark(): Required<CheckpointLease> {
    return { share: this.lease.share, token: this.lease.token };
  }

  /** What `killSessions` takes. */
  get id(): Uint8Array {
    return (this.session.id as { id: Binary }).id.buffer;
  }

  exclusively<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    const run = this.line.then(async () => {
      await this.register();
      return work(this.session);
    });
    this.line = run.catch(() => undefined);
    return run;
  }

  /** First in a transaction: it cannot be committed any more once another one has taken the share, nor the share be taken until it has ended. */
  async assertFence(session: ClientSession): Promise<void> {
    const { share, token } = this.lease;
    const { matchedCount } = await this.db.collection<FenceDocument>('fences').updateOne({ _id: share, token }, { $inc: { transactions: 1 } }, { session });
    if (matchedCount === 0) throw new LeaseLost(share);
  }

  async end(): Promise<void> {
    await this.line;
    await this.session.endSession();
  }

  /** Whoever takes over ends the sessions that stand in the lease, and takes its token from the checkpoints in the collections that do. */
  private register(): Promise<void> {
    this.registered ??= this.note().catch((error: unknown) => {
      this.registered = undefined;
      throw error;
    });
    return this.registered;
  }

  private async note(): Promise<void> {
    const { share, token } = this.lease;
    const leases = this.db.collection<LeaseDocument>('leases');
    const { matchedCount } = await leases.updateOne({ _id: share, token }, { $addToSet: { sessions: new UUID(this.id), checkpoints: this.checkpoints } }, { writeConcern: DURABLE });
    if (matchedCount === 0) throw new LeaseLost(share);
  }
}

export class MongoTransactions {
  readonly checkpoints: Collection<CheckpointDocument>;

  constructor(
    private readonly client: MongoClient,
    private readonly catalog: MongoCatalog,
    space: string,
    private readonly patience: Patience,
    private readonly now: () => Date,
    private readonly leased: LeaseSession | undefined,
  ) {
    this.checkpoints = catalog.db.collection(`${space}.checkpoints`);
  }

  async apply(name: string, from: string | undefined, to: string | undefined, writes: readonly RowWrite[]): Promise<'applied' | 'fenced'> {
    const op = new UUID().toString();
    const document = this.checkpointOf(name, to, op, writes);
    return this.patience.persist(async attempt => {
      try {
        if (writes.length === 0 && from !== undefined && (await this.movedAlone(name, from, document))) return 'applied';
        if (writes.length === 0 && this.leased === undefined) await this.move(name, from, document);
        else {
          await this.once(async session => {
            // The fence before the checkpoint: one that stands still between the two must not hold up its successor, who waits at the fence.
            await this.leased?.assertFence(session);
            await this.move(name, from, document, session);
            await this.write(writes, session);
          });
        }
        return 'applied';
      } catch (error) {
        if (error instanceof CheckpointMoved) return this.outcomeOf(name, from, op);
        if (writes.length >= LARGE_ROWS_MIN && (isTooLarge(error) || (attempt > 0 && isAborted(error)))) throw new BatchTooLarge(writes.length, error);
        throw error;
      }
    });
  }

  /** Another change than one of a checkpoint; it must bear being done twice. */
  run<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    return this.patience.persist(() =>
      this.once(async session => {
        await this.leased?.assertFence(session);
        return work(session);
      }),
    );
  }

  /** Throws MissingTable before anything is written. */
  async write(writes: readonly RowWrite[], session: ClientSession): Promise<void> {
    const byTable = new Map<string, Map<string, RowWrite>>();
    for (const write of writes) {
      const rows = byTable.get(write.table);
      if (rows === undefined) byTable.set(write.table, new Map([[write.key, write]]));
      else rows.set(write.key, write);
    }
    if (byTable.size === 0) return;
    // Looked up in the transaction: a table that was dropped must not rise again by being written to.
    const entries = await this.catalog.entries.find({ _id: { $in: [...byTable.keys()] } }, { session }).toArray();
    const missing = [...byTable.keys()].find(table => !entries.some(({ _id, loading }) => _id === table && loading === undefined));
    if (missing !== undefined) throw new MissingTable(missing);
    for (const entry of entries) {
      const rows = [...(byTable.get(entry._id) as Map<string, RowWrite>).values()];
      // In pieces, so that no more than one of them is in memory as it is sent.
      for (let i = 0; i < rows.length; i += SENT_ROWS) {
        const sent = rows.slice(i, i + SENT_ROWS).map(changeOf);
        await this.catalog.rowsOf(entry).bulkWrite(sent, { session, ordered: false, ...withinRows(sent.length) });
      }
    }
  }

  private checkpointOf(name: string, to: string | undefined, op: string, writes: readonly RowWrite[]): Omit<CheckpointDocument, '_id'> {
    if (to === undefined) return { op, removedAt: this.now() };
    const set = { value: to, op, ...(this.leased === undefined ? {} : this.leased.mark) };
    const table = name.startsWith(ROWS_PREFIX) ? name.slice(ROWS_PREFIX.length) : undefined;
    const keys = writes.filter(write => write.table === table).map(({ key }) => key);
    return keys.length <= NOTED_KEYS_MAX && table !== undefined ? { ...set, keys } : set;
  }

  /** Under a lease, where whoever moved it last did so under the same and nobody has taken the share since: one request instead of three. */
  private async movedAlone(name: string, from: string, document: Omit<CheckpointDocument, '_id'>): Promise<boolean> {
    if (this.leased === undefined || document.value === undefined || !name.startsWith(ROWS_PREFIX)) return false;
    this.leased.lease.assertHeld();
    const { matchedCount } = await this.checkpoints.replaceOne({ _id: name, value: from, ...this.leased.mark }, document, { writeConcern: DURABLE });
    return matchedCount > 0;
  }

  private async move(name: string, from: string | undefined, document: Omit<CheckpointDocument, '_id'>, session?: ClientSession): Promise<void> {
    try {
      // Null also stands for a checkpoint that was removed. One that has a value meanwhile makes the insertion fail at its name.
      const filter = { _id: name, value: from ?? null } as { _id: string };
      const { matchedCount, upsertedCount } = await this.checkpoints.replaceOne(filter, document, { upsert: from === undefined, ...(session === undefined ? { writeConcern: DURABLE } : { session }) });
      if (matchedCount + upsertedCount === 0) throw new CheckpointMoved();
    } catch (error) {
      if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) throw new CheckpointMoved();
      throw error;
    }
  }

  private async outcomeOf(name: string, from: string | undefined, op: string): Promise<'applied' | 'fenced'> {
    const found = await this.checkpoints.findOne({ _id: name });
    if (found?.op === op) return 'applied';
    // What moved it is not on most nodes yet and may still be taken back.
    if (found?.value === from) throw new Unsettled(`The checkpoint ${name} is being moved by another writer.`);
    return 'fenced';
  }

  private async once<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    if (this.leased !== undefined) return this.leased.exclusively(session => transaction(session, work));
    const session = this.client.startSession();
    try {
      return await transaction(session, work);
    } finally {
      await session.endSession();
    }
  }
}

async function transaction<T>(session: ClientSession, work: (session: ClientSession) => Promise<T>): Promise<T> {
  session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: DURABLE, readPreference: 'primary' });
  try {
    const result = await work(session);
    await commit(session);
    return result;
  } finally {
    if (session.inTransaction()) await session.abortTransaction();
  }
}

async function commit(session: ClientSession): Promise<void> {
  try {
    await session.commitTransaction();
  } catch (error) {
    if (error instanceof MongoError) throw error;
    // An error of the socket makes the driver stumble (it asks it for labels), and how the commit ended is not known.
    throw new Unsettled('How a commit ended is not known.', { cause: error });
  }
}

function changeOf(write: RowWrite): AnyBulkWriteOperation<RowDocument> {
  if (write.isNew === true && write.row !== undefined) return { insertOne: { document: documentOf(write) } };
  const filter = { _id: write.key };
  return write.row === undefined ? { deleteOne: { filter } } : { replaceOne: { filter, replacement: documentOf(write), upsert: true } };
}
