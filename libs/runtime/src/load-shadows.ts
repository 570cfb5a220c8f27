// Loads fresh tables from one shared reading of the log, in the order that costs the engine least, as fast as it takes rows.
// Killed anywhere it goes on from its last save.
import { categoriesOf } from './follow-log';
import { JournalNeeded, RowFold } from './fold-rows';
import { checkpointOf, tableSpec } from './folded-table';
import { forgetParked, PARKED_EVENTS, PARKED_LANES, type ParkedLane } from './parking';
import type { EventReader, ScanOptions } from './ports/event-store';
import type { BulkLoad, ReadModelStore } from './ports/read-model-store';
import type { Member } from './projection-member';
import { type SavedJob, tableIn } from './rebuild-job';

/** Where a scan stands. */
interface ScanState {
  after: string | undefined;
  processed: number;
}

interface LoadDeps {
  log: EventReader;
  store: ReadModelStore;
  signal: AbortSignal;
  /** Told how many events are done: where the load began, and since then. */
  progress(processed: number, resumedAt: number): void;
  onParked: (lane: ParkedLane) => void;
}

const SCAN_EVENTS = 2_000;

/** What lies between two saves, and what is kept of it. */
interface Stint {
  /** Changed. */
  rows: number;
  events: number;
  /** Kept in memory after a save. */
  kept: number;
}

/** An order's events come together, so few rows are needed again later. */
const BY_STREAM: Stint = { rows: 10_000, events: 20_000, kept: 2_000 };
/** They lie far apart: a row is written once for all of them that come between two saves, and read again where it was forgotten. */
const BY_TIME: Stint = { rows: 20_000, events: 100_000, kept: 20_000 };

/** Tables that were loaded already are left as they are. */
export async function loadShadows(members: readonly Member[], saved: SavedJob, deps: LoadDeps): Promise<void> {
  const { store } = deps;
  const loaded = await Promise.all(members.map(member => store.checkpoint(checkpointOf(tableIn(saved, member)))));
  if (!loaded.includes(undefined)) return;
  for (const spec of [PARKED_LANES, PARKED_EVENTS]) await store.open(spec);
  const specs = members.map(member => tableSpec(member.projection, tableIn(saved, member)));
  const load = await store.bulk(saved.id, specs);
  if (load.resumedAt === undefined) for (const { name } of specs) await forgetParked(store, name);
  const stint = deps.log.scansInLogOrder === true ? BY_TIME : BY_STREAM;
  const folds = members.map(({ projection, skipped }, i) => new RowFold(projection, (specs[i] as { name: string }).name, store, { rowsMax: stint.kept, skipped, onParked: deps.onParked }));
  const begin: ScanState = load.resumedAt === undefined ? { after: undefined, processed: 0 } : (JSON.parse(load.resumedAt) as ScanState);
  const scan = { upTo: saved.upTo, categories: categoriesOf(members), batchSize: SCAN_EVENTS, signal: deps.signal };
  const progress = (processed: number): void => deps.progress(processed, begin.processed);
  progress(begin.processed);
  // Events are not kept for folding again: that costs half the speed. Where a fold throws, the piece since the last save is read
  // again with them kept.
  let state = begin;
  for (let journaling = false; ; journaling = true) {
    for (const fold of folds) {
      await fold.recover();
      fold.journaling = journaling;
    }
    try {
      await scanLog(folds, load, { ...deps, scan, stint, from: state, saved: reached => (state = reached), progress });
      break;
    } catch (error) {
      if (!(error instanceof JournalNeeded)) throw error;
    }
  }
  await load.finish();
  for (const { name } of specs) await store.apply(checkpointOf(name), undefined, saved.upTo, []);
}

interface ScanDeps {
  log: EventReader;
  signal: AbortSignal;
  scan: ScanOptions;
  stint: Stint;
  from: ScanState;
  saved: (state: ScanState) => void;
  progress: (processed: number) => void;
}

/** Rows that are being saved while others are folded. */
interface Flight {
  state: ScanState;
  /** Never rejected while nobody waits for it: `landed` tells. */
  landed: Promise<{ error?: unknown }>;
}

async function scanLog(folds: readonly RowFold<unknown>[], load: BulkLoad, { log, signal, scan, stint, from, saved, progress }: ScanDeps): Promise<void> {
  let { after, processed } = from;
  let unsaved = 0;
  let flight: Flight | undefined;
  const land = async (): Promise<void> => {
    if (flight === undefined) return;
    const { landed, state } = flight;
    flight = undefined;
    const outcome = await landed;
    if ('error' in outcome) throw outcome.error;
    saved(state);
    for (const fold of folds) {
      await fold.settled();
      fold.journaling = false;
    }
  };
  const save = async (): Promise<void> => {
    await land();
    if (unsaved === 0) return;
    const state: ScanState = { after, processed };
    const landed = load.save(folds.flatMap(fold => fold.send()), JSON.stringify(state)).then(() => ({}), (error: unknown) => ({ error }));
    flight = { state, landed };
    unsaved = 0;
    // What was parked is settled before anything more is folded, and a journal ends with what it was kept for.
    if (folds.some(({ journaling, lanes }) => journaling || lanes.any)) await land();
  };
  try {
    for await (const { events, token } of log.scan(after === undefined ? scan : { ...scan, after })) {
      for (const fold of folds) await fold.fold(events);
      after = token;
      processed += events.length;
      unsaved += events.length;
      progress(processed);
      if (unsaved >= stint.events || folds.reduce((rows, fold) => rows + fold.dirtyRows, 0) >= stint.rows) await save();
    }
    // An aborted scan ends like a complete one.
    signal.throwIfAborted();
    await save();
  } finally {
    // Whatever threw: the next attempt goes on behind what was saved.
    await land();
  }
}
