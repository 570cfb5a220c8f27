// Who leads, who follows and who is gone, as the nodes of a cluster tell their clients.
// A client picks its node from this answer alone.
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { UUID, type Empty } from '@eventstore/db-client/generated/shared_pb';

export interface Member {
  instanceId: string;
  host: string;
  port: number;
  isAlive: boolean;
  isLeader: boolean;
}

export interface Membership {
  members(): readonly Member[];
}

const MS_IN_TICKS = 10_000;

export function gossipHandler(membership: Membership) {
  return (_: ServerUnaryCall<Empty, ClusterInfo>, answer: sendUnaryData<ClusterInfo>): void => {
    const members = membership.members().map(({ instanceId, host, port, isAlive, isLeader }) =>
      new MemberInfo()
        .setInstanceId(new UUID().setString(instanceId))
        .setTimeStamp(String(Date.now() * MS_IN_TICKS))
        .setState(isLeader ? MemberInfo.VNodeState.LEADER : MemberInfo.VNodeState.FOLLOWER)
        .setIsAlive(isAlive)
        .setHttpEndPoint(new EndPoint().setAddress(host).setPort(port)),
    );
    answer(null, new ClusterInfo().setMembersList(members));
  };
}
