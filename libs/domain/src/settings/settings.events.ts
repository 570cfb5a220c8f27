// STORAGE FORMAT. Names and shapes here are what the log holds for ever:
// a new shape is a new version with an upcaster. Amounts are decimal strings: no order, no currency.
import type { DomainEvent, Instant } from '@app/kernel';
import type { WorkflowNode } from '../order/order.events';

export interface NodeSetting {
  node: WorkflowNode;
  ownerRole: string;
  limitSeconds: number;
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
