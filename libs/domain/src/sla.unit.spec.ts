// A limit is the one in force when the node was entered; version 1 holds for all earlier time.
import { nodeSetting, settingsInForce } from './sla';
import { DEFAULT_SETTINGS } from './settings/settings.defaults';

const V1 = { ...DEFAULT_SETTINGS, version: 1, publishedAt: '2026-01-01T00:00:00.000Z', publishedBy: 'system' };
const V2 = {
  ...V1, version: 2, publishedAt: '2026-02-01T00:00:00.000Z',
  nodes: V1.nodes.map((setting) => (setting.node === 'REVIEW' ? { ...setting, limitSeconds: 60 } : setting)),
};

test.each([
  ['2016-09-04T00:00:00.000Z', 1], ['2026-01-31T23:59:59.999Z', 1], ['2026-02-01T00:00:00.000Z', 2], ['2030-01-01T00:00:00.000Z', 2],
])('at %s version %d is in force', (at, version) => {
  expect(settingsInForce([V1, V2], at).version).toBe(version);
});

test('owner and limit of a node', () => {
  expect(nodeSetting([V1, V2], 'REVIEW', V2.publishedAt)).toEqual({ node: 'REVIEW', ownerRole: 'approver', limitSeconds: 60 });
  expect(nodeSetting([V1, V2], 'REVIEW', V1.publishedAt).limitSeconds).toBe(8 * 3600);
});

test('without any version there is nothing to go by', () => {
  expect(() => settingsInForce([], '2026-01-01T00:00:00.000Z')).toThrow('Settings have no version');
});
