// Injects failing syncs and writes into a small writer, again and again at another place, and holds it to its answers:
// none after the first fault, all of the given ones there after a restart, one sync of the write-ahead log for each commit.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import { LocalSignals, SystemClock } from '@app/runtime';

interface Fault {
  calls: string;
  error: string;
  /** Of each thread, counted from the start of the process. */
  when: number;
}

interface Run {
  lines: string[];
  trace: Call[];
  status: number | null;
}

interface Call {
  name: string;
  args: string;
  failed: boolean;
}

const USAGE = 'npm run faults [-- --short]: lets syncs and writes of a small writer fail, one place after the other (--short: at a few places only).';
const APPENDS = 40;
const CALLS = 'fsync,fdatasync,pwrite64,write';

/** Runs the writer; one thread in the pool makes places countable. */
function runWriter(directory: string, fault: Fault | undefined): Run {
  const trace = join(directory, 'trace');
  const inject = fault === undefined ? [] : ['-e', `inject=${fault.calls}:error=${fault.error}:when=${fault.when}+`];
  const { stdout, status, error } = spawnSync(
    'strace',
    ['-f', '-y', '-s', '16', '-o', trace, '-e', `trace=${CALLS}`, ...inject, process.execPath, join(__dirname, 'run.cjs'), 'write', join(directory, 'data'), String(APPENDS)],
    { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' }, maxBuffer: 64 * 1_048_576 },
  );
  if (error !== undefined) throw error;
  return { lines: stdout.split('\n').filter(line => line.length > 0), trace: parseTrace(readFileSync(trace, 'utf8')), status };
}

/** Calls in the order in which they ended. */
function parseTrace(text: string): Call[] {
  const open = new Map<string, string>();
  const calls: Call[] = [];
  for (const line of text.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      open.set(pid, rest.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const whole = rest.replace(/^<\.\.\. \w+ resumed>/, open.get(pid) ?? '');
    open.delete(pid);
    const [, name, args, result] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(whole) ?? [];
    if (name !== undefined && args !== undefined) calls.push({ name, args, failed: result === '-1' });
  }
  return calls;
}

function isAnswer({ name, args }: Call): boolean {
  return name === 'write' && args.startsWith('1<') && args.includes('"ack ');
}

function isSyncOf({ name, args }: Call, file: string): boolean {
  return (name === 'fsync' || name === 'fdatasync') && args.includes(`/${file}>`);
}

/** Sentences on what is wrong; none when every answer follows one sync of the log and one of the acknowledged position. */
function checkSyncs({ trace }: Run): string[] {
  const wrong: string[] = [];
  let log = 0;
  let acknowledged = 0;
  let answers = 0;
  for (const call of trace) {
    if (isSyncOf(call, 'events.db-wal')) log += 1;
    else if (isSyncOf(call, 'acknowledged')) acknowledged += 1;
    else if (isAnswer(call)) {
      // Before the first answer lie the syncs of making the files.
      if (answers > 0 && (log !== 1 || acknowledged !== 1)) wrong.push(`answer ${answers + 1} follows ${log} syncs of the write-ahead log and ${acknowledged} of the acknowledged position`);
      answers += 1;
      log = acknowledged = 0;
    } else if (call.name === 'write' && call.args.includes('"open')) log = acknowledged = 0;
  }
  if (answers !== APPENDS) wrong.push(`${answers} of ${APPENDS} appends were answered`);
  return wrong;
}

async function checkFault(directory: string, { lines, trace, status }: Run): Promise<string[]> {
  const wrong: string[] = [];
  const firstFault = trace.findIndex(({ failed, args }) => failed && args.includes(`${directory}/data`));
  const late = trace.slice(firstFault).filter(isAnswer).length;
  if (firstFault >= 0 && late > 0) wrong.push(`${late} answers after the first fault`);
  if (lines.includes('TAKEN AGAIN')) wrong.push('an append was taken after the failure');
  const failed = lines.find(line => line.startsWith('failed'));
  if (failed !== undefined && failed !== 'failed StoreFailed') wrong.push(failed);
  if (failed !== undefined && status !== 3) wrong.push(`ended with ${status}`);
  const acknowledged = lines.filter(line => line.startsWith('ack ')).map(line => line.split(' '));
  const clock = new SystemClock();
  const owned = DataDirectory.own(join(directory, 'data'), { startedAt: clock.now() });
  const store = await EmbeddedEventStore.open({ directory: owned, clock, signals: new LocalSignals() });
  for (const [, stream = '', revision] of acknowledged) {
    if ((await store.read(stream, Number(revision)))[0]?.revision !== Number(revision)) wrong.push(`${stream} ${revision} was acknowledged and is gone`);
  }
  // Recovered: it takes appends again.
  const meta = { occurredAt: clock.now(), actor: 'check', actorRole: 'SYSTEM', commandId: 'c', correlationId: 'c' };
  await store.append('fault-after', 'none', [{ id: '00000000-0000-4000-8000-000000000000', type: 'ThingHappened', version: 1, data: null, meta }]);
  await store.close();
  owned.release();
  return wrong;
}

function faults(short: boolean): Fault[] {
  const places = short ? [2, 5, 9, 20] : Array.from({ length: 40 }, (_, i) => i + 1);
  return [
    ...places.map(when => ({ calls: 'fsync,fdatasync', error: 'EIO', when })),
    ...places.map(when => ({ calls: 'pwrite64', error: 'ENOSPC', when: when * 5 })),
    ...(short ? [] : places.map(when => ({ calls: 'pwrite64', error: 'EIO', when: when * 5 + 1 }))),
  ];
}

async function inTemporary<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'fault-injection-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function main(short: boolean): Promise<void> {
  const problems = (await inTemporary(async directory => checkSyncs(runWriter(directory, undefined)))).map(problem => `without a fault: ${problem}`);
  let injected = 0;
  for (const fault of faults(short)) {
    const name = `${fault.calls} fail with ${fault.error} from number ${fault.when} of each thread on`;
    const wrong = await inTemporary(async directory => {
      const run = runWriter(directory, fault);
      if (run.lines.some(line => line.startsWith('failed'))) injected += 1;
      return checkFault(directory, run);
    }).catch((error: unknown) => [String(error)]);
    problems.push(...wrong.map(problem => `${name}: ${problem}`));
  }
  if (injected === 0) problems.push('no fault met a running writer');
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(`${faults(short).length} faults, ${injected} under load, ${problems.length} broken promises; one sync of the log for each commit.\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** Undefined where help was asked for, or what was asked is not known; either is said. */
function isShort(): boolean | undefined {
  try {
    const { help, short } = parseArgs({ options: { short: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } }).values;
    if (!help) return short;
    process.stdout.write(`${USAGE}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message.split('. ')[0]!}\n${USAGE}\n`);
    process.exitCode = 2;
  }
  return undefined;
}

const short = isShort();
if (short !== undefined) {
  if (spawnSync('strace', ['-V']).error === undefined) void main(short);
  else {
    process.stderr.write('strace is not here: install it to let syncs and writes fail.\n');
    process.exitCode = 1;
  }
}
