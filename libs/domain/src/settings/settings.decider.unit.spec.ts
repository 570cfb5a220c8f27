// Settings are published whole; what a publication leaves out keeps its value, and nonsense is refused by name.
import { given } from '@test/dsl';
import { minute, OPS } from '../order/order.fixtures';
import type { WorkflowNode } from '../order/order.events';
import { publishDefaults, settingsDecider, type PublishSettings } from './settings.decider';
import { DEFAULT_SETTINGS } from './settings.defaults';
import type { SettingsEvent, SettingsValues } from './settings.events';

const base = { id: 'publish-1', actor: OPS, at: minute(0) };
const first = publishDefaults(base);
const publish = (values: Partial<SettingsValues>): PublishSettings => ({ ...base, id: 'publish-2', at: minute(9), type: 'PublishSettings', values });

test('the first version is what ships with the product', () => {
  given(settingsDecider, []).when(first).idempotently().then([
    { type: 'SettingsPublished', occurredAt: minute(0), data: { ...DEFAULT_SETTINGS, version: 1, publishedAt: minute(0), publishedBy: OPS.id } },
  ]);
});

test('missing fields keep their value, nodes that are not named too', () => {
  const values = { nodes: [{ node: 'REVIEW' as const, ownerRole: 'approver', limitSeconds: 3600 }], exemptionsPerDay: 3 };
  given(settingsDecider, []).when(first, publish(values)).idempotently().thenState(({ versions }) => {
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(versions[1]).toMatchObject({ exemptionsPerDay: 3, exemptionMaxAmount: '5000', nodes: [{ node: 'PAYMENT', limitSeconds: 1800 }, { node: 'REVIEW', limitSeconds: 3600 }, {}, {}, {}, {}] });
  });
});

test('publishing what is in force already makes no version', () => {
  given(settingsDecider, []).when(first, publish({ exemptionsPerDay: 5 })).thenNothing();
});

test('a version from before the working day could be chosen means the one that ships', () => {
  const { businessDay, ...older } = DEFAULT_SETTINGS;
  const before: SettingsEvent = { type: 'SettingsPublished', occurredAt: minute(0), data: { ...older, version: 1, publishedAt: minute(0), publishedBy: OPS.id } };
  given(settingsDecider, [before]).when(publish({ businessDay: businessDay! })).thenNothing();
  given(settingsDecider, [before]).when(publish({ exemptionsPerDay: 3 })).thenLike({ type: 'SettingsPublished', data: { version: 2, businessDay: { opens: '09:00', closes: '18:00' } } });
  const early = { opens: '06:30', closes: '14:30' };
  given(settingsDecider, [before]).when(publish({ businessDay: early })).idempotently().thenLike({ type: 'SettingsPublished', data: { businessDay: early, exemptionsPerDay: 5 } });
});

test('a version from before peaks of the backlog could be set means what ships', () => {
  const { backlogPeak, ...older } = DEFAULT_SETTINGS;
  const before: SettingsEvent = { type: 'SettingsPublished', occurredAt: minute(0), data: { ...older, version: 1, publishedAt: minute(0), publishedBy: OPS.id } };
  given(settingsDecider, [before]).when(publish({ backlogPeak: backlogPeak! })).thenNothing();
  given(settingsDecider, [before]).when(publish({ exemptionsPerDay: 3 })).thenLike({ type: 'SettingsPublished', data: { version: 2, backlogPeak: { pendingMin: 5, decisionsPerHour: 12 } } });
  const strict = { pendingMin: 1, decisionsPerHour: 4 };
  given(settingsDecider, [before]).when(publish({ backlogPeak: strict })).idempotently().thenLike({ type: 'SettingsPublished', data: { backlogPeak: strict, exemptionsPerDay: 5 } });
});

test.each<[string, Partial<SettingsValues>]>([
  ['NodeUnknown', { nodes: [{ node: 'PACKING' as WorkflowNode, ownerRole: 'x', limitSeconds: 1 }] }],
  ['NodeNamedTwice', { nodes: [DEFAULT_SETTINGS.nodes[0]!, DEFAULT_SETTINGS.nodes[0]!] }],
  ['OwnerRoleMissing', { nodes: [{ node: 'REVIEW', ownerRole: '', limitSeconds: 1 }] }],
  ['LimitNotPositive', { nodes: [{ node: 'REVIEW', ownerRole: 'x', limitSeconds: 0 }] }],
  ['AmountNegative', { turnoverThresholds: [{ platform: 'TB', amount: '-1' }] }],
  ['AmountNegative', { exemptionMaxAmount: 'much' }],
  ['PlatformUnknown', { turnoverThresholds: [{ platform: 'TB', amount: '1' }, { platform: 'ZZZZZZ', amount: '1' }] }],
  ['PlatformUnknown', { turnoverThresholds: [{ platform: 'WMS', amount: '1' }] }],
  ['CategoryEmpty', { restrictedCategories: ['knives', ' '] }],
  ['PlatformNamedTwice', { turnoverThresholds: [{ platform: 'TB', amount: '1' }, { platform: 'TB', amount: '2' }] }],
  ['QuotaNegative', { exemptionsPerDay: -1 }],
  ['DurationNotPositive', { waitingFactLimitSeconds: 0 }],
  ['DurationNotPositive', { exemptionMaxHours: 1.5 }],
  ['TimeOfDayUnreadable', { businessDay: { opens: '9:00', closes: '18:00' } }],
  ['TimeOfDayUnreadable', { businessDay: { opens: '09:00', closes: '24:00' } }],
  ['BusinessDayEmpty', { businessDay: { opens: '18:00', closes: '09:00' } }],
  ['BusinessDayEmpty', { businessDay: { opens: '09:00', closes: '09:00' } }],
  ['BacklogPeakNotPositive', { backlogPeak: { pendingMin: 0, decisionsPerHour: 12 } }],
  ['BacklogPeakNotPositive', { backlogPeak: { pendingMin: 5, decisionsPerHour: 0.5 } }],
])('%s is refused', (rejection, values) => {
  given(settingsDecider, []).when(first, publish(values)).then({ rejection });
});
