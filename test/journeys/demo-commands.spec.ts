// Demos as they are called: what stands behind a demo's name is that demo's, whatever `ops demo` takes by itself.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ops } from '../copies/ops-process';

interface Figures {
  orders: number;
  waitingAtEnd: number;
  assignedToDeparted: number;
}

const before = async (seed: string): Promise<Figures> => JSON.parse((await ops({}, 'demo', '618', '--before', '--seed', seed, '--json')).out) as Figures;

it('demo 618: the same seed is the same sale, another one another, and over 2,000 orders wait for the departed in each', async () => {
  const [seven, eight, again] = [await before('7'), await before('8'), await before('7')];
  expect(again).toEqual(seven);
  expect(eight).not.toEqual(seven);
  for (const { waitingAtEnd, assignedToDeparted } of [seven, eight]) expect(Math.min(waitingAtEnd, assignedToDeparted)).toBeGreaterThanOrEqual(2_000);
}, 60_000);

it.each(['618', 'approvals'])('demo %s: a seed that is no number is told', async (name) => {
  expect(await ops({}, 'demo', name, '--seed', 'abc')).toMatchObject({ code: 2, out: '', err: "--seed takes a whole number, not 'abc'.\n" });
}, 60_000);

it.each([['nosuch', "There is no demo 'nosuch': leave it out for a week of orders, or choose 618 or approvals.\n"], ['--orders=0', '--orders takes a whole number from 1.\n']])('demo %s is told', async (word, err) => {
  expect(await ops({}, 'demo', word)).toMatchObject({ code: 2, out: '', err });
}, 60_000);

describe('on a data directory', () => {
  const directory = mkdtempSync(join(tmpdir(), 'demo-commands-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const missing = join(directory, 'mistyped');

  it('the demo goes on with what it has brought, and leaves alone what it has not', async () => {
    const demo = () => ops({ ORDERTRAIL_DATA: directory, ORDERTRAIL_PORT: '0' }, 'demo', '--orders', '5', '--json');
    const first = await demo();
    expect(first).toMatchObject({ code: 0 });
    expect(await demo()).toMatchObject({ code: 0, out: first.out });
    // Without its mark the same data might be anybody's.
    rmSync(join(directory, 'demo.json'));
    expect(await demo()).toMatchObject({ code: 1, out: '', err: expect.stringContaining(`${directory} holds orders or people that no demo has brought`) });
    expect(existsSync(join(directory, 'demo.json'))).toBe(false);
  }, 120_000);

  it('none is made by looking at one that is not there, or by what cannot be imported', async () => {
    expect(await ops({ ORDERTRAIL_DATA: missing }, 'life-cycle', '--in-force')).toMatchObject({ code: 1, err: expect.stringContaining('holds no data') });
    const mapping = join(directory, 'mapping.json');
    writeFileSync(mapping, JSON.stringify({ system: 'ZZ', zone: 'Asia/Shanghai', sources: { orders: { file: 'orders.csv', format: 'csv' } }, topics: [{ topic: 'orders', from: 'orders', item: { externalId: 'id' } }] }));
    expect(await ops({ ORDERTRAIL_DATA: missing }, 'import', directory, '--mapping', mapping)).toMatchObject({ code: 1, err: expect.stringContaining('/system names "ZZ", which is no system; known are TB, ') });
    expect(existsSync(missing)).toBe(false);
  }, 60_000);
});
