// `ops life-cycle`: the graph of an order's life as the code runs it, as a Mermaid diagram for business people or as JSON.
// Without --in-force it shows the owners and limits that ship with the product, opens no data directory, and says so.
import type { Command } from 'commander';
import { DEFAULT_SETTINGS, isoDuration, lifeCycle, secondsOf, toMermaid } from '@app/domain';
import type { Config } from '@app/wiring';
import { connect } from './connection';
import { ask } from './graphql-client';
import { print, printJson } from './print';

interface LifeCycleOptions {
  inForce?: boolean;
  json?: boolean;
}

type Nodes = Parameters<typeof lifeCycle>[0]['nodes'];

/** Owners and limits to draw, and where they are from. */
interface Drawn {
  nodes: Nodes;
  /** Version in force; null for what ships. */
  settingsVersion: number | null;
}

interface Answer {
  settings: { version: number; nodes: { node: Nodes[number]['node']; ownerRole: string; limit: string }[] };
}

export function addLifeCycleCommand(program: Command, config: () => Config): void {
  program
    .command('life-cycle')
    .description('print the life cycle of an order as a Mermaid diagram')
    .option('--in-force', 'owners and limits of the settings in force in this data directory (default: those that ship with the product)')
    .option('--json', 'print nodes, steps and closed statuses as JSON')
    .action(async ({ inForce, json }: LifeCycleOptions) => {
      const { nodes, settingsVersion } = inForce === true ? await ofDataDirectory(config()) : { nodes: DEFAULT_SETTINGS.nodes, settingsVersion: null };
      const graph = lifeCycle({ nodes });
      if (json === true) {
        const withLimits = graph.nodes.map(({ limitSeconds, ...node }) => ({ ...node, limit: isoDuration(limitSeconds) }));
        printJson({ settingsVersion, ...graph, nodes: withLimits });
        return;
      }
      const source = settingsVersion === null ? 'as they ship with the product; --in-force shows those of a data directory' : `of version ${settingsVersion} of the settings, in force now`;
      print(`%% Owners and limits ${source}.\n${toMermaid(graph).trimEnd()}`);
    });
}

async function ofDataDirectory(config: Config): Promise<Drawn> {
  const connection = await connect(config, { existing: true, looks: true });
  try {
    const { settings } = await ask<Answer>(connection, '{ settings { version nodes { node ownerRole limit } } }');
    return { nodes: settings.nodes.map(({ limit, ...rest }) => ({ ...rest, limitSeconds: secondsOf(limit)! })), settingsVersion: settings.version };
  } finally {
    await connection.close();
  }
}
