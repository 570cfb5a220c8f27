// A few days of the month on the product, in virtual time, and under the fixed chain: the same requests, the same slowness of the
// same people for them, figures within what the rules allow; and the same seed is the same month.
import { waitsInFixedChain } from './fixed-chain';
import { type Month, ourMonth } from './our-way';
import { habitsOf, PEOPLE } from './people';
import { monthOf, type Request } from './requests';

const SEED = 618;
const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Each of three levels may be away or on holiday for eight days and not notice for two. */
const CHAIN_HOURS_MAX = 3 * 10 * 24;
/** Each of three steps may go up the ladder three times, every eight hours, and then wait for whoever is at its end. */
const OURS_HOURS_MAX = 3 * (3 * 8 + 10 * 24);

const requests = monthOf(SEED).slice(0, 30);
const told = (): Promise<Month> => ourMonth(SEED, requests, () => undefined);

/** How long it takes somebody who has nothing else to do, in milliseconds. */
function aloneMs(staffId: string, request: Request): number {
  const { atWork, noticeMs, decideMs } = habitsOf(PEOPLE.find((person) => person.staffId === staffId)!, SEED);
  const noticedMs = Math.ceil(atWork(request.placedMs + noticeMs(request)) / MINUTE) * MINUTE;
  return noticedMs + decideMs(request) - request.placedMs;
}

test('the same requests meet the same people both ways, and the same seed is the same month', async () => {
  const month = await told();
  const { waits, automatic } = month;
  expect(waits.length).toBe(requests.length);
  expect(waits).not.toContain(null);
  expect(waits.filter((wait) => wait === 0).length).toBe(automatic);
  expect(automatic).toBe(requests.filter(({ tier, goods, discount }) => goods - discount <= 5_000 && !(tier === 'KEY_ACCOUNT' && discount / goods > 0.1)).length);
  expect(Math.max(...waits.map(Number))).toBeLessThan(OURS_HOURS_MAX * HOUR);

  // Elevated ones have one step: whoever of the managers decides it and has nothing else to do takes as long as they do in the model.
  const elevated = requests.flatMap((request, place) => {
    const total = request.goods - request.discount;
    return request.tier !== 'KEY_ACCOUNT' && total > 5_000 && total <= 50_000 ? [{ request, wait: waits[place]! }] : [];
  });
  const managers = PEOPLE.filter(({ role }) => role === 'regional-manager');
  const asAlone = elevated.filter(({ request, wait }) => managers.some(({ staffId }) => aloneMs(staffId, request) === wait));
  expect(asAlone.length).toBeGreaterThan(elevated.length / 3);

  const before = waitsInFixedChain(SEED, requests);
  expect(before.length).toBe(requests.length);
  for (const [place, wait] of before.entries()) {
    const levels = [managers[place % managers.length]!.staffId, 'wen.director', 'qian.finance'];
    expect(wait).toBeGreaterThanOrEqual(aloneMs(levels[0]!, requests[place]!) - MINUTE);
    expect(wait).toBeLessThan(CHAIN_HOURS_MAX * HOUR);
  }

  expect(await told()).toEqual(month);
}, 240_000);

test('another seed is another month', () => {
  expect(monthOf(SEED)).toEqual(monthOf(SEED));
  expect(monthOf(SEED + 1)).not.toEqual(monthOf(SEED));
});
