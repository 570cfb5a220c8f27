// `npm start`: what ORDERTRAIL_ROLE says of this process: the API, the worker, or (by default, and always with the embedded stores) both.
// SIGTERM and SIGINT end it cleanly with exit code 0; what cannot start says so in one sentence and ends with 1.
import { openOrderTrail, readConfig } from '@app/wiring';
import { createApp } from './create-app';
import { createWorkerApp } from './create-worker-app';
import { refuseArguments } from './no-arguments';

async function main(): Promise<void> {
  refuseArguments(process.argv);
  const orderTrail = await openOrderTrail(readConfig());
  const app = orderTrail.config.role === 'worker' ? await createWorkerApp(orderTrail) : await createApp(orderTrail);
  const end = (): void => {
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        app.http.log.fatal({ err: error }, 'the server did not end cleanly');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  void orderTrail.failed.then((error) => {
    app.http.log.fatal({ err: error }, 'a part that cannot be done without has failed');
    process.exit(1);
  });
  const url = await app.start();
  app.http.log.info({ url }, 'OrderTrail serves');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
