// Reviews are found as they began, with the content of their own time, and routed again to where they were routed.
import { given } from '@test/dsl';
import { orderDecider } from '../order/order.decider';
import { CONTEXT, makeReport, makeTakeOrder, minute, paid, SETTINGS_V1, TAOBAO } from '../order/order.fixtures';
import type { OrderCommand } from '../order/order.commands';
import type { OrderEvent } from '../order/order.events';
import { POLICY_V1 } from './policy.fixtures';
import { reviewsBegun, routedAgain, sameSteps } from './reviews-begun';

const SETTINGS = [SETTINGS_V1];

/** Every event that the commands make happen. */
function lived(...commands: OrderCommand[]): OrderEvent[] {
  const events: OrderEvent[] = [];
  for (const command of commands) {
    const { decision } = given(orderDecider, events).when(command);
    events.push(...(decision as readonly OrderEvent[]));
  }
  return events;
}

const CREDIT = { paymentTerms: 'CREDIT' as const };

test('an order that is paid, reviewed and amended has a review of each content', () => {
  const events = lived(
    makeTakeOrder({ ...CREDIT }),
    makeTakeOrder({ ...CREDIT, total: 6_000_00, lines: [{ lineId: '1', sku: 'TEA-100', title: 'Green tea', category: 'tea', quantity: 1, unitPrice: 5_990_10 }] }, { updatedAt: minute(5), at: minute(6) }),
  );
  const begun = reviewsBegun(events, SETTINGS);
  expect(begun).toMatchObject([
    { approvalId: 'TB2026010900001-1', matchedRule: 'small', policyVersion: 1, steps: [], content: { total: 199_90 }, inputs: { turnoverToday: '199.90' } },
    { approvalId: 'TB2026010900001-2', matchedRule: 'elevated', policyVersion: 1, steps: [{ role: 'regional-manager', mode: 'ANY', needed: null }], content: { total: 6_000_00 }, inputs: { turnoverToday: '6000.00' } },
  ]);
  for (const review of begun) {
    const rule = routedAgain(review, POLICY_V1, SETTINGS);
    expect([rule.name, sameSteps(rule.steps, review.steps)]).toEqual([review.matchedRule, true]);
  }
});

test('other rules lead elsewhere', () => {
  const [review] = reviewsBegun(lived(makeTakeOrder(), makeReport(paid(3))), SETTINGS);
  const step = POLICY_V1.rules[2]!.steps[0]!;
  const rule = routedAgain(review!, { version: 2, rules: [{ name: 'all-tea', when: '"tea" in order.categories', steps: [step] }, { name: 'rest', when: 'true', steps: [] }] }, SETTINGS);
  expect([rule.name, sameSteps(rule.steps, review!.steps)]).toEqual(['all-tea', false]);
});

test('the turnover that was recorded counts, not what it is now; restricted categories are those of the settings then', () => {
  const settings = [{ ...SETTINGS_V1, restrictedCategories: ['tea'], turnoverThresholds: [{ platform: 'TB', amount: '1000' }] }];
  const big = { ...CREDIT, total: 1_500_00, discount: 0, lines: [{ lineId: '1', sku: 'S', title: 'S', category: 'ware', quantity: 1, unitPrice: 1_490_10 }] };
  const [peak] = reviewsBegun(lived({ ...makeTakeOrder(big), context: { ...CONTEXT, settings, turnoverOfOthers: 9_000_00 } }), settings);
  expect(peak).toMatchObject({ matchedRule: 'peak-turnover', inputs: { turnoverToday: '10500.00', turnoverThreshold: '1000' } });
  expect(routedAgain(peak!, POLICY_V1, [...settings, { ...SETTINGS_V1, version: 2, restrictedCategories: ['ware'] }]).name).toBe('peak-turnover');
  const [tea] = reviewsBegun(lived({ ...makeTakeOrder(CREDIT), context: { ...CONTEXT, settings } }), settings);
  expect(routedAgain(tea!, POLICY_V1, [...settings, { ...SETTINGS_V1, version: 2 }]).name).toBe('restricted-category');
});

test('imported history was decided by no policy, and can be routed all the same', () => {
  const [review] = reviewsBegun(lived(makeTakeOrder({ ...CREDIT, total: 199_90 }, { history: true, actor: TAOBAO })), SETTINGS);
  expect(review).toMatchObject({ policyVersion: 0, matchedRule: 'imported-history', steps: [], inputs: null });
  expect(routedAgain(review!, POLICY_V1, SETTINGS).name).toBe('small');
});
