// `npm start`: opens the data directory, serves the API and runs the projections in one process.
// SIGTERM and SIGINT end it cleanly with exit code 0; what cannot start says so in one sentence and ends with 1.
import { openOrderTrail, readConfig } from '@app/wiring';
import { createApp } from './create-app';

async function main(): Promise<void> {
  const orderTrail = await openOrderTrail(readConfig());
  const app = await createApp(orderTrail);
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
