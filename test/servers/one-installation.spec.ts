// Log and database of one installation are used together, and no others: a mistyped name, a copy that was broken off.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openOrderTrail, openTokenKey, readConfig } from '@app/wiring';
import { startLoopbackEventStore } from './eventstoredb/start-loopback';
import { describeWithMongo, mongoForTests } from './mongo/mongo-for-tests';
import { fillDirectory } from '../copies/filled-directory';

jest.setTimeout(120_000);

describeWithMongo('log and database', () => {
  const undo: (() => unknown)[] = [];
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  let data: string;
  beforeEach(async () => {
    mongo = await mongoForTests();
    undo.push(() => mongo.stop());
    data = mkdtempSync(join(tmpdir(), 'one-installation-'));
    undo.push(() => rmSync(data, { recursive: true, force: true }));
  });
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  const newLog = async (): Promise<string> => {
    const events = await startLoopbackEventStore();
    undo.push(() => events.stop());
    return events.url;
  };
  const newDatabase = (): string => Object.assign(new URL(mongo.url), { pathname: `/${mongo.newDatabase()}` }).href;
  const configOf = (EVENTSTOREDB_URL: string, MONGODB_URL: string) => readConfig({ EVENTSTOREDB_URL, MONGODB_URL, ORDERTRAIL_DATA: data, ORDERTRAIL_ROLE: 'api', ORDERTRAIL_LOG_LEVEL: 'silent' });
  const start = async (log: string, database: string): Promise<void> => (await openOrderTrail(configOf(log, database), { inOneThread: true })).close();

  it('go together after the first start, and with nothing else', async () => {
    const [log, otherLog] = [await newLog(), await newLog()];
    const [database, otherDatabase] = [newDatabase(), newDatabase()];
    await expect(openTokenKey(configOf(log, database))).rejects.toThrow('holds no installation');
    await start(log, database);
    await start(log, database);
    await expect(start(log, otherDatabase)).rejects.toThrow(/is new: the keys of its customers are not there/);
    await expect(start(otherLog, database)).rejects.toThrow(/belongs to another log .*, which is empty/);
    await start(otherLog, otherDatabase);
    await expect(start(otherLog, database)).rejects.toThrow(/belongs to another log than the one/);
    await start(log, database);
    expect(await openTokenKey(configOf(log, database))).toHaveLength(32);
  });

  it('are of no use without their master key, and none is made in its place', async () => {
    const [log, database] = [await newLog(), newDatabase()];
    await start(log, database);
    const elsewhere = join(data, 'elsewhere');
    const config = { ...configOf(log, database), dataDirectory: elsewhere };
    const refused = /was set up with a master key, and there is none here.*ORDERTRAIL_MASTER_KEY.*master\.key/;
    await expect(openOrderTrail(config, { inOneThread: true })).rejects.toThrow(refused);
    await expect(openTokenKey(config)).rejects.toThrow(refused);
    expect(existsSync(join(elsewhere, 'keys'))).toBe(false);
  });

  it('that are being copied into are used once the copy is whole', async () => {
    await fillDirectory(data, { events: 3_000 });
    const [log, database] = [await newLog(), newDatabase()];
    const broken = new AbortController();
    const progress = ({ step }: { step: string }): void => {
      if (step === 'copying') broken.abort(new Error('broken off'));
    };
    await expect(migrate(configOf(log, database), { signal: broken.signal, progress, compareOnly: false })).rejects.toThrow('broken off');
    await expect(start(log, database)).rejects.toThrow(/was begun and is not complete .*ops migrate/);
    const { log: proof } = await migrate(configOf(log, database), { signal: new AbortController().signal, progress: () => undefined, compareOnly: false });
    expect(proof.equal).toBe(true);
    await start(log, database);
  });

  it('are refused as a target without a mark, so that they go on as they were', async () => {
    await fillDirectory(data, { events: 60 });
    const [log, database] = [await newLog(), newDatabase()];
    const other = mkdtempSync(join(tmpdir(), 'one-installation-'));
    undo.push(() => rmSync(other, { recursive: true, force: true }));
    const masterKey = Buffer.alloc(32, 8).toString('base64');
    const config = { ...configOf(log, database), masterKey: Buffer.from(masterKey, 'base64') };
    await (await openOrderTrail({ ...config, dataDirectory: other }, { inOneThread: true })).close();
    await expect(migrate(config, { signal: new AbortController().signal, progress: () => undefined, compareOnly: false })).rejects.toThrow(/master key|holds other data/);
    await (await openOrderTrail({ ...config, dataDirectory: other }, { inOneThread: true })).close();
  });
});
