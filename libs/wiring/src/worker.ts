// The worker: projections and policies, in a thread of their own or in the caller's. What policies decide, and what
// comes of operations, is executed where the log is written.
// A thread that ends by itself fails the process: an API without projections would answer ever older rows.
import { join } from 'node:path';
import { MessageChannel, Worker as Thread } from 'node:worker_threads';
import type { Logger } from 'pino';
import { EmbeddedReadModels } from '@app/read-models';
import { type Clock, type CommandExecutor, type EventReader, PolicyRunner, ProjectionRunner, type Signals } from '@app/runtime';
import { policiesPath, readModelsPath } from './data-files';
import { POLICIES, PROJECTIONS } from './registry';
import { callsTo, serveCalls } from './thread-calls';

export interface Worker {
  /** Ends after the transactions under way. */
  stop(): Promise<void>;
}

interface WorkerDeps {
  dataDirectory: string;
  log: EventReader;
  executor: Pick<CommandExecutor, 'execute'>;
  signals: Signals;
  clock: Clock;
  logger: Logger;
}

/** Runs it in this thread. */
export async function startWorker({ dataDirectory, log, executor, signals, clock, logger }: WorkerDeps): Promise<Worker> {
  const rows = EmbeddedReadModels.open(readModelsPath(dataDirectory));
  const policyRows = EmbeddedReadModels.open(policiesPath(dataDirectory));
  const runner = new ProjectionRunner({ log, store: rows, signals, clock, projections: PROJECTIONS, executor, logger });
  const policies = new PolicyRunner({ log, store: policyRows, signals, clock, executor, policies: POLICIES, logger });
  await runner.start();
  await policies.start();
  return {
    async stop() {
      await policies.stop();
      await runner.stop();
      await policyRows.close();
      await rows.close();
    },
  };
}

/** What the thread is told at its start. */
export interface WorkerThreadData {
  dataDirectory: string;
  channel: string;
  logLevel: string;
}

/** Folding makes many short-lived objects: with the default young generation a third of the time goes into collecting them. */
const YOUNG_GENERATION_MB_MAX = 64;

/** Runs it in a thread of its own, with connections of its own to log and rows; hints go over the channel. */
export async function startWorkerThread(data: WorkerThreadData, executor: Pick<CommandExecutor, 'execute'>, onExit: (error: Error) => void): Promise<Worker> {
  const commands = new MessageChannel();
  serveCalls(commands.port1, { execute: executor.execute.bind(executor) });
  const thread = new Thread(join(__dirname, 'worker-thread.js'), {
    workerData: { ...data, commands: commands.port2 },
    transferList: [commands.port2],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB_MAX },
  });
  let stopping = false;
  thread.on('error', (error) => onExit(error));
  thread.on('exit', (code) => {
    if (!stopping) onExit(new Error(`The thread of the worker has ended (code ${code}).`));
  });
  const calls = callsTo<Worker & { ready(): Promise<void> }>(thread, ['ready', 'stop']);
  await calls.ready();
  return {
    async stop() {
      stopping = true;
      await calls.stop();
      commands.port1.close();
      await thread.terminate();
    },
  };
}
