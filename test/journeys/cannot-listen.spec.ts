// A server or worker that cannot open its port says once, in one sentence, what to set instead, and ends.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnProgram } from '../copies/ops-process';

const API = 'apps/api/src/main.ts';
const WORKER = 'apps/worker/src/main.ts';

describe('a port that cannot be opened', () => {
  const other = createServer();
  let data: string;
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'ordertrail-listen-'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
  });
  afterAll(() => {
    other.close();
    rmSync(data, { recursive: true, force: true });
  });

  it.each([
    [API, 'of another program', {}, 'is taken by another program. Choose another one: ORDERTRAIL_PORT=3001.'],
    [WORKER, 'of another program', {}, 'is taken by another program. Choose another one: ORDERTRAIL_PORT=3001.'],
    // Set aside for documentation: no machine has it.
    [API, 'of an address that is not here', { ORDERTRAIL_HOST: '203.0.113.9' }, '203.0.113.9 is no address of this machine. Choose one that it has: ORDERTRAIL_HOST=127.0.0.1 for itself alone'],
  ])('%s: %s', async (program, _, settings, sentence) => {
    const { port } = other.address() as AddressInfo;
    const { code, err, out } = await spawnProgram(program, { ORDERTRAIL_DATA: data, ORDERTRAIL_PORT: String(port), ORDERTRAIL_LOG_LEVEL: 'error', ...settings }).ended;
    expect({ code, out, lines: err.split('\n').length - 1 }).toEqual({ code: 1, out: '', lines: 1 });
    expect(err).toContain(sentence);
  }, 60_000);
});
