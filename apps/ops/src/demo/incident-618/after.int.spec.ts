// The first hours of the sale on the product, in virtual time: nothing reaches the leaver, the alert comes before the peak,
// nobody waits for long, and the same seed is the same run to the last event, however busy the machine is.
import { pbkdf2 } from 'node:crypto';
import { happeningsOf, ourWay } from './after';
import { figuresOf } from './figures';
import { SALE_BEGINS_MS, saleOf, STORY_ENDS_MS, TURNOVER_THRESHOLD } from './sale';

const SEED = 42;
const ORDERS = 330;
/** Four steps of eight hours. */
const LADDER_HOURS = 32;

const sale = saleOf(SEED).slice(0, ORDERS);
const told = () => ourWay(SEED, sale, () => undefined);

test('the departed get nothing, somebody is warned before the peak, and no order waits unseen', async () => {
  expect(sale.reduce((sum, { total }) => sum + total, 0)).toBeGreaterThan(1.3 * TURNOVER_THRESHOLD);
  const journal = await told();
  const figures = figuresOf(happeningsOf(journal), { peakMs: SALE_BEGINS_MS, endMs: STORY_ENDS_MS });
  expect(figures).toMatchObject({ orders: ORDERS, assignedToDeparted: 0, waitingAtEnd: 0, waitingOver48h: 0 });
  expect(figures.reviewed).toBeGreaterThan(30);
  expect(figures.longestWaitHours).toBeLessThanOrEqual(LADDER_HOURS);
  expect(figures.alerts.filter(({ kind, beforePeak }) => kind === 'ROUTE_BROKEN' && beforePeak).length).toBeGreaterThan(0);

  const busy = beBusy();
  try {
    expect(await told()).toEqual(journal);
  } finally {
    busy.stop();
  }
}, 180_000);

/** Takes the thread from time to time, and the threads in which disk and cryptography are waited for. */
function beBusy(): { stop: () => void } {
  const hashing = [false, false, false, false];
  const often = setInterval(() => {
    for (const until = performance.now() + 3; performance.now() < until; );
    for (const [i, busy] of hashing.entries()) {
      if (busy) continue;
      hashing[i] = true;
      pbkdf2('busy', 'salt', 10_000, 32, 'sha512', () => (hashing[i] = false));
    }
  }, 20);
  return { stop: () => clearInterval(often) };
}
