// The thread of a worker on servers: stores of its own, and commands executed here, since any process may append.
// Ends when it is told to, after the transactions under way.
import { parentPort, workerData } from 'node:worker_threads';
import { SystemClock, SystemRandomness } from '@app/runtime';
import { createLogger } from './logger';
import type { WorkerThreadCalls } from './run-worker-thread';
import { openServerStores } from './server-stores';
import type { ServerWorkerThreadData } from './server-worker';
import { serveCalls } from './thread-calls';

async function start({ config, standIn }: ServerWorkerThreadData): Promise<{ stop(): Promise<void> }> {
  const [clock, random] = [new SystemClock(), new SystemRandomness()];
  const stores = await openServerStores({ ...config, role: 'worker' }, { clock, random, logger: createLogger(config), inOneThread: true, standIn });
  const worker = await stores.startWorker(() => undefined);
  return {
    async stop() {
      await worker.stop();
      await stores.close();
    },
  };
}

const started = start(workerData as ServerWorkerThreadData);

serveCalls(parentPort!, {
  async ready() {
    await started;
  },
  async stop() {
    await (await started).stop();
  },
} satisfies WorkerThreadCalls);
