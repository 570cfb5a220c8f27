// One node: a port with the services of EventStoreDB behind it, gRPC and plain HTTP. Its sockets are its own, so that they can be dropped at any moment.
// A node that is down refuses connections, and comes back on the same port.
import { Server, ServerCredentials, type ConnectionInjector, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { createServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { appendHandler, batchAppendHandler, deleteHandler, tombstoneHandler } from './append';
import { gossipHandler, type Membership } from './gossip';
import { healthServer } from './health';
import { readHandler } from './read';
import { featuresHandler } from './server-features';
import type { Serving } from './serving';
import { handOver } from './two-protocols';

export const HOST = '127.0.0.1';
/** A client may receive events of up to 16 MiB, and sends batches in pieces of 3. */
const MESSAGE_BYTES_MAX = 17 * 1024 * 1024;
/** What is read is stored serialised. */
const STREAMS_OF_BYTES = { ...StreamsService, read: { ...StreamsService.read, responseSerialize: (bytes: Buffer) => bytes } };

export class LoopbackNode {
  port: number;
  private readonly sockets = new Set<Socket>();
  private running: { grpc: Server; connections: ConnectionInjector; tcp: TcpServer } | undefined;

  /** `port` 0 takes a free one, and keeps it. */
  constructor(port: number) {
    this.port = port;
  }

  get isUp(): boolean {
    return this.running !== undefined;
  }

  async start(serving: Serving, membership: Membership): Promise<void> {
    const grpc = new Server({ 'grpc.max_receive_message_length': MESSAGE_BYTES_MAX, 'grpc.enable_channelz': 0 });
    grpc.addService(STREAMS_OF_BYTES as unknown as typeof StreamsService, {
      append: appendHandler(serving),
      batchAppend: batchAppendHandler(serving),
      read: readHandler(serving),
      delete: deleteHandler(serving),
      tombstone: tombstoneHandler(serving),
    } as unknown as UntypedServiceImplementation);
    grpc.addService(GossipService, { read: gossipHandler(membership) } as unknown as UntypedServiceImplementation);
    grpc.addService(ServerFeaturesService, { getSupportedMethods: featuresHandler(serving) } as unknown as UntypedServiceImplementation);
    const connections = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const http = healthServer(serving.faults);
    const tcp = createServer({ noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => socket.destroy());
      handOver(socket, { http1: () => http.emit('connection', socket), http2: () => connections.injectConnection(socket) });
    });
    await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(this.port, HOST, resolve));
    this.port = (tcp.address() as AddressInfo).port;
    this.running = { grpc, connections, tcp };
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    this.running = undefined;
    const closed = new Promise<void>((resolve) => running.tcp.close(() => resolve()));
    this.cut();
    running.connections.destroy();
    running.grpc.forceShutdown();
    await closed;
  }
}
