// The loopback server in a process of its own: for benchmarks, and for what only a process can suffer (kill -9, SIGSTOP).
// From the sources as well as compiled.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { remoteControl } from './control-channel';
import { PROGRAM } from './main';
import type { LoopbackEventStore, LoopbackOptions } from './start-loopback';

export interface SpawnedEventStore extends LoopbackEventStore {
  pid: number;
  /** As kill -9: nothing is flushed, nobody is told. */
  kill(): Promise<void>;
}

export async function spawnLoopbackEventStore(options: Omit<LoopbackOptions, 'now'> = {}): Promise<SpawnedEventStore> {
  const program = PROGRAM.endsWith('.ts') ? ['-r', join(__dirname, '../../olist/typescript-child.cjs'), PROGRAM] : [PROGRAM];
  const child = spawn(process.execPath, [...program, '--with-parent', '--options', JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), gone.then(() => [undefined])])) as [string | undefined];
  if (line === undefined) throw new Error('The loopback server ended before it was ready');
  const { url, control } = JSON.parse(line) as { url: string; control: string };
  const ended = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await gone;
  };
  return { url, ...remoteControl(control), pid: child.pid!, kill: async () => ended('SIGKILL'), stop: async () => ended('SIGTERM') };
}
