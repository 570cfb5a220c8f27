// The thread of the worker: reads the log, writes the rows, and does what it is called for.
// Holds no lock and appends nothing: its commands are executed by the process's owner of the log.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { EmbeddedEventReader } from '@app/event-store';
import { BroadcastSignals, type CommandExecutor, SystemClock } from '@app/runtime';
import { createLogger } from './logger';
import { callsTo, serveCalls } from './thread-calls';
import type { WorkerThreadCalls } from './run-worker-thread';
import { startWorker, type WorkerThreadData } from './worker';

const { dataDirectory, standIn, channel, log: logConfig, commands } = workerData as WorkerThreadData & { commands: MessagePort };
const clock = new SystemClock();
const signals = new BroadcastSignals(channel);
const log = EmbeddedEventReader.open(dataDirectory, { signals, clock });
const executor = callsTo<Pick<CommandExecutor, 'execute'>>(commands, ['execute']);
const started = startWorker({ dataDirectory, standIn, log, executor, signals, clock, logger: createLogger(logConfig) });

serveCalls(parentPort!, {
  async ready() {
    await started;
  },
  async stop() {
    await (await started).stop();
    await log.close();
    commands.close();
    signals.close();
  },
} satisfies WorkerThreadCalls);
