// `ops` and the other programs as processes of their own, from the sources, so that a test can read what they print and kill them in the middle.
// They inherit nothing of the settings of the test.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

interface OpsResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

interface OpsProcess {
  ended: Promise<OpsResult>;
  kill(signal: NodeJS.Signals): void;
}

const ROOT = join(__dirname, '../..');

export function spawnOps(settings: Readonly<Record<string, string>>, ...words: readonly string[]): OpsProcess {
  return spawnProgram('apps/ops/src/main.ts', settings, words);
}

/** `program`: the path of its source. */
export function spawnProgram(program: string, settings: Readonly<Record<string, string>>, words: readonly string[] = []): OpsProcess {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^ORDERTRAIL_|^EVENTSTOREDB_URL$|^MONGODB_URL$/.test(name)));
  const child = spawn(process.execPath, ['-r', join(ROOT, 'test/olist/typescript-child.cjs'), join(ROOT, program), ...words], { env: { ...environment, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.on('data', (piece) => (text.out += String(piece)));
  child.stderr.on('data', (piece) => (text.err += String(piece)));
  return { ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...text }))), kill: (signal) => void child.kill(signal) };
}

export function ops(settings: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<OpsResult> {
  return spawnOps(settings, ...words).ended;
}
