// The settings that ship with the product: the first version, published as an event like every later one.
// After that first start the log alone counts: a change here reaches new installations only.
import type { BacklogPeakSetting, SettingsValues } from './settings.events';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const DEFAULT_SETTINGS: SettingsValues = {
  nodes: [
    { node: 'PAYMENT', ownerRole: 'csr', limitSeconds: 30 * MINUTE },
    { node: 'REVIEW', ownerRole: 'approver', limitSeconds: 8 * HOUR },
    { node: 'ALLOCATION', ownerRole: 'warehouse', limitSeconds: 4 * HOUR },
    { node: 'OUTBOUND', ownerRole: 'warehouse', limitSeconds: 24 * HOUR },
    { node: 'DELIVERY', ownerRole: 'logistics', limitSeconds: 7 * DAY },
    { node: 'SETTLEMENT', ownerRole: 'finance', limitSeconds: 7 * DAY },
  ],
  turnoverThresholds: [],
  restrictedCategories: [],
  exemptionsPerDay: 5,
  exemptionMaxAmount: '5000',
  exemptionMaxHours: 48,
  reconciliationToleranceSeconds: 10 * MINUTE,
  waitingFactLimitSeconds: 24 * HOUR,
  businessDay: { opens: '09:00', closes: '18:00' },
  backlogPeak: { pendingMin: 5, decisionsPerHour: 12 },
};

/** What these settings mean; published before there was a choice, they mean what ships. */
export function backlogPeakOf({ backlogPeak }: Pick<SettingsValues, 'backlogPeak'>): BacklogPeakSetting {
  return backlogPeak ?? DEFAULT_SETTINGS.backlogPeak!;
}
