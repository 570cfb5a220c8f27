// The worker: projections and policies, in a thread of their own or in the caller's. What policies decide, and what
// comes of operations, is executed where the log is written.
// One runner for all of them: an event is read and parsed once, however many fold it.
import { MessageChannel } from 'node:worker_threads';
import type { Logger } from 'pino';
import { EmbeddedReadModels } from '@app/read-models';
import { type Clock, type CommandExecutor, type EventReader, PolicyRunner, ProjectionRunner, type Signals } from '@app/runtime';
import { policiesPath, readModelsPath } from './data-files';
import type { LogConfig } from './logger';
import { adoptionsIn } from './policy-adoption';
import { CATEGORIES, POLICIES, PROJECTIONS, STAND_IN_POLICIES } from './registry';
import { runWorkerThread } from './run-worker-thread';
import { serveCalls } from './thread-calls';

export interface Worker {
  /** Ends after the transactions under way. */
  stop(): Promise<void>;
}

interface WorkerDeps {
  dataDirectory: string;
  /** Sends nothing. */
  standIn: boolean;
  log: EventReader;
  executor: Pick<CommandExecutor, 'execute'>;
  signals: Signals;
  clock: Clock;
  logger: Logger;
}

/** Runs it in this thread. */
export async function startWorker({ dataDirectory, standIn, log, executor, signals, clock, logger }: WorkerDeps): Promise<Worker> {
  const rows = EmbeddedReadModels.open(readModelsPath(dataDirectory));
  const policyRows = EmbeddedReadModels.open(policiesPath(dataDirectory));
  const runner = new ProjectionRunner({ log, store: rows, signals, clock, projections: PROJECTIONS, executor, logger });
  const policies = new PolicyRunner({ log, store: policyRows, signals, clock, executor, policies: standIn ? STAND_IN_POLICIES : POLICIES, adoptions: adoptionsIn(log, CATEGORIES), logger });
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
  standIn: boolean;
  channel: string;
  log: LogConfig;
}

/** Runs it in a thread of its own, with connections of its own to log and rows; hints go over the channel. */
export async function startWorkerThread(data: WorkerThreadData, executor: Pick<CommandExecutor, 'execute'>, onExit: (error: Error) => void): Promise<Worker> {
  const commands = new MessageChannel();
  serveCalls(commands.port1, { execute: executor.execute.bind(executor) });
  const worker = await runWorkerThread('worker-thread.js', { ...data, commands: commands.port2 }, [commands.port2], onExit);
  return {
    async stop() {
      await worker.stop();
      commands.port1.close();
    },
  };
}
