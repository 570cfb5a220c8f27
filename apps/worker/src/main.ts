// The worker by itself: projections and policies, with health and figures over HTTP but no API. Any number of them share the work
// of the servers; over a data directory it runs while no server has that open. `npm start` runs both in one process.
import { createWorkerApp, refuseArguments } from '@app/api';
import { openOrderTrail, readConfig } from '@app/wiring';

async function main(): Promise<void> {
  refuseArguments(process.argv);
  const orderTrail = await openOrderTrail({ ...readConfig(), role: 'worker' });
  const app = await createWorkerApp(orderTrail);
  const ended = new Promise<undefined>((resolve) => {
    process.once('SIGTERM', () => resolve(undefined));
    process.once('SIGINT', () => resolve(undefined));
  });
  try {
    orderTrail.logger.info({ url: await app.start() }, 'worker runs');
    const error = await Promise.race([ended, orderTrail.failed]);
    if (error !== undefined) throw error;
  } finally {
    await app.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
