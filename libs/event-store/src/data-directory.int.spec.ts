// A data directory has one owner; a second one gets a sentence that says who and where; a crash leaves no lock behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalSignals, SystemClock } from '@app/runtime';
import { DataDirectory } from './data-directory';
import { openOwned, temporaryDirectory } from './data-directory.fixtures';
import { EmbeddedEventReader } from './embedded.event-reader';
import { DataDirectoryInUse } from './errors';
import { FAULTS } from './writer.fixtures';

const startedAt = '2026-01-09T02:00:00.000Z';

describe('DataDirectory', () => {
  let path: string;
  beforeEach(() => (path = join(temporaryDirectory(), 'data')));
  afterEach(() => rmSync(join(path, '..'), { recursive: true, force: true }));

  it('has one owner at a time', () => {
    const own = DataDirectory.own(path, { startedAt });
    expect(() => DataDirectory.own(path, { startedAt })).toThrow(DataDirectoryInUse);
    own.announce('http://127.0.0.1:4000');
    expect(() => DataDirectory.own(path, { startedAt })).toThrow(
      `The data directory ${path} is in use by process ${process.pid} (http://127.0.0.1:4000). Stop that process, talk to it at its address, or choose another directory.`,
    );
    expect(DataDirectory.ownerOf(path)).toEqual({ pid: process.pid, startedAt, url: 'http://127.0.0.1:4000' });
    // Looking must not have loosened the lock.
    expect(() => DataDirectory.own(path, { startedAt })).toThrow(DataDirectoryInUse);
    own.release();
    expect(DataDirectory.ownerOf(path)).toBeUndefined();
    DataDirectory.own(path, { startedAt }).release();
  });

  it('is no file, and lies in none', () => {
    writeFileSync(path, '');
    const sentence = (directory: string): string => `The data directory ${directory} cannot be made: there is a file in its place. Set ORDERTRAIL_DATA to a directory that this user may write to.`;
    for (const directory of [path, join(path, 'deeper')]) expect(() => DataDirectory.own(directory, { startedAt })).toThrow(sentence(directory));
  });

  it('is private', async () => {
    const owned = await openOwned(path);
    const mode = (name: string): number => statSync(join(path, name)).mode & 0o777;
    expect(mode('.')).toBe(0o700);
    for (const name of ['events.db', 'events.db-wal', 'acknowledged', 'owner.db', 'owner.json']) expect({ name, mode: mode(name) }).toEqual({ name, mode: 0o600 });
    await owned.dispose();
  });

  it('is free again after its owner was killed', async () => {
    const child: ChildProcess = spawn(process.execPath, [FAULTS, 'write', path, '1000000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout ?? child, 'data');
    expect(() => DataDirectory.own(path, { startedAt })).toThrow(`in use by process ${child.pid}`);
    expect(DataDirectory.ownerOf(path)?.pid).toBe(child.pid);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(DataDirectory.ownerOf(path)).toBeUndefined();
    const owned = await openOwned(path);
    await owned.dispose();
  }, 20_000);
});

describe('EmbeddedEventReader', () => {
  it('follows beside the owner without its lock and without writing', async () => {
    const owned = await openOwned();
    const reader = EmbeddedEventReader.open(owned.path, { signals: new LocalSignals(), clock: new SystemClock() });
    const abort = new AbortController();
    const seen: string[] = [];
    const done = (async () => {
      for await (const batch of reader.subscribe({ categories: ['a'], signal: abort.signal })) {
        seen.push(...batch.events.map(({ stream }) => stream));
        if (seen.length === 3) abort.abort();
      }
    })();
    const meta = { occurredAt: startedAt, actor: 'a', actorRole: 'SYSTEM', commandId: 'c', correlationId: 'c' };
    for (let i = 0; i < 3; i++) {
      await owned.store.append(`a-${i}`, 'none', [{ id: `00000000-0000-4000-8000-00000000000${i}`, type: 'ThingHappened', version: 1, data: i, meta }]);
    }
    // No hint reaches this reader: its own slow look finds them.
    await done;
    expect(seen).toEqual(['a-0', 'a-1', 'a-2']);
    expect(await reader.read('a-1')).toEqual(await owned.store.read('a-1'));
    expect(await reader.end()).toBe(await owned.store.end());
    await reader.close();
    await owned.dispose();
  });
});
