// Limits and owners of the nodes as they were in force at an instant: what was decided under a version stays pinned to it.
// Version 1 holds for all earlier time, so that imported history has limits too.
import type { Instant } from '@app/kernel';
import type { WorkflowNode } from './order/order.events';
import type { NodeSetting, SettingsVersion } from './settings/settings.events';

/** Settings in force at `at`; versions are given oldest first. Throws when there is no version at all: the first ships with the product. */
export function settingsInForce(versions: readonly SettingsVersion[], at: Instant): SettingsVersion {
  for (let i = versions.length - 1; i > 0; i -= 1) {
    const version = versions[i]!;
    if (version.publishedAt <= at) return version;
  }
  const first = versions[0];
  if (first === undefined) throw new Error('Settings have no version: the shipped one must be given.');
  return first;
}

/** Owner and limit (whole seconds) of a node entered at `at`. */
export function nodeSetting(versions: readonly SettingsVersion[], node: WorkflowNode, at: Instant): NodeSetting {
  const { nodes } = settingsInForce(versions, at);
  for (const setting of nodes) if (setting.node === node) return setting;
  throw new Error(`Settings say nothing of the node ${node}.`);
}
