// The approval policy that ships with the product: version 1, published as an event like every later one.
// After that first start the log alone counts: a change here reaches new installations only.
import type { SigningMode } from '../approval/approval.events';
import type { ApprovalRule, RuleStep } from './policy.events';

const WITHIN = 8 * 3600;

export const DEFAULT_APPROVAL_POLICY: ApprovalRule[] = [
  {
    name: 'key-account-discount',
    when: 'order.tier == "KEY_ACCOUNT" && order.discountRate > 0.1',
    steps: [step('regional-manager', 'ANY'), step('sales-director', 'ANY'), step('finance', 'ALL')],
  },
  { name: 'high-value', when: 'order.total > 50000.0', steps: [step('sales-director', 'ANY'), step('finance', 'QUORUM', 2)] },
  { name: 'peak-turnover', when: 'platform.turnoverToday > platform.turnoverThreshold && order.total > 1000.0', steps: [step('finance', 'ANY')] },
  { name: 'restricted-category', when: 'order.restricted', steps: [step('compliance', 'ANY')] },
  { name: 'elevated', when: 'order.total > 5000.0', steps: [step('regional-manager', 'ANY')] },
  { name: 'small', when: 'true', steps: [] },
];

function step(role: string, mode: SigningMode, needed: number | null = null): RuleStep {
  return { role, mode, needed, withinSeconds: WITHIN, businessHours: false };
}
