// Which table of a projection is in use: one pointer for each, switched in one step, followed by readers in any thread.
// Tables are named `<projection>@<version>.<generation>`; the one before is kept for a rollback.
import type { Position, Projection } from '@app/kernel';
import { checkpointOf } from './folded-table';
import type { Clock } from './ports/clock';
import type { ReadModelStore } from './ports/read-model-store';
import type { Signals } from './ports/signals';
import type { RebuildOutcome } from './projection-status';

export interface TableOfVersion {
  table: string;
  version: number;
}

export interface LivePointer extends TableOfVersion {
  /** For a rollback; null where there was none. */
  previous: TableOfVersion | null;
  /** Built and kept for a switch; not followed until then. */
  candidate: TableOfVersion | null;
  /** The last operation that changed this: killed before its outcome was recorded, it is not done again. */
  operation: string | null;
  /** Of the last rebuild or verification, also of one that failed. */
  lastRebuild: RebuildOutcome | null;
  /** Of a table that began empty while the log held events for it: before its rows have seen the log up to here, some are missing. */
  builtUpTo?: Position;
}

const PREFIX = 'live/';
const RECHECK_MS = 1_000;

export function tableName(projection: string, version: number, generation: number): string {
  return `${projection}@${version}.${generation}`;
}

/** The projection that a table belongs to, and its generation; undefined for a table that is none of a projection. */
export function partsOf(table: string): { projection: string; version: number; generation: number } | undefined {
  const parts = /^(.+)@(\d+)\.(\d+)$/.exec(table);
  return parts === null ? undefined : { projection: parts[1] as string, version: Number(parts[2]), generation: Number(parts[3]) };
}

export async function readPointer(store: ReadModelStore, projection: string): Promise<{ pointer: LivePointer; text: string } | undefined> {
  const text = await store.checkpoint(`${PREFIX}${projection}`);
  // Pointers of the first release know of no candidate and no operation.
  return text === undefined ? undefined : { pointer: { candidate: null, operation: null, ...(JSON.parse(text) as Omit<LivePointer, 'candidate' | 'operation'>) }, text };
}

/** `fenced`: another one has switched since `from` was read. */
export function writePointer(store: ReadModelStore, projection: string, from: string | undefined, pointer: LivePointer): Promise<'applied' | 'fenced'> {
  return store.apply(`${PREFIX}${projection}`, from, JSON.stringify(pointer), []);
}

/** To an empty table that follows the log from its beginning. */
export function firstPointer({ name, version }: Projection, builtUpTo: Position | undefined): LivePointer {
  const pointer = { table: tableName(name, version, 1), version, previous: null, candidate: null, operation: null, lastRebuild: null };
  return builtUpTo === undefined ? pointer : { ...pointer, builtUpTo };
}

/** Throws where another one has switched since `from` was read. */
export async function movePointer(store: ReadModelStore, projection: string, from: string | undefined, pointer: LivePointer): Promise<void> {
  if ((await writePointer(store, projection, from, pointer)) === 'fenced') throw new Error(`Another process has switched ${projection}; this was not used.`);
}

/** Where there are no rows yet there is no place for it: the state of the projection says why they are not there. */
export async function recordOutcome(store: ReadModelStore, projection: string, change: Pick<LivePointer, 'lastRebuild'> & Partial<Pick<LivePointer, 'operation' | 'candidate'>>): Promise<void> {
  const before = await readPointer(store, projection);
  if (before !== undefined) await movePointer(store, projection, before.text, { ...before.pointer, operation: null, ...change });
}

interface LiveTablesDeps {
  store: ReadModelStore;
  signals: Signals;
  clock: Clock;
}

/** The projection has no rows yet, or not all of them: its first build is under way, or nobody runs it. */
export class NoLiveTable extends Error {
  override readonly name = 'NoLiveTable';
  constructor(readonly projection: string) {
    super(`The rows of ${projection} are not built yet, so nothing can be said by them. Ask again; projections status shows how far they are.`);
  }
}

export class LiveTables {
  private readonly cache = new Map<string, { pointer: LivePointer; checkedAtMs: number }>();
  /** Tables whose first build is known to be over. */
  private readonly built = new Set<string>();
  private readonly unsubscribe: () => void;

  constructor(private readonly deps: LiveTablesDeps) {
    this.unsubscribe = deps.signals.subscribe('switched', ({ projection }) => void this.cache.delete(projection));
  }

  /** Throws NoLiveTable. */
  async tableOf(projection: string): Promise<string> {
    const pointer = await this.pointerOf(projection);
    if (pointer === undefined) throw new NoLiveTable(projection);
    return pointer.table;
  }

  /** Throws NoLiveTable also while rows of the first build are missing. */
  async builtTableOf(projection: string): Promise<string> {
    const pointer = await this.pointerOf(projection);
    if (pointer === undefined) throw new NoLiveTable(projection);
    const { table, builtUpTo } = pointer;
    if (builtUpTo === undefined || this.built.has(table)) return table;
    if (((await this.deps.store.checkpoint(checkpointOf(table))) ?? '') < builtUpTo) throw new NoLiveTable(projection);
    this.built.add(table);
    return table;
  }

  async pointerOf(projection: string): Promise<LivePointer | undefined> {
    const nowMs = Date.parse(this.deps.clock.now());
    const cached = this.cache.get(projection);
    if (cached !== undefined && nowMs - cached.checkedAtMs < RECHECK_MS) return cached.pointer;
    const found = await readPointer(this.deps.store, projection);
    if (found !== undefined) this.cache.set(projection, { pointer: found.pointer, checkedAtMs: nowMs });
    return found?.pointer;
  }

  /** The table was not there any more. */
  forget(projection: string): void {
    this.cache.delete(projection);
  }

  close(): void {
    this.unsubscribe();
  }
}
