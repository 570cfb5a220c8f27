// A backup of a data directory, made by `ops` in a process of its own while another one writes: whole, proved, and startable as it is.
// What it lacks it says; what was done to it afterwards is found.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import { LocalSignals, SystemClock, SystemRandomness } from '@app/runtime';
import { openDatabase } from '@app/sqlite';
import { orderStatus } from '@app/projections';
import { openOrderTrail, readConfig } from '@app/wiring';
import { fillDirectory } from './filled-directory';
import { ops, spawnOps } from './ops-process';

jest.setTimeout(120_000);

describe('A backup of a data directory', () => {
  const made: string[] = [];
  let data: string;
  let backup: string;
  const settings = (): Record<string, string> => ({ ORDERTRAIL_DATA: data });
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'backup-'));
    made.push(path);
    return path;
  }
  async function run(...words: string[]): Promise<{ log: { target: { events: number } } }> {
    const { code, out, err } = await ops(settings(), 'backup', ...words, '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out) as { log: { target: { events: number } } };
  }
  beforeEach(() => {
    data = folder();
    backup = join(folder(), 'b');
  });
  afterEach(() => {
    for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
  });

  it('is made while its owner writes, and again for what came since', async () => {
    await fillDirectory(data, { events: 3_000 });
    const clock = new SystemClock();
    const directory = DataDirectory.own(data, { startedAt: clock.now() });
    const store = await EmbeddedEventStore.open({ directory, clock, signals: new LocalSignals() });
    let stop = false;
    let written = 0;
    const writing = (async () => {
      const [last] = (await store.read('sku-0')).slice(-1);
      for (; !stop; written++) {
        await store.append('sku-0', 1 + written, [{ ...last!, id: new SystemRandomness().uuid() }]);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const first = await run(backup);
    stop = true;
    await writing;
    expect(first).toMatchObject({ equal: true, keys: { target: { destroyed: 1 } }, manifest: { samePositions: true, masterKeyIncluded: false } });
    expect(first.log.target.events).toBeGreaterThan(3_002);
    const second = await run(backup);
    expect(second).toMatchObject({ equal: true, log: { copied: 3_002 + written - first.log.target.events } });
    expect(await run(backup, '--verify')).toMatchObject({ whole: true, keysOpened: true, events: 3_002 + written });
    await store.close();
    directory.release();
  });

  it('is a data directory that can be started on, with the master key', async () => {
    const config = (path: string): Parameters<typeof openOrderTrail>[0] => ({ ...readConfig({ ORDERTRAIL_DATA: path, ORDERTRAIL_LOG_LEVEL: 'silent' }), port: 0 });
    const server = await openOrderTrail(config(data));
    const payload = { externalId: 'A-1', placedAt: '2026-11-20T10:00:00+08:00', customer: { customerId: 'C-7', name: 'Li Na', phone: '13800001234' }, shippingAddress: { province: 'Shanghai', city: 'Shanghai', detail: '7 Renmin Road' }, lines: [{ sku: 'MUG-350', quantity: 2, unitPrice: '39.90' }], freight: '12.00', total: '91.80' };
    const [taken] = await server.intake.take([{ topic: 'orders', payload }], { system: 'WS', actor: { id: 'shop', role: 'integration' }, history: false, omits: [] });
    expect(taken).toMatchObject({ outcome: 'CREATED' });
    const end = await server.eventStore.end();
    const customer = await server.personalData.open('OrderPlaced', (await server.eventStore.read('order-WS.A-1'))[0]!.data);
    expect(JSON.stringify(customer)).toContain('Li Na');
    await run(backup, '--with-master-key');
    const order = await server.eventStore.read('order-WS.A-1');
    await server.close();
    const again = await openOrderTrail(config(backup));
    // What policies do by themselves may have come after it.
    expect((await again.eventStore.end()) >= end).toBe(true);
    expect(await again.eventStore.read('order-WS.A-1')).toEqual(order);
    expect(again.secrets).toEqual(server.secrets);
    expect(await again.personalData.open('OrderPlaced', (await again.eventStore.read('order-WS.A-1'))[0]!.data)).toEqual(customer);
    expect(await again.monitor.waitFor([orderStatus.name], end, 20_000)).toBe(true);
    expect(await again.rows.count(orderStatus.name, {})).toBe(1);
    await again.close();
  });

  it('says where the master key is, or that it is in it', async () => {
    await fillDirectory(data, { events: 12 });
    const without = await ops(settings(), 'backup', backup);
    expect(without.out).toContain('The customer keys are in the backup, each wrapped by the master key. The master key is NOT in it');
    expect(without.out).toContain(join(data, 'keys', 'master.key'));
    expect(readdirSync(backup)).not.toContain('keys');
    expect((await ops({ ORDERTRAIL_DATA: folder() }, 'backup', backup, '--verify')).out).toContain('counted but not opened');
    const withKey = await ops(settings(), 'backup', backup, '--with-master-key');
    expect(withKey.out).toContain('THE MASTER KEY IS IN IT TOO');
    expect(readFileSync(join(backup, 'keys', 'master.key'), 'utf8')).toBe(readFileSync(join(data, 'keys', 'master.key'), 'utf8'));
    expect((await ops({ ORDERTRAIL_DATA: folder() }, 'backup', backup, '--verify')).out).toContain('each opened with the master key');
  });

  it('is not made without the master key, and makes none', async () => {
    await fillDirectory(data, { events: 12 });
    rmSync(join(data, 'keys', 'master.key'));
    expect(await ops(settings(), 'backup', backup)).toMatchObject({ code: 1, err: expect.stringContaining('The master key of') });
    expect(existsSync(join(data, 'keys', 'master.key'))).toBe(false);
    expect(existsSync(backup)).toBe(false);
  });

  it('goes on where it was killed, and says until then that it is not whole', async () => {
    await fillDirectory(data, { events: 60_000 });
    const child = spawnOps(settings(), 'backup', backup);
    while (!existsSync(join(backup, 'backup.json'))) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 250));
    child.kill('SIGKILL');
    expect((await child.ended).signal).toBe('SIGKILL');
    expect(await ops(settings(), 'backup', backup, '--verify')).toMatchObject({ code: 1, err: expect.stringContaining('ended before it was whole') });
    expect(await run(backup)).toMatchObject({ equal: true, log: { target: { events: 60_002 } } });
    expect(await run(backup, '--verify')).toMatchObject({ whole: true });
  });

  it('is known as changed when somebody has written to it, and as damaged when its file is', async () => {
    await fillDirectory(data, { events: 60 });
    await run(backup, '--with-master-key');
    await fillDirectory(backup, { events: 6, from: 70_000 });
    expect(await ops(settings(), 'backup', backup, '--verify')).toMatchObject({ code: 1, err: expect.stringContaining('has a server been started on it since?') });
    expect(await ops(settings(), 'backup', backup)).toMatchObject({ code: 1, err: expect.stringContaining('holds other data') });
    const file = openDatabase(join(backup, 'events.db'), { readOnly: false });
    file.exec("UPDATE events SET body = replace(body, 'WS3', 'WS4') WHERE position = 4");
    file.close();
    expect(await ops(settings(), 'backup', backup, '--verify')).toMatchObject({ code: 1, err: expect.stringContaining('is damaged at position 4') });
  });

  it('of a damaged log is not taken for whole', async () => {
    await fillDirectory(data, { events: 60 });
    const file = openDatabase(join(data, 'events.db'), { readOnly: false });
    file.exec("UPDATE events SET body = replace(body, 'WS3', 'WS4') WHERE position = 4");
    file.close();
    expect(await ops(settings(), 'backup', backup)).toMatchObject({ code: 1, err: expect.stringContaining('is damaged') });
    expect(await ops(settings(), 'backup', backup, '--verify')).toMatchObject({ code: 1, err: expect.stringContaining('ended before it was whole') });
  });

  it('goes into no folder that is something else', async () => {
    await fillDirectory(data, { events: 6 });
    const other = folder();
    writeFileSync(join(other, 'file'), '');
    expect(await ops(settings(), 'backup', other)).toMatchObject({ code: 1, err: expect.stringContaining('is not empty and holds no backup') });
    const file = join(data, 'events.db');
    expect(await ops(settings(), 'backup', file)).toMatchObject({ code: 1, err: `${file} is a file. Name a new folder for the backup, or one that an earlier backup was made into.\n` });
    expect(await ops(settings(), 'backup', join(file, 'b'))).toMatchObject({ code: 1, err: `The folder ${join(file, 'b')} cannot be made: there is a file in its path. Name another one for the backup.\n` });
    expect(await ops({ ORDERTRAIL_DATA: file }, 'token', '--role', 'ops')).toMatchObject({ code: 1, err: expect.stringContaining(`The data directory ${file} cannot be made: there is a file in its place. Set ORDERTRAIL_DATA`) });
    expect(await ops(settings(), 'backup', data)).toMatchObject({ code: 1, err: expect.stringContaining('is the data directory itself') });
    expect(await ops(settings(), 'backup', other, '--verify')).toMatchObject({ code: 1, err: expect.stringContaining('holds no backup') });
    expect(await ops({ ORDERTRAIL_DATA: other }, 'backup', backup)).toMatchObject({ code: 1, err: expect.stringContaining('holds no data') });
    expect(await ops(settings(), 'backup', other, '--verify', '--with-master-key')).toMatchObject({ code: 2 });
  });
});
