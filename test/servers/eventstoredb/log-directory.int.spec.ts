// What is acknowledged is on disk: chunk, writer's and chaser's checkpoint, each written and synced, in this order, as strace showed of a real server.
import { fstatSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DISK, LogDirectory } from './log-directory';

const FILES = ['chunk-000000.000000', 'writer.chk', 'chaser.chk'];
const FLUSH = FILES.flatMap((name) => [`write ${name}`, `sync ${name}`]);

describe('A log directory', () => {
  const path = mkdtempSync(join(tmpdir(), 'log-directory-'));
  afterAll(() => rmSync(path, { recursive: true }));

  it('says that an append is on disk once all three files are synced; what comes meanwhile is flushed together after it', async () => {
    const steps: string[] = [];
    const file = (handle: number): string | undefined => FILES.find((name) => statSync(join(path, name)).ino === fstatSync(handle).ino);
    const directory = new LogDirectory(path, () => steps.push('shown'), {
      async write(handle, bytes, at) {
        await DISK.write(handle, bytes, at);
        steps.push(`write ${file(handle)}`);
      },
      async sync(handle) {
        await DISK.sync(handle);
        steps.push(`sync ${file(handle)}`);
      },
    });
    directory.readAll(() => undefined);
    const appended = async (mark: number): Promise<void> => {
      directory.append([Buffer.from(`event ${mark}`)], mark);
      await directory.flushed();
      steps.push(`answered ${mark}`);
    };
    const first = appended(1);
    while (steps.length === 0) await new Promise(setImmediate);
    await Promise.all([first, appended(2), appended(3)]);
    await directory.close();
    expect(steps).toEqual([...FLUSH, 'shown', 'answered 1', ...FLUSH, 'shown', 'answered 2', 'answered 3']);
  });
});
