// The loopback server as a process of its own. Says in one line of JSON on stdout where it is: {"url": ..., "control": ...}.
// Ends on SIGTERM, and with --with-parent as soon as its stdin closes, so that nothing stays behind a killed parent.
import { parseArgs } from 'node:util';
import { serveControl } from './control-channel';
import { startLoopbackEventStore, type LoopbackOptions } from './start-loopback';

/** To be run by node. Whoever spawns it takes its place from here, so that a build has it too. */
export const PROGRAM = __filename;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { options: { type: 'string', default: '{}' }, 'control-port': { type: 'string', default: '0' }, 'with-parent': { type: 'boolean', default: false } } });
  const server = await startLoopbackEventStore(JSON.parse(values.options) as LoopbackOptions);
  const control = await serveControl(server, Number(values['control-port']));
  const end = (): void => {
    control.stop();
    void server.stop().finally(() => process.exit(0));
  };
  process.once('SIGTERM', end).once('SIGINT', end);
  if (values['with-parent']) process.stdin.resume().once('end', end);
  process.stdout.write(`${JSON.stringify({ url: server.url, control: control.url })}\n`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
}
