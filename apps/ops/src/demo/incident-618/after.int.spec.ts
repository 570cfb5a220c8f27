// The first hours of the sale on the product, in virtual time: nothing reaches the leaver, the alert comes before the peak,
// nobody waits for long, and the same seed is the same run to the last figure.
import { ourWay } from './after';
import { figuresOf } from './figures';
import { SALE_BEGINS_MS, saleOf, STORY_ENDS_MS, TURNOVER_THRESHOLD } from './sale';

const SEED = 42;
const ORDERS = 330;
/** Four steps of eight hours. */
const LADDER_HOURS = 32;

const sale = saleOf(SEED).slice(0, ORDERS);
const told = async () => figuresOf(await ourWay(SEED, sale, () => undefined), { peakMs: SALE_BEGINS_MS, endMs: STORY_ENDS_MS });

test('the departed get nothing, somebody is warned before the peak, and no order waits unseen', async () => {
  expect(sale.reduce((sum, { total }) => sum + total, 0)).toBeGreaterThan(1.3 * TURNOVER_THRESHOLD);
  const figures = await told();
  expect(figures).toMatchObject({ orders: ORDERS, assignedToDeparted: 0, waitingAtEnd: 0, waitingOver48h: 0 });
  expect(figures.reviewed).toBeGreaterThan(30);
  expect(figures.longestWaitHours).toBeLessThanOrEqual(LADDER_HOURS);
  expect(figures.alerts.filter(({ kind, beforePeak }) => kind === 'ROUTE_BROKEN' && beforePeak).length).toBeGreaterThan(0);
  expect(await told()).toEqual(figures);
}, 180_000);
