import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { torture } from '../../scripts/torture/torture';

const KILLS = 4;
const BUILT = join(__dirname, '../../dist/apps/api/src/main.js');

// The short form; `npm run torture` does the same two hundred times.
describe('the server, killed under load', () => {
  let directory: string;

  beforeAll(async () => {
    if (!existsSync(BUILT)) throw new Error('This test kills the real server, which is not built: run "npm run build" first ("npm test" does).');
    directory = await mkdtemp(join(tmpdir(), 'ordertrail-torture-'));
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it(`keeps every acknowledged order and fact, once, over ${KILLS} kills, and its projections equal the log`, async () => {
    const { acknowledgedOrders, broken } = await torture({ directory, seed: 4, kills: KILLS, checkEvery: KILLS });
    expect(broken).toEqual([]);
    expect(acknowledgedOrders.length).toBeGreaterThan(20);
  }, 240_000);
});
