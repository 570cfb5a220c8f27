// A scrape is answered while stores are silent, and says what its figures are worth.
import { Metrics } from './metrics';

const LOG = { appends: 3, events: 4, conflicts: 0, failed: false };
const figures = (lag: number) => [{ name: 'tally', lag, eventsPerSecond: null, parked: 0 }];
const valueOf = (text: string, name: string): string | undefined => new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1];

test('figures that need a store are of now, then of the last look, and never waited for', async () => {
  let looks = 0;
  let look = (): Promise<ReturnType<typeof figures>> => Promise.resolve(figures(7));
  const metrics = new Metrics(() => (looks++, look()), () => LOG);
  const scrape = async (): Promise<(string | undefined)[]> => {
    const text = await metrics.registry.metrics();
    return ['ordertrail_projection_figures_current', 'ordertrail_projection_lag_events', 'ordertrail_appends_total'].map((name) => valueOf(text, name));
  };
  expect(await scrape()).toEqual(['1', '7', '3']);
  expect(looks).toBe(1);
  look = () => Promise.reject(new Error('connect ECONNREFUSED'));
  expect(await scrape()).toEqual(['0', '7', '3']);
  let answer: (found: ReturnType<typeof figures>) => void = () => undefined;
  look = () => new Promise((resolve) => (answer = resolve));
  expect([await scrape(), await scrape()]).toEqual([['0', '7', '3'], ['0', '7', '3']]);
  expect(looks).toBe(3);
  answer(figures(2));
  look = () => Promise.resolve(figures(1));
  await new Promise(setImmediate);
  expect(await scrape()).toEqual(['1', '1', '3']);
});

test('a store that has never answered leaves its figures out', async () => {
  const text = await new Metrics(() => new Promise(() => undefined), () => LOG).registry.metrics();
  expect([valueOf(text, 'ordertrail_projection_figures_current'), valueOf(text, 'ordertrail_projection_lag_events'), valueOf(text, 'ordertrail_store_failed')]).toEqual(['0', undefined, '0']);
});
