// Leases in MongoDB, by the server's time alone: a share has one owner, a dead one's share is free after 5 s, tokens rise without a gap.
// At a take-over the former owner's sessions are ended before the fence rises, so no transaction of theirs outlasts it or holds it up;
// then their token is taken from the checkpoints, so that none is moved without a transaction either.
import { type Binary, type Collection, type Document, type MongoClient, MongoServerError } from 'mongodb';
import { type Clock, type Lease, LeaseLost, type Leases, type Randomness } from '@app/runtime';
import { DURABLE } from './mongo.connection';
import { within } from './mongo.deadlines';
import type { CheckpointLease, FenceDocument, LeaseDocument } from './mongo.lease-documents';
import { Patience } from './mongo.patience';

interface MongoLeasesOptions {
  /** Of `connectMongo`; stays open at `close`. */
  client: MongoClient;
  /** The one of the rows. */
  database: string;
  clock: Clock;
  random: Randomness;
  /** How long a grant outlasts its owner; default 5,000. It is renewed three times in that. */
  ttlMs?: number;
}

interface WorkerDocument {
  _id: string;
  until: Date;
}

const TTL_MS = 5_000;
const RENEWALS_PER_TTL = 3;
const RENEWAL_RETRY_MS = 250;
/** A transaction that came in between holds the fence: it is ended, too. */
const FENCE_MS_MAX = 500;
/** Of workers that have died. */
const WORKERS_KEPT_SECONDS = 3_600;
const DUPLICATE_KEY = 11_000;
const MAX_TIME_EXPIRED = 50;

class MongoLease implements Lease {
  private readonly abort = new AbortController();
  readonly lost = this.abort.signal;
  private heldUntilMs = 0;
  private heldUntilWallMs = 0;

  constructor(
    readonly share: string,
    readonly token: number,
    readonly owner: string,
    private readonly leases: MongoLeases,
    private readonly clock: Clock,
  ) {}

  assertHeld(): void {
    // The monotonic clock stands still while the machine sleeps, the other one can be set back: whichever says first that it is over.
    if (!this.lost.aborted && (performance.now() >= this.heldUntilMs || Date.parse(this.clock.now()) >= this.heldUntilWallMs)) this.lose();
    if (this.lost.aborted) throw new LeaseLost(this.share);
  }

  release(): Promise<void> {
    return this.leases.giveBack([this]);
  }

  /** The server's clock has begun to count after the request was sent: it ends here before it ends there. */
  renewed(sentMs: number, sentWallMs: number, ttlMs: number): void {
    // One that was sent later may have been answered already.
    if (this.lost.aborted || sentMs + ttlMs < this.heldUntilMs) return;
    this.heldUntilMs = sentMs + ttlMs;
    this.heldUntilWallMs = sentWallMs + ttlMs;
  }

  /** Ends with the lease, which it ends where renewals have stayed away. */
  async watch(): Promise<void> {
    while (!this.lost.aborted) {
      const leftMs = this.heldUntilMs - performance.now();
      if (leftMs <= 0) this.lose();
      else await this.clock.sleep(leftMs, this.lost);
    }
  }

  lose(): void {
    this.leases.forget(this);
    this.abort.abort(new LeaseLost(this.share));
  }
}

export class MongoLeases implements Leases {
  private readonly leases: Collection<LeaseDocument>;
  private readonly fences: Collection<FenceDocument>;
  private readonly present: Collection<WorkerDocument>;
  private readonly patience: Patience;
  private readonly worker: string;
  private readonly ttlMs: number;
  /** An answer that comes later is of no use to a lease. */
  private readonly soon: ReturnType<typeof within>;
  private readonly held = new Set<MongoLease>();
  private readonly closing = new AbortController();
  private renewing: Promise<void> | undefined;

  private constructor(private readonly options: MongoLeasesOptions) {
    const { client, database, clock, random, ttlMs = TTL_MS } = options;
    const db = client.db(database);
    this.leases = db.collection('leases', { writeConcern: DURABLE });
    this.fences = db.collection('fences', { writeConcern: DURABLE });
    this.present = db.collection('workers', { writeConcern: DURABLE });
    this.patience = new Patience(clock, ttlMs);
    this.worker = random.uuid();
    this.ttlMs = ttlMs;
    this.soon = within(ttlMs / 2);
  }

  static async open(options: MongoLeasesOptions): Promise<MongoLeases> {
    const leases = new MongoLeases(options);
    const { patience, present } = leases;
    await patience.persist(() => present.createIndex({ until: 1 }, { expireAfterSeconds: WORKERS_KEPT_SECONDS }));
    leases.renewing = leases.renew();
    return leases;
  }

  async acquire(share: string): Promise<Lease | undefined> {
    if (this.closing.signal.aborted) return undefined;
    const owner = this.options.random.uuid();
    const sentMs = performance.now();
    const sentWallMs = this.wallMs();
    // Sent again after a lost answer it finds itself the owner.
    const found = await this.patience.persist(() => this.leases.findOneAndUpdate({ _id: share }, taking(owner, this.ttlMs), { upsert: true, returnDocument: 'after', ...this.soon }));
    if (found?.owner !== owner) return undefined;
    const lease = new MongoLease(share, found.token, owner, this, this.options.clock);
    this.held.add(lease);
    lease.renewed(sentMs, sentWallMs, this.ttlMs);
    void lease.watch();
    try {
      await this.raiseFence(lease, found.former ?? []);
      await this.takeTokens(lease, found.checkpoints ?? []);
      if (this.closing.signal.aborted) throw new LeaseLost(share);
      lease.assertHeld();
      return lease;
    } catch (error) {
      // Whoever is next ends the sessions.
      await lease.release().catch(() => undefined);
      if (error instanceof LeaseLost) return undefined;
      throw error;
    }
  }

  async workers(standIn: boolean): Promise<number> {
    if (!standIn) await this.patience.persist(() => this.present.updateOne({ _id: this.worker }, lasting(this.ttlMs), { upsert: true, ...this.soon }));
    return this.patience.persist(() => this.present.countDocuments({ $expr: { $gt: ['$until', '$$NOW'] } }, this.soon));
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.renewing;
    await this.giveBack([...this.held]);
    await this.patience.persist(() => this.present.deleteOne({ _id: this.worker }, this.soon));
  }

  /** Local first: nobody here works under it while another one begins. */
  async giveBack(leases: readonly MongoLease[]): Promise<void> {
    for (const lease of leases) lease.lose();
    if (leases.length === 0) return;
    const ours = { _id: { $in: leases.map(({ share }) => share) }, owner: { $in: leases.map(({ owner }) => owner) } };
    await this.patience.persist(() => this.leases.updateMany(ours, { $set: { until: new Date(0), owner: '' } }, this.soon));
  }

  forget(lease: MongoLease): void {
    this.held.delete(lease);
  }

  private wallMs(): number {
    return Date.parse(this.options.clock.now());
  }

  private async raiseFence({ share, token, owner }: MongoLease, former: readonly Binary[]): Promise<void> {
    await this.patience.persist(async () => {
      for (;;) {
        await this.endSessions(former);
        try {
          await this.fences.updateOne({ _id: share, token: { $lte: token } }, { $set: { token } }, { upsert: true, maxTimeMS: FENCE_MS_MAX, ...this.soon });
          break;
        } catch (error) {
          if (!(error instanceof MongoServerError)) throw error;
          if (error.code === DUPLICATE_KEY) throw new LeaseLost(share);
          if (error.code !== MAX_TIME_EXPIRED) throw error;
        }
      }
      // One that began in between knows the fence of before, and may hold a checkpoint that it will never move.
      await this.endSessions(former);
      if (former.length > 0) await this.leases.updateOne({ _id: share, owner }, { $unset: { former: '' } }, this.soon);
    });
  }

  /** From checkpoints that a former owner could move alone. None gets its token any more: that takes a transaction, which the fence ends. */
  private async takeTokens({ share, token }: MongoLease, checkpoints: readonly string[]): Promise<void> {
    const { client, database } = this.options;
    for (const name of checkpoints) {
      const moved = client.db(database).collection<CheckpointLease>(name, { writeConcern: DURABLE });
      await this.patience.persist(() => moved.updateMany({ share, token: { $lt: token } }, { $unset: { token: '' } }, this.soon));
    }
  }

  private async endSessions(sessions: readonly Binary[]): Promise<void> {
    if (sessions.length > 0) await this.options.client.db('admin').command({ killSessions: sessions.map(id => ({ id })) });
  }

  /** All of them with one request; those that are another's by now are lost. */
  private async renew(): Promise<void> {
    const { clock } = this.options;
    const pauseMs = this.ttlMs / RENEWALS_PER_TTL;
    for (let inMs = pauseMs; ; ) {
      await clock.sleep(inMs, this.closing.signal);
      if (this.closing.signal.aborted) return;
      // Whatever fails, also what the driver lets through from a socket: they run out by themselves where this goes on.
      const renewal = this.renewAll().then(() => pauseMs, () => RENEWAL_RETRY_MS);
      const answered = new AbortController();
      // A connection that has fallen silent takes its renewal with it; the next one, on another connection, comes in time.
      inMs = await Promise.race([renewal, clock.sleep(pauseMs, answered.signal).then(() => 0)]);
      answered.abort();
    }
  }

  private async renewAll(): Promise<void> {
    const sentMs = performance.now();
    const sentWallMs = this.wallMs();
    for (const lease of this.held) {
      try {
        lease.assertHeld();
      } catch {
        // It stood still for too long, and is lost even if nobody else has come.
      }
    }
    const leases = [...this.held];
    if (leases.length === 0) return;
    const ours = { _id: { $in: leases.map(({ share }) => share) }, owner: { $in: leases.map(({ owner }) => owner) } };
    const { matchedCount } = await this.leases.updateMany(ours, lasting(this.ttlMs), { maxTimeMS: this.ttlMs, ...within(this.ttlMs) });
    let still: readonly MongoLease[] = leases;
    if (matchedCount < leases.length) {
      const owners = new Set((await this.leases.find({ _id: ours._id }, { projection: { owner: 1 }, ...within(this.ttlMs) }).toArray()).map(({ owner }) => owner));
      still = leases.filter(({ owner }) => owners.has(owner));
      for (const lease of leases) if (!still.includes(lease)) lease.lose();
    }
    for (const lease of still) lease.renewed(sentMs, sentWallMs, this.ttlMs);
  }
}

/** Names of the shares that some worker holds now, by the server's clock. */
export async function heldShares(client: MongoClient, database: string): Promise<string[]> {
  const leases = client.db(database).collection<LeaseDocument>('leases');
  const held = await leases.find({ $expr: { $gt: ['$until', '$$NOW'] } }, { projection: { _id: 1 }, maxTimeMS: TTL_MS }).toArray();
  return held.map(({ _id }) => _id);
}

/** Takes the share where it is free, else changes nothing: a client's clock has no say in it. */
function taking(owner: string, ttlMs: number): Document[] {
  const whereFree = (value: unknown, otherwise: unknown): Document => ({ $cond: ['$free', value, otherwise] });
  return [
    { $set: { free: { $lte: [{ $ifNull: ['$until', new Date(0)] }, '$$NOW'] } } },
    {
      $set: {
        owner: whereFree({ $literal: owner }, '$owner'),
        token: whereFree({ $add: [{ $ifNull: ['$token', 0] }, 1] }, '$token'),
        until: whereFree({ $add: ['$$NOW', ttlMs] }, '$until'),
        former: whereFree({ $setUnion: [{ $ifNull: ['$former', []] }, { $ifNull: ['$sessions', []] }] }, '$former'),
        sessions: whereFree([], '$sessions'),
      },
    },
    { $unset: 'free' },
  ];
}

function lasting(ttlMs: number): Document[] {
  return [{ $set: { until: { $add: ['$$NOW', ttlMs] } } }];
}
