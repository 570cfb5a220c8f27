// One order with its lines, customer and holds over HTTP, beside the same document from the memory of the same server.
// Scale: the same questions, and a replay, among few orders and among many.
import { join } from 'node:path';
import { type Figure, inTurns } from './figures';
import { AT_ONCE, type Options } from './options';
import { prepareLog, preparedOnce } from './prepared-log';
import { inFolder, inTemporaryDirectory, report, type Server, withServer } from './processes';
import { ask, HELD_ORDER, ORDER, REPLAY, sampleOfNumbers } from './questions';

const ORDERS = 10_000;
const SAMPLE = 2_000;
const QUERY_RATIO_MIN = 0.7;
const SCALE_RATIO_MAX = 1.3;
/** A replay reads a stream and folds it: fewer of them take as long. */
const REPLAYS_SHARE = 0.5;

type Asked = Server & { token: string };

export async function queryFigures({ seed, singles: count, repetitions }: Options): Promise<Figure[]> {
  return inTemporaryDirectory(async (directory) => {
    await prepareLog(directory, seed, ORDERS);
    return withServer(
      directory,
      async (server) => {
        const orderNumbers = await sampleOfNumbers(server, seed, ORDERS, SAMPLE);
        await compareAnswers(server, orderNumbers);
        const [measured, limit] = await inTurns(
          repetitions,
          () => rate(server, ORDER, orderNumbers, count),
          () => rate(server, HELD_ORDER, orderNumbers, count),
        );
        return [
          {
            name: `order query over HTTP, ${AT_ONCE} at once`,
            unit: 'answers/s',
            measured,
            limit: { name: 'the same document from memory', measured: limit },
            aim: { text: `ratio >= ${QUERY_RATIO_MIN}`, met: (_, ratio) => ratio! >= QUERY_RATIO_MIN },
          },
        ];
      },
      { entry: join(__dirname, 'query-server.js') },
    );
  });
}

export async function scaleFigures({ seed, scale: [few, many], singles, repetitions, keep }: Options): Promise<Figure[]> {
  return inFolder(keep, async (root) => {
    const directoryOf = (orders: number): Promise<string> => preparedOnce(join(root, `${orders}-orders-of-seed-${seed}`), seed, orders);
    const small = await directoryOf(few);
    const large = await directoryOf(many);
    return withServer(small, (among) =>
      withServer(large, async (amongMany) => {
        const numbers = await sampleOfNumbers(among, seed, few, SAMPLE);
        const numbersOfMany = await sampleOfNumbers(amongMany, seed, many, SAMPLE);
        const figures: Figure[] = [];
        for (const [name, query, count] of [['order query', ORDER, singles], ['order replay', REPLAY, Math.ceil(singles * REPLAYS_SHARE)]] as const) {
          const [measured, limit] = await inTurns(
            repetitions,
            () => rate(amongMany, query, numbersOfMany, count),
            () => rate(among, query, numbers, count),
          );
          figures.push({
            name: `${name} among ${many.toLocaleString('en')} orders`,
            unit: 'answers/s',
            measured,
            limit: { name: `among ${few.toLocaleString('en')}`, measured: limit },
            aim: { text: `at most ${SCALE_RATIO_MAX} times slower`, met: (_, ratio) => ratio! >= 1 / SCALE_RATIO_MAX },
          });
        }
        return figures;
      }),
    );
  });
}

async function rate({ url, token }: Asked, query: string, orderNumbers: readonly string[], count: number): Promise<number> {
  return (await report<{ perSecond: number }>('post-queries.js', { url, token, query, orderNumbers, count, concurrency: AT_ONCE })).perSecond;
}

/** Also fills the memory that the limit answers from. */
async function compareAnswers(server: Asked, orderNumbers: readonly string[]): Promise<void> {
  for (const orderNumber of new Set(orderNumbers)) {
    const { order } = await ask<{ order: unknown }>(server, ORDER, { orderNumber });
    const { heldOrder } = await ask<{ heldOrder: unknown }>(server, HELD_ORDER, { orderNumber });
    if (JSON.stringify(order) !== JSON.stringify(heldOrder)) throw new Error(`${orderNumber} is answered differently from memory`);
  }
}
