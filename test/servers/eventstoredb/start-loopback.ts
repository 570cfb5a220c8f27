// A small server that speaks EventStoreDB's protocol on 127.0.0.1, for the real client, where no real server can be had.
// In memory, where appends are answered at once, or in a directory that a killed process goes on with; its rates say nothing about a real server.
import { AppendRequests, type AppendCounts } from './append-requests';
import { Cluster } from './cluster';
import { EventLog, type EventLogOptions } from './event-log';
import { FaultState, type Faults } from './faults';

export interface LoopbackOptions {
  /** Port of the first node. Default: a free one. */
  port?: number;
  /** Nodes of a cluster over one log; their leader is the first. Default 1. */
  nodes?: number;
  /** Whether followers refuse appends (NotLeader) or hand them on unless a call requires the leader. Default `refuse`. */
  followers?: 'refuse' | 'forward';
  /** Keeps the log on disk, as `--db` of a real server; otherwise it is in memory, as with `--mem-db`. */
  directory?: string;
  /** Answers "Server Is Not Ready" for so long. */
  notReadyMs?: number;
  /** How long nobody leads at first; the nodes are alive meanwhile. Default 0. */
  electionMs?: number;
  /** Appends between two system events in $all. Default 50, 0 for none beside those of a new server. */
  systemEventEvery?: number;
  /** `equal` halves as on 24.6 (default), or `split`: one commit for a batch behind its prepares, as other versions do. */
  positions?: EventLogOptions['positions'];
  /** The server's clock, for `created` and deadlines. Unix time in ms. */
  now?: () => number;
}

export interface LoopbackEventStore {
  /** Connection string for the client. */
  url: string;
  faults: Faults;
  /** What clients have asked for so far. */
  appendRequests(): Promise<AppendCounts>;
  stop(): Promise<void>;
}

export async function startLoopbackEventStore(options: LoopbackOptions = {}): Promise<LoopbackEventStore> {
  const { port = 0, nodes = 1, followers = 'refuse', directory, notReadyMs, electionMs = 0, systemEventEvery = 50, positions = 'equal', now = Date.now } = options;
  const log = new EventLog({ ...(directory === undefined ? {} : { directory }), systemEventEvery, positions, now });
  const state = new FaultState();
  const requests = new AppendRequests();
  const cluster = new Cluster(log, state, requests, nodes, port, followers);
  state.isNotReady = notReadyMs !== undefined;
  await log.flushed();
  await cluster.start(electionMs);
  const ready = notReadyMs === undefined ? undefined : setTimeout(() => (state.isNotReady = false), notReadyMs);
  return {
    url: cluster.url,
    faults: faultsOf(state, cluster),
    appendRequests: async () => requests.counts(),
    async stop() {
      clearTimeout(ready);
      state.clear();
      await cluster.stop();
      await log.close();
    },
  };
}

function faultsOf(state: FaultState, cluster: Cluster): Faults {
  return {
    cut: async () => cluster.cut(),
    cutAppends: async (at) => state.cutAppends(at),
    cutReads: async (events) => state.cutReads(events),
    delay: async (delays) => state.delay(delays),
    duplicateAppends: async () => state.duplicateAppends(),
    duplicateEvents: async () => void (state.duplicatingEvents = true),
    race: async (at) => state.race(at),
    pause: async () => state.pause(),
    resume: async () => state.resume(),
    notReady: async () => void (state.isNotReady = true),
    ready: async () => void (state.isNotReady = false),
    changeLeader: async (change) => cluster.changeLeader(change),
    startNodes: async () => cluster.startNodes(),
    clear: async () => state.clear(),
  };
}
