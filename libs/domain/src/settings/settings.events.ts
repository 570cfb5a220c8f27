// STORAGE FORMAT. Names and shapes here are what the log holds for ever:
// a new shape is a new version with an upcaster. Amounts are decimal strings: no order, no currency.
import type { DomainEvent, Instant } from '@app/kernel';
import type { WorkflowNode } from '../order/order.events';

export interface NodeSetting {
  node: WorkflowNode;
  ownerRole: string;
  limitSeconds: number;
}

/** When a working day begins and ends on the clocks of the business zone, `HH:mm`. */
export interface BusinessDay {
  opens: string;
  closes: string;
}

/** What a queue of approval tasks is warned of by, beside the limits of its steps. */
export interface BacklogPeakSetting {
  /** Fewer waiting tasks are no queue. */
  pendingMin: number;
  /** Of one approver, where none has decided lately. */
  decisionsPerHour: number;
}

export interface SettingsValues {
  nodes: NodeSetting[];
  turnoverThresholds: { platform: string; amount: string }[];
  restrictedCategories: string[];
  exemptionsPerDay: number;
  exemptionMaxAmount: string;
  exemptionMaxHours: number;
  reconciliationToleranceSeconds: number;
  waitingFactLimitSeconds: number;
  /** Versions published before there was a choice have none: they mean 09:00 to 18:00. */
  businessDay?: BusinessDay;
  /** Versions published before there was a choice have none: they mean 5 and 12. */
  backlogPeak?: BacklogPeakSetting;
}

export interface SettingsVersion extends SettingsValues {
  version: number;
  publishedAt: Instant;
  publishedBy: string;
}

export type SettingsPublished = DomainEvent<'SettingsPublished', SettingsVersion>;
export type SettingsEvent = SettingsPublished;
export const SETTINGS_EVENT_TYPES = { SettingsPublished: 1 } as const satisfies Record<SettingsEvent['type'], number>;
export const SETTINGS_STREAM = 'settings-main';
