// The worker by itself: projections and policies over a data directory that no server has open, without HTTP.
// For catching up and rebuilding apart from the API; `npm start` runs both in one process.
import { openOrderTrail, readConfig } from '@app/wiring';

async function main(): Promise<void> {
  const orderTrail = await openOrderTrail(readConfig());
  orderTrail.logger.info({ dataDirectory: orderTrail.config.dataDirectory }, 'worker runs');
  const ended = new Promise<undefined>((resolve) => {
    process.once('SIGTERM', () => resolve(undefined));
    process.once('SIGINT', () => resolve(undefined));
  });
  const error = await Promise.race([ended, orderTrail.failed]);
  await orderTrail.close();
  if (error !== undefined) throw error;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
