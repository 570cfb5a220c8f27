// Demos as they are called: what stands behind a demo's name is that demo's, whatever `ops demo` takes by itself.
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
