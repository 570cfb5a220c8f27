// Server, load and limit each run in a process of their own: none is measured by the garbage of another.
// A program reports with one line of JSON on its standard output; whatever it says on stderr is passed through.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where the build is, seen from the build and from the sources. */
const ABOVE = join(__dirname, '../..');
const DIST = basename(ABOVE) === 'dist' ? ABOVE : join(ABOVE, 'dist');
const API = join(DIST, 'apps/api/src/main.js');
const OPS = join(DIST, 'apps/ops/src/main.js');
/** As `npm start` runs it. */
export const NODE_OPTIONS = ['--max-semi-space-size=64'];

/** What a process of the product is told beside its data directory. */
type Environment = Readonly<Record<string, string>>;
/** Servers are measured only where that is what is measured. */
const ON_EMBEDDED: Environment = { EVENTSTOREDB_URL: '', MONGODB_URL: '' };

interface ServerOptions {
  entry?: string;
  env?: Environment;
}

export interface Server {
  url: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

/** An empty directory, removed when the work is done. */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'ordertrail-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A folder that stays, or without a name one that does not. */
export async function inFolder<T>(folder: string | null, work: (directory: string) => Promise<T>): Promise<T> {
  if (folder === null) return inTemporaryDirectory(work);
  await mkdir(folder, { recursive: true });
  return work(folder);
}

/** Runs a program of this folder to its end and gives what it reported last. Throws when it fails. */
export async function report<T>(program: string, input: Readonly<Record<string, unknown>>, nodeOptions: readonly string[] = []): Promise<T> {
  const child = spawn(process.execPath, [...process.execArgv, ...nodeOptions, join(__dirname, program), JSON.stringify(input)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}`);
  return JSON.parse(last) as T;
}

/** Input of a program started by `report`. */
export function input<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

/** Whoever is ended before its servers takes them along. */
const servers = new Set<ChildProcess>();
process.on('exit', () => servers.forEach((server) => server.kill('SIGKILL')));

/** The product's own server on a data directory; answers once it is ready. */
export async function startServer(dataDirectory: string, port: number, options: ServerOptions & { nodeOptions?: readonly string[]; killAfterMs?: number } = {}): Promise<Server> {
  const child = spawn(process.execPath, [...NODE_OPTIONS, ...(options.nodeOptions ?? []), options.entry ?? API], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...ON_EMBEDDED, ORDERTRAIL_DATA: dataDirectory, ORDERTRAIL_PORT: String(port), ORDERTRAIL_HOST: '127.0.0.1', ORDERTRAIL_LOG_LEVEL: 'error', ...options.env },
  });
  const kill = options.killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.killAfterMs);
  servers.add(child);
  child.once('close', () => {
    servers.delete(child);
    clearTimeout(kill);
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(`${url}/health/ready`, child);
  return { url, process: child, stop: () => end(child) };
}

/** The server and a token that may do everything here, for as long as the work takes. */
export async function withServer<T>(dataDirectory: string, work: (server: Server & { token: string }) => Promise<T>, options: ServerOptions = {}): Promise<T> {
  const server = await startServer(dataDirectory, await freePort(), options);
  try {
    return await work({ ...server, token: await tokenOf(dataDirectory, 'ops', options.env) });
  } finally {
    await server.stop();
  }
}

export async function untilReady(url: string, child: ChildProcess, patienceMs = 900_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended with ${String(child.exitCode ?? child.signalCode)} before it was ready`);
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} is not ready after ${patienceMs / 1000} s`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

/** A token of the data directory, as `ops token` prints it. */
export async function tokenOf(dataDirectory: string, role: string, environment: Environment = {}): Promise<string> {
  const child = spawn(process.execPath, [OPS, 'token', '--role', role], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...ON_EMBEDDED, ORDERTRAIL_DATA: dataDirectory, ...environment } });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`ops token ended with ${String(code)}`);
  return text.trim();
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
