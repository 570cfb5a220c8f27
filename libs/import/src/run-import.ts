// A folder of files becomes items, and every item gets an answer or a place in the list of what could not be taken; nothing of it stops the rest.
// SKUs go before all orders. Sending everything again changes nothing: what a killed import left undone is done by the next.
import { mkdirSync, realpathSync } from 'node:fs';
import { type Acknowledged, Batches } from './batches';
import { mappingFunctions } from './expression-functions';
import { importKey, type Note, ProgressNote } from './import-progress';
import type { ImportOutcome, ImportSink } from './import-sink';
import { ItemPlan } from './item-plan';
import { Joiner, type RejectedRow } from './joined-rows';
import { ListedRows } from './listed-rows';
import { LocalTimeReader } from './local-time';
import { type Mapping, MappingError, readMapping, rootOf } from './mapping';
import { checkColumns } from './named-columns';
import { Scratch, scratchPath, sweepScratch } from './scratch';
import { filesOf, type SourceFile } from './source-files';

const NOTE_EVERY_MS = 500;

export interface ImportOptions {
  folder: string;
  /** Content of the mapping file. */
  mapping: string;
  history: boolean;
  sink: ImportSink;
  /** For the scratch file, the progress note and long lists of rows; made where it does not exist. */
  workFolder: string;
  /** True: no other process imports with this work folder, so that whatever lies there was left by one that was killed. */
  alone: boolean;
  /** What the sink leads to (a data directory, a server's URL): progress counts for the same target only. */
  target: string;
  /** False: begins at the beginning whatever was done before. */
  resume: boolean;
  progress(state: ImportProgress): void;
  /** Aborting ends the import after the answers in flight; the report says so. */
  signal?: AbortSignal;
  /** The clock that spaces progress notes, milliseconds. */
  nowMs(): number;
}

interface ImportProgress {
  phase: 'joining' | 'sending';
  /** Of the files as they lie on disk; files that are read twice count twice. */
  bytesRead: number;
  bytesTotal: number;
  rows: number;
  sent: number;
  rejected: number;
}

export interface ImportReport {
  /** False: aborted; a second run goes on from here. */
  complete: boolean;
  files: { source: string; file: string; bytes: number }[];
  /** Rows read by source, rejected ones included. */
  rows: Record<string, number>;
  /** Rows of the sources that a run before this one had done. */
  resumedRows: number;
  sent: number;
  /** By topic, then by outcome. */
  outcomes: Record<string, Record<string, number>>;
  /** Rows that could not be taken: bad ones, and those whose item is in quarantine. */
  rejected: RowList;
  /** Rows whose fact was taken and refused by its order: it stands among the order's sources as refused, with the reason. */
  refused: RowList;
}

interface RowList {
  count: number;
  /** The first 500. */
  first: readonly RejectedRow[];
  /** Every one; the file behind it stays in the work folder until the same import begins anew. */
  all(): AsyncIterable<RejectedRow>;
}

interface Pass {
  name: string;
  root: string;
  plan: ItemPlan;
}

/** Throws MappingError before anything is sent, and whatever the sink throws. */
export async function runImport(options: ImportOptions): Promise<ImportReport> {
  const mapping = readMapping(options.mapping);
  const passes = passesOf(mapping);
  const files = new Map<string, SourceFile[]>();
  for (const [name, source] of Object.entries(mapping.sources)) files.set(name, await filesOf(options.folder, name, source));
  await checkColumns(mapping, files);
  mkdirSync(options.workFolder, { recursive: true, mode: 0o700 });
  const key = importKey({ folder: realpathSync(options.folder), mapping: options.mapping, target: options.target, history: options.history, files });
  sweepScratch(options.workFolder, options.alone);
  const scratch = new Scratch(scratchPath(options.workFolder, key));
  try {
    return await new ImportRun(options, mapping, passes, files, scratch, new ProgressNote(options.workFolder, key)).run();
  } finally {
    scratch.close();
  }
}

class ImportRun {
  private readonly rejected: ListedRows;
  private readonly refused: ListedRows;
  private readonly joiner: Joiner;
  private readonly resumed: Note | null;
  private readonly rows: Record<string, number> = {};
  private outcomes: Record<string, Record<string, number>> = {};
  private sent = 0;
  private resumedRows = 0;
  private bytesRead = 0;
  private readonly bytesTotal: number;
  private notedMs: number;
  /** While rows of an earlier run are read again, what was wrong with them stands in the list already. */
  private listing = true;

  constructor(
    private readonly options: ImportOptions,
    mapping: Mapping,
    private readonly passes: readonly Pass[],
    private readonly files: ReadonlyMap<string, readonly SourceFile[]>,
    scratch: Scratch,
    private readonly note: ProgressNote,
  ) {
    this.resumed = options.resume ? note.read() : null;
    this.rejected = new ListedRows(note.rejectedPath, this.resumed?.rejected);
    this.refused = new ListedRows(note.refusedPath, this.resumed?.refused);
    if (this.resumed !== null) {
      this.outcomes = this.resumed.outcomes;
      this.sent = this.resumed.sent;
    }
    this.joiner = new Joiner(mapping, scratch, {
      files,
      read: bytes => (this.bytesRead += bytes),
      rejected: row => this.reject(row),
      counted: source => (this.rows[source] = (this.rows[source] ?? 0) + 1),
    });
    this.bytesTotal = this.joiner.sources(this.roots()).concat(passes.map(pass => pass.root)).reduce((sum, source) => sum + (files.get(source) ?? []).reduce((bytes, file) => bytes + file.bytes, 0), 0);
    this.notedMs = options.nowMs();
  }

  async run(): Promise<ImportReport> {
    const { signal } = this.options;
    try {
      this.listing = this.resumed === null;
      await this.joiner.load(this.roots(), signal, () => this.tell('joining'));
      this.listing = true;
      const from = this.resumed === null ? 0 : Math.max(0, this.passes.findIndex(pass => pass.name === this.resumed?.pass));
      const rowsBefore = { ...this.rows };
      for (const [i, pass] of this.passes.entries()) {
        // A source that two passes read counts once.
        this.rows[pass.root] = rowsBefore[pass.root] ?? 0;
        if (i >= from) await this.send(pass, i === from ? (this.resumed?.rows ?? 0) : 0);
      }
      for (const orphan of this.joiner.orphans(this.roots())) this.reject(orphan);
    } catch (error) {
      if (signal?.aborted === true && error === signal.reason) return this.report(false);
      throw error;
    }
    this.note.remove();
    return this.report(true);
  }

  private async send(pass: Pass, done: number): Promise<void> {
    const { signal, sink } = this.options;
    let acknowledged = done;
    const remember = (): void => {
      this.notedMs = this.options.nowMs();
      this.note.write({ pass: pass.name, rows: acknowledged, sent: this.sent, outcomes: this.outcomes, rejected: this.rejected.mark(), refused: this.refused.mark() });
    };
    const batches = new Batches(
      sink,
      batch => {
        this.acknowledged(batch);
        acknowledged = batch.rows;
        if (this.options.nowMs() - this.notedMs >= NOTE_EVERY_MS) remember();
      },
      done,
    );
    this.resumedRows += done;
    let rows = done;
    try {
      for await (const some of this.joiner.rows(pass.root, done)) {
        for (const { joined, rejected } of some) {
          rows++;
          const planning = joined === null ? { items: [], rejected: [rejected] } : pass.plan.plan(joined);
          const planned = planning instanceof Promise ? await planning : planning;
          const full = batches.add(planned.items, planned.rejected, rows);
          if (full !== undefined) {
            await full;
            signal?.throwIfAborted();
          }
        }
        this.tell('sending');
        signal?.throwIfAborted();
      }
      await batches.flush();
      this.tell('sending');
    } finally {
      await batches.settled();
      remember();
    }
  }

  private acknowledged({ items, outcomes, rejected }: Acknowledged): void {
    for (const row of rejected) this.reject(row);
    for (const [i, { topic, file, line }] of items.entries()) {
      const { outcome, errors } = outcomes[i] as ImportOutcome;
      this.sent++;
      const counts = (this.outcomes[topic] ??= {});
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      const row = { file, line, reason: `${topic}: ${errors.join('; ')}` };
      if (outcome === 'QUARANTINED') this.reject(row);
      else if (outcome === 'REFUSED') this.refused.add(row);
    }
  }

  private reject(row: RejectedRow): void {
    if (this.listing) this.rejected.add(row);
  }

  private tell(phase: ImportProgress['phase']): void {
    const rows = Object.values(this.rows).reduce((sum, count) => sum + count, 0);
    this.options.progress({ phase, bytesRead: this.bytesRead, bytesTotal: this.bytesTotal, rows, sent: this.sent, rejected: this.rejected.count });
  }

  private roots(): string[] {
    return [...new Set(this.passes.map(pass => pass.root))];
  }

  private report(complete: boolean): ImportReport {
    const files = [...this.files].flatMap(([source, list]) => list.map(({ name, bytes }) => ({ source, file: name, bytes })));
    const { rows, resumedRows, sent, outcomes } = this;
    return { complete, files, rows, resumedRows, sent, outcomes, rejected: this.rejected, refused: this.refused };
  }
}

/** The catalogue first, then every source that brings anything else, in the order of the topics. Throws MappingError. */
function passesOf(mapping: Mapping): Pass[] {
  const functions = mappingFunctions(timesOf(mapping), mapping.tables, currencyDigits(mapping.currency));
  const passes: Pass[] = [];
  for (const [kind, takes] of [['skus', (topic: string) => topic === 'skus'], ['orders', (topic: string) => topic !== 'skus']] as const) {
    const roots = new Set(mapping.topics.filter(({ topic }) => takes(topic)).map(({ from }) => rootOf(mapping, from)));
    for (const root of roots) passes.push({ name: `${kind} ${root}`, root, plan: new ItemPlan(mapping, root, takes, functions) });
  }
  return passes;
}

function timesOf({ zone, localTimes }: Mapping): LocalTimeReader {
  try {
    return new LocalTimeReader(zone, localTimes);
  } catch (error) {
    throw new MappingError(`The mapping cannot be used: /zone or /localTimes: ${(error as Error).message}`);
  }
}

function currencyDigits(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}
