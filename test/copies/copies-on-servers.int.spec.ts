// A data directory on its way to EventStoreDB and MongoDB and back: every event and every customer key arrives, once, whoever dies meanwhile.
// The EventStoreDB is the loopback server: a migration needs a server for itself.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDbEventStore } from '@app/event-store';
import { SystemClock, SystemRandomness } from '@app/runtime';
import { backUp, checkBackup, type Config, migrate, type MigrationReport, readConfig } from '@app/wiring';
import { startLoopbackEventStore } from '../servers/eventstoredb/start-loopback';
import { describeWithMongo, mongoForTests } from '../servers/mongo/mongo-for-tests';
import { fillDirectory } from './filled-directory';
import { ops, spawnOps } from './ops-process';

jest.setTimeout(120_000);

describeWithMongo('A data directory and servers', () => {
  let mongo: Awaited<ReturnType<typeof mongoForTests>>;
  const undo: (() => unknown)[] = [];
  beforeAll(async () => {
    mongo = await mongoForTests();
  });
  afterAll(() => mongo.stop());
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  function folder(): string {
    const made = mkdtempSync(join(tmpdir(), 'copies-'));
    undo.push(() => rmSync(made, { recursive: true, force: true }));
    return made;
  }
  async function servers(): Promise<{ EVENTSTOREDB_URL: string; MONGODB_URL: string; faults: Awaited<ReturnType<typeof startLoopbackEventStore>>['faults'] }> {
    const events = await startLoopbackEventStore();
    undo.push(() => events.stop());
    const url = new URL(mongo.url);
    url.pathname = `/${mongo.newDatabase()}`;
    return { EVENTSTOREDB_URL: events.url, MONGODB_URL: url.href, faults: events.faults };
  }
  type Servers = Pick<Awaited<ReturnType<typeof servers>>, 'EVENTSTOREDB_URL' | 'MONGODB_URL'>;
  function settings(dataDirectory: string, { EVENTSTOREDB_URL, MONGODB_URL }: Servers): Record<string, string> {
    return { ORDERTRAIL_DATA: dataDirectory, ORDERTRAIL_LOG_LEVEL: 'silent', EVENTSTOREDB_URL, MONGODB_URL };
  }
  function configOf(dataDirectory: string, to?: Servers, more: Record<string, string> = {}): Config {
    return readConfig({ ...(to === undefined ? { ORDERTRAIL_DATA: dataDirectory } : settings(dataDirectory, to)), ...more });
  }
  const watch = { signal: new AbortController().signal, progress: () => undefined };
  const move = (config: Config, compareOnly = false): Promise<MigrationReport> => migrate(config, { ...watch, compareOnly });

  it('go there, into a backup, and from there to other servers, always the same', async () => {
    const [data, to, other, backup] = [folder(), await servers(), await servers(), folder()];
    await fillDirectory(data, { events: 5_000 });
    const there = await move(configOf(data, to));
    expect(there).toMatchObject({ log: { equal: true, copied: 5_002, source: { events: 5_002 } }, keys: { equal: true, target: { destroyed: 1 } }, tokensGoOn: true, rewrapped: false });
    expect(await move(configOf(data, to))).toMatchObject({ log: { equal: true, copied: 0 }, keys: { equal: true, copied: 0 } });
    expect(await move(configOf(data, to), true)).toMatchObject({ log: { equal: true, target: there.log.source }, keys: { equal: true } });

    const back = await backUp(configOf(data, to), join(backup, 'b'), { ...watch, withMasterKey: true });
    expect(back).toMatchObject({ log: { equal: true, copied: 5_002, target: there.log.source }, keys: { equal: true }, manifest: { hash: there.log.source.hash, masterKeyIncluded: true, samePositions: false } });
    expect(await checkBackup(configOf(data), join(backup, 'b'), watch)).toMatchObject({ fault: null, keysOpened: true, hash: there.log.source.hash });
    for (const name of ['master.key', 'token.key']) expect(readFileSync(join(backup, 'b', 'keys', name), 'utf8')).toBe(readFileSync(join(data, 'keys', name), 'utf8'));

    const restored = await move(configOf(join(backup, 'b'), other));
    expect(restored).toMatchObject({ log: { equal: true, source: there.log.source, target: there.log.source }, keys: { equal: true, target: there.keys.target }, tokensGoOn: true });
  });

  it('take what came to the directory since', async () => {
    const [data, to] = [folder(), await servers()];
    await fillDirectory(data, { events: 600 });
    await move(configOf(data, to));
    await fillDirectory(data, { events: 900, from: 10_000 });
    expect(await move(configOf(data, to), true)).toMatchObject({ log: { equal: false, difference: { revision: 0 } }, keys: { equal: false } });
    expect(await move(configOf(data, to))).toMatchObject({ log: { equal: true, copied: 902, target: { events: 1_504 } }, keys: { equal: true } });
  });

  it('wrap the customer keys anew where the servers have another master key', async () => {
    const [data, to, master] = [folder(), await servers(), Buffer.alloc(32, 9).toString('base64')];
    await fillDirectory(data, { events: 300 });
    const config = configOf(data, to, { ORDERTRAIL_MASTER_KEY: master });
    expect(await move(config)).toMatchObject({ log: { equal: true }, keys: { equal: true }, rewrapped: true });
    // Without the setting it is the master key of the file, which is not the one of the servers now.
    await expect(move(configOf(data, to))).rejects.toThrow('master key is not the one');
    await expect(backUp(configOf(data, to), join(folder(), 'b'), { ...watch, withMasterKey: false })).rejects.toThrow('master key is not the one');
  });

  it('refuse each other where the servers hold something else, and nothing is written', async () => {
    const [data, otherData, to] = [folder(), folder(), await servers()];
    const masterKey = Buffer.alloc(32, 8).toString('base64');
    await fillDirectory(otherData, { events: 60, masterKey });
    await fillDirectory(data, { events: 600, masterKey });
    const before = await move(configOf(otherData, to));
    const refused = await ops(settings(data, to), 'migrate');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/holds other data: .*Nothing of it was changed/);
    expect(await move(configOf(otherData, to))).toMatchObject({ log: { copied: 0, target: before.log.target } });
  });

  it('lose and double nothing while connections break', async () => {
    const [data, to] = [folder(), await servers()];
    await fillDirectory(data, { events: 8_000 });
    const cutting = setInterval(() => void to.faults.cut(), 150);
    const proof = await move(configOf(data, to)).finally(() => clearInterval(cutting));
    expect(proof).toMatchObject({ log: { equal: true, copied: 8_002, target: { events: 8_002 } }, keys: { equal: true } });
  });

  it('go on where a migration was killed, again and again', async () => {
    const [data, to] = [folder(), await servers()];
    await fillDirectory(data, { events: 12_000 });
    // Slow enough that a kill meets it in the middle.
    await to.faults.delay({ appendsMs: 15 });
    const store = await EventStoreDbEventStore.open({ url: to.EVENTSTOREDB_URL, clock: new SystemClock(), random: new SystemRandomness() });
    undo.push(() => store.close());
    for (const order of [400, 1_200]) {
      const child = spawnOps(settings(data, to), 'migrate');
      while ((await store.read(`order-WS.${order}`)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
      expect((await child.ended).signal).toBe('SIGKILL');
    }
    await to.faults.clear();
    const before = await move(configOf(data, to), true);
    expect(before.log.target.events).toBeGreaterThan(0);
    expect(before.log.equal).toBe(false);
    const { code, out } = await ops(settings(data, to), 'migrate', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ equal: true, log: { copied: 12_002 - before.log.target.events, target: { events: 12_002 } }, keys: { equal: true } });
    expect((await ops(settings(data, to), 'migrate', '--verify-only')).code).toBe(0);
  });

  it('compare with 1 as exit code and the first difference', async () => {
    const [data, to] = [folder(), await servers()];
    await fillDirectory(data, { events: 60 });
    const { code, err } = await ops(settings(data, to), 'migrate', '--verify-only');
    expect(code).toBe(1);
    expect(err).toBe('They differ, first in stream order-WS.0 at revision 0: order-WS.0 lacks revision 0 and what follows.\n');
    const { code: usage } = await ops({ ORDERTRAIL_DATA: data }, 'migrate');
    expect(usage).toBe(2);
  });
});
