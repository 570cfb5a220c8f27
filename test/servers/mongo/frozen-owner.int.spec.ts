// A process that is stopped in the middle of its work loses its share to another one within 10 s, and does nothing of it when it comes back.
// Shown by what is in the database: every row and every command carries who did it and under which token.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectMongo, MongoReadModels } from '@app/read-models';
import type { MongoClient } from 'mongodb';
import { describeWithMongod } from './mongo-for-tests';
import { startMongo } from './start-mongo';

const TAKE_OVER_MS_MAX = 10_000;
const DATABASE = 'frozen-owner';

interface Done {
  number: string;
  by: string;
  token: number;
}

describeWithMongod('two processes with one share', () => {
  const scratchDirectory = mkdtempSync(join(tmpdir(), 'frozen-owner-'));
  let mongo: Awaited<ReturnType<typeof startMongo>>;
  let client: MongoClient;
  let store: MongoReadModels;
  const workers = new Map<string, ChildProcess>();

  async function start(name: string): Promise<void> {
    const child = fork(join(__dirname, 'counting-worker.ts'), [mongo.url, DATABASE, name, join(scratchDirectory, name)], { execArgv: ['-r', join(__dirname, '../../olist/typescript-child.cjs')] });
    workers.set(name, child);
    await once(child, 'message');
  }
  const rows = async (): Promise<Done[]> => {
    const all = await store.scan<Omit<Done, 'number'>>('numbers-1', undefined, 1_000_000);
    return all.filter(({ key }) => key !== 'last').map(({ key, row }) => ({ number: key, ...row }));
  };
  const sent = (): Promise<Done[]> => client.db(DATABASE).collection<Done>('sent').find({}, { projection: { _id: 0 }, sort: { _id: 1 } }).toArray();
  const reached = async (): Promise<number> => Number((await store.checkpoint('rows/numbers-1')) ?? 0);
  const untilBeyond = async (number: number): Promise<void> => {
    while ((await reached()) <= number) await sleep(10);
  };
  const openTransactions = (): Promise<number> =>
    client.db('admin').aggregate([{ $currentOp: { allUsers: true, idleSessions: true } }, { $match: { 'transaction.parameters.autocommit': false, type: 'idleSession' } }], { readConcern: { level: 'local' } }).toArray().then(({ length }) => length);

  /** Stops the process where a transaction of its is open, or where it just stands. */
  async function freeze(child: ChildProcess, inTransaction: boolean): Promise<void> {
    for (;;) {
      child.kill('SIGSTOP');
      if (!inTransaction) return;
      await sleep(50);
      if ((await openTransactions()) > 0) return;
      child.kill('SIGCONT');
      await sleep(Math.random() * 20);
    }
  }

  beforeAll(async () => {
    mongo = await startMongo({ nodes: 1 });
    client = await connectMongo(mongo.url);
    store = await MongoReadModels.open({ server: client, database: DATABASE, space: 'projections', scratchDirectory });
    await store.open({ name: 'numbers-1', indexes: [] });
    await start('a');
    await untilBeyond(20);
    await start('b');
  }, 60_000);
  afterAll(async () => {
    for (const child of workers.values()) child.kill('SIGKILL');
    await store.close();
    await client.close();
    await mongo.stop();
    rmSync(scratchDirectory, { recursive: true });
  });

  it.each([
    ['a', 'b', 'anywhere', false],
    ['b', 'a', 'in a transaction', true],
    ['a', 'b', 'in a transaction', true],
  ])('when %s is stopped, %s takes over (%s); what comes back writes nothing and sends nothing', async (stopped, other, _, inTransaction) => {
    const child = workers.get(stopped)!;
    await freeze(child, inTransaction);
    await sleep(100);
    const stoppedAt = performance.now();
    const [before, doneBefore, sentBefore] = [await reached(), (await rows()).filter(({ by }) => by === stopped), (await sent()).filter(({ by }) => by === stopped)];
    await untilBeyond(before);
    expect(performance.now() - stoppedAt).toBeLessThan(TAKE_OVER_MS_MAX);
    await untilBeyond(before + 20);

    child.kill('SIGCONT');
    await sleep(2_000);
    expect((await rows()).filter(({ by }) => by === stopped)).toEqual(doneBefore);
    const late = (await sent()).filter(({ by }) => by === stopped).slice(sentBefore.length);
    // One that was on its way to the socket may still arrive, where it was stopped anywhere: under an id that the other one has sent by then.
    expect(late.length).toBeLessThanOrEqual(inTransaction ? 0 : 1);

    const [allRows, allSent] = [await rows(), await sent()];
    const tokens = allRows.map(({ token }) => token);
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    expect(allRows.at(-1)!.by).toBe(other);
    expect(allRows.map(({ number }) => Number(number))).toEqual(allRows.map((__, index) => index + 1));
    // What was sent last before a stop is sent again under the next token and the same number: that is what ids are derived for.
    expect(new Set(allSent.map(({ number, token }) => `${number} under ${token}`)).size).toBe(allSent.length);
    const numbers = new Set(allSent.filter(({ by }) => by === other).map(({ number }) => number));
    for (const { number } of late) expect(numbers).toContain(number);
  }, 60_000);
});
