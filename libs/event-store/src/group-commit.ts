// One durable transaction for everything that arrives together, answered in order and only once it is on disk.
// Whatever fails while writing poisons it for good: after a failed sync nobody knows what the disk holds.
import { type Database, SqliteError, type Statement } from '@app/sqlite';
import type { AcknowledgedFile } from './acknowledged-file';
import { StoreFailed } from './errors';
import type { LogState } from './log-schema';

interface Task<Answer> {
  bytes: number;
  /** Runs inside the transaction; must not throw for anything a caller can do wrong. */
  run: () => Answer;
}

interface Queued {
  task: Task<unknown>;
  resolve: (answer: never) => void;
  reject: (error: unknown) => void;
}

interface Waiting extends Omit<Queued, 'task'> {
  prepare: () => Task<unknown>;
}

interface Committed {
  done: readonly { resolve: (answer: never) => void; reject: (error: unknown) => void; answer: unknown }[];
  bytes: number;
  state: LogState;
}

/** A group is cut here, so that the event loop is not kept for longer than some 20 ms. */
const GROUP_BYTES = 1_048_576;
const GROUP_TASKS = 2_000;
/** So many tasks do not wait for the acknowledgement of the group before: they are worth a sync of their own. */
const GROUP_TASKS_WORTH = 256;
/** Pages of 8 KiB in the write-ahead log before they are moved into the file. */
const CHECKPOINT_PAGES = 2_000;
/** Taken in and not yet answered, at most (by one task more). Others wait outside, not yet serialised. */
const HELD_BYTES_MAX = 8 * 1_048_576;
const HELD_TASKS_MAX = 4_000;

interface GroupCommitDeps {
  database: Database;
  acknowledged: AcknowledgedFile;
  /** What the transaction has come to; tasks change it. */
  state: LogState;
  /** Runs first and last in each transaction. */
  begin: () => void;
  flush: () => void;
  onAcknowledged: (state: LogState, before: LogState) => void;
}

export class GroupCommit {
  private queue: Queued[] = [];
  private waiting: Waiting[] = [];
  private committed: Committed[] = [];
  private scheduled = false;
  private acknowledging = false;
  private failure: StoreFailed | undefined;
  private closing = false;
  private idle: (() => void)[] = [];
  private answered: LogState;
  private heldBytes = 0;
  private heldTasks = 0;
  private groupCount = 0;
  private readonly walPages: Statement;
  private readonly checkpoint: Statement;

  constructor(private readonly deps: GroupCommitDeps) {
    this.answered = { ...deps.state };
    // SQLite's own automatic checkpoint would pass over a failed sync in silence.
    deps.database.exec('PRAGMA wal_autocheckpoint=0');
    this.walPages = deps.database.prepare('PRAGMA wal_checkpoint(NOOP)').asArrays();
    this.checkpoint = deps.database.prepare('PRAGMA wal_checkpoint(PASSIVE)').asArrays();
  }

  /** `prepare` is called when there is room, before or after this returns; what it throws is the caller's mistake and harms nobody else. */
  enqueue<Answer>(prepare: () => Task<Answer>): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      if (this.closing) return reject(new Error('The event log is closed.'));
      const waiting: Waiting = { prepare, resolve, reject };
      if (this.waiting.length > 0 || this.isFull()) this.waiting.push(waiting);
      else this.admit(waiting);
    });
  }

  /** Moves the whole write-ahead log into the file and cuts it, unless a reader still holds an older state. */
  truncateWal(): void {
    if (this.failure !== undefined) throw this.failure;
    try {
      this.deps.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      this.poison(error, []);
      throw this.failure ?? error;
    }
  }

  /** Resolves when everything taken in so far is answered. */
  async drain(): Promise<void> {
    while (this.failure === undefined && (this.heldTasks > 0 || this.waiting.length > 0)) await new Promise<void>(resolve => this.idle.push(resolve));
  }

  /** Takes nothing more in and answers what it has. */
  close(): Promise<void> {
    this.closing = true;
    return this.drain();
  }

  get acknowledgedState(): LogState {
    return this.answered;
  }

  get failed(): StoreFailed | undefined {
    return this.failure;
  }

  get groups(): number {
    return this.groupCount;
  }

  get held(): number {
    return this.heldTasks;
  }

  private isFull(): boolean {
    return this.heldBytes >= HELD_BYTES_MAX || this.heldTasks >= HELD_TASKS_MAX;
  }

  private admit({ prepare, resolve, reject }: Waiting): void {
    let task: Task<unknown>;
    try {
      task = prepare();
    } catch (error) {
      return reject(error);
    }
    this.heldBytes += task.bytes;
    this.heldTasks += 1;
    this.queue.push({ task, resolve, reject });
    this.schedule();
  }

  /** The end of this turn of the event loop: what the turn still brings joins the group. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      // While the group before is being acknowledged, this one grows: fewer syncs for the same appends.
      if (this.acknowledging && this.queue.length < GROUP_TASKS_WORTH) return;
      this.commitGroup();
    });
  }

  private commitGroup(): void {
    if (this.failure !== undefined || this.queue.length === 0) return;
    let bytes = 0;
    let count = 0;
    while (count < this.queue.length && count < GROUP_TASKS && (count === 0 || bytes + (this.queue[count]?.task.bytes ?? 0) <= GROUP_BYTES)) {
      bytes += this.queue[count]?.task.bytes ?? 0;
      count += 1;
    }
    const group = this.queue.splice(0, count);
    const { database, state, begin, flush } = this.deps;
    try {
      database.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (!(error instanceof SqliteError) || error.code !== 'SQLITE_BUSY') return this.poison(error, group);
      // Somebody else holds the write lock (a hand at the sqlite3 prompt). Nothing was begun, so nothing is in doubt.
      for (const { reject } of group) reject(error);
      this.release(bytes, group.length);
      if (this.queue.length > 0) this.schedule();
      return;
    }
    try {
      begin();
      const done = group.map(({ task, resolve, reject }) => ({ resolve, reject, answer: task.run() }));
      flush();
      database.exec('COMMIT');
      this.committed.push({ done, bytes, state: { ...state } });
    } catch (error) {
      return this.poison(error, group);
    }
    this.groupCount += 1;
    if (this.queue.length > 0) this.schedule();
    void this.acknowledge();
    this.shortenWal();
  }

  /** Moves a long write-ahead log into the file, while the acknowledgement is being synced by another thread. */
  private shortenWal(): void {
    const [, pages = 0, moved = 0] = this.walPages.get<number[]>() ?? [];
    if (pages - moved < CHECKPOINT_PAGES) return;
    try {
      this.checkpoint.get();
    } catch (error) {
      this.poison(error, []);
    }
  }

  /** One loop at a time; groups committed meanwhile share the next sync. Never rejects. */
  private async acknowledge(): Promise<void> {
    if (this.acknowledging) return;
    this.acknowledging = true;
    while (this.committed.length > 0 && this.failure === undefined) {
      const groups = this.committed;
      this.committed = [];
      const before = this.answered;
      const state = groups.at(-1)?.state ?? before;
      try {
        if (state.position !== before.position || state.keyChanges !== before.keyChanges) await this.deps.acknowledged.write(state);
      } catch (error) {
        this.poison(error, groups.flatMap(group => group.done));
        break;
      }
      this.answered = state;
      for (const { done, bytes } of groups) {
        for (const { resolve, answer } of done) resolve(answer as never);
        this.release(bytes, done.length);
      }
      this.deps.onAcknowledged(state, before);
    }
    this.acknowledging = false;
    if (this.queue.length > 0) this.schedule();
  }

  private release(bytes: number, tasks: number): void {
    this.heldBytes -= bytes;
    this.heldTasks -= tasks;
    let admitted = 0;
    for (; admitted < this.waiting.length && !this.isFull(); admitted++) {
      const waiting = this.waiting[admitted];
      if (waiting !== undefined) this.admit(waiting);
    }
    if (admitted > 0) this.waiting.splice(0, admitted);
    this.wakeIdle();
  }

  private poison(cause: unknown, unanswered: readonly { reject: (error: unknown) => void }[]): void {
    const failure = (this.failure ??= new StoreFailed(this.deps.database.path, cause));
    const rejected = [...unanswered, ...this.committed.flatMap(group => group.done), ...this.queue, ...this.waiting];
    this.committed = [];
    this.queue = [];
    this.waiting = [];
    for (const { reject } of rejected) reject(failure);
    this.wakeIdle();
  }

  private wakeIdle(): void {
    const { idle } = this;
    this.idle = [];
    for (const wake of idle) wake();
  }
}
