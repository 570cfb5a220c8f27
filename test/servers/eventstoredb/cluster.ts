// The nodes over one log: a single one that always leads, or several of which one leads until it is made to lose that.
// While nobody leads nothing can be appended. A follower serves reads, unless they ask for the leader, and sends writers to it.
import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import type { AppendRequests } from './append-requests';
import type { EventLog } from './event-log';
import type { FaultState, LeaderChange } from './faults';
import type { Member, Membership } from './gossip';
import { HOST, LoopbackNode } from './node';
import { notLeader, notReady } from './refusals';

const ELECTION_MS = 200;

export class Cluster implements Membership {
  private readonly nodes: { node: LoopbackNode; instanceId: string }[];
  private leader: LoopbackNode | undefined;
  private firstElection: NodeJS.Timeout | undefined;

  /** `port` is that of the first node, 0 for a free one. */
  constructor(
    private readonly log: EventLog,
    private readonly faults: FaultState,
    private readonly requests: AppendRequests,
    size: number,
    port: number,
    /** Whether a follower hands appends on to the leader unless the client says `requires-leader`, or always refuses them. */
    private readonly followers: 'forward' | 'refuse',
  ) {
    this.nodes = Array.from({ length: size }, (_, at) => ({ node: new LoopbackNode(at === 0 ? port : 0), instanceId: randomUUID() }));
  }

  /** One address for a single node, all of them with discovery for a cluster. */
  get url(): string {
    const hosts = this.nodes.map(({ node }) => `${HOST}:${node.port}`).join(',');
    return `esdb://${hosts}?tls=false${this.nodes.length > 1 ? '&nodePreference=leader' : ''}`;
  }

  /** Resolves when the nodes can be called; one of them leads after `electionMs`, 0 for at once. */
  async start(electionMs: number): Promise<void> {
    await this.startNodes();
    const elect = (): void => void (this.leader = this.nodes[0]!.node);
    if (electionMs === 0) elect();
    else this.firstElection = setTimeout(elect, electionMs);
  }

  async startNodes(): Promise<void> {
    for (const { node } of this.nodes) {
      if (node.isUp) continue;
      const { log, faults, requests } = this;
      const refusesRead = (metadata: Metadata): ServiceError | undefined => this.refusesRead(node, metadata);
      const refusesAppend = (metadata: Metadata): ServiceError | undefined => this.refusesAppend(node, metadata);
      await node.start({ log, faults, requests, cut: () => node.cut(), refusesRead, refusesAppend, isLeaderless: () => !faults.isNotReady && this.leader === undefined }, this);
    }
  }

  members(): readonly Member[] {
    return this.nodes.map(({ node, instanceId }) => ({ instanceId, host: HOST, port: node.port, isAlive: node.isUp, isLeader: node === this.leader }));
  }

  cut(): void {
    for (const { node } of this.nodes) node.cut();
  }

  /** Resolves once another node leads. */
  async changeLeader({ electionMs = ELECTION_MS, old = 'kill' }: LeaderChange = {}): Promise<void> {
    const former = this.leader;
    const next = this.nodes.find(({ node }) => node !== former && node.isUp)?.node;
    if (next === undefined) throw new Error('There is no other node that could lead');
    this.leader = undefined;
    if (old === 'kill') await former?.stop();
    await new Promise((resolve) => setTimeout(resolve, electionMs));
    this.leader = next;
  }

  async stop(): Promise<void> {
    clearTimeout(this.firstElection);
    await Promise.all(this.nodes.map(({ node }) => node.stop()));
  }

  private refusesRead(node: LoopbackNode, metadata: Metadata): ServiceError | undefined {
    if (this.faults.isNotReady) return notReady();
    if (node === this.leader || metadata.get('requires-leader').length === 0) return undefined;
    return this.leader === undefined ? notReady() : notLeader({ host: HOST, port: this.leader.port });
  }

  private refusesAppend(node: LoopbackNode, metadata: Metadata): ServiceError | undefined {
    if (this.faults.isNotReady || this.leader === undefined) return notReady();
    const mayServe = node === this.leader || (this.followers === 'forward' && metadata.get('requires-leader').length === 0);
    return mayServe ? undefined : notLeader({ host: HOST, port: this.leader.port });
  }
}
