// The projections as the rest of the product commands them, wherever they run: in a thread of their own or in this one.
// A thread that ends by itself fails the process: an API without projections would answer ever older rows.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Clock, type EventReader, ProjectionRunner, type ReadModelStore, type RebuildOutcome, type RebuildRequest, type Signals, type Verification } from '@app/runtime';
import type { Logger } from 'pino';
import { PROJECTIONS } from './registry';
import { callsTo } from './thread-calls';

export interface ProjectionControl {
  /** Builds beside the live rows, compares and switches; answers when it is over. */
  rebuild(names: readonly string[], request: RebuildRequest): Promise<Record<string, RebuildOutcome>>;
  /** Builds a shadow up to the live rows and compares every row. */
  verify(name: string): Promise<Verification>;
  retry(name: string, key: string): Promise<{ resumed: number }>;
  /** Ends after the transaction under way. */
  stop(): Promise<void>;
}

export interface InThisThread {
  log: EventReader;
  store: ReadModelStore;
  signals: Signals;
  clock: Clock;
  logger: Logger;
}

/** Runs them in this thread: for tests, and for a process that does nothing else. */
export async function runProjectionsHere(deps: InThisThread): Promise<ProjectionControl> {
  const runner = new ProjectionRunner({ ...deps, projections: PROJECTIONS });
  await runner.start();
  return runner;
}

/** What the thread is told at its start. */
export interface ProjectionThreadData {
  dataDirectory: string;
  channel: string;
  logLevel: string;
}

/** Runs them in a thread of their own, with connections of its own to log and rows; hints go over the channel. */
export async function runProjectionsInThread(data: ProjectionThreadData, onExit: (error: Error) => void): Promise<ProjectionControl> {
  const worker = new Worker(join(__dirname, 'projection-thread.js'), { workerData: data });
  let stopping = false;
  worker.on('error', (error) => onExit(error));
  worker.on('exit', (code) => {
    if (!stopping) onExit(new Error(`The thread of the projections has ended (code ${code}).`));
  });
  const calls = callsTo<ProjectionControl & { ready(): Promise<void> }>(worker, ['ready', 'rebuild', 'verify', 'retry', 'stop']);
  await calls.ready();
  return {
    rebuild: calls.rebuild,
    verify: calls.verify,
    retry: calls.retry,
    async stop() {
      stopping = true;
      await calls.stop();
      await worker.terminate();
    },
  };
}
