// Limits, owners, quotas and thresholds as versions: each publication is a whole, and what was decided under one stays pinned to it.
// Fields that a publication leaves out keep their value; the first one starts from what ships with the product.
import { reject, type Command, type Decider, type Rejection } from '@app/kernel';
import { businessDayOf } from '../business-hours';
import { sameValue } from '../order/movement';
import { WORKFLOW_NODES } from '../order/order.events';
import { isPlatform, SOURCE_SYSTEMS } from '../source-systems';
import { backlogPeakOf, DEFAULT_SETTINGS } from './settings.defaults';
import { type BusinessDay, SETTINGS_EVENT_TYPES, type SettingsEvent, type SettingsValues, type SettingsVersion } from './settings.events';

/** Nodes that are not named keep owner and limit; the other lists replace what was there. */
export interface PublishSettings extends Command<'PublishSettings'> {
  values: Partial<SettingsValues>;
}

type SettingsRejectionName =
  | 'NodeUnknown'
  | 'NodeNamedTwice'
  | 'OwnerRoleMissing'
  | 'LimitNotPositive'
  | 'AmountNegative'
  | 'PlatformUnknown'
  | 'PlatformNamedTwice'
  | 'CategoryEmpty'
  | 'QuotaNegative'
  | 'DurationNotPositive'
  | 'TimeOfDayUnreadable'
  | 'BusinessDayEmpty'
  | 'BacklogPeakNotPositive';
const PLATFORMS = SOURCE_SYSTEMS.map(({ code }) => code).filter(isPlatform);
const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;

type SettingsRejection = Rejection<SettingsRejectionName>;

/** Every version, oldest first. */
interface SettingsState {
  versions: readonly SettingsVersion[];
}

export const settingsDecider: Decider<PublishSettings, SettingsEvent, SettingsState> = {
  category: 'settings',
  eventTypes: SETTINGS_EVENT_TYPES,
  initial: { versions: [] },
  decide: publish,
  evolve: (state, event) => ({ versions: [...state.versions, event.data] }),
};

/** The first publication on an empty stream: what ships with the product, in force for all earlier time. */
export function publishDefaults(command: Omit<PublishSettings, 'type' | 'values'>): PublishSettings {
  return { ...command, type: 'PublishSettings', values: {} };
}

function publish(command: PublishSettings, { versions }: SettingsState): readonly SettingsEvent[] | SettingsRejection {
  const problem = problemWith(command.values);
  if (problem !== null) return problem;
  const before = versions.at(-1);
  const values = merged(before ?? DEFAULT_SETTINGS, command.values);
  if (before !== undefined && sameSettings(values, before)) return [];
  const version: SettingsVersion = { ...values, version: versions.length + 1, publishedAt: command.at, publishedBy: command.actor.id };
  return [{ type: 'SettingsPublished', occurredAt: command.at, data: version }];
}

function merged(before: SettingsValues, { nodes, ...rest }: Partial<SettingsValues>): SettingsValues {
  const values: SettingsValues = {
    nodes: before.nodes.map((setting) => nodes?.find(({ node }) => node === setting.node) ?? setting),
    turnoverThresholds: rest.turnoverThresholds ?? before.turnoverThresholds,
    restrictedCategories: rest.restrictedCategories ?? before.restrictedCategories,
    exemptionsPerDay: rest.exemptionsPerDay ?? before.exemptionsPerDay,
    exemptionMaxAmount: rest.exemptionMaxAmount ?? before.exemptionMaxAmount,
    exemptionMaxHours: rest.exemptionMaxHours ?? before.exemptionMaxHours,
    reconciliationToleranceSeconds: rest.reconciliationToleranceSeconds ?? before.reconciliationToleranceSeconds,
    waitingFactLimitSeconds: rest.waitingFactLimitSeconds ?? before.waitingFactLimitSeconds,
    businessDay: rest.businessDay ?? businessDayOf(before),
    backlogPeak: rest.backlogPeak ?? backlogPeakOf(before),
  };
  return values;
}

function problemWith(values: Partial<SettingsValues>): SettingsRejection | null {
  const named = new Set<string>();
  for (const { node, ownerRole, limitSeconds } of values.nodes ?? []) {
    if (!WORKFLOW_NODES.includes(node)) return reject('NodeUnknown', `There is no node "${node}"; the nodes are ${WORKFLOW_NODES.join(', ')}.`, { node });
    if (named.has(node)) return reject('NodeNamedTwice', `The node ${node} is named twice.`, { node });
    named.add(node);
    if (ownerRole.trim() === '') return reject('OwnerRoleMissing', `The node ${node} needs an owner role.`, { node });
    if (!isWhole(limitSeconds) || limitSeconds <= 0) return reject('LimitNotPositive', `The limit of ${node} must be a whole number of seconds above zero.`, { node, limitSeconds });
  }
  const platforms = new Set<string>();
  for (const { platform, amount } of values.turnoverThresholds ?? []) {
    if (!isPlatform(platform)) return reject('PlatformUnknown', `There is no platform "${platform}"; the platforms are ${PLATFORMS.join(', ')}.`, { platform });
    if (platforms.has(platform)) return reject('PlatformNamedTwice', `The platform ${platform} has two turnover thresholds.`, { platform });
    platforms.add(platform);
    if (!isAmount(amount)) return reject('AmountNegative', `The turnover threshold of ${platform} must be a decimal of zero or more.`, { platform, amount });
  }
  if (values.restrictedCategories?.some((category) => category.trim() === '') === true) return reject('CategoryEmpty', 'A restricted category must have a name; to restrict none give an empty list.');
  if (values.exemptionMaxAmount !== undefined && !isAmount(values.exemptionMaxAmount)) {
    return reject('AmountNegative', 'The limit of an exemption must be a decimal of zero or more.', { amount: values.exemptionMaxAmount });
  }
  if (values.exemptionsPerDay !== undefined && !(isWhole(values.exemptionsPerDay) && values.exemptionsPerDay >= 0)) {
    return reject('QuotaNegative', 'Exemptions per day must be a whole number of zero or more.', { exemptionsPerDay: values.exemptionsPerDay });
  }
  for (const field of ['exemptionMaxHours', 'reconciliationToleranceSeconds', 'waitingFactLimitSeconds'] as const) {
    const value = values[field];
    const least = field === 'reconciliationToleranceSeconds' ? 0 : 1;
    if (value !== undefined && !(isWhole(value) && value >= least)) {
      return reject('DurationNotPositive', `${field} must be a whole number of at least ${least}.`, { field, value });
    }
  }
  for (const [field, value] of Object.entries(values.backlogPeak ?? {})) {
    if (!isWhole(value) || value < 1) return reject('BacklogPeakNotPositive', `backlogPeak.${field} must be a whole number of at least 1.`, { field, value });
  }
  return values.businessDay === undefined ? null : problemWithDay(values.businessDay);
}

function problemWithDay({ opens, closes }: BusinessDay): SettingsRejection | null {
  const unreadable = [opens, closes].find((time) => !TIME_OF_DAY.test(time));
  if (unreadable !== undefined) return reject('TimeOfDayUnreadable', `"${unreadable}" is no time of day such as 09:00.`, { opens, closes });
  return opens < closes ? null : reject('BusinessDayEmpty', `A working day that opens at ${opens} must close later than that, not at ${closes}.`, { opens, closes });
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value);
}

function isAmount(amount: string): boolean {
  return /^\d+(\.\d+)?$/.test(amount);
}

function sameSettings(values: SettingsValues, before: SettingsVersion): boolean {
  return sameValue(values, merged(before, {}));
}
