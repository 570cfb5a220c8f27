// What every handler of a node works on: the log that all nodes share, the faults, what was asked for, and the node that was called.
// A node that may not serve says so here, in one place.
import type { Metadata, ServiceError } from '@grpc/grpc-js';
import type { AppendRequests } from './append-requests';
import type { EventLog } from './event-log';
import type { FaultState } from './faults';

export interface Serving {
  log: EventLog;
  faults: FaultState;
  requests: AppendRequests;
  /** Drops the connections of this node. */
  cut: () => void;
  /** Undefined when the node may answer; what it answers otherwise. */
  refusesRead(metadata: Metadata): ServiceError | undefined;
  /** While a cluster elects: the batch append tells that in a way of its own. */
  isLeaderless(): boolean;
  refusesAppend(metadata: Metadata): ServiceError | undefined;
}
