// The route of an order by the shipped policy, at its thresholds to the cent; and what becomes of a rule that fails.
import { CONTENT, TWO_LINES } from '../order/order.fixtures';
import type { OrderContent } from '../order/order.events';
import { makeFacts, POLICY_V1 } from './policy.fixtures';
import type { ApprovalRule } from './policy.events';
import { routeOf } from './route';

const KEY_ACCOUNT = { ...CONTENT.customer, tier: 'KEY_ACCOUNT' as const };
const step = { role: 'finance', mode: 'ANY' as const, needed: null, withinSeconds: 60, businessHours: false };

test.each<[string, Partial<OrderContent>]>([
  ['small', {}],
  ['small', { total: 5_000_00 }],
  ['elevated', { total: 5_000_01 }],
  ['elevated', { total: 50_000_00 }],
  ['high-value', { total: 50_000_01 }],
  // The lines cost 190.00.
  ['small', { customer: KEY_ACCOUNT, discount: 19_00 }],
  ['key-account-discount', { customer: KEY_ACCOUNT, discount: 19_01 }],
  ['key-account-discount', { customer: KEY_ACCOUNT, discount: 19_01, total: 60_000_00 }],
  ['small', { discount: 190_00 }],
  ['small', { customer: KEY_ACCOUNT, discount: 5, lines: [] }],
])('%s', (rule, content) => {
  expect(routeOf(POLICY_V1, makeFacts(content)).name).toBe(rule);
});

test('turnover over the threshold asks finance for all but the smallest', () => {
  const peak = { turnoverToday: '1000000.01', turnoverThreshold: '1000000' };
  expect(routeOf(POLICY_V1, makeFacts({ total: 1_000_01 }, peak)).name).toBe('peak-turnover');
  expect(routeOf(POLICY_V1, makeFacts({ total: 1_000_00 }, peak)).name).toBe('small');
  expect(routeOf(POLICY_V1, makeFacts({ total: 1_000_01 }, { ...peak, turnoverToday: '1000000.00' })).name).toBe('small');
  expect(routeOf(POLICY_V1, makeFacts({ total: 1_000_01 }, { ...peak, turnoverThreshold: null })).name).toBe('small');
});

test('a restricted category of any line asks compliance; a line without a category is no category', () => {
  expect(routeOf(POLICY_V1, makeFacts({}, {}, ['ware'])).name).toBe('restricted-category');
  const facts = makeFacts({ lines: [...TWO_LINES, { ...TWO_LINES[0]!, category: null }] }, {}, ['']);
  expect(facts.order).toMatchObject({ categories: ['tea', 'ware'], restricted: false });
});

test('amounts are in major units of the currency, whatever its decimals', () => {
  expect(makeFacts({ total: 500 }, {}, [], { platform: 'SF', currency: 'JPY' }).order.total).toBe(500);
  expect(makeFacts({ total: 1_234 }, {}, [], { platform: 'SF', currency: 'KWD' }).order.total).toBe(1.234);
});

test('a rule that cannot be evaluated asks people if it would, and lets nothing pass', () => {
  const failing = 'order.lines[2].sku == "GIFT"';
  const policy = (steps: ApprovalRule['steps']) => ({ version: 2, rules: [{ name: 'failing', when: failing, steps }, { name: 'rest', when: 'true', steps: [{ ...step, role: 'csr' }] }] });
  expect(routeOf(policy([step]), makeFacts()).name).toBe('failing');
  expect(routeOf(policy([]), makeFacts()).name).toBe('rest');
  expect(routeOf(policy([]), makeFacts({ lines: [...TWO_LINES, { ...TWO_LINES[0]!, sku: 'GIFT' }] })).name).toBe('failing');
});

test('ten thousand orders are routed in a moment', () => {
  const facts = makeFacts();
  const before = performance.now();
  for (let i = 0; i < 10_000; i += 1) routeOf(POLICY_V1, facts);
  expect(performance.now() - before).toBeLessThan(1_000);
});
