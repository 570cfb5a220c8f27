// A worker in a thread of its own, as this one sees it: ready once its projections are under way, and ended when told to.
// A thread that ends by itself fails the process: an API without projections would answer ever older rows.
import { join } from 'node:path';
import { type TransferListItem, Worker as Thread } from 'node:worker_threads';
import { callsTo } from './thread-calls';
import type { Worker } from './worker';

/** What the thread serves. */
export type WorkerThreadCalls = Worker & { ready(): Promise<void> };

/** Folding makes many short-lived objects: with the default young generation a third of the time goes into collecting them. */
const YOUNG_GENERATION_MB_MAX = 64;

/** `file`: of the build, beside this one. */
export async function runWorkerThread(file: string, workerData: object, transferList: TransferListItem[], onExit: (error: Error) => void): Promise<Worker> {
  const thread = new Thread(join(__dirname, file), { workerData, transferList, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB_MAX } });
  let stopping = false;
  thread.on('error', (error) => onExit(error));
  thread.on('exit', (code) => {
    if (!stopping) onExit(new Error(`The thread of the worker has ended (code ${code}).`));
  });
  const calls = callsTo<WorkerThreadCalls>(thread, ['ready', 'stop']);
  await calls.ready();
  return {
    async stop() {
      stopping = true;
      await calls.stop();
      await thread.terminate();
    },
  };
}
