// Messages in a file: one line each, without addresses.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notifierContract } from '../../runtime/src/ports/notifier.contract';
import { OutboxNotifier } from './outbox.notifier';

interface Line {
  id: string;
  text: string;
}

function linesOf(path: string): Line[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Line);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

notifierContract('OutboxNotifier', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'outbox-'));
  const path = join(directory, 'data', 'outbox.jsonl');
  return {
    notifier: new OutboxNotifier(path, 'MAIL'),
    address: 'li.mei@example.com',
    noAddresses: ['', 'li.mei'],
    received: async () => linesOf(path),
    dispose: async () => rmSync(directory, { recursive: true }),
  };
});

describe('OutboxNotifier', () => {
  const message = { id: 'i-1', recipient: 'li', to: '+8613800001234', subject: 'a subject', text: '一\ntwo', at: '2026-01-09T02:00:00.000Z' };
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'outbox-'));
    path = join(directory, 'outbox.jsonl');
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const send = (notifier: OutboxNotifier): ReturnType<OutboxNotifier['send']> => notifier.send(message, new AbortController().signal);

  it('names the staff id and no address, and is readable by its owner only', async () => {
    await send(new OutboxNotifier(path, 'SMS'));
    expect(linesOf(path)).toEqual([{ at: message.at, channel: 'SMS', recipient: 'li', id: 'i-1', text: message.text }]);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(readFileSync(path, 'utf8')).not.toContain('13800001234');
  });

  it('fails with the cause where the file cannot be written', async () => {
    writeFileSync(path, '');
    expect(await send(new OutboxNotifier(join(path, 'outbox.jsonl'), 'SMS'))).toMatchObject({ outcome: 'failed', error: expect.stringMatching(/EEXIST|ENOTDIR/) });
  });
});
