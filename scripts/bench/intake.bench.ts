// Intake over HTTP as others use it, beside what the machine can do: single posts against an empty server, a stream against the raw log.
// Every repetition has a server and a data directory of its own, so that none profits from another's files.
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { openDatabase } from '@app/sqlite';
import { type Figure, inTurns, median } from './figures';
import { AT_ONCE, type Options } from './options';
import { freePort, inTemporaryDirectory, report, untilReady, withServer } from './processes';
import type { RawInput } from './raw-append';

const SINGLES_RATIO_MIN = 0.35;
const STREAM_RATIO_MIN = 0.25;
const STREAM_PER_SECOND_MIN = 20_000;

export async function intakeFigures(options: Options): Promise<Figure[]> {
  return [await singles(options), await stream(options)];
}

async function singles({ seed, singles: count, repetitions }: Options): Promise<Figure> {
  const load = (url: string, token: string): Promise<{ perSecond: number }> => report('post-singles.js', { url, token, seed, count, concurrency: AT_ONCE });
  const product = (): Promise<number> => onEmptyDirectory(async (url, token) => (await load(url, token)).perSecond);
  const empty = async (): Promise<number> => {
    const port = await freePort();
    const child = spawn(process.execPath, [join(__dirname, 'empty-server.js'), JSON.stringify({ port })], { stdio: ['ignore', 'ignore', 'inherit'] });
    const url = `http://127.0.0.1:${port}`;
    await untilReady(`${url}/health/ready`, child);
    const { perSecond } = await load(url, 'none');
    child.kill('SIGTERM');
    return perSecond;
  };
  const [measured, limit] = await inTurns(repetitions, product, empty);
  return {
    name: `durable single posts, ${AT_ONCE} at once`,
    unit: 'orders/s',
    measured,
    limit: { name: 'empty Fastify POST', measured: limit },
    aim: { text: `ratio >= ${SINGLES_RATIO_MIN}`, met: (_, ratio) => ratio! >= SINGLES_RATIO_MIN },
  };
}

async function stream({ seed, orders, repetitions }: Options): Promise<Figure> {
  let shape = { eventsPerOrder: 1, bodyBytes: 1_000 };
  const plain: number[] = [];
  const product = (): Promise<number> =>
    onEmptyDirectory(async (url, token, data) => {
      const { perSecond } = await report<{ perSecond: number }>('post-ndjson.js', { url, token, seed, topic: 'orders', orders });
      shape = shapeOfLog(data, orders);
      return perSecond;
    });
  const raw = async (engine: RawInput['engine']): Promise<number> => (await report<{ perSecond: number }>('raw-append.js', { engine, seed, orders, ...shape })).perSecond;
  const [measured, limit] = await inTurns(repetitions, product, async () => {
    plain.push(await raw('sqlite'));
    return raw('store');
  });
  return {
    name: `NDJSON stream of ${orders.toLocaleString('en')} orders`,
    unit: 'orders/s',
    measured,
    limit: { name: 'durable batch append to the raw log', measured: limit },
    aim: {
      text: `>= ${STREAM_PER_SECOND_MIN.toLocaleString('en')}/s or ratio >= ${STREAM_RATIO_MIN}`,
      met: (perSecond, ratio) => perSecond >= STREAM_PER_SECOND_MIN || ratio! >= STREAM_RATIO_MIN,
    },
    note: `plain SQLite, the same rows in transactions of 1,000: ${Math.round(median(plain)).toLocaleString('en')} orders/s; ${shape.eventsPerOrder.toFixed(2)} events of ${Math.round(shape.bodyBytes)} bytes per order`,
  };
}

function onEmptyDirectory<T>(work: (url: string, token: string, dataDirectory: string) => Promise<T>): Promise<T> {
  return inTemporaryDirectory((directory) => withServer(join(directory, 'data'), ({ url, token }) => work(url, token, join(directory, 'data'))));
}

/** What the product stored for the orders: the raw log is given the same. */
function shapeOfLog(dataDirectory: string, orders: number): { eventsPerOrder: number; bodyBytes: number } {
  const log = openDatabase(join(dataDirectory, 'events.db'), { readOnly: true });
  const [count, bytes] = log.prepare('SELECT count(*), avg(length(CAST(body AS BLOB))) FROM events').asArrays().get<[number, number]>()!;
  log.close();
  return { eventsPerOrder: count / orders, bodyBytes: bytes };
}
