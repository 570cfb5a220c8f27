// The product as it is run: one process of the build, in the role given, that a test may kill, freeze and start again on the same port.
// What belongs to the machine (answers not yet read, scratch) lies in a folder of its own; everything else is on the servers.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilReady } from '../../scripts/bench/processes';

const DIST = join(__dirname, '../../dist/apps');
const READY_MS_MAX = 60_000;

export class ProductProcess {
  private child: ChildProcess | undefined;
  private ready = false;
  private readonly directory = mkdtempSync(join(tmpdir(), 'ordertrail-process-'));

  private constructor(
    readonly role: 'api' | 'worker',
    private readonly port: number,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Answers once it is ready. `environment`: the servers and the master key. */
  static async start(role: 'api' | 'worker', environment: Readonly<Record<string, string>>): Promise<ProductProcess> {
    const product = new ProductProcess(role, await freePort(), environment);
    await product.start();
    return product;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get isReady(): boolean {
    return this.ready;
  }

  /** Returns when it is ready. */
  async start(): Promise<void> {
    const program = join(DIST, 'api/src/main.js');
    if (!existsSync(program)) throw new Error('This test runs the real product, which is not built: run "npm run build" first ("npm test" does).');
    const own = { ORDERTRAIL_ROLE: this.role, ORDERTRAIL_PORT: String(this.port), ORDERTRAIL_HOST: '127.0.0.1', ORDERTRAIL_DATA: this.directory, ORDERTRAIL_LOG_LEVEL: 'error' };
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...this.environment, ...own } });
    this.child = child;
    await untilReady(`${this.url}/health/ready`, child, READY_MS_MAX);
    this.ready = true;
  }

  /** SIGKILL; returns when it is gone. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    this.ready = false;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** SIGTERM; answers its exit code. */
  async stop(): Promise<number | null> {
    const { child } = this;
    this.child = undefined;
    this.ready = false;
    if (child === undefined) return null;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const [code] = (await closed) as [number | null];
    return code;
  }

  /** Kills it and takes its folder away. */
  async end(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
