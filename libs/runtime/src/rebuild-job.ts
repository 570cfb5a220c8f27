// What is being built, kept in the store so that whoever starts next can go on with it.
// A job lists its tables: what no job and no pointer names is a leftover.
import type { Instant, Position } from '@app/kernel';
import type { Member } from './projection-member';
import type { ReadModelStore } from './ports/read-model-store';

export interface RebuildRequest {
  /** Who asked for it. */
  by: string;
  reason: string | null;
}

/** What becomes of the new rows: put in use, kept for a switch, or compared and dropped. */
type RebuildUse = 'switch' | 'keep' | 'verify';

export interface RebuildJob extends RebuildRequest {
  members: readonly Member[];
  mode: RebuildUse;
  /** By projection, the operations that asked for it; none where nothing is recorded. */
  operations: Readonly<Record<string, string>>;
  /** Where an earlier process began it. */
  saved?: SavedJob;
  /** Called once it is sure to be carried out and the status shows it. */
  begun?: (() => void) | undefined;
  /** Whoever gave it tries it again: what is built stays there after a failure. */
  lasting?: boolean;
}

export interface SavedJob extends RebuildRequest {
  id: string;
  mode: RebuildUse;
  operations: Readonly<Record<string, string>>;
  tables: { projection: string; version: number; table: string }[];
  upTo: Position;
  total: number;
  startedAt: Instant;
}

/** Not now, or not these; `rejection` names the broken condition. */
export class OperationRefused extends Error {
  override readonly name = 'OperationRefused';
  constructor(
    readonly rejection: string,
    message: string,
  ) {
    super(message);
  }
}

const PREFIX = 'rebuild/';

export async function savedJobs(store: ReadModelStore): Promise<SavedJob[]> {
  return Object.values(await store.checkpoints(PREFIX)).map(text => ({ operations: {}, ...(JSON.parse(text) as Omit<SavedJob, 'operations'>) }));
}

export async function saveJob(store: ReadModelStore, job: SavedJob): Promise<void> {
  await store.apply(`${PREFIX}${job.id}`, await store.checkpoint(`${PREFIX}${job.id}`), JSON.stringify(job), []);
}

export async function forgetJob(store: ReadModelStore, { id }: SavedJob): Promise<void> {
  await store.apply(`${PREFIX}${id}`, await store.checkpoint(`${PREFIX}${id}`), undefined, []);
}

export function tableIn({ tables }: SavedJob, { projection }: Member): string {
  return (tables.find(table => table.projection === projection.name) as { table: string }).table;
}
